// Sh-Data against the schema that is compiled in.
#include "hosts/store/sh_data_schema.h"

#include "diameter/avp_codes.h"
#include "diameter/sh.h"
#include "hosts/store/xml_schema.h"

namespace imslab::host {

extern const std::string_view kShDataXsd;  // hss/sh_data.xsd, compiled in

std::optional<std::string> sh_data_fault(std::string_view xml) {
    static const XmlSchema schema(kShDataXsd, "hss/sh_data.xsd");
    const auto errors = schema.errors(xml, "User-Data");
    if (errors.empty()) return std::nullopt;
    return errors.front().to_string();
}

std::optional<diameter::CodecError> objection_to_user_data(const std::any& request) {
    const auto* of_server = std::any_cast<sh::Request>(&request);
    const auto* pur =
        of_server != nullptr ? std::get_if<sh::ProfileUpdateRequest>(of_server) : nullptr;
    if (pur == nullptr) return std::nullopt;
    auto fault = sh_data_fault(pur->user_data);
    if (!fault) return std::nullopt;
    return diameter::CodecError{
        diameter::result::invalid_avp_value,
        std::move(*fault),
        diameter::Avp::text(diameter::avp::user_data_sh, diameter::kVendor3gpp, pur->user_data)};
}

}  // namespace imslab::host
