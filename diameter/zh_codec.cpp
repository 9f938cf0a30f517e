// TS 29.109 §4.2: MAR and MAA of Zh have the AVPs of Cx, and the security settings.
#include "diameter/zh_codec.h"

#include "diameter/avp_codes.h"
#include "diameter/command_reader.h"
#include "diameter/cx_codec.h"

namespace imslab::zh {

namespace {

using diameter::Avp;
using diameter::Members;
using diameter::Message;
namespace avp = diameter::avp;
constexpr auto g3pp = diameter::kVendor3gpp;
constexpr std::uint32_t kMultimediaAuth = 303;
constexpr std::size_t kRandAndAuts = 30;

Avp text(std::uint32_t code, const std::string& value) { return Avp::text(code, g3pp, value); }

void add(std::vector<Avp>& to, const MultimediaAuthRequest& mar) {
    to.push_back(Avp::text(avp::user_name, 0, mar.private_identity));
    std::vector<Avp> item;
    if (!mar.auth_scheme.empty())
        item.push_back(text(avp::sip_authentication_scheme, mar.auth_scheme));
    if (!mar.resynchronisation.empty())
        item.push_back(text(avp::sip_authorization, mar.resynchronisation));
    if (!item.empty()) to.push_back(Avp::of(avp::sip_auth_data_item, g3pp, std::move(item)));
}

void add(std::vector<Avp>& to, const MultimediaAuthAnswer& maa) {
    if (!maa.private_identity.empty())
        to.push_back(Avp::text(avp::user_name, 0, maa.private_identity));
    if (maa.vector) to.push_back(cx::avp_from(*maa.vector));
    if (!maa.user_security_settings.empty())
        to.push_back(text(avp::gba_user_sec_settings, maa.user_security_settings));
}

MultimediaAuthRequest read_request(Members& members) {
    MultimediaAuthRequest mar;
    mar.private_identity = members.needed_text(avp::user_name, 0);
    const auto* item = members.find({avp::sip_auth_data_item, g3pp});
    if (item == nullptr) return mar;
    Members inside(item->group, members);
    mar.auth_scheme = inside.text(avp::sip_authentication_scheme);
    if (const auto* authorization = inside.find({avp::sip_authorization, g3pp})) {
        mar.resynchronisation = authorization->data;
        if (mar.resynchronisation.size() != kRandAndAuts)
            members.refuse({diameter::result::invalid_avp_value,
                            "SIP-Authorization is not RAND and AUTS (30 octets)",
                            *authorization});
    }
    return mar;
}

}  // namespace

Message to_message(const Request& request, const Envelope& envelope) {
    auto message =
        diameter::begin_command(diameter::kApplicationZh, kMultimediaAuth, true, envelope);
    add(message.avps, std::get<MultimediaAuthRequest>(request));
    return message;
}

Message to_message(const Answer& answer, const Envelope& envelope) {
    const auto& maa = std::get<MultimediaAuthAnswer>(answer);
    auto message =
        diameter::begin_command(diameter::kApplicationZh, kMultimediaAuth, false, envelope);
    diameter::add_result(message, maa.result);
    add(message.avps, maa);
    return message;
}

Result<Request, CodecError> request_from(const Message& message) {
    if (auto objection = diameter::objection_to_request(message, diameter::kApplicationZh, "Zh"))
        return failure(std::move(*objection));
    Members members(message.avps);
    diameter::check_envelope(members, diameter::kApplicationZh, "Zh", true);
    if (message.command != kMultimediaAuth)
        return failure(diameter::unknown_command(message, "Zh"));
    return diameter::unless_refused<Request>(read_request(members), members);
}

Result<Answer, CodecError> answer_from(const Message& message) {
    if (message.request)
        return failure(
            CodecError{diameter::result::invalid_header_bits, "a request, not an answer", {}});
    const auto result = diameter::result_of(message);
    if (!result) return failure(diameter::missing({avp::result_code, 0}));
    if (message.command != kMultimediaAuth)
        return failure(diameter::unknown_command(message, "Zh"));
    Members members(message.avps);
    MultimediaAuthAnswer maa;
    maa.result = *result;
    maa.private_identity = members.text(avp::user_name, 0);
    if (const auto* item = members.find({avp::sip_auth_data_item, g3pp}))
        maa.vector = cx::vector_from(*item, members);
    maa.user_security_settings = members.text(avp::gba_user_sec_settings);
    return diameter::unless_refused<Answer>(std::move(maa), members);
}

}  // namespace imslab::zh
