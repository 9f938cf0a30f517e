// Requests for the served user (TS 24.229 §5.4.3.3): to all contacts of the highest q at once, to
// those of lower q when they have failed (RFC 3261 §16.6), each by the Path that it was registered
// with.
#include <algorithm>

#include "scscf/procedures.h"
#include "sip/headers.h"
#include "sip/next_hop.h"
#include "sip/uri.h"

namespace imslab::scscf {

namespace {

using sip::HeaderId;

constexpr const char* kClause = "TS 24.229 §5.4.3.3";

// TS 24.229 §5.4.3.3: Request-URI, Route and P-Called-Party-ID for one contact.
sip::Message retargeted(const sip::Message& request, const Binding& binding) {
    sip::Message copy = request;
    copy.remove(HeaderId::route);
    if (binding.path) copy.append(HeaderId::route, *binding.path);
    copy.set(HeaderId::p_called_party_id, "<" + std::string(request.uri()) + ">");
    copy.set_uri(binding.uri());
    return copy;
}

}  // namespace

void Scscf::Impl::terminate(sip::ServerId id, sip::Message request) {
    auto canonical = sip::canonical_identity(request.uri());
    if (!canonical) {
        proxy.respond(id, 416);
        return;
    }
    const auto* set = registrar.find(*canonical);
    if (set == nullptr) {
        tasks.spawn(
            serve_unregistered(id, std::move(request), *std::move(canonical), Role::terminating));
        return;
    }
    const auto* identity = set->find(*canonical);
    if (identity->barred) {
        log(LogLevel::info, sip::call_id(request), kClause, *canonical + " is barred");
        proxy.respond(id, 404);
        return;
    }
    auto& passage = begin_passage(id, request, Role::terminating, *std::move(canonical));
    passage.pass.session_case = cx::SessionCase::terminating_registered;
    passage.pass.services = identity->services;
    enter(id, std::move(request), passage);
}

void Scscf::Impl::enter_terminating(sip::Message& request, Passage& passage) {
    request.remove(HeaderId::p_served_user);
    passage.pass.request_uri = request.uri();
    if (const auto value = request.get(HeaderId::p_charging_vector)) {
        if (auto vector = sip::ChargingVector::parse(*value)) {
            passage.orig_ioi = vector->orig_ioi;
            vector->orig_ioi = config.ioi;  // towards the P-CSCF it is we who serve the user
            request.set(HeaderId::p_charging_vector, vector->to_string());
        }
    }
    if (passage.makes_dialog) request.prepend(HeaderId::record_route, "<" + own_uri("mt") + ";lr>");
}

void Scscf::Impl::fork(sip::ServerId id, const sip::Message& request, const ImplicitSet& set) {
    std::vector<const Binding*> bindings;
    for (const auto& binding : set.bindings) bindings.push_back(&binding);
    std::ranges::stable_sort(bindings, std::ranges::greater{}, &Binding::q);
    auto& passage = passages.at(id);
    std::uint16_t q = 0;
    for (const auto* binding : bindings) {
        auto copy = retargeted(request, *binding);
        const auto to = sip::flow_to(sip::next_hop_uri(copy), config.hosts, config.address);
        if (!to) {
            log(LogLevel::warning,
                sip::call_id(request),
                kClause,
                "no way to contact " + binding->contact);
            continue;
        }
        if (passage.waiting.empty() || binding->q != q) passage.waiting.emplace_back();
        q = binding->q;
        passage.waiting.back().push_back(sip::Branch{std::move(copy), *to});
    }
    if (passage.waiting.empty()) {
        proxy.respond(id, 480);
        return;
    }
    try_next_contacts(id, passage);
}

void Scscf::Impl::try_next_contacts(sip::ServerId id, Passage& passage) {
    auto branches = std::move(passage.waiting.front());
    passage.waiting.erase(passage.waiting.begin());
    passage.ringing = branches.size();
    passage.next_group_due = false;
    if (passage.ring_until) ringing.erase({*passage.ring_until, id});
    passage.ring_until.reset();
    if (!passage.waiting.empty()) {
        passage.ring_until = now + config.ring;
        ringing.emplace(*passage.ring_until, id);
    }
    proxy.forward(id, std::move(branches));
}

}  // namespace imslab::scscf
