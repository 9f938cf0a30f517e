// Sessions released by the S-CSCF because the registration of the user it serves has ended:
// TS 24.229 §5.4.5.1 (being set up: §5.4.5.1.1; up: §5.4.5.1.2; why: §5.4.5.1.2A).
#include <algorithm>

#include "scscf/procedures.h"
#include "sip/headers.h"
#include "sip/next_hop.h"

namespace imslab::scscf {

namespace {

using sip::HeaderId;

constexpr const char* kClause = "TS 24.229 §5.4.5.1.2";
// RFC 3326 §2: why the network ends the session.
constexpr std::string_view kReason = "SIP;cause=480;text=\"Registration ended\"";

}  // namespace

void Scscf::Impl::release_sessions_of(const ImplicitSet& set) {
    for (const auto& identity : set.identities) {
        for (const auto& established : sessions.take_sessions_of(identity.uri))
            release(established, "the registration of " + identity.uri + " has ended");
        give_up_calls_of(identity.uri, {});
    }
}

// The user stays, at other contacts: their sessions go on.
void Scscf::Impl::release_sessions_of(const ImplicitSet& set, const RegistrationChange& change) {
    for (const auto& contact : change.contacts) {
        if (contact.is_active()) continue;
        const bool stays = std::ranges::any_of(set.bindings, [&](const Binding& binding) {
            return is_same_place(binding.uri(), contact.uri());
        });
        if (stays) continue;
        for (const auto& identity : set.identities) {
            for (const auto& established : sessions.take_sessions_of(identity.uri, contact.uri())) {
                release(established,
                        identity.uri + " is not at " + std::string(contact.uri()) + " any more");
            }
            give_up_calls_of(identity.uri, contact.uri());
        }
    }
}

void Scscf::Impl::release(const Sessions::Established& established, const std::string& why) {
    log(LogLevel::info,
        established.call_id,
        "TS 24.229 §5.4.5.1.2A",
        why + ": its session is released");
    send_bye(established, true);
    send_bye(established, false);
}

// TS 24.229 §5.4.5.1.1: what goes on towards the callee is cancelled, who called is told 480. Of
// one contact: what it calls. What rings there rings in vain, and elsewhere perhaps not.
void Scscf::Impl::give_up_calls_of(const std::string& identity, std::string_view contact) {
    std::vector<sip::ServerId> calls;
    for (const auto& [id, passage] : passages) {
        const auto* request = proxy.request_of(id);
        if (passage.served != identity || request == nullptr ||
            request->method() != sip::Method::invite)
            continue;
        const auto caller = sip::uri_of(request->first_value(HeaderId::contact));
        const bool from_there =
            passage.role == Role::originating && caller && is_same_place(*caller, contact);
        if (contact.empty() || from_there) calls.push_back(id);
    }
    for (const auto id : calls) {
        if (const auto found = passages.find(id); found != passages.end()) {
            auto& passage = found->second;
            passage.waiting.clear();
            sessions.forget_early(passage.call_id, passage.caller_tag, passage.role);
        }
        proxy.cancel_branches(id, kReason);
        proxy.respond(id, 480);
    }
}

// TS 24.229 §5.4.5.1.2: a BYE to one side as if the other had sent it.
void Scscf::Impl::send_bye(const Sessions::Established& of, bool to_callee) {
    const auto& session = of.session;
    auto bye = sip::Message::request(sip::Method::bye,
                                     to_callee ? session.callee_target : session.caller_target);
    const auto& route = to_callee ? session.callee_route : session.caller_route;
    if (!route.empty()) bye.append(HeaderId::route, route);
    take_own_routes_off(bye);
    bye.append(HeaderId::max_forwards, "70");
    bye.append(HeaderId::from, to_callee ? session.from : session.to);
    bye.append(HeaderId::to, to_callee ? session.to : session.from);
    bye.append(HeaderId::call_id, of.call_id);
    const auto cseq = (to_callee ? session.caller_cseq : session.callee_cseq) + 1;
    bye.append(HeaderId::cseq, std::to_string(cseq) + " BYE");
    bye.append(HeaderId::reason, kReason);
    const auto to = sip::flow_to(sip::next_hop_uri(bye), config.hosts, config.address);
    if (!to) {
        log(LogLevel::warning, of.call_id, kClause, "one end is at an unknown host");
        return;
    }
    proxy.send_request(std::move(bye), *to, [](const sip::Message*) {});
}

}  // namespace imslab::scscf
