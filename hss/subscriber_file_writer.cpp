// Writes subscriber files with everything spelt out, and the list that shows no secret.
#include <algorithm>
#include <pugixml.hpp>
#include <span>
#include <sstream>

#include "diameter/user_profile_xml.h"
#include "hss/provisioning.h"
#include "hss/subscriber_file.h"

namespace imslab::hss {
namespace {

std::string hexadecimal(std::span<const std::uint8_t> octets) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const auto octet : octets) {
        text.push_back(digits[octet >> 4]);
        text.push_back(digits[octet & 15]);
    }
    return text;
}

std::string hexadecimal_sqn(aka::Sqn sqn) {
    std::array<std::uint8_t, 6> octets{};
    for (std::size_t i = 0; i < octets.size(); ++i)
        octets[i] = static_cast<std::uint8_t>(sqn >> (8 * (5 - i)));
    return hexadecimal(octets);
}

void set(pugi::xml_node node, const char* name, const std::string& value) {
    if (!value.empty()) node.append_attribute(name).set_value(value.c_str());
}
void add(pugi::xml_node node, const char* name, const std::string& value) {
    node.append_child(name).append_child(pugi::node_pcdata).set_value(value.c_str());
}

void write(pugi::xml_node parent, const PrivateIdentity& identity) {
    auto node = parent.append_child("private");
    set(node, "identity", identity.identity);
    set(node, "scheme", identity.scheme == AuthScheme::aka ? "aka" : "digest");
    if (identity.aka) {
        set(node, "k", hexadecimal(identity.aka->k));
        set(node, "opc", hexadecimal(identity.aka->opc));
        set(node, "amf", hexadecimal(identity.aka->amf));
        set(node, "sqn", hexadecimal_sqn(identity.aka->sqn));
    }
    if (identity.digest) {
        set(node, "realm", identity.digest->realm);
        set(node, "ha1", identity.digest->ha1);
        set(node, "algorithm", identity.digest->algorithm);
    }
}

void write(pugi::xml_node parent, const cx::PublicIdentity& identity) {
    static constexpr const char* types[] = {"user", "psi", "wildcarded-psi", "wildcarded-user"};
    auto node = parent.append_child("public");
    if (identity.barred) set(node, "barred", "yes");
    if (identity.type != cx::IdentityType::public_user)
        set(node, "type", types[static_cast<std::size_t>(identity.type)]);
    set(node, "display-name", identity.display_name);
    set(node, "alias-group", identity.alias_group);
    node.append_child(pugi::node_pcdata).set_value(identity.identity.c_str());
}

void write(pugi::xml_node parent, const cx::ServiceProfile& profile) {
    auto node = parent.append_child("profile");
    for (const auto& identity : profile.public_identities) write(node, identity);
    if (profile.subscribed_media_profile)
        add(node, "media-profile", std::to_string(*profile.subscribed_media_profile));
    for (const auto& id : profile.service_ids) add(node, "service", id);
    for (const auto& criteria : profile.filter_criteria) cx::write_filter_criteria(node, criteria);
    for (const auto id : profile.shared_filter_criteria)
        add(node, "shared-filter-criteria", std::to_string(id));
}

void write(pugi::xml_node parent, const DsaiTag& one) {
    auto node = parent.append_child("dsai");
    set(node, "tag", one.tag);
    set(node, "server", one.server_name);
    for (const auto priority : one.priorities) add(node, "priority", std::to_string(priority));
}

void write(pugi::xml_node parent, const ImplicitRegistrationSet& given) {
    auto node = parent.append_child("set");
    set(node, "application-server", given.application_server);
    for (const auto& identity : given.private_identities) add(node, "private-identity", identity);
    for (const auto& profile : given.service_profiles) write(node, profile);
    for (const auto& one : given.dsai) write(node, one);
}

void write(pugi::xml_node parent, const char* name, const sh::DomainData& data) {
    if (data == sh::DomainData{}) return;
    auto node = parent.append_child(name);
    if (data.user_state) set(node, "state", std::to_string(*data.user_state));
    for (const auto& [element, value] : data.location) add(node, element.c_str(), value);
}

void write_capabilities(pugi::xml_node parent, const cx::ServerCapabilities& capabilities) {
    if (capabilities == cx::ServerCapabilities{}) return;
    auto node = parent.append_child("capabilities");
    for (const auto one : capabilities.mandatory) add(node, "mandatory", std::to_string(one));
    for (const auto one : capabilities.optional) add(node, "optional", std::to_string(one));
    for (const auto& one : capabilities.server_names) add(node, "server-name", one);
}

void write(pugi::xml_node parent, const Subscription& subscription) {
    auto node = parent.append_child("subscriber");
    set(node, "name", subscription.name);
    if (!subscription.registration_allowed) set(node, "registration-allowed", "no");
    for (const auto& one : subscription.private_identities) write(node, one);
    for (const auto& one : subscription.sets) write(node, one);
    write_capabilities(node, subscription.capabilities);
    if (subscription.charging) {
        auto charging = node.append_child("charging");
        set(charging, "primary-event", subscription.charging->primary_event);
        set(charging, "secondary-event", subscription.charging->secondary_event);
        set(charging, "primary-collection", subscription.charging->primary_collection);
        set(charging, "secondary-collection", subscription.charging->secondary_collection);
    }
    for (const auto& number : subscription.msisdns) add(node, "msisdn", number);
    write(node, "cs-domain", subscription.cs);
    write(node, "ps-domain", subscription.ps);
    if (!subscription.roaming_restricted) return;
    auto roaming = node.append_child("roaming");
    for (const auto& network : subscription.visited_networks) add(roaming, "network", network);
}

std::string in_words(AuthScheme scheme) {
    return scheme == AuthScheme::aka ? "IMS AKA" : "SIP Digest";
}

// The barred identity derived from an IMSI says nothing that the name does not.
bool says_the_name_again(const cx::PublicIdentity& identity, const std::string& name) {
    return identity.barred && identity.identity.starts_with("sip:" + name + "@ims.mnc");
}

}  // namespace

std::string write_subscribers(const std::vector<Subscription>& subscriptions) {
    pugi::xml_document document;
    auto declaration = document.append_child(pugi::node_declaration);
    set(declaration, "version", "1.0");
    set(declaration, "encoding", "UTF-8");
    auto root = document.append_child("subscribers");
    for (const auto& subscription : subscriptions) write(root, subscription);
    std::ostringstream xml;
    document.save(xml, "  ", pugi::format_indent, pugi::encoding_utf8);
    return std::move(xml).str();
}

std::string list_subscribers(const std::vector<Subscription>& subscriptions) {
    std::size_t width = 0;
    for (const auto& subscription : subscriptions)
        width = std::max(width, subscription.name.size());
    std::string text;
    for (const auto& subscription : subscriptions) {
        const auto& privates = subscription.private_identities;
        const auto scheme = privates.empty() ? "" : in_words(privates.front().scheme);
        text += subscription.name + std::string(width + 2 - subscription.name.size(), ' ') +
                scheme + std::string(12 - scheme.size(), ' ');
        std::string identities;
        for (const auto& set : subscription.sets) {
            for (const auto& one : row_of(set, subscription).public_identities) {
                const auto& identity = one.identity;
                if (says_the_name_again(identity, subscription.name)) continue;
                identities += (identities.empty() ? "" : " ") + identity.identity +
                              (identity.barred ? " (barred)" : "");
            }
        }
        text += identities;
        if (privates.size() > 1)
            text += " (" + std::to_string(privates.size()) + " private identities)";
        if (subscription.roaming_restricted) text += " (roaming restricted)";
        if (!subscription.registration_allowed) text += " (registration not allowed)";
        text += "\n";
    }
    return text;
}

}  // namespace imslab::hss
