// What one node process is told when it starts: a JSON file that the lab's supervisor writes from
// the topology.
//
// {
//   "node": "pcscf", "kind": "pcscf",                    name in the topology; pcscf | icscf |
//   scscf | hss "host": "pcscf.visited.example",                     its host name in SIP URIs and
//   Diameter identities "addresses": {"Gm": "127.1.1.1:5060", "Mw": "127.1.1.2:5060", "Cx":
//   "127.1.4.1:3868"}, "hosts": {"ims.mnc001.mcc001.3gppnetwork.org": "127.1.2.1:5060", …},     a
//   static /etc/hosts "domains": ["ims.mnc001.mcc001.3gppnetwork.org"],    home domains (I-,
//   S-CSCF, HSS) "diameter": {"identity": "scscf.…", "realm": "…", "peers": [{"identity": "hss.…",
//   "realm": "…", "address": "127.1.4.1:3868", "serves": ["Sh", "Zh"], "connects": false}]},
//   "database": "out/…/subscribers.sqlite", HSS "trace": "out/…/pcscf.trace", absent: tracing off
//   "log": "out/…/pcscf.log", "log_level": "info",       absent: standard error; "syslog:": the
//   system's log
//   "control": "out/…/pcscf.sock",                       Unix socket: a line "state\n" is answered
//   with JSON and EOF "ready_fd": 3,                                       the node writes
//   "ready\n" there once it serves, then closes it "seed": 1, absent: the operating system's
//   randomness "settings": { … }                                    of the kind: see the node's own
//   Config
// }
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/node.h"
#include "core/result.h"
#include "hosts/asio/tls_files.h"

namespace imslab::host {

struct DiameterPeer {
    std::string identity, realm;
    Address address;
    std::vector<std::string> serves{};  // the applications it is asked on; empty: on each
    bool connects = false;              // by itself; else we connect to it
};

// Ports beside those of UDP and TCP.
using TransportPorts = std::map<Transport, std::uint16_t>;

struct NodeConfig {
    std::string node, kind, host;
    std::map<std::string, Address> addresses;  // by reference point
    // "transports": {"Gm": {"tls": 5061, "ws": 8080, "wss": 8443}}: what is listened on at the same
    // address beside UDP and TCP.
    std::map<std::string, TransportPorts> transports;
    // "tls": {"certificate": "…/pcscf.pem", "key": "…/pcscf.key"}: needed by tls and wss.
    TlsFiles tls;
    // "hosts": {"ims.example": [{"address": "127.1.2.1:5060", "priority": 0, "weight": 1}, …]}: a
    // name that several nodes answer for (RFC 2782); the text of one address is the usual case.
    Hosts hosts;
    std::vector<std::string> domains;
    std::string diameter_identity, diameter_realm;  // empty: no Diameter
    std::vector<DiameterPeer> diameter_peers;
    std::string database, trace, log, control;  // empty: none
    std::string log_level = "info";
    int ready_fd = -1;
    std::optional<std::uint64_t> seed;
    // For tests: the process (in the Kamailio host its engine) is killed when it has taken so many
    // messages.
    std::uint64_t dies_at_message = 0;  // 0: never
    nlohmann::json settings;

    // One sentence with the file and the key that is wrong.
    static Result<NodeConfig, std::string> load(const std::string& path);
    // The same, of what is in such a file; the sentence names the key.
    static Result<NodeConfig, std::string> from_json(const nlohmann::json& object);
};

}  // namespace imslab::host
