// What the HSS asks of an S-CSCF: to end registrations (RTR: TS 24.229 §5.4.1.5, TS 29.228 §6.1.3)
// and to take a changed profile (PPR: TS 29.228 §6.2.2).
#include <algorithm>

#include "diameter/user_profile.h"
#include "scscf/procedures.h"

namespace imslab::scscf {

namespace {

std::vector<std::string> private_identities_of(const cx::RegistrationTerminationRequest& request) {
    std::vector<std::string> identities = request.associated_private_identities;
    if (std::ranges::find(identities, request.private_identity) == identities.end()) {
        identities.insert(identities.begin(), request.private_identity);
    }
    return identities;
}

bool has_private_identity(const ImplicitSet& set, const std::string& identity) {
    return std::ranges::find(set.private_identities, identity) != set.private_identities.end();
}

}  // namespace

void Scscf::Impl::on_asked(Asked asked) {
    const auto* request = std::any_cast<cx::Request>(&asked.request);
    if (request == nullptr) {
        outbox.emit(Reply{asked.id, AskFailed{AskFailed::Why::unreachable, "no request on Cx"}});
        return;
    }
    if (const auto* rtr = std::get_if<cx::RegistrationTerminationRequest>(request)) {
        outbox.emit(Reply{asked.id, cx::Answer(on_registration_termination(*rtr))});
        return;
    }
    if (const auto* ppr = std::get_if<cx::PushProfileRequest>(request)) {
        outbox.emit(Reply{asked.id, cx::Answer(on_push_profile(*ppr))});
        return;
    }
    outbox.emit(
        Reply{asked.id, AskFailed{AskFailed::Why::unreachable, "not a request that an HSS sends"}});
}

// TS 24.229 §5.4.1.5, TS 29.228 §6.1.3.1: the bindings go, without telling the HSS, who knows.
// Who is not here is deregistered already.
cx::RegistrationTerminationAnswer Scscf::Impl::on_registration_termination(
    const cx::RegistrationTerminationRequest& request) {
    const auto private_identities = private_identities_of(request);
    std::vector<ImplicitSet*> sets;
    const auto add = [&](ImplicitSet* set) {
        if (set != nullptr && std::ranges::find(sets, set) == sets.end()) sets.push_back(set);
    };
    for (const auto& identity : request.public_identities) {
        add(registrar.find(identity));
        unregistered.forget(identity);
    }
    for (const auto& identity : private_identities) {
        challenges.drop_all_of(identity);
        if (const auto* user = unregistered.find_private(identity))
            unregistered.forget(user->identities.front().uri);
        if (!request.public_identities.empty()) continue;
        for (auto* set : registrar.of_private_identity(identity)) add(set);
    }
    cx::RegistrationTerminationAnswer answer;
    answer.result = cx::result::success;
    // §5.4.1.5: for good, or so that the user may register anew.
    const auto why = request.reason == cx::DeregistrationReason::permanent_termination
                         ? ContactEvent::rejected
                         : ContactEvent::deactivated;
    for (auto* set : sets) {
        RegistrationChange change;
        for (const auto& identity : private_identities) {
            if (!has_private_identity(*set, identity)) continue;
            for (const auto& binding : set->bindings) {
                if (set->private_identities[binding.private_identity] == identity)
                    change.contacts.push_back(gone(binding, why));
            }
            registrar.unbind_all_of(*set, identity);
            if (identity != request.private_identity)
                answer.associated_private_identities.push_back(identity);
        }
        log(LogLevel::info,
            {},
            "TS 24.229 §5.4.1.5",
            "the HSS ends the registration of " + set->identities.front().uri + ": " +
                request.reason_info);
        if (!set->bindings.empty()) {
            registrar.happen(*set, SetEvent::contact_removed);
            change.event = SetEvent::contact_removed;
            registration_changed(*set, change);
            release_sessions_of(*set, change);
            continue;
        }
        change.event = SetEvent::terminated_by_hss;
        registration_changed(*set, change);
        release_sessions_of(*set);
        registrar.remove(*set, SetEvent::terminated_by_hss);
    }
    return answer;
}

// TS 24.229 §5.4.1.8, TS 29.228 §6.2.2.1: the profile replaces what was stored; an unknown user and
// an unreadable profile are refused.
cx::PushProfileAnswer Scscf::Impl::on_push_profile(const cx::PushProfileRequest& request) {
    cx::PushProfileAnswer answer;
    auto sets = registrar.of_private_identity(request.private_identity);
    if (const auto* user = unregistered.find_private(request.private_identity)) {
        // The new profile is fetched when it is needed.
        unregistered.forget(user->identities.front().uri);
        answer.result = cx::result::success;
        if (sets.empty()) return answer;
    }
    if (sets.empty()) {
        answer.result = cx::result::user_unknown;
        return answer;
    }
    if (!request.user_data.empty()) {
        auto profile = cx::read_user_data(request.user_data);
        if (!profile) {
            log(LogLevel::error,
                {},
                "TS 29.228 §6.2.2.1",
                "User-Data at octet " + std::to_string(profile.error().position) + ": " +
                    profile.error().reason);
            answer.result = cx::result::not_supported_user_data;
            return answer;
        }
        ImplicitSet* meant = nullptr;
        for (const auto& service_profile : profile->service_profiles) {
            for (const auto& identity : service_profile.public_identities) {
                auto* set = registrar.find(identity.identity);
                if (meant == nullptr && set != nullptr &&
                    has_private_identity(*set, request.private_identity)) {
                    meant = set;
                }
            }
        }
        if (meant == nullptr) {
            answer.result = cx::result::user_unknown;
            return answer;
        }
        registrar.replace_profile(*meant, *std::move(profile));
        complain_of_profiles();
        tell_whole_state(*meant);
    }
    if (request.charging) {
        for (auto* set : sets) registrar.set_charging(*set, *request.charging);
    }
    log(LogLevel::info, {}, "TS 29.228 §6.2.2.1", "new profile of " + request.private_identity);
    answer.result = cx::result::success;
    return answer;
}

void Scscf::Impl::registration_changed(const ImplicitSet& set, const RegistrationChange& change) {
    outbox.log(LogLevel::info,
               change.call_id,
               "TS 24.229 §5.4.1.2.2F",
               set.identities.front().uri + ": " + std::string(to_string(change.event)) + ", " +
                   std::to_string(set.bindings.size()) + " bindings");
    tell_application_servers(set, change);
    tell_subscribers(set, change);
}

}  // namespace imslab::scscf
