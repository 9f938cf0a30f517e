// The edge of the trust domain (TS 24.229 §4.4, RFC 3325, RFC 7315 §6).
#include "pcscf/trust_domain.h"

#include <array>
#include <string>
#include <vector>

#include "sip/params.h"

namespace imslab::pcscf {

namespace {

using sip::HeaderId;

// What the network asserts, routes by or charges with.
constexpr std::array kOnlyTheNetworkSays{
    HeaderId::p_asserted_identity,
    HeaderId::p_charging_vector,
    HeaderId::p_charging_function_addresses,
    HeaderId::p_visited_network_id,
    HeaderId::p_user_database,
    HeaderId::p_profile_key,
    HeaderId::p_served_user,
    HeaderId::p_asserted_service,
    HeaderId::p_called_party_id,
    HeaderId::p_associated_uri,
    HeaderId::path,
    HeaderId::service_route,
    HeaderId::restoration_info,
    HeaderId::relayed_charge,
    HeaderId::p_private_network_indication,
};

// Where somebody is (RFC 7315 §6.4) among it.
constexpr std::array kStaysInTheCore{
    HeaderId::p_charging_vector,
    HeaderId::p_charging_function_addresses,
    HeaderId::p_visited_network_id,
    HeaderId::p_access_network_info,
    HeaderId::p_user_database,
    HeaderId::p_profile_key,
    HeaderId::p_served_user,
    HeaderId::p_private_network_indication,
    HeaderId::restoration_info,
    HeaderId::relayed_charge,
    HeaderId::cellular_network_info,
};

// RFC 3323 §4.2: the values of Privacy stand between semicolons.
bool asks_for_privacy_of_identity(const sip::Message& message) {
    const auto privacy = message.get(HeaderId::privacy);
    if (!privacy) return false;
    std::string_view rest = *privacy;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find_first_of(";,"), rest.size());
        if (sip::equals_ignoring_case(sip::trim(rest.substr(0, end)), "id")) return true;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
}

// RFC 7315 §5.4: "network-provided" marks what the network says about the access; a UE cannot say
// it.
bool remove_network_provided_access_info(sip::Message& message) {
    if (!message.has(HeaderId::p_access_network_info)) return false;
    std::vector<std::string> kept;
    bool removed = false;
    for (const std::string_view value : message.values(HeaderId::p_access_network_info)) {
        const std::size_t semicolon = value.find(';');
        const bool claimed = semicolon != std::string_view::npos &&
                             sip::Params(value.substr(semicolon + 1)).has("network-provided");
        removed |= claimed;
        if (!claimed) kept.emplace_back(value);
    }
    if (!removed) return false;
    message.remove(HeaderId::p_access_network_info);
    for (const auto& value : kept) message.append(HeaderId::p_access_network_info, value);
    return true;
}

}  // namespace

std::string_view remove_what_a_ue_may_not_say(sip::Message& message) {
    std::string_view first;
    for (const HeaderId id : kOnlyTheNetworkSays) {
        if (!message.has(id)) continue;
        message.remove(id);
        if (first.empty()) first = canonical_name(id);
    }
    if (remove_network_provided_access_info(message) && first.empty()) {
        first = canonical_name(HeaderId::p_access_network_info);
    }
    return first;
}

void remove_what_stays_in_the_core(sip::Message& message) {
    for (const HeaderId id : kStaysInTheCore) {
        if (message.has(id)) message.remove(id);
    }
    if (asks_for_privacy_of_identity(message)) message.remove(HeaderId::p_asserted_identity);
}

void remove_security_agreement(sip::Message& message) {
    message.remove(HeaderId::security_client);
    message.remove(HeaderId::security_server);
    message.remove(HeaderId::security_verify);
    remove_option_tag(message, HeaderId::require, "sec-agree");
    remove_option_tag(message, HeaderId::proxy_require, "sec-agree");
}

void remove_option_tag(sip::Message& message, HeaderId id, std::string_view tag) {
    if (!message.has_token(id, tag)) return;
    std::string kept;
    for (const std::string_view value : message.values(id)) {
        if (sip::equals_ignoring_case(value, tag)) continue;
        if (!kept.empty()) kept += ", ";
        kept += value;
    }
    if (kept.empty()) {
        message.remove(id);
    } else {
        message.set(id, kept);
    }
}

}  // namespace imslab::pcscf
