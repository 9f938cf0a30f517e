// The bootstrapping server function as an enabler (TS 33.220 §4.2.1): a UE proves on Ub that it has
// its USIM (TS 24.109 §4), and servers hear on Zn which key they share with it (TS 29.109 §5.2).
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>

#include "as/enabler.h"
#include "core/result.h"

namespace imslab::gba {

struct ServerSettings {
    Duration lifetime = std::chrono::hours(24);  // of a bootstrapping
    Duration challenge_lifetime = std::chrono::minutes(1);
    std::size_t max_bootstrappings = 100'000, max_challenges = 100'000;
    // The names that a server may ask keys for, beside the one by which it is a Diameter peer.
    std::map<std::string, std::set<std::string>, std::less<>> names;
};

std::unique_ptr<as::Enabler> make_bootstrapping_server(as::Services& services,
                                                       std::string name,
                                                       ServerSettings settings);

// {"lifetime_seconds": 86400, "challenge_lifetime_seconds": 60, "nafs": {"ap.home":
// ["xdms.home"]}}. A sentence that begins with the key if something in it is wrong.
Result<ServerSettings, std::string> read_server_settings(const nlohmann::json& settings);

}  // namespace imslab::gba
