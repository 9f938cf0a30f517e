// The S-CSCF that a request goes to, and another one if that does not take it: TS 24.229 §5.3.1.3
// for a REGISTER, §5.3.2.2 for the rest.
#include <algorithm>

#include "icscf/procedures.h"
#include "icscf/selection.h"
#include "sip/headers.h"
#include "sip/next_hop.h"

namespace imslab::icscf {

namespace {

cx::Request capabilities_question(const Attempt& attempt) {
    if (attempt.registration) {
        return user_authorization(attempt,
                                  cx::UserAuthorizationType::registration_and_capabilities);
    }
    cx::LocationInfoRequest lir;
    lir.public_identity = attempt.public_identity;
    lir.originating = attempt.originating;
    lir.capabilities_wanted = true;
    return lir;
}

// What the HSS says of capabilities, by either command; a number: how the request is refused.
Result<cx::ServerCapabilities, int> capabilities_in(const Result<cx::Answer, AskFailed>& answered) {
    if (!answered) return failure(504);
    if (const auto* uaa = std::get_if<cx::UserAuthorizationAnswer>(&*answered)) {
        if (!uaa->result.is_success()) return failure(registration_refusal(uaa->result));
        return uaa->capabilities.value_or(cx::ServerCapabilities{});
    }
    if (const auto* lia = std::get_if<cx::LocationInfoAnswer>(&*answered)) {
        if (!lia->result.is_success()) return failure(location_refusal(lia->result));
        return lia->capabilities.value_or(cx::ServerCapabilities{});
    }
    return failure(504);
}

}  // namespace

const char* clause_of(const Attempt& attempt) {
    return attempt.registration ? "TS 24.229 §5.3.1.3" : "TS 24.229 §5.3.2.2";
}

// The HSS is asked for capabilities, and one not tried yet is selected.
Task<void> Icscf::Impl::try_another(sip::ServerId id, sip::Message failed) {
    const auto found = attempts.find(id);
    if (found == attempts.end()) co_return;
    found->second.searching = true;
    std::any question = capabilities_question(found->second);
    auto answered = co_await asks.ask<cx::Answer>(std::move(question));

    const auto again = attempts.find(id);
    if (again == attempts.end()) co_return;
    again->second.searching = false;
    const auto wanted = capabilities_in(answered);
    if (!wanted) {
        proxy.respond(id, wanted.error());
        co_return;
    }
    auto selected = select(again->second, *wanted);
    if (selected) {
        forward_to_serving(id, *std::move(selected));
        co_return;
    }
    log(LogLevel::warning, failed, clause_of(again->second), "no other S-CSCF is left to try");
    proxy.respond(id, 504, "No S-CSCF answers");
}

void Icscf::Impl::forward_to_serving(sip::ServerId id, std::string server) {
    const auto* original = proxy.request_of(id);
    if (original == nullptr) return;
    watch(id, *original, server);
    auto& attempt = attempts.at(id);
    const auto to = sip::flow_to(server, config.hosts, config.address);
    if (to) {
        attempt.branches.push_back(server);
        auto request = attempt.registration ? registration_at(*original, server)
                                            : initial_request_at(*original, server, attempt);
        proxy.forward(id, sip::Branch{std::move(request), *to});
        return;
    }
    log(LogLevel::error,
        *original,
        clause_of(attempt),
        "the host of " + server + " is not in the table of hosts");
    unwatch(attempt, id);
    if (another_may_serve(attempt)) {
        tasks.spawn(try_another(id, *original));
    } else {
        proxy.respond(id, 504, "S-CSCF cannot be reached");
    }
}

// Whoever has been found silent is selected if nobody else can be.
std::optional<std::string> Icscf::Impl::select(const Attempt& attempt,
                                               const cx::ServerCapabilities& wanted) {
    auto not_first = attempt.tried;
    for (const auto& [server, until] : avoided) {
        if (until > proxy.now()) not_first.insert(server);
    }
    auto selected = select_serving_cscf(config.serving, wanted, not_first, attempt.public_identity);
    if (selected) return selected;
    return select_serving_cscf(config.serving, wanted, attempt.tried, attempt.public_identity);
}

void Icscf::Impl::on_silent(const std::string& server) {
    // Names come from the HSS, too: those that nobody selects need not be remembered.
    const bool selected_from = std::ranges::any_of(
        config.serving, [&](const ServingCscf& each) { return each.uri == server; });
    if (selected_from) avoided[server] = proxy.now() + config.avoidance;
}

}  // namespace imslab::icscf
