// Requests for the served user (TS 24.229 §5.4.3.3): to all contacts of the highest q at once, to
// those of lower q when they have failed (RFC 3261 §16.6), each by the Path that it was registered
// with.
#include <algorithm>

#include "diameter/user_profile.h"
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

bool is_barred_in(const cx::ImsSubscription& profile, const std::string& identity) {
    for (const auto& service_profile : profile.service_profiles) {
        for (const auto& one : service_profile.public_identities) {
            if (one.identity == identity) return one.barred;
        }
    }
    return false;
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
        tasks.spawn(terminate_unregistered(id, std::move(request), *std::move(canonical)));
        return;
    }
    if (set->find(*canonical)->barred) {
        log(LogLevel::info, sip::call_id(request), kClause, *canonical + " is barred");
        proxy.respond(id, 404);
        return;
    }
    auto& passage = passages[id];
    passage.role = Role::terminating;
    passage.served = *std::move(canonical);
    passage.makes_dialog = makes_dialog(request.method());
    passage.call_id = sip::call_id(request);
    passage.caller_tag = sip::from_tag(request).value_or("");
    if (const auto value = request.get(HeaderId::p_charging_vector)) {
        if (auto vector = sip::ChargingVector::parse(*value)) {
            passage.orig_ioi = vector->orig_ioi;
            vector->orig_ioi = config.ioi;  // towards the P-CSCF it is we who serve the user
            request.set(HeaderId::p_charging_vector, vector->to_string());
        }
    }
    if (passage.makes_dialog) request.prepend(HeaderId::record_route, "<" + own_uri("mt") + ";lr>");
    next_hop_after_services(id, std::move(request), passage);
}

// TS 24.229 §5.4.3.3, TS 29.228 §6.1.2: nobody is registered here under that identity. The HSS says
// whether it exists; services for unregistered users would act now, and without any the answer is
// 480.
Task<void> Scscf::Impl::terminate_unregistered(sip::ServerId id,
                                               sip::Message request,
                                               std::string identity) {
    const std::string call_id(sip::call_id(request));
    cx::ServerAssignmentRequest sar;
    sar.public_identities.push_back(identity);
    sar.server_name = config.server_name;
    sar.type = cx::ServerAssignmentType::unregistered_user;
    std::any question = cx::Request(std::move(sar));
    auto answered = co_await asks.ask<cx::Answer>(std::move(question));

    if (proxy.request_of(id) == nullptr) co_return;
    if (!answered) {
        log(LogLevel::warning, call_id, kClause, "HSS: " + answered.error().reason);
        proxy.respond(id, 504, "HSS does not answer");
        co_return;
    }
    const auto* saa = std::get_if<cx::ServerAssignmentAnswer>(&*answered);
    if (saa == nullptr || !saa->result.is_success()) {
        const bool unknown = saa != nullptr && saa->result == cx::result::user_unknown;
        proxy.respond(id, unknown ? 404 : 480);
        co_return;
    }
    const auto profile = cx::read_user_data(saa->user_data);
    proxy.respond(id, profile && is_barred_in(*profile, identity) ? 404 : 480);
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
