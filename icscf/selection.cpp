// TS 23.228 §5.1.2.1, TS 29.228 §6.7: which S-CSCF serves a user who has none.
#include "icscf/selection.h"

#include <algorithm>
#include <utility>

#include "core/hosts.h"

namespace imslab::icscf {

namespace {

bool has(const ServingCscf& server, std::uint32_t capability) {
    return std::ranges::find(server.capabilities, capability) != server.capabilities.end();
}

bool has_all(const ServingCscf& server, const std::vector<std::uint32_t>& capabilities) {
    return std::ranges::all_of(capabilities, [&](std::uint32_t c) { return has(server, c); });
}

std::ptrdiff_t count(const ServingCscf& server, const std::vector<std::uint32_t>& capabilities) {
    return std::ranges::count_if(capabilities, [&](std::uint32_t c) { return has(server, c); });
}

}  // namespace

std::optional<std::string> select_serving_cscf(const std::vector<ServingCscf>& serving,
                                               const cx::ServerCapabilities& wanted,
                                               const std::set<std::string>& tried,
                                               std::string_view user) {
    for (const auto& name : wanted.server_names) {
        if (!tried.contains(name)) return name;
    }
    const ServingCscf* best = nullptr;
    std::pair<std::ptrdiff_t, double> best_rank;
    for (const auto& server : serving) {
        if (tried.contains(server.uri) || !has_all(server, wanted.mandatory)) continue;
        const std::pair rank{count(server, wanted.optional), spread(user, server.uri)};
        if (best == nullptr || rank > best_rank) {
            best = &server;
            best_rank = rank;
        }
    }
    if (best == nullptr) return std::nullopt;
    return best->uri;
}

}  // namespace imslab::icscf
