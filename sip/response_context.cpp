// Choosing the best response (RFC 3261 §16.7 steps 6 and 7).
#include "sip/response_context.h"

#include <algorithm>
#include <tuple>

#include "core/invariant.h"

namespace imslab::sip {

namespace {

// The lower, the better: a 6xx first, then by class; within the 4xx those that tell how to try
// again; 503 says nothing of this request and comes last in its class.
auto rank(int status) {
    const int by_class = status >= 600 ? 0 : status / 100;
    const bool helps =
        status == 401 || status == 407 || status == 415 || status == 420 || status == 484;
    const int within = helps ? 0 : status == 503 || status == 408 || status == 487 ? 2 : 1;
    return std::tuple(by_class, within);
}

}  // namespace

bool ResponseContext::has_open_branch() const {
    return std::any_of(branches.begin(), branches.end(), [](const auto& branch) {
        return !branch.final && !branch.abandoned;
    });
}

bool ResponseContext::has_candidate() const {
    return std::any_of(branches.begin(), branches.end(), [](const auto& branch) {
        return branch.candidate.has_value();
    });
}

Message ResponseContext::take_best() {
    ProxiedBranch* best = nullptr;
    for (auto& branch : branches) {
        if (!branch.candidate) continue;
        if (best == nullptr || rank(branch.candidate->status()) < rank(best->candidate->status())) {
            best = &branch;
        }
    }
    IMSLAB_INVARIANT(best != nullptr);
    Message chosen = std::move(*best->candidate);
    best->candidate.reset();
    if (chosen.status() != 401 && chosen.status() != 407) return chosen;
    for (const auto& branch : branches) {
        if (!branch.candidate) continue;
        if (branch.candidate->status() != 401 && branch.candidate->status() != 407) continue;
        for (const auto id : {HeaderId::www_authenticate, HeaderId::proxy_authenticate}) {
            for (const auto& field : branch.candidate->fields()) {
                if (field.id == id) chosen.append(id, branch.candidate->value(field));
            }
        }
    }
    return chosen;
}

}  // namespace imslab::sip
