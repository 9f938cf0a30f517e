// Subscriber files against hss/subscribers.xsd.
#include "hosts/store/subscriber_schema.h"

#include "hosts/store/xml_schema.h"

namespace imslab::host {

extern const std::string_view kSubscribersXsd;  // hss/subscribers.xsd, compiled in

std::vector<hss::FileError> schema_errors(std::string_view xml, const std::string& file) {
    return XmlSchema(kSubscribersXsd, "hss/subscribers.xsd").errors(xml, file);
}

Result<std::vector<hss::Subscription>, std::vector<hss::FileError>> read_valid_subscribers(
    std::string_view xml, const std::string& file) {
    auto read = hss::read_subscribers(xml, file);
    if (!read) return read;
    if (auto errors = schema_errors(xml, file); !errors.empty()) return failure(std::move(errors));
    return read;
}

}  // namespace imslab::host
