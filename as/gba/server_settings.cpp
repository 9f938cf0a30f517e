// The settings of a bootstrapping server in a topology.
#include <nlohmann/json.hpp>

#include "as/gba/bootstrapping_server.h"

namespace imslab::gba {

namespace {

using nlohmann::json;

constexpr unsigned kLongest = 30 * 86'400;  // seconds

Result<Duration, std::string> seconds(const std::string& key, const json& value) {
    if (!value.is_number_unsigned() || value == 0U || value > kLongest)
        return failure(key + ": found " + value.dump() + ", expected seconds up to " +
                       std::to_string(kLongest));
    return Duration(std::chrono::seconds(value.get<std::uint32_t>()));
}

Result<std::set<std::string>, std::string> domain_names(const std::string& key, const json& value) {
    std::set<std::string> names;
    for (const auto& one : value.is_array() ? value : json::array({value})) {
        if (!one.is_string() || one.get<std::string>().empty())
            return failure(key + ": found " + one.dump() + ", expected a list of domain names");
        names.insert(one.get<std::string>());
    }
    return names;
}

}  // namespace

Result<ServerSettings, std::string> read_server_settings(const json& settings) {
    ServerSettings result;
    for (const auto& [key, value] : settings.items()) {
        if (key == "kind" || key == "identities") continue;
        if (key == "lifetime_seconds" || key == "challenge_lifetime_seconds") {
            const auto read = seconds(key, value);
            if (!read) return failure(read.error());
            (key == "lifetime_seconds" ? result.lifetime : result.challenge_lifetime) = *read;
        } else if (key == "nafs") {
            if (!value.is_object())
                return failure(key + ": found " + value.dump() +
                               ", expected a map from Diameter identity to domain names");
            for (const auto& [peer, names] : value.items()) {
                auto read = domain_names(key + "." + peer, names);
                if (!read) return failure(read.error());
                result.names[peer] = std::move(*read);
            }
        } else {
            return failure(key + ": found " + value.dump() +
                           ", expected one of lifetime_seconds, challenge_lifetime_seconds, nafs");
        }
    }
    return result;
}

}  // namespace imslab::gba
