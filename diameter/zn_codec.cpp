// TS 29.109 §5.2, §6.3: BIR and BIA.
#include "diameter/zn_codec.h"

#include "diameter/avp_codes.h"
#include "diameter/command_reader.h"

namespace imslab::zn {

namespace {

using diameter::Avp;
using diameter::Members;
using diameter::Message;
namespace avp = diameter::avp;
constexpr auto g3pp = diameter::kVendor3gpp;
constexpr std::uint32_t kBootstrappingInfo = 310;
// Time counts from 1900 (RFC 6733 §4.3.1).
constexpr std::int64_t kFrom1900To1970 = 2'208'988'800;

Avp text(std::uint32_t code, const std::string& value) { return Avp::text(code, g3pp, value); }

void add_time(std::vector<Avp>& to, std::uint32_t code, std::optional<std::int64_t> seconds) {
    if (seconds)
        to.push_back(
            Avp::number(code, g3pp, static_cast<std::uint32_t>(*seconds + kFrom1900To1970)));
}

std::optional<std::int64_t> read_time(Members& members, std::uint32_t code) {
    const auto* found = members.find({code, g3pp});
    if (found == nullptr) return std::nullopt;
    return std::int64_t{members.value(*found)} - kFrom1900To1970;
}

void add(std::vector<Avp>& to, const BootstrappingInfoRequest& bir) {
    for (const auto& service : bir.services)
        to.push_back(text(avp::gaa_service_identifier, service));
    to.push_back(text(avp::transaction_identifier, bir.transaction_identifier));
    to.push_back(text(avp::naf_id, bir.naf_id));
    if (bir.knows_gba_u) to.push_back(Avp::number(avp::gba_u_awareness_indicator, g3pp, 1));
}

void add(std::vector<Avp>& to, const BootstrappingInfoAnswer& bia) {
    if (!bia.private_identity.empty())
        to.push_back(Avp::text(avp::user_name, 0, bia.private_identity));
    if (!bia.me_key.empty()) to.push_back(text(avp::me_key_material, bia.me_key));
    if (!bia.uicc_key.empty()) to.push_back(text(avp::uicc_key_material, bia.uicc_key));
    add_time(to, avp::key_expiry_time, bia.key_expiry);
    add_time(to, avp::bootstrap_info_creation_time, bia.created);
    if (!bia.user_security_settings.empty())
        to.push_back(text(avp::gba_user_sec_settings, bia.user_security_settings));
}

BootstrappingInfoRequest read_request(Members& members) {
    BootstrappingInfoRequest bir;
    bir.transaction_identifier = members.needed_text(avp::transaction_identifier);
    bir.naf_id = members.needed_text(avp::naf_id);
    bir.services = members.texts(avp::gaa_service_identifier);
    bir.knows_gba_u = members.number(avp::gba_u_awareness_indicator, 0) == 1;
    return bir;
}

}  // namespace

Message to_message(const Request& request, const Envelope& envelope) {
    auto message =
        diameter::begin_command(diameter::kApplicationZn, kBootstrappingInfo, true, envelope);
    add(message.avps, std::get<BootstrappingInfoRequest>(request));
    return message;
}

Message to_message(const Answer& answer, const Envelope& envelope) {
    const auto& bia = std::get<BootstrappingInfoAnswer>(answer);
    auto message =
        diameter::begin_command(diameter::kApplicationZn, kBootstrappingInfo, false, envelope);
    diameter::add_result(message, bia.result);
    add(message.avps, bia);
    return message;
}

Result<Request, CodecError> request_from(const Message& message) {
    if (auto objection = diameter::objection_to_request(message, diameter::kApplicationZn, "Zn"))
        return failure(std::move(*objection));
    Members members(message.avps);
    diameter::check_envelope(members, diameter::kApplicationZn, "Zn", true, false);
    if (message.command != kBootstrappingInfo)
        return failure(diameter::unknown_command(message, "Zn"));
    return diameter::unless_refused<Request>(read_request(members), members);
}

Result<Answer, CodecError> answer_from(const Message& message) {
    if (message.request)
        return failure(
            CodecError{diameter::result::invalid_header_bits, "a request, not an answer", {}});
    const auto result = diameter::result_of(message);
    if (!result) return failure(diameter::missing({avp::result_code, 0}));
    if (message.command != kBootstrappingInfo)
        return failure(diameter::unknown_command(message, "Zn"));
    Members members(message.avps);
    BootstrappingInfoAnswer bia;
    bia.result = *result;
    bia.private_identity = members.text(avp::user_name, 0);
    bia.me_key = members.text(avp::me_key_material);
    bia.uicc_key = members.text(avp::uicc_key_material);
    bia.key_expiry = read_time(members, avp::key_expiry_time);
    bia.created = read_time(members, avp::bootstrap_info_creation_time);
    bia.user_security_settings = members.text(avp::gba_user_sec_settings);
    // Without a key, or with one for ever, a success is none.
    if (result->is_success()) {
        const auto* key = members.need({avp::me_key_material, g3pp});
        if (key != nullptr && key->data.empty()) members.refuse_value(*key, "is empty");
        members.need({avp::key_expiry_time, g3pp});
    }
    return diameter::unless_refused<Answer>(std::move(bia), members);
}

}  // namespace imslab::zn
