// Application servers on the way of a request (TS 24.229 §5.4.3.2, §5.4.3.3): the initial filter
// criteria one after the other, each server with the S-CSCF's own Route entry behind it that brings
// the request back (the original dialog identifier, §5.4.3.4), and what becomes of it if a server
// does not answer.
#include <algorithm>

#include "scscf/procedures.h"
#include "sip/headers.h"
#include "sip/next_hop.h"
#include "sip/uri.h"

namespace imslab::scscf {

namespace {

using sip::HeaderId;

constexpr const char* kClause = "TS 24.229 §5.4.3.4";

const char* clause_of(Role role) {
    return role == Role::originating ? "TS 24.229 §5.4.3.2" : "TS 24.229 §5.4.3.3";
}

// RFC 5502 §6, RFC 8498 §4.
std::string served_user(const Passage& passage) {
    const auto value = "<" + passage.served + ">";
    switch (passage.pass.session_case) {
        case cx::SessionCase::originating_registered:
            return value + ";sescase=orig;regstate=reg";
        case cx::SessionCase::originating_unregistered:
            return value + ";sescase=orig;regstate=unreg";
        case cx::SessionCase::terminating_registered:
            return value + ";sescase=term;regstate=reg";
        case cx::SessionCase::terminating_unregistered:
            return value + ";sescase=term;regstate=unreg";
        case cx::SessionCase::originating_cdiv:
            return value + ";orig-cdiv";
    }
    return value;
}

}  // namespace

// False: no criterion is met any more, the request goes on.
bool Scscf::Impl::visit_application_server(sip::ServerId id,
                                           sip::Message& request,
                                           Passage& passage) {
    if (!passage.pass.services) return false;
    const auto services = passage.pass.services;  // the passage may go while it is looked at
    const TriggerSubject subject(request, passage.pass.session_case);
    auto& pass = passage.pass;
    while (const auto number = services->criteria.next(subject, pass.next)) {
        pass.next = *number + 1;
        const auto& server = services->criteria[*number].application_server;
        if (!pass.visited.insert(server.server_name).second) continue;
        if (const auto to = sip::flow_to(server.server_name, config.hosts, config.address)) {
            send_to_application_server(id, std::move(request), passage, server, *to);
            return true;
        }
        log(LogLevel::warning,
            passage.call_id,
            clause_of(passage.role),
            "no way to the application server " + server.server_name);
        if (server.default_handling == cx::DefaultHandling::session_terminated) {
            proxy.respond(id, 503, "An application server cannot be reached");
            return true;
        }
    }
    return false;
}

void Scscf::Impl::send_to_application_server(sip::ServerId id,
                                             sip::Message request,
                                             Passage& passage,
                                             const cx::ApplicationServer& server,
                                             const Flow& to) {
    auto& visit = passage.visit.emplace();
    visit.server = server;
    visit.before = request;
    visit.token = std::string(OriginalDialogs::kPrefix) + entropy.token(8);
    OriginalDialog original;
    original.role = passage.role;
    original.served = passage.served;
    original.orig_ioi = passage.orig_ioi;
    original.pass = passage.pass;
    original.waiting = id;
    original_dialogs.add(visit.token, std::move(original), now);

    request.prepend(HeaderId::route, "<" + own_uri(visit.token) + ";lr>");
    const auto uri = sip::Uri::parse(server.server_name);
    const bool loose = uri && uri->is_loose_router();
    request.prepend(HeaderId::route, "<" + server.server_name + (loose ? ">" : ";lr>"));
    request.set(HeaderId::p_served_user, served_user(passage));
    if (const auto* set = registrar.find(passage.served); set != nullptr && set->charging) {
        const auto addresses = charging_function_addresses(*set->charging);
        if (!addresses.empty()) request.set(HeaderId::p_charging_function_addresses, addresses);
    }
    if (uri) leave_trust_domain(request, uri->host);
    visit.give_up = now + config.application_server_patience;
    visiting.emplace(*visit.give_up, id);
    proxy.forward(id, sip::Branch{std::move(request), to});
}

// A request that an application server sends on: the Route entry says which it was, even if nothing
// else is the same.
void Scscf::Impl::come_back(sip::ServerId id, sip::Message request, std::string_view token) {
    const auto* known = original_dialogs.find(token, now);
    if (known == nullptr) {
        log(LogLevel::warning,
            sip::call_id(request),
            kClause,
            "an unknown original dialog identifier: " + std::string(token));
        proxy.respond(id, 404, "Original dialog is unknown");
        return;
    }
    const OriginalDialog original = *known;
    if (const auto waiting = passages.find(original.waiting);
        waiting != passages.end() && waiting->second.visit &&
        waiting->second.visit->token == token) {
        waiting->second.visit->answered = true;  // the server does its part
        stop_waiting_for_server(original.waiting, *waiting->second.visit);
    }
    request.remove_first_value(HeaderId::route);
    auto& passage = passages[id];
    passage.role = original.role;
    passage.served = original.served;
    passage.orig_ioi = original.orig_ioi;
    passage.pass = original.pass;
    passage.retargeted = passage.pass.session_case == cx::SessionCase::originating_cdiv;
    passage.makes_dialog = makes_dialog(request.method());
    passage.call_id = sip::call_id(request);
    passage.caller_tag = sip::from_tag(request).value_or("");
    if (is_retargeted(request, passage)) {
        log(LogLevel::info,
            passage.call_id,
            "TS 24.229 §5.4.3.3",
            passage.served + " is called no more but " + std::string(request.uri()) +
                ": the terminating services end");
        passage.retargeted = true;
        passage.pass = {cx::SessionCase::originating_cdiv, passage.pass.services, 0, {}, {}};
    }
    if (passage.makes_dialog) {
        const auto* mark = passage.role == Role::originating ? "mo" : "mt";
        request.prepend(HeaderId::record_route, "<" + own_uri(mark) + ";lr>");
    }
    next_hop_after_services(id, std::move(request), passage);
}

// TS 24.229 §5.4.3.3: on the terminating side another Request-URI, unless it is an alias of the
// served user, is another call.
bool Scscf::Impl::is_retargeted(const sip::Message& request, const Passage& passage) const {
    const auto at = passage.pass.session_case;
    const bool terminating = at == cx::SessionCase::terminating_registered ||
                             at == cx::SessionCase::terminating_unregistered;
    if (!terminating || sip::equal(request.uri(), passage.pass.request_uri)) return false;
    const auto now_called = sip::canonical_identity(request.uri()).value_or("");
    if (now_called == passage.served) return false;
    if (const auto* set = registrar.find(passage.served))
        return !are_aliases(set->identities, passage.served, now_called);
    const auto* user = unregistered.find(passage.served);
    return user == nullptr || !are_aliases(user->identities, passage.served, now_called);
}

void Scscf::Impl::stop_waiting_for_server(sip::ServerId id, ServerVisit& visit) {
    if (visit.give_up) visiting.erase({*visit.give_up, id});
    visit.give_up.reset();
}

// TS 24.229 §5.4.3.2, §5.4.3.3: 408, 5xx or silence of a server that has not begun to act, and the
// profile lets the session go on: the next criterion. True: it goes on.
bool Scscf::Impl::continue_without_server(sip::ServerId id, Passage& passage, int status) {
    if (!passage.visit) return false;
    auto& visit = *passage.visit;
    const bool failed = status == 408 || status / 100 == 5;
    if (status < 200) visit.answered = true;
    stop_waiting_for_server(id, visit);
    if (status < 200 || visit.answered || !failed) return false;
    const bool goes_on = visit.server.default_handling == cx::DefaultHandling::session_continued;
    log(LogLevel::warning,
        passage.call_id,
        clause_of(passage.role),
        visit.server.server_name + " fails (" + std::to_string(status) + "): the session is " +
            (goes_on ? "continued" : "terminated"));
    if (!goes_on) return false;
    sip::Message request = std::move(visit.before);
    passage.visit.reset();
    next_hop_after_services(id, std::move(request), passage);
    return true;
}

void Scscf::Impl::give_up_silent_servers(Time until) {
    while (!visiting.empty() && visiting.begin()->first <= until) {
        const auto id = visiting.begin()->second;
        visiting.erase(visiting.begin());
        const auto found = passages.find(id);
        if (found == passages.end() || !found->second.visit) continue;
        found->second.visit->give_up.reset();
        if (proxy.has_heard(id)) continue;  // a 100: it is at work
        const bool goes_on =
            found->second.visit->server.default_handling == cx::DefaultHandling::session_continued;
        proxy.abandon_branches(id);
        if (!continue_without_server(id, found->second, 408) && !goes_on) proxy.respond(id, 408);
    }
}

}  // namespace imslab::scscf
