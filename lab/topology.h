// A topology file: which nodes make up the network, where each of them listens, which phones there
// are. YAML.
//
//   name: core
//   home: ims.mnc001.mcc001.3gppnetwork.org        home domain; hosts and domains follow from it
//   subscribers: core.subscribers.xml              relative to this file
//   nodes:
//     pcscf: {kind: pcscf, addresses: {Gm: 127.1.1.1, Mw: 127.1.1.2}}
//     icscf: {kind: icscf, address: 127.1.2.1}
//     scscf: {kind: scscf, address: 127.1.3.1, host: scscf.example, settings: {…}}
//     hss: {kind: hss, address: 127.1.4.1}
//     scscf2: {kind: scscf, address: 127.1.3.2, runs_on: kamailio}      inside that server
//     theirs: {kind: scscf, address: 192.0.2.7, external: true}        somebody else runs it
//   ues:
//     alice: {address: 127.1.100.1, subscriber: alice, pcscf: pcscf, driver: lab}
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.h"
#include "core/node.h"
#include "lab/mistake.h"

namespace imslab::lab {

struct TopologyNode {
    std::string name;                          // "scscf1": in commands and file names
    std::string kind;                          // pcscf, icscf, scscf, hss
    std::string label;                         // "S-CSCF": the lifeline's name in a ladder
    std::string host;                          // host name in SIP URIs and Diameter identities
    std::string home;                          // the domain it belongs to, also its Diameter realm
    std::map<std::string, Address> addresses;  // by reference point: Gm, Mw, Cx
    bool external = false;                     // somebody else runs it
    // or kamailio: inside that server; or stock-kamailio: its own IMS modules play the node
    std::string runs_on = "asio";
    nlohmann::json settings = nlohmann::json::object();

    static constexpr std::string_view kStock = "stock-kamailio";
    bool is_stock() const { return runs_on == kStock; }
    // Somebody else's leaves no trace and has no control socket.
    bool is_ours() const { return !external && !is_stock(); }
};

struct TopologyUe {
    enum class Driver : std::uint8_t { lab, sipp };
    std::string name;        // the lifeline's name
    std::string subscriber;  // in the subscribers file: the user part of its public identity
    Address address;
    std::string pcscf;  // the node it is attached to
    Driver driver = Driver::lab;
    std::string password;  // for SIPp, which registers with SIP Digest
};

struct Topology {
    std::string name;
    std::string file;
    std::string home;
    std::string description;
    std::string subscribers_file;  // as a path that can be opened; empty: none
    std::vector<TopologyNode> nodes;
    std::vector<TopologyUe> ues;

    const TopologyNode* node(std::string_view name_or_label) const;
    const TopologyUe* ue(std::string_view name) const;
    // Whose address this is: a node's label or a UE's name; by address and port, then by the
    // address alone.
    std::optional<std::string> lifeline_at(const Address& address) const;
    // Every host name of the network and where it leads; a home domain leads to its I-CSCF.
    Hosts hosts() const;
    // The domains this network is home to.
    std::vector<std::string> domains() const;

    static Checked<Topology> load(const std::string& path);
    static Checked<Topology> parse(std::string_view yaml, const std::string& file);
};

// "core" or a path: the file in scenarios/topologies, or what was given.
std::string topology_file(std::string_view name_or_path);

}  // namespace imslab::lab
