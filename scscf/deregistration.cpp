// The end of a registration: by the user (TS 24.229 §5.4.1.4) or by time (§5.4.1.2.2F, TS 29.228
// §6.1.2).
#include <algorithm>

#include "scscf/procedures.h"
#include "sip/headers.h"
#include "sip/uri.h"

namespace imslab::scscf {

namespace {

constexpr const char* kClause = "TS 24.229 §5.4.1.4.1";

bool is_meant(const ImplicitSet& set, const Binding& binding, const RegisterRequest& request) {
    if (set.private_identities[binding.private_identity] != request.private_identity) return false;
    return request.all_contacts ||
           std::ranges::any_of(request.contacts, [&](const ContactWish& wish) {
               return sip::equal(wish.uri, binding.uri());
           });
}

}  // namespace

Task<void> Scscf::Impl::deregister_contacts(sip::ServerId id,
                                            RegisterRequest request,
                                            std::string authentication_info) {
    auto* set = registrar.find(request.public_identity);
    bool any = false;
    bool out_of_order = false;
    RegistrationChange change;
    change.call_id = request.call_id;
    change.identity = request.public_identity;
    change.request = &request.message;
    for (std::size_t i = set == nullptr ? 0 : set->bindings.size(); i-- > 0;) {
        const auto& binding = set->bindings[i];
        if (!is_meant(*set, binding, request)) continue;
        any = true;
        if (binding.call_id == request.call_id && request.cseq <= binding.cseq) {
            out_of_order = true;
            continue;
        }
        change.contacts.push_back(gone(binding, ContactEvent::unregistered));
        registrar.unbind(*set, i);
    }
    if (!any || out_of_order) {
        proxy.respond(id, any ? 500 : 481);
        co_return;
    }
    auto response = sip::Message::response_to(request.message, 200);
    sip::set_to_tag(response, entropy.token(8));
    if (set->has_bindings_of(request.private_identity)) {
        response = registered(request, *set, authentication_info);
        registrar.happen(*set, SetEvent::contact_removed);
        change.event = SetEvent::contact_removed;
        registration_changed(*set, change);
        release_sessions_of(*set, change);
        proxy.respond(id, std::move(response));
        co_return;
    }
    if (!authentication_info.empty())
        response.set(sip::HeaderId::authentication_info, authentication_info);
    list_bindings(response, *set);  // of other private identities
    change.event = set->bindings.empty() ? SetEvent::last_deregistered : SetEvent::contact_removed;
    change.response = &response;
    registration_changed(*set, change);
    if (set->bindings.empty()) {
        release_sessions_of(*set);
        registrar.remove(*set, SetEvent::last_deregistered);
    } else {
        release_sessions_of(*set, change);
    }
    co_await tell_hss_of_deregistration(request.private_identity,
                                        request.public_identity,
                                        cx::ServerAssignmentType::user_deregistration,
                                        request.call_id);
    proxy.respond(id, std::move(response));
}

// TS 29.228 §6.1.2: a public identity stands for its whole implicit registration set.
Task<void> Scscf::Impl::tell_hss_of_deregistration(std::string private_identity,
                                                   std::string public_identity,
                                                   cx::ServerAssignmentType type,
                                                   std::string call_id) {
    cx::ServerAssignmentRequest sar;
    sar.private_identity = std::move(private_identity);
    sar.public_identities.push_back(std::move(public_identity));
    sar.server_name = config.server_name;
    sar.type = type;
    std::any question = cx::Request(std::move(sar));
    auto answered = co_await asks.ask<cx::Answer>(std::move(question));
    if (!answered) {
        log(LogLevel::warning, call_id, kClause, "HSS: " + answered.error().reason);
        co_return;
    }
    const auto* saa = std::get_if<cx::ServerAssignmentAnswer>(&*answered);
    if (saa != nullptr && !saa->result.is_success()) {
        log(LogLevel::warning, call_id, kClause, "SAA " + std::to_string(saa->result.code));
    }
}

// TS 29.228 §6.1.2: the HSS learns that we no longer serve him.
void Scscf::Impl::purge_unused(Time until) {
    while (auto user = unregistered.take_unused(until)) {
        tasks.spawn(tell_hss_of_deregistration(user->private_identity,
                                               user->identities.front().uri,
                                               cx::ServerAssignmentType::timeout_deregistration,
                                               {}));
    }
}

void Scscf::Impl::expire_bindings(Time until) {
    constexpr Duration kGrace = std::chrono::seconds(5);
    while (auto* set = registrar.first_expired(until)) {
        const auto expired = std::ranges::min_element(set->bindings, {}, &Binding::expires);
        const auto index = static_cast<std::size_t>(expired - set->bindings.begin());
        const std::string whose = set->private_identities[expired->private_identity];
        const std::string call_id = expired->call_id;
        if (assigning.contains(whose)) {  // a re-registration is just being granted
            registrar.prolong(*set, index, until + kGrace);
            continue;
        }
        const std::string identity =
            set->default_identity() ? set->default_identity()->uri : set->identities[0].uri;
        log(LogLevel::info,
            call_id,
            "TS 24.229 §5.4.1.2.2F",
            "a binding of " + identity + " has expired");
        RegistrationChange change;
        change.call_id = call_id;
        change.contacts.push_back(gone(*expired, ContactEvent::expired));
        registrar.unbind(*set, index);
        const bool last_of_user = !set->has_bindings_of(whose);
        const auto event =
            set->bindings.empty() ? SetEvent::last_expired : SetEvent::contact_removed;
        change.event = event;
        registration_changed(*set, change);
        if (set->bindings.empty()) {
            release_sessions_of(*set);
            registrar.remove(*set, event);
        } else {
            release_sessions_of(*set, change);
            registrar.happen(*set, event);
        }
        if (last_of_user) {
            tasks.spawn(tell_hss_of_deregistration(
                whose, identity, cx::ServerAssignmentType::timeout_deregistration, call_id));
        }
    }
}

}  // namespace imslab::scscf
