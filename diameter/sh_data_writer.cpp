// Writes Sh-Data: element order and extension points of TS 29.328 Annex D.
#include <sstream>

#include "diameter/sh_data.h"
#include "diameter/user_profile_xml.h"

namespace imslab::sh {
namespace {

void add(pugi::xml_node parent, const char* name, const std::string& text) {
    parent.append_child(name).append_child(pugi::node_pcdata).set_value(text.c_str());
}
void add(pugi::xml_node parent, const char* name, std::uint32_t value) {
    add(parent, name, std::to_string(value));
}
void add_unless_empty(pugi::xml_node parent, const char* name, const std::string& text) {
    if (!text.empty()) add(parent, name, text);
}

void write(pugi::xml_node parent, const char* name, const PublicIdentifiers& identifiers) {
    auto node = parent.append_child(name);
    for (const auto& one : identifiers.identities) add(node, "IMSPublicIdentity", one);
    for (const auto& one : identifiers.msisdns) add(node, "MSISDN", one);
    if (!identifiers.type && identifiers.wildcarded_impu.empty()) return;
    auto extension = node.append_child("Extension");
    if (identifiers.type)
        add(extension, "IdentityType", static_cast<std::uint32_t>(*identifiers.type));
    add_unless_empty(extension, "WildcardedPSI", identifiers.wildcarded_psi);
    if (!identifiers.wildcarded_impu.empty())
        add(extension.append_child("Extension"), "WildcardedIMPU", identifiers.wildcarded_impu);
}

void write(pugi::xml_node parent, const char* name, const RepositoryData& data) {
    auto node = parent.append_child(name);
    add(node, "ServiceIndication", data.service_indication);
    add(node, "SequenceNumber", data.sequence_number);
    if (!data.service_data) return;
    auto inside = node.append_child("ServiceData");
    inside.append_buffer(data.service_data->data(),
                         data.service_data->size(),
                         pugi::parse_default | pugi::parse_fragment,
                         pugi::encoding_utf8);
}

void write(pugi::xml_node parent, const cx::ChargingInformation& charging) {
    auto node = parent.append_child("ChargingInformation");
    add_unless_empty(node, "PrimaryEventChargingFunctionName", charging.primary_event);
    add_unless_empty(node, "SecondaryEventChargingFunctionName", charging.secondary_event);
    add_unless_empty(node, "PrimaryChargingCollectionFunctionName", charging.primary_collection);
    add_unless_empty(
        node, "SecondaryChargingCollectionFunctionName", charging.secondary_collection);
}

void write_ims_data(pugi::xml_node parent, const ShData& data) {
    const bool extended = data.psi_active || !data.dsai.empty();
    if (!data.s_cscf_name && !data.filter_criteria && !data.user_state && !data.charging &&
        !extended)
        return;
    auto node = parent.append_child("Sh-IMS-Data");
    if (data.s_cscf_name) add(node, "SCSCFName", *data.s_cscf_name);
    if (data.filter_criteria) {
        auto list = node.append_child("IFCs");
        for (const auto& one : *data.filter_criteria) cx::write_filter_criteria(list, one);
    }
    if (data.user_state) add(node, "IMSUserState", static_cast<std::uint32_t>(*data.user_state));
    if (data.charging) write(node, *data.charging);
    if (!extended) return;
    auto extension = node.append_child("Extension");
    if (data.psi_active) add(extension, "PSIActivation", *data.psi_active ? 1U : 0U);
    if (data.dsai.empty()) return;
    auto second = extension.append_child("Extension");
    for (const auto& one : data.dsai) {
        auto dsai = second.append_child("DSAI");
        add(dsai, "DSAI-Tag", one.tag);
        add(dsai, "DSAI-Value", one.active ? 0U : 1U);
    }
}

void write_location(pugi::xml_node parent, const char* name, const std::optional<DomainData>& of) {
    if (!of || of->location.empty()) return;
    auto node = parent.append_child(name);
    for (const auto& [element, value] : of->location) add(node, element.c_str(), value);
}

void write_user_state(pugi::xml_node parent,
                      const char* name,
                      const std::optional<DomainData>& of) {
    if (of && of->user_state) add(parent, name, *of->user_state);
}

void write_extension(pugi::xml_node parent, const ShData& data) {
    const bool any = data.registered_identities || data.implicit_identities ||
                     data.all_identities || data.alias_identities ||
                     !data.aliases_repository_data.empty();
    if (!any) return;
    auto node = parent.append_child("Extension");
    if (data.registered_identities)
        write(node, "RegisteredIdentities", *data.registered_identities);
    if (data.implicit_identities) write(node, "ImplicitIdentities", *data.implicit_identities);
    if (data.all_identities) write(node, "AllIdentities", *data.all_identities);
    if (data.alias_identities) write(node, "AliasIdentities", *data.alias_identities);
    for (const auto& one : data.aliases_repository_data) write(node, "AliasesRepositoryData", one);
}

}  // namespace

std::string write_sh_data(const ShData& data) {
    pugi::xml_document document;
    auto root = document.append_child("Sh-Data");
    if (data.public_identifiers) write(root, "PublicIdentifiers", *data.public_identifiers);
    for (const auto& one : data.repository_data) write(root, "RepositoryData", one);
    write_ims_data(root, data);
    write_location(root, "CSLocationInformation", data.cs);
    write_location(root, "PSLocationInformation", data.ps);
    write_user_state(root, "CSUserState", data.cs);
    write_user_state(root, "PSUserState", data.ps);
    write_extension(root, data);
    std::ostringstream xml;
    document.save(xml, "", pugi::format_raw | pugi::format_no_declaration);
    return R"(<?xml version="1.0" encoding="UTF-8"?>)" + std::move(xml).str();
}

}  // namespace imslab::sh
