// AVPs to Cx structs: what each command must carry, TS 29.229 §6.1.
#include <algorithm>

#include "diameter/avp_codes.h"
#include "diameter/command_reader.h"
#include "diameter/cx_codec.h"

namespace imslab::cx {
namespace {

using diameter::Avp;
using diameter::Members;
using diameter::Message;
using diameter::missing;
using diameter::unless_refused;
namespace avp = diameter::avp;
constexpr auto g3pp = diameter::kVendor3gpp;

UserAuthorizationRequest read_user_authorization(Members& members) {
    UserAuthorizationRequest uar;
    uar.private_identity = members.needed_text(avp::user_name, 0);
    uar.public_identity = members.needed_text(avp::public_identity);
    uar.visited_network = members.needed_text(avp::visited_network_identifier);
    uar.type = members.enumerated(members.find({avp::user_authorization_type, g3pp}),
                                  UserAuthorizationType::registration_and_capabilities,
                                  UserAuthorizationType::registration);
    uar.emergency = (members.number(avp::uar_flags, 0) & 1) != 0;
    return uar;
}

LocationInfoRequest read_location_info(Members& members) {
    LocationInfoRequest lir;
    lir.public_identity = members.needed_text(avp::public_identity);
    lir.originating = members.find({avp::originating_request, g3pp}) != nullptr;
    lir.capabilities_wanted = members.number(avp::user_authorization_type, 0) == 2;
    return lir;
}

MultimediaAuthRequest read_multimedia_auth(Members& members) {
    MultimediaAuthRequest mar;
    mar.private_identity = members.needed_text(avp::user_name, 0);
    mar.public_identity = members.needed_text(avp::public_identity);
    mar.server_name = members.needed_text(avp::server_name);
    mar.vectors = members.needed_number(avp::sip_number_auth_items);
    if (const auto* item = members.need({avp::sip_auth_data_item, g3pp})) {
        Members inside(item->group, members);
        mar.auth_scheme = inside.needed_text(avp::sip_authentication_scheme);
        if (const auto* authorization = inside.find({avp::sip_authorization, g3pp})) {
            mar.resynchronisation = authorization->data;
            if (mar.resynchronisation.size() != 30) {
                members.refuse({result::invalid_avp_value,
                                "SIP-Authorization is not RAND and AUTS (30 octets)",
                                *authorization});
            }
        }
    }
    return mar;
}

RestorationInfo read_restoration(const Avp& group, Members& parent) {
    Members members(group.group, parent);
    RestorationInfo restoration;
    restoration.private_identity = members.needed_text(avp::user_name, 0);
    for (const auto& one : members.all()) {
        if (one.code != avp::restoration_info || one.vendor != g3pp) continue;
        Members inside(one.group, members);
        RestorationContact contact;
        contact.path = inside.needed_text(avp::path);
        contact.contact = inside.needed_text(avp::contact);
        if (const auto* info = inside.find({avp::subscription_info, g3pp})) {
            Members parts(info->group, members);
            contact.subscription = SubscriptionInfo{parts.text(avp::call_id),
                                                    parts.text(avp::from),
                                                    parts.text(avp::to),
                                                    parts.text(avp::record_route),
                                                    parts.text(avp::contact)};
        }
        restoration.contacts.push_back(std::move(contact));
    }
    return restoration;
}

ServerAssignmentRequest read_server_assignment(Members& members) {
    ServerAssignmentRequest sar;
    sar.private_identity = members.text(avp::user_name, 0);
    sar.public_identities = members.texts(avp::public_identity);
    sar.server_name = members.needed_text(avp::server_name);
    sar.type = members.enumerated(members.need({avp::server_assignment_type, g3pp}),
                                  ServerAssignmentType::pgw_update,
                                  ServerAssignmentType::no_assignment);
    sar.user_data_already_available = members.needed_number(avp::user_data_already_available) == 1;
    sar.wildcarded_psi = members.text(avp::wildcarded_public_identity);
    if (const auto* info = members.find({avp::scscf_restoration_info, g3pp}))
        sar.restoration = read_restoration(*info, members);
    // One of the two names the user.
    if (sar.private_identity.empty() && sar.public_identities.empty())
        members.refuse(missing({avp::public_identity, g3pp}));
    return sar;
}

std::vector<std::string> read_associated(Members& members) {
    const auto* group = members.find({avp::associated_identities, g3pp});
    return group != nullptr ? Members(group->group, members).texts(avp::user_name, 0)
                            : std::vector<std::string>{};
}

RegistrationTerminationRequest read_registration_termination(Members& members) {
    RegistrationTerminationRequest rtr;
    rtr.destination_host = members.needed_text(avp::destination_host, 0);
    rtr.private_identity = members.needed_text(avp::user_name, 0);
    rtr.associated_private_identities = read_associated(members);
    rtr.public_identities = members.texts(avp::public_identity);
    if (const auto* reason = members.need({avp::deregistration_reason, g3pp})) {
        Members inside(reason->group, members);
        rtr.reason = inside.enumerated(inside.need({avp::reason_code, g3pp}),
                                       DeregistrationReason::remove_s_cscf,
                                       DeregistrationReason::permanent_termination);
        rtr.reason_info = inside.text(avp::reason_info);
    }
    return rtr;
}

std::optional<ChargingInformation> read_charging(Members& members) {
    const auto* group = members.find({avp::charging_information, g3pp});
    if (group == nullptr) return std::nullopt;
    Members inside(group->group, members);
    ChargingInformation charging;
    charging.primary_event = inside.text(avp::primary_event_charging);
    charging.secondary_event = inside.text(avp::secondary_event_charging);
    charging.primary_collection = inside.text(avp::primary_charging_collection);
    charging.secondary_collection = inside.text(avp::secondary_charging_collection);
    return charging;
}

PushProfileRequest read_push_profile(Members& members) {
    PushProfileRequest ppr;
    ppr.destination_host = members.needed_text(avp::destination_host, 0);
    ppr.private_identity = members.needed_text(avp::user_name, 0);
    ppr.user_data = members.text(avp::user_data);
    ppr.charging = read_charging(members);
    return ppr;
}

std::optional<ServerCapabilities> read_capabilities(Members& members) {
    const auto* group = members.find({avp::server_capabilities, g3pp});
    if (group == nullptr) return std::nullopt;
    Members inside(group->group, members);
    ServerCapabilities capabilities;
    capabilities.mandatory = inside.numbers(avp::mandatory_capability);
    capabilities.optional = inside.numbers(avp::optional_capability);
    capabilities.server_names = inside.texts(avp::server_name);
    return capabilities;
}

AuthVector read_vector(const Avp& item, Members& parent) {
    Members members(item.group, parent);
    AuthVector vector;
    vector.item = members.number(avp::sip_item_number, 0);
    vector.auth_scheme = members.needed_text(avp::sip_authentication_scheme);
    vector.rand_autn = members.text(avp::sip_authenticate);
    vector.xres = members.text(avp::sip_authorization);
    vector.confidentiality_key = members.text(avp::confidentiality_key);
    vector.integrity_key = members.text(avp::integrity_key);
    if (const auto* digest = members.find({avp::sip_digest_authenticate, g3pp})) {
        Members inside(digest->group, members);
        vector.realm = inside.needed_text(avp::digest_realm, 0);
        vector.algorithm = inside.text(avp::digest_algorithm, 0);
        vector.qop = inside.text(avp::digest_qop, 0);
        vector.ha1 = inside.text(avp::digest_ha1, 0);
    }
    return vector;
}

UserAuthorizationAnswer read_user_authorization_answer(Members& members, ResultCode result) {
    return {result, members.text(avp::server_name), read_capabilities(members)};
}

LocationInfoAnswer read_location_info_answer(Members& members, ResultCode result) {
    LocationInfoAnswer lia;
    lia.result = result;
    lia.server_name = members.text(avp::server_name);
    lia.capabilities = read_capabilities(members);
    lia.wildcarded_psi = members.text(avp::wildcarded_public_identity);
    return lia;
}

MultimediaAuthAnswer read_multimedia_auth_answer(Members& members, ResultCode result) {
    MultimediaAuthAnswer maa;
    maa.result = result;
    maa.private_identity = members.text(avp::user_name, 0);
    maa.public_identity = members.text(avp::public_identity);
    for (const auto& one : members.all()) {
        if (one.code == avp::sip_auth_data_item && one.vendor == g3pp)
            maa.vectors.push_back(read_vector(one, members));
    }
    // TS 29.229 §6.3.14: their order is that of SIP-Item-Number.
    std::stable_sort(maa.vectors.begin(),
                     maa.vectors.end(),
                     [](const AuthVector& a, const AuthVector& b) { return a.item < b.item; });
    return maa;
}

ServerAssignmentAnswer read_server_assignment_answer(Members& members, ResultCode result) {
    ServerAssignmentAnswer saa;
    saa.result = result;
    saa.private_identity = members.text(avp::user_name, 0);
    saa.user_data = members.text(avp::user_data);
    saa.charging = read_charging(members);
    saa.associated_private_identities = read_associated(members);
    for (const auto& one : members.all()) {
        if (one.code == avp::scscf_restoration_info && one.vendor == g3pp) {
            saa.restoration.push_back(read_restoration(one, members));
        }
    }
    saa.loose_route = members.number(avp::loose_route_indication, 0) == 1;
    saa.server_name = members.text(avp::server_name);
    return saa;
}

}  // namespace

AuthVector vector_from(const Avp& item, Members& parent) { return read_vector(item, parent); }

Result<Request, CodecError> request_from(const Message& message) {
    if (auto objection = diameter::objection_to_request(message, diameter::kApplicationCx, "Cx"))
        return failure(std::move(*objection));
    Members members(message.avps);
    diameter::check_envelope(members, diameter::kApplicationCx, "Cx", true);
    switch (message.command) {
        case 300:
            return unless_refused<Request>(read_user_authorization(members), members);
        case 301:
            return unless_refused<Request>(read_server_assignment(members), members);
        case 302:
            return unless_refused<Request>(read_location_info(members), members);
        case 303:
            return unless_refused<Request>(read_multimedia_auth(members), members);
        case 304:
            return unless_refused<Request>(read_registration_termination(members), members);
        case 305:
            return unless_refused<Request>(read_push_profile(members), members);
        default:
            break;
    }
    return failure(diameter::unknown_command(message, "Cx"));
}

// An answer may come from an agent on the way (RFC 6733 §7.2), so only its result must be there.
Result<Answer, CodecError> answer_from(const Message& message) {
    if (message.request)
        return failure(
            CodecError{diameter::result::invalid_header_bits, "a request, not an answer", {}});
    const auto result = diameter::result_of(message);
    if (!result) return failure(missing({avp::result_code, 0}));
    Members members(message.avps);
    switch (message.command) {
        case 300:
            return unless_refused<Answer>(read_user_authorization_answer(members, *result),
                                          members);
        case 301:
            return unless_refused<Answer>(read_server_assignment_answer(members, *result), members);
        case 302:
            return unless_refused<Answer>(read_location_info_answer(members, *result), members);
        case 303:
            return unless_refused<Answer>(read_multimedia_auth_answer(members, *result), members);
        case 304:
            return unless_refused<Answer>(
                RegistrationTerminationAnswer{*result, read_associated(members)}, members);
        case 305:
            return unless_refused<Answer>(PushProfileAnswer{*result}, members);
        default:
            break;
    }
    return failure(diameter::unknown_command(message, "Cx"));
}

}  // namespace imslab::cx
