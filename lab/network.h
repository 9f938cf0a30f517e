// Who takes part in a run and where: what the analysis needs to know of a topology. Turns addresses
// into lifelines and pairs of roles into reference points (TS 23.228 §4, TS 23.002 §6a.7).
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.h"
#include "core/result.h"
#include "lab/topology.h"

namespace imslab::lab {

struct Participant {
    std::string id;    // in the topology: "pcscf", "alice"
    std::string name;  // as displayed and drawn: "P-CSCF", "alice"
    std::string kind;  // ue | pcscf | icscf | scscf | hss | as | plain-sip | unknown
    std::string host;  // host name, also the Diameter identity; may be empty
    std::map<std::string, Address> addresses;  // by reference point
    bool traced = false;  // writes a trace of its own; else only its neighbours see it
};

// "pcscf" -> "P-CSCF", "ue" -> "UE"; an unknown kind as it is.
std::string display_name_of_kind(std::string_view kind);
// "P-CSCF" or "pcscf" -> "pcscf"; unknown: empty.
std::string kind_from(std::string_view text);
// "Gm" for (ue, pcscf), "Mw" between CSCFs, "Cx", "ISC", "Ma", "Sh"; unknown pair: "SIP" or
// "Diameter".
std::string reference_point_between(std::string_view kind_a,
                                    std::string_view kind_b,
                                    bool diameter);

struct Network {
    std::vector<Participant> participants;  // in the order in which lifelines stand, left to right

    // The participant at that address: ip and port, else the only one with that ip.
    std::optional<std::size_t> at(const Address& address) const;
    // By name, id or alias; case-sensitive.
    std::optional<std::size_t> named(std::string_view name) const;
    std::optional<std::size_t> with_host(std::string_view host) const;
    // The participant at that address, made up ("127.0.0.1:40000", unknown) if there is none.
    std::size_t at_or_unknown(const Address& address);
    const Participant& operator[](std::size_t index) const { return participants[index]; }
};

// Nodes under their labels, then the UEs; a node that is external leaves no trace, nor does a UE.
Network network_of(const Topology& topology);

// The form in which a record keeps it (network.json).
nlohmann::ordered_json to_json(const Network& network);
Result<Network, std::string> network_from_json(std::string_view text);

}  // namespace imslab::lab
