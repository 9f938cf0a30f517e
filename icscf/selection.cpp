// TS 23.228 §5.1.2.1, TS 29.228 §6.7: which S-CSCF serves a user who has none.
#include "icscf/selection.h"

#include <algorithm>

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
                                               const std::set<std::string>& tried) {
    for (const auto& name : wanted.server_names) {
        if (!tried.contains(name)) return name;
    }
    const ServingCscf* best = nullptr;
    std::ptrdiff_t best_count = -1;
    for (const auto& server : serving) {
        if (tried.contains(server.uri) || !has_all(server, wanted.mandatory)) continue;
        const auto optional_count = count(server, wanted.optional);
        if (optional_count > best_count) {
            best = &server;
            best_count = optional_count;
        }
    }
    if (best == nullptr) return std::nullopt;
    return best->uri;
}

}  // namespace imslab::icscf
