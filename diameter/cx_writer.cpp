// Cx structs to AVPs: command grammars TS 29.229 §6.1, AVPs §6.3; M bits as in the table of §6.3.
#include "diameter/avp_codes.h"
#include "diameter/cx_codec.h"

namespace imslab::cx {
namespace {

using diameter::Avp;
using diameter::Message;
namespace avp = diameter::avp;
constexpr auto g3pp = diameter::kVendor3gpp;

Avp text(std::uint32_t code, const std::string& value) { return Avp::text(code, g3pp, value); }
Avp optional_text(std::uint32_t code, const std::string& value) {
    return Avp::text(code, g3pp, value, false);
}
Avp number(std::uint32_t code, std::uint32_t value) { return Avp::number(code, g3pp, value); }

void add_text(std::vector<Avp>& to, std::uint32_t code, const std::string& value) {
    if (!value.empty()) to.push_back(text(code, value));
}

void add_ietf(std::vector<Avp>& to, std::uint32_t code, const std::string& value) {
    if (!value.empty()) to.push_back(Avp::text(code, 0, value));
}

Avp to_avp(const ServerCapabilities& capabilities) {
    std::vector<Avp> members;
    for (const auto capability : capabilities.mandatory)
        members.push_back(number(avp::mandatory_capability, capability));
    for (const auto capability : capabilities.optional)
        members.push_back(number(avp::optional_capability, capability));
    for (const auto& name : capabilities.server_names)
        members.push_back(text(avp::server_name, name));
    return Avp::of(avp::server_capabilities, g3pp, std::move(members));
}

// TS 29.229 §6.1.2: the AVP is optional, and an empty one says no more than none: any S-CSCF will
// do. Others drop an answer that has a group without members.
void append_capabilities(std::vector<Avp>& to, const std::optional<ServerCapabilities>& wanted) {
    if (wanted && *wanted != ServerCapabilities{}) to.push_back(to_avp(*wanted));
}

Avp to_avp(const ChargingInformation& charging) {
    std::vector<Avp> members;
    add_text(members, avp::primary_event_charging, charging.primary_event);
    add_text(members, avp::secondary_event_charging, charging.secondary_event);
    add_text(members, avp::primary_charging_collection, charging.primary_collection);
    add_text(members, avp::secondary_charging_collection, charging.secondary_collection);
    return Avp::of(avp::charging_information, g3pp, std::move(members));
}

Avp to_avp(const AuthVector& vector) {
    std::vector<Avp> members;
    if (vector.item != 0) members.push_back(number(avp::sip_item_number, vector.item));
    members.push_back(text(avp::sip_authentication_scheme, vector.auth_scheme));
    if (vector.auth_scheme == scheme::digest) {
        std::vector<Avp> digest{Avp::text(avp::digest_realm, 0, vector.realm)};
        add_ietf(digest, avp::digest_algorithm, vector.algorithm);
        digest.push_back(Avp::text(avp::digest_qop, 0, vector.qop));
        digest.push_back(Avp::text(avp::digest_ha1, 0, vector.ha1));
        members.push_back(Avp::of(avp::sip_digest_authenticate, g3pp, std::move(digest), false));
    } else {
        members.push_back(text(avp::sip_authenticate, vector.rand_autn));
        members.push_back(text(avp::sip_authorization, vector.xres));
        add_text(members, avp::confidentiality_key, vector.confidentiality_key);
        add_text(members, avp::integrity_key, vector.integrity_key);
    }
    return Avp::of(avp::sip_auth_data_item, g3pp, std::move(members));
}

Avp to_avp(const SubscriptionInfo& subscription) {
    return Avp::of(avp::subscription_info,
                   g3pp,
                   {optional_text(avp::call_id, subscription.call_id),
                    optional_text(avp::from, subscription.from),
                    optional_text(avp::to, subscription.to),
                    optional_text(avp::record_route, subscription.record_route),
                    optional_text(avp::contact, subscription.contact)},
                   false);
}

Avp to_avp(const RestorationInfo& restoration) {
    std::vector<Avp> members{Avp::text(avp::user_name, 0, restoration.private_identity)};
    for (const auto& contact : restoration.contacts) {
        std::vector<Avp> info{optional_text(avp::path, contact.path),
                              optional_text(avp::contact, contact.contact)};
        if (contact.subscription) info.push_back(to_avp(*contact.subscription));
        members.push_back(Avp::of(avp::restoration_info, g3pp, std::move(info), false));
    }
    return Avp::of(avp::scscf_restoration_info, g3pp, std::move(members), false);
}

void add_associated(std::vector<Avp>& to, const std::vector<std::string>& private_identities) {
    if (private_identities.empty()) return;
    std::vector<Avp> members;
    for (const auto& identity : private_identities)
        members.push_back(Avp::text(avp::user_name, 0, identity));
    to.push_back(Avp::of(avp::associated_identities, g3pp, std::move(members), false));
}

void add(std::vector<Avp>& to, const UserAuthorizationRequest& uar) {
    add_ietf(to, avp::user_name, uar.private_identity);
    add_text(to, avp::public_identity, uar.public_identity);
    add_text(to, avp::visited_network_identifier, uar.visited_network);
    to.push_back(number(avp::user_authorization_type, static_cast<std::uint32_t>(uar.type)));
    if (uar.emergency) to.push_back(Avp::number(avp::uar_flags, g3pp, 1, false));
}

void add(std::vector<Avp>& to, const LocationInfoRequest& lir) {
    if (lir.originating) to.push_back(number(avp::originating_request, 0));
    add_text(to, avp::public_identity, lir.public_identity);
    if (lir.capabilities_wanted) to.push_back(number(avp::user_authorization_type, 2));
}

void add(std::vector<Avp>& to, const MultimediaAuthRequest& mar) {
    add_ietf(to, avp::user_name, mar.private_identity);
    add_text(to, avp::public_identity, mar.public_identity);
    std::vector<Avp> item{text(avp::sip_authentication_scheme, mar.auth_scheme)};
    add_text(item, avp::sip_authorization, mar.resynchronisation);
    to.push_back(Avp::of(avp::sip_auth_data_item, g3pp, std::move(item)));
    to.push_back(number(avp::sip_number_auth_items, mar.vectors));
    add_text(to, avp::server_name, mar.server_name);
}

void add(std::vector<Avp>& to, const ServerAssignmentRequest& sar) {
    add_ietf(to, avp::user_name, sar.private_identity);
    for (const auto& identity : sar.public_identities) add_text(to, avp::public_identity, identity);
    if (!sar.wildcarded_psi.empty())
        to.push_back(optional_text(avp::wildcarded_public_identity, sar.wildcarded_psi));
    add_text(to, avp::server_name, sar.server_name);
    to.push_back(number(avp::server_assignment_type, static_cast<std::uint32_t>(sar.type)));
    to.push_back(number(avp::user_data_already_available, sar.user_data_already_available ? 1 : 0));
    if (sar.restoration) to.push_back(to_avp(*sar.restoration));
}

void add(std::vector<Avp>& to, const RegistrationTerminationRequest& rtr) {
    add_ietf(to, avp::user_name, rtr.private_identity);
    add_associated(to, rtr.associated_private_identities);
    for (const auto& identity : rtr.public_identities) add_text(to, avp::public_identity, identity);
    std::vector<Avp> reason{number(avp::reason_code, static_cast<std::uint32_t>(rtr.reason))};
    add_text(reason, avp::reason_info, rtr.reason_info);
    to.push_back(Avp::of(avp::deregistration_reason, g3pp, std::move(reason)));
}

void add(std::vector<Avp>& to, const PushProfileRequest& ppr) {
    add_ietf(to, avp::user_name, ppr.private_identity);
    add_text(to, avp::user_data, ppr.user_data);
    if (ppr.charging) to.push_back(to_avp(*ppr.charging));
}

void add(std::vector<Avp>& to, const UserAuthorizationAnswer& uaa) {
    add_text(to, avp::server_name, uaa.server_name);
    append_capabilities(to, uaa.capabilities);
}

void add(std::vector<Avp>& to, const LocationInfoAnswer& lia) {
    add_text(to, avp::server_name, lia.server_name);
    append_capabilities(to, lia.capabilities);
    if (!lia.wildcarded_psi.empty())
        to.push_back(optional_text(avp::wildcarded_public_identity, lia.wildcarded_psi));
}

void add(std::vector<Avp>& to, const MultimediaAuthAnswer& maa) {
    add_ietf(to, avp::user_name, maa.private_identity);
    add_text(to, avp::public_identity, maa.public_identity);
    if (maa.vectors.empty()) return;
    to.push_back(
        number(avp::sip_number_auth_items, static_cast<std::uint32_t>(maa.vectors.size())));
    for (const auto& vector : maa.vectors) to.push_back(to_avp(vector));
}

void add(std::vector<Avp>& to, const ServerAssignmentAnswer& saa) {
    add_ietf(to, avp::user_name, saa.private_identity);
    add_text(to, avp::user_data, saa.user_data);
    if (saa.charging) to.push_back(to_avp(*saa.charging));
    add_associated(to, saa.associated_private_identities);
    if (saa.loose_route) to.push_back(Avp::number(avp::loose_route_indication, g3pp, 1, false));
    for (const auto& restoration : saa.restoration) to.push_back(to_avp(restoration));
    if (!saa.server_name.empty()) to.push_back(text(avp::server_name, saa.server_name));
}

void add(std::vector<Avp>& to, const RegistrationTerminationAnswer& rta) {
    add_associated(to, rta.associated_private_identities);
}

void add(std::vector<Avp>&, const PushProfileAnswer&) {}

template <class Command>
constexpr std::uint32_t kCodeOf = 0;
template <>
constexpr std::uint32_t kCodeOf<UserAuthorizationRequest> = 300;
template <>
constexpr std::uint32_t kCodeOf<UserAuthorizationAnswer> = 300;
template <>
constexpr std::uint32_t kCodeOf<ServerAssignmentRequest> = 301;
template <>
constexpr std::uint32_t kCodeOf<ServerAssignmentAnswer> = 301;
template <>
constexpr std::uint32_t kCodeOf<LocationInfoRequest> = 302;
template <>
constexpr std::uint32_t kCodeOf<LocationInfoAnswer> = 302;
template <>
constexpr std::uint32_t kCodeOf<MultimediaAuthRequest> = 303;
template <>
constexpr std::uint32_t kCodeOf<MultimediaAuthAnswer> = 303;
template <>
constexpr std::uint32_t kCodeOf<RegistrationTerminationRequest> = 304;
template <>
constexpr std::uint32_t kCodeOf<RegistrationTerminationAnswer> = 304;
template <>
constexpr std::uint32_t kCodeOf<PushProfileRequest> = 305;
template <>
constexpr std::uint32_t kCodeOf<PushProfileAnswer> = 305;

constexpr auto kCode = []<class Command>(const Command&) { return kCodeOf<Command>; };
constexpr auto kAdd = [](auto& avps, const auto& command) { add(avps, command); };

}  // namespace

Avp avp_from(const AuthVector& vector) { return to_avp(vector); }

Message to_message(const Request& request, const Envelope& envelope) {
    return diameter::message_of(diameter::kApplicationCx, request, envelope, kCode, kAdd);
}

Message to_message(const Answer& answer, const Envelope& envelope) {
    return diameter::message_of(diameter::kApplicationCx, answer, envelope, kCode, kAdd);
}

Message refusal(const Message& request, const CodecError& error, const Envelope& envelope) {
    return diameter::refusal(diameter::kApplicationCx, request, error, envelope);
}

}  // namespace imslab::cx
