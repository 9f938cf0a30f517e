// Addresses to lifelines, pairs of roles to reference points (TS 23.002 §6a.7, TS 23.228 §4).
#include "lab/network.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "sip/params.h"

namespace imslab::lab {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kKindNames{{
    {"ue", "UE"},
    {"pcscf", "P-CSCF"},
    {"icscf", "I-CSCF"},
    {"scscf", "S-CSCF"},
    {"hss", "HSS"},
    {"as", "AS"},
    {"bsf", "BSF"},
    {"plain-sip", "Proxy"},
    {"unknown", "?"},
}};

bool is_cscf(std::string_view kind) {
    return kind == "pcscf" || kind == "icscf" || kind == "scscf";
}

Participant participant_of(const TopologyNode& node) {
    Participant participant;
    participant.id = node.name;
    participant.name = node.label.empty() ? node.name : node.label;
    participant.kind = node.kind == "sh_client" ? "as" : node.hosts("bsf") ? "bsf" : node.kind;
    participant.host = node.host;
    participant.addresses = node.addresses;
    participant.traced = node.is_ours();
    return participant;
}

Participant participant_of(const TopologyUe& ue) {
    Participant participant;
    participant.id = ue.name;
    participant.name = ue.name;
    participant.kind = "ue";
    participant.addresses["Gm"] = ue.address;
    return participant;
}

}  // namespace

std::string display_name_of_kind(std::string_view kind) {
    for (const auto& [known, name] : kKindNames) {
        if (known == kind) return std::string(name);
    }
    return std::string(kind);
}

std::string kind_from(std::string_view text) {
    for (const auto& [kind, name] : kKindNames) {
        if (sip::equals_ignoring_case(text, kind) || sip::equals_ignoring_case(text, name)) {
            return std::string(kind);
        }
    }
    return {};
}

std::string reference_point_between(std::string_view kind_a,
                                    std::string_view kind_b,
                                    bool diameter) {
    const auto between = [&](std::string_view x, std::string_view y) {
        return (kind_a == x && kind_b == y) || (kind_a == y && kind_b == x);
    };
    if (diameter) {
        if (between("icscf", "hss") || between("scscf", "hss")) return "Cx";
        if (between("as", "hss")) return "Sh";
        return "Diameter";
    }
    if (between("ue", "pcscf")) return "Gm";
    if (is_cscf(kind_a) && is_cscf(kind_b)) return "Mw";
    if (between("scscf", "as")) return "ISC";
    if (between("icscf", "as")) return "Ma";
    return "SIP";
}

std::optional<std::size_t> Network::at(const Address& address) const {
    std::optional<std::size_t> same_ip;
    bool several = false;
    for (std::size_t i = 0; i < participants.size(); ++i) {
        for (const auto& [point, own] : participants[i].addresses) {
            if (own == address) return i;
            if (own.ip != address.ip) continue;
            several = several || (same_ip && *same_ip != i);
            same_ip = i;
        }
    }
    return several ? std::nullopt : same_ip;
}

std::optional<std::size_t> Network::named(std::string_view name) const {
    for (std::size_t i = 0; i < participants.size(); ++i) {
        if (participants[i].name == name) return i;
    }
    for (std::size_t i = 0; i < participants.size(); ++i) {
        if (participants[i].id == name) return i;
    }
    // "S-CSCF" where the only one of that kind has a label of its own.
    const std::string kind = kind_from(name);
    std::optional<std::size_t> only;
    for (std::size_t i = 0; !kind.empty() && kind != "ue" && i < participants.size(); ++i) {
        if (participants[i].kind != kind) continue;
        if (only) return std::nullopt;
        only = i;
    }
    return only;
}

std::optional<std::size_t> Network::with_host(std::string_view host) const {
    for (std::size_t i = 0; i < participants.size(); ++i) {
        if (!host.empty() && sip::equals_ignoring_case(participants[i].host, host)) return i;
    }
    return std::nullopt;
}

std::size_t Network::at_or_unknown(const Address& address) {
    if (const auto known = at(address)) return *known;
    Participant unknown;
    unknown.id = unknown.name = address.to_string();
    unknown.kind = "unknown";
    unknown.addresses["?"] = address;
    participants.push_back(std::move(unknown));
    return participants.size() - 1;
}

Network network_of(const Topology& topology) {
    Network network;
    // The first phone stands left of the network, the others right of it, as call flows are drawn.
    if (!topology.ues.empty()) network.participants.push_back(participant_of(topology.ues.front()));
    for (const auto& node : topology.nodes) network.participants.push_back(participant_of(node));
    for (std::size_t i = 1; i < topology.ues.size(); ++i) {
        network.participants.push_back(participant_of(topology.ues[i]));
    }
    return network;
}

nlohmann::ordered_json to_json(const Network& network) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& participant : network.participants) {
        nlohmann::ordered_json addresses = nlohmann::ordered_json::object();
        for (const auto& [point, address] : participant.addresses) {
            addresses[point] = address.to_string();
        }
        list.push_back({{"id", participant.id},
                        {"name", participant.name},
                        {"kind", participant.kind},
                        {"host", participant.host},
                        {"addresses", std::move(addresses)},
                        {"traced", participant.traced}});
    }
    nlohmann::ordered_json json;
    json["participants"] = std::move(list);
    return json;
}

Result<Network, std::string> network_from_json(std::string_view text) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object() || !json.contains("participants") || !json["participants"].is_array()) {
        return failure(std::string("found no list of participants in network.json"));
    }
    Network network;
    for (const auto& item : json["participants"]) {
        if (!item.is_object()) return failure(std::string("found a participant that is no object"));
        const auto text_of = [&](const char* key) {
            const auto found = item.find(key);
            return found != item.end() && found->is_string() ? found->get<std::string>()
                                                             : std::string();
        };
        Participant participant{
            text_of("id"), text_of("name"), text_of("kind"), text_of("host"), {}, false};
        if (participant.id.empty())
            return failure(std::string("found a participant without an id"));
        if (participant.name.empty()) participant.name = participant.id;
        const auto traced = item.find("traced");
        participant.traced = traced != item.end() && traced->is_boolean() && traced->get<bool>();
        if (const auto addresses = item.find("addresses");
            addresses != item.end() && addresses->is_object()) {
            for (const auto& [point, value] : addresses->items()) {
                const auto address =
                    value.is_string() ? Address::parse(value.get<std::string>()) : std::nullopt;
                if (!address) return failure("found no address at " + participant.id + "." + point);
                participant.addresses[point] = *address;
            }
        }
        network.participants.push_back(std::move(participant));
    }
    return network;
}

}  // namespace imslab::lab
