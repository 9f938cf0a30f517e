// Sh structs to AVPs: command grammars TS 29.329 §6.1, AVPs §6.3; M bits as in the table of §6.3.
#include <algorithm>
#include <array>

#include "diameter/avp_codes.h"
#include "diameter/sh_codec.h"

namespace imslab::sh {
namespace {

using diameter::Avp;
using diameter::Message;
namespace avp = diameter::avp;
constexpr auto g3pp = diameter::kVendor3gpp;

constexpr std::array<std::pair<DataReference, std::string_view>, 12> kReferences{{
    {DataReference::repository_data, "RepositoryData"},
    {DataReference::ims_public_identity, "IMSPublicIdentity"},
    {DataReference::ims_user_state, "IMSUserState"},
    {DataReference::s_cscf_name, "S-CSCFName"},
    {DataReference::initial_filter_criteria, "InitialFilterCriteria"},
    {DataReference::location_information, "LocationInformation"},
    {DataReference::user_state, "UserState"},
    {DataReference::charging_information, "ChargingInformation"},
    {DataReference::msisdn, "MSISDN"},
    {DataReference::psi_activation, "PSIActivation"},
    {DataReference::dsai, "DSAI"},
    {DataReference::aliases_repository_data, "AliasesRepositoryData"},
}};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

Avp text(std::uint32_t code, const std::string& value, bool mandatory = true) {
    return Avp::text(code, g3pp, value, mandatory);
}
Avp number(std::uint32_t code, std::uint32_t value, bool mandatory = true) {
    return Avp::number(code, g3pp, value, mandatory);
}
void add_text(std::vector<Avp>& to,
              std::uint32_t code,
              const std::string& value,
              bool mandatory = true) {
    if (!value.empty()) to.push_back(text(code, value, mandatory));
}

// TS 29.329 §6.3.16: seconds since 1900 (RFC 6733 §4.3.1).
constexpr std::uint32_t kFrom1900To1970 = 2'208'988'800U;

void add_time(std::vector<Avp>& to, const std::optional<std::uint32_t>& seconds) {
    if (seconds) to.push_back(number(avp::expiry_time, *seconds + kFrom1900To1970));
}

Avp to_avp(const UserIdentity& user) {
    std::vector<Avp> members;
    add_text(members, avp::public_identity, user.public_identity);
    if (!user.msisdn.empty()) members.push_back(text(avp::msisdn, tbcd_from(user.msisdn)));
    return Avp::of(avp::user_identity, g3pp, std::move(members));
}

void add_references(std::vector<Avp>& to, const std::vector<DataReference>& references) {
    for (const auto one : references)
        to.push_back(number(avp::data_reference, static_cast<std::uint32_t>(one)));
}

void add_selection(std::vector<Avp>& to, const Selection& selection) {
    add_text(to, avp::server_name, selection.server_name);
    for (const auto& one : selection.service_indications)
        to.push_back(text(avp::service_indication, one));
    add_references(to, selection.references);
    for (const auto one : selection.identity_sets)
        to.push_back(number(avp::identity_set, static_cast<std::uint32_t>(one), false));
    for (const auto& one : selection.dsai_tags) to.push_back(text(avp::dsai_tag, one));
}

void add(std::vector<Avp>& to, const UserDataRequest& udr) {
    to.push_back(to_avp(udr.user));
    add_selection(to, udr.selection);
    if (udr.domain)
        to.push_back(number(avp::requested_domain, static_cast<std::uint32_t>(*udr.domain)));
    if (udr.active_location_retrieval) to.push_back(number(avp::current_location, 1));
    if (!udr.private_identity.empty())
        to.push_back(Avp::text(avp::user_name, 0, udr.private_identity));
}

void add(std::vector<Avp>& to, const ProfileUpdateRequest& pur) {
    to.push_back(to_avp(pur.user));
    add_references(to, pur.references);
    add_text(to, avp::user_data_sh, pur.user_data);
}

void add(std::vector<Avp>& to, const SubscribeNotificationsRequest& snr) {
    to.push_back(to_avp(snr.user));
    add_selection(to, snr.selection);
    to.push_back(number(avp::subs_req_type, static_cast<std::uint32_t>(snr.type)));
    if (snr.data_requested) to.push_back(number(avp::send_data_indication, 1, false));
    add_time(to, snr.expiry_time);
    if (snr.one_time) to.push_back(number(avp::one_time_notification, 0));
}

void add(std::vector<Avp>& to, const PushNotificationRequest& pnr) {
    to.push_back(to_avp(pnr.user));
    add_text(to, avp::wildcarded_public_identity, pnr.wildcarded_psi, false);
    add_text(to, avp::wildcarded_impu, pnr.wildcarded_impu, false);
    add_text(to, avp::user_data_sh, pnr.user_data);
}

void add(std::vector<Avp>& to, const UserDataAnswer& uda) {
    add_text(to, avp::wildcarded_public_identity, uda.wildcarded_psi, false);
    add_text(to, avp::wildcarded_impu, uda.wildcarded_impu, false);
    add_text(to, avp::user_data_sh, uda.user_data);
}

void add(std::vector<Avp>& to, const ProfileUpdateAnswer& pua) {
    if (pua.repository_data) {
        to.push_back(
            Avp::of(avp::repository_data_id,
                    g3pp,
                    {text(avp::service_indication, pua.repository_data->service_indication),
                     number(avp::sequence_number, pua.repository_data->sequence_number)}));
    }
    if (pua.reference)
        to.push_back(number(avp::data_reference, static_cast<std::uint32_t>(*pua.reference)));
}

void add(std::vector<Avp>& to, const SubscribeNotificationsAnswer& sna) {
    add_text(to, avp::user_data_sh, sna.user_data);
    add_time(to, sna.expiry_time);
}

void add(std::vector<Avp>&, const PushNotificationAnswer&) {}

template <class Command>
constexpr std::uint32_t kCodeOf = 0;
template <>
constexpr std::uint32_t kCodeOf<UserDataRequest> = 306;
template <>
constexpr std::uint32_t kCodeOf<UserDataAnswer> = 306;
template <>
constexpr std::uint32_t kCodeOf<ProfileUpdateRequest> = 307;
template <>
constexpr std::uint32_t kCodeOf<ProfileUpdateAnswer> = 307;
template <>
constexpr std::uint32_t kCodeOf<SubscribeNotificationsRequest> = 308;
template <>
constexpr std::uint32_t kCodeOf<SubscribeNotificationsAnswer> = 308;
template <>
constexpr std::uint32_t kCodeOf<PushNotificationRequest> = 309;
template <>
constexpr std::uint32_t kCodeOf<PushNotificationAnswer> = 309;

constexpr auto kCode = []<class Command>(const Command&) { return kCodeOf<Command>; };
constexpr auto kAdd = [](auto& avps, const auto& command) { add(avps, command); };

}  // namespace

std::string to_string(DataReference reference) {
    const auto found = std::find_if(kReferences.begin(), kReferences.end(), [&](const auto& one) {
        return one.first == reference;
    });
    return found != kReferences.end() ? std::string(found->second)
                                      : std::to_string(static_cast<std::uint32_t>(reference));
}

std::optional<DataReference> data_reference_from(std::string_view name) {
    const auto found = std::find_if(kReferences.begin(), kReferences.end(), [&](const auto& one) {
        return std::equal(
            one.second.begin(), one.second.end(), name.begin(), name.end(), [](char a, char b) {
                return lower(a) == lower(b);
            });
    });
    return found != kReferences.end() ? std::optional(found->first) : std::nullopt;
}

std::string tbcd_from(std::string_view digits) {
    std::string octets;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        const auto low = static_cast<unsigned>(digits[i] - '0') & 15U;
        const auto high =
            i + 1 < digits.size() ? static_cast<unsigned>(digits[i + 1] - '0') & 15U : 15U;
        octets.push_back(static_cast<char>(high << 4U | low));
    }
    return octets;
}

Message to_message(const Request& request, const Envelope& envelope) {
    return diameter::message_of(diameter::kApplicationSh, request, envelope, kCode, kAdd);
}

Message to_message(const Answer& answer, const Envelope& envelope) {
    return diameter::message_of(diameter::kApplicationSh, answer, envelope, kCode, kAdd);
}

Message refusal(const Message& request, const CodecError& error, const Envelope& envelope) {
    return diameter::refusal(diameter::kApplicationSh, request, error, envelope);
}

}  // namespace imslab::sh
