// Writes User-Data: element order and extension points of the schema in TS 29.228 Annex E.
#include <sstream>

#include "core/xml_escape.h"
#include "diameter/user_profile_xml.h"

namespace imslab::cx {
namespace {

void add(pugi::xml_node parent, const char* name, const std::string& text) {
    parent.append_child(name).append_child(pugi::node_pcdata).set_value(text.c_str());
}
void add(pugi::xml_node parent, const char* name, std::uint32_t value) {
    add(parent, name, std::to_string(value));
}
void add(pugi::xml_node parent, const char* name, bool value) {
    add(parent, name, std::string(value ? "1" : "0"));
}

void write(pugi::xml_node parent, const PublicIdentity& identity) {
    auto node = parent.append_child("PublicIdentity");
    if (identity.barred) add(node, "BarringIndication", true);
    add(node, "Identity", identity.identity);
    const bool later = !identity.display_name.empty() || !identity.alias_group.empty() ||
                       !identity.wildcarded_impu.empty();
    if (identity.type == IdentityType::public_user && identity.wildcarded_psi.empty() && !later)
        return;
    auto extension = node.append_child("Extension");
    add(extension, "IdentityType", static_cast<std::uint32_t>(identity.type));
    if (!identity.wildcarded_psi.empty()) add(extension, "WildcardedPSI", identity.wildcarded_psi);
    if (!later) return;
    auto second = extension.append_child("Extension");
    if (!identity.display_name.empty()) add(second, "DisplayName", identity.display_name);
    if (!identity.alias_group.empty()) add(second, "AliasIdentityGroupID", identity.alias_group);
    if (!identity.wildcarded_impu.empty())
        add(second.append_child("Extension"), "WildcardedIMPU", identity.wildcarded_impu);
}

struct ConditionWriter {
    pugi::xml_node parent;

    void operator()(const RequestUriTrigger& uri) const { add(parent, "RequestURI", uri.pattern); }
    void operator()(const MethodTrigger& method) const { add(parent, "Method", method.method); }
    void operator()(const SipHeaderTrigger& header) const {
        auto node = pugi::xml_node(parent).append_child("SIPHeader");
        add(node, "Header", header.header);
        if (header.content) add(node, "Content", *header.content);
    }
    void operator()(const SessionCaseTrigger& trigger) const {
        add(parent, "SessionCase", static_cast<std::uint32_t>(trigger.session_case));
    }
    void operator()(const SessionDescriptionTrigger& description) const {
        auto node = pugi::xml_node(parent).append_child("SessionDescription");
        add(node, "Line", description.line);
        if (description.content) add(node, "Content", *description.content);
    }
};

void write(pugi::xml_node parent, const ServicePointTrigger& trigger) {
    auto node = parent.append_child("SPT");
    add(node, "ConditionNegated", trigger.negated);
    for (const auto group : trigger.groups) add(node, "Group", group);
    std::visit(ConditionWriter{node}, trigger.condition);
    if (trigger.registration_types.empty()) return;
    auto extension = node.append_child("Extension");
    for (const auto type : trigger.registration_types)
        add(extension, "RegistrationType", static_cast<std::uint32_t>(type));
}

void write(pugi::xml_node parent, const ApplicationServer& server) {
    auto node = parent.append_child("ApplicationServer");
    add(node, "ServerName", server.server_name);
    add(node, "DefaultHandling", static_cast<std::uint32_t>(server.default_handling));
    if (!server.service_info.empty()) add(node, "ServiceInfo", server.service_info);
    if (!server.include_register_request && !server.include_register_response) return;
    auto extension = node.append_child("Extension");
    if (server.include_register_request) extension.append_child("IncludeRegisterRequest");
    if (server.include_register_response) extension.append_child("IncludeRegisterResponse");
}

void write_authorization(pugi::xml_node parent, const ServiceProfile& profile) {
    if (!profile.subscribed_media_profile && profile.service_ids.empty()) return;
    auto node = parent.append_child("CoreNetworkServicesAuthorization");
    if (profile.subscribed_media_profile)
        add(node, "SubscribedMediaProfileId", *profile.subscribed_media_profile);
    if (profile.service_ids.empty()) return;
    auto services = node.append_child("Extension").append_child("ListOfServiceIds");
    for (const auto& id : profile.service_ids) add(services, "ServiceId", id);
}

}  // namespace

void write_filter_criteria(pugi::xml_node parent, const InitialFilterCriteria& criteria) {
    auto node = parent.append_child("InitialFilterCriteria");
    add(node, "Priority", criteria.priority);
    if (criteria.trigger_point) {
        auto point = node.append_child("TriggerPoint");
        add(point, "ConditionTypeCNF", criteria.trigger_point->conjunctive_normal_form);
        for (const auto& trigger : criteria.trigger_point->triggers) write(point, trigger);
    }
    write(node, criteria.application_server);
    if (criteria.profile_part)
        add(node, "ProfilePartIndicator", static_cast<std::uint32_t>(*criteria.profile_part));
}

void write_service_profile(pugi::xml_node parent, const ServiceProfile& profile) {
    auto node = parent.append_child("ServiceProfile");
    for (const auto& identity : profile.public_identities) write(node, identity);
    write_authorization(node, profile);
    for (const auto& criteria : profile.filter_criteria) write_filter_criteria(node, criteria);
    if (profile.shared_filter_criteria.empty()) return;
    auto extension = node.append_child("Extension");
    for (const auto id : profile.shared_filter_criteria) add(extension, "SharedIFCSetID", id);
}

std::string write_service_profiles(const std::vector<ServiceProfile>& profiles) {
    pugi::xml_document document;
    for (const auto& profile : profiles) write_service_profile(document, profile);
    std::ostringstream xml;
    for (const auto node : document.children()) node.print(xml, "", pugi::format_raw);
    return std::move(xml).str();
}

std::string user_data_from(std::string_view private_identity,
                           std::string_view service_profiles_xml) {
    std::string xml;
    xml.reserve(service_profiles_xml.size() + private_identity.size() + 128);
    xml += R"(<?xml version="1.0" encoding="UTF-8"?><IMSSubscription><PrivateID>)";
    xml += xml_escaped(private_identity);
    xml += "</PrivateID>";
    xml += service_profiles_xml;
    xml += "</IMSSubscription>";
    return xml;
}

std::string write_user_data(const ImsSubscription& subscription) {
    return user_data_from(subscription.private_identity,
                          write_service_profiles(subscription.service_profiles));
}

}  // namespace imslab::cx
