// What a topology answers: who is who, at which address, and where each name leads.
#include "lab/topology.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "lab/places.h"

namespace imslab::lab {

const Address* TopologyNode::sip_address() const {
    const auto at = [&](std::string_view point) -> const Address* {
        const auto found = addresses.find(std::string(point));
        return found == addresses.end() ? nullptr : &found->second;
    };
    if (serves_phones()) return at(is_plain_sip() ? "SIP" : "Gm");
    constexpr std::array<std::string_view, 7> kNoSip{"Cx", "Sh", "Rf", "Ro", "Ut", "Ub", "API"};
    for (const auto& [point, address] : addresses) {
        if (std::find(kNoSip.begin(), kNoSip.end(), point) == kNoSip.end()) return &address;
    }
    return nullptr;
}

bool Topology::is_plain_sip() const {
    return std::any_of(
        nodes.begin(), nodes.end(), [](const auto& node) { return node.is_plain_sip(); });
}

const TopologyNode* Topology::node(std::string_view name_or_label) const {
    for (const auto& node : nodes) {
        if (node.name == name_or_label || node.label == name_or_label) return &node;
    }
    return nullptr;
}

const TopologyUe* Topology::ue(std::string_view wanted) const {
    for (const auto& ue : ues) {
        if (ue.name == wanted) return &ue;
    }
    return nullptr;
}

std::optional<std::string> Topology::lifeline_at(const Address& address) const {
    for (const auto& node : nodes) {
        for (const auto& [point, own] : node.addresses) {
            if (own == address) return node.label;
        }
    }
    for (const auto& ue : ues) {
        if (ue.address == address) return ue.name;
    }
    for (const auto& node : nodes) {
        for (const auto& [point, own] : node.addresses) {
            if (own.ip == address.ip) return node.label;
        }
    }
    for (const auto& ue : ues) {
        if (ue.address.ip == address.ip) return ue.name;
    }
    return std::nullopt;
}

Hosts Topology::hosts() const {
    Hosts table;
    for (const auto& node : nodes) {
        // Where other nodes find it by name: its SIP, if it has several addresses.
        auto at = node.addresses.find("Mw");
        if (at == node.addresses.end()) at = node.addresses.find("ISC");
        const auto& address = (at != node.addresses.end() ? at : node.addresses.begin())->second;
        table[node.host] = address;
        if (node.kind == "icscf") table[node.home].add({address, node.priority, node.weight});
        if (node.is_plain_sip()) table.try_emplace(node.home, address);
    }
    return table;
}

std::vector<std::string> Topology::domains() const {
    std::set<std::string> all;
    for (const auto& node : nodes) {
        if (node.kind == "hss") all.insert(node.home);
    }
    if (all.empty()) all.insert(home);
    return {all.begin(), all.end()};
}

std::string topology_file(std::string_view name_or_path) {
    if (name_or_path.find('/') != std::string_view::npos || name_or_path.ends_with(".yaml"))
        return std::string(name_or_path);
    return (std::filesystem::path(root_folder()) / "scenarios" / "topologies" /
            (std::string(name_or_path) + ".yaml"))
        .string();
}

}  // namespace imslab::lab
