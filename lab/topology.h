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
//     im: {kind: as, address: 127.1.10.5, msrp: 127.1.10.5, msrps: 2856}   MSRP, beside ISC; over TLS
//     xdms: {kind: as, address: 127.1.10.3, http: 127.1.10.3, https: 8443}     Ut, beside ISC
//     as1: {kind: sh_client, address: 127.1.10.9, label: AS}           asks the HSS on Sh by hand
//     scscf2: {kind: scscf, address: 127.1.3.2, runs_on: kamailio}      inside that server
//     door: {kind: pcscf, addresses: {…}, transports: {Gm: [udp, tcp, tls, ws, wss:9443]}}
//     theirs: {kind: scscf, address: 192.0.2.7, external: true}        somebody else runs it
//     proxy: {kind: plain-sip, address: 127.1.6.1}      no IMS: stock Kamailio, registrar and proxy
//   ues:
//     alice: {address: 127.1.100.1, subscriber: alice, pcscf: pcscf, driver: lab, transport: tls}
//     web: {address: 127.1.100.31, driver: browser, transport: wss, password: …}
//     berta: {address: 127.1.100.41, driver: baresip, password: …}
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

// Which requests the registrar of plain SIP hands to an application server: what filter criteria
// are in an IMS. All that is said must fit; nothing said fits anything.
struct ServiceRoute {
    std::string name;
    std::vector<std::string> methods;  // PUBLISH, SUBSCRIBE
    std::string event;                 // the event package
    std::string user;                  // a regular expression on the user part of the Request-URI
    Address to;
};

struct TopologyNode {
    std::string name;                          // "scscf1": in commands and file names
    std::string kind;                          // pcscf, icscf, scscf, hss, sh_client, plain-sip
    std::string label;                         // "S-CSCF": the lifeline's name in a ladder
    std::string host;                          // host name in SIP URIs and Diameter identities
    std::string home;                          // the domain it belongs to, also its Diameter realm
    std::map<std::string, Address> addresses;  // by reference point: Gm, Mw, Cx
    // By reference point: the ports of what is listened on there beside UDP and TCP.
    std::map<std::string, std::map<Transport, std::uint16_t>> transports;
    bool external = false;                     // somebody else runs it
    // or kamailio: inside that server; or stock-kamailio: its own IMS modules play the node
    std::string runs_on = "asio";
    // An I-CSCF's place among those of its home network (RFC 2782).
    std::uint16_t priority = 0, weight = 1;
    nlohmann::json settings = nlohmann::json::object();
    std::vector<ServiceRoute> services;  // of a registrar of plain SIP

    static constexpr std::string_view kStock = "stock-kamailio";
    bool is_stock() const { return runs_on == kStock; }
    bool is_plain_sip() const { return kind == "plain-sip"; }
    bool is_cscf() const { return kind == "pcscf" || kind == "icscf" || kind == "scscf"; }
    // A phone can be attached to it: a P-CSCF, or the proxy of plain SIP.
    bool serves_phones() const { return kind == "pcscf" || is_plain_sip(); }
    // Where it takes SIP: from phones if it serves any, else from other nodes.
    const Address* sip_address() const;
    // Somebody else's leaves no trace and has no control socket.
    bool is_ours() const { return !external && !is_stock(); }
    bool has_certificate() const;
    // An application server's enabler of that kind, or with that setting true.
    bool hosts(std::string_view enabler_kind) const;
    bool has_enabler_with(const std::string& setting) const;
    // Where that transport is listened on; nullopt: it is not.
    std::optional<Address> address(const std::string& point, Transport transport) const;
};

struct TopologyUe {
    enum class Driver : std::uint8_t { lab, sipp, browser, baresip, linphone };
    std::string name;        // the lifeline's name
    std::string subscriber;  // in the subscribers file: the user part of its public identity
    Address address;
    std::string pcscf;  // the node it is attached to; a proxy where there is no IMS
    Driver driver = Driver::lab;
    Transport transport = Transport::udp;  // towards its P-CSCF; SIPp knows UDP alone
    std::string password;  // for SIPp and browsers, which register with SIP Digest
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
    // Every host name of the network and where it leads; a home domain leads to its I-CSCFs.
    Hosts hosts() const;
    // No IMS: a registrar and proxy of plain SIP serves the phones.
    bool is_plain_sip() const;
    // The domains this network is home to.
    std::vector<std::string> domains() const;

    static Checked<Topology> load(const std::string& path);
    static Checked<Topology> parse(std::string_view yaml, const std::string& file);
};

// "core" or a path: the file in scenarios/topologies, or what was given.
std::string topology_file(std::string_view name_or_path);

}  // namespace imslab::lab
