// Services of users whom nobody has registered, and of public service identities: TS 24.229
// §5.4.3.2, §5.4.3.3; the profile comes by SAR UNREGISTERED_USER (TS 29.228 §6.1.2).
#include "diameter/user_profile.h"
#include "scscf/procedures.h"
#include "sip/headers.h"
#include "sip/uri.h"

namespace imslab::scscf {

namespace {

using sip::HeaderId;

const char* clause_of(Role role) {
    return role == Role::originating ? "TS 24.229 §5.4.3.2" : "TS 24.229 §5.4.3.3";
}

bool is_service_identity(const cx::ImsSubscription& profile) {
    for (const auto& service_profile : profile.service_profiles) {
        for (const auto& one : service_profile.public_identities) {
            if (one.type == cx::IdentityType::distinct_psi ||
                one.type == cx::IdentityType::wildcarded_psi)
                return true;
        }
    }
    return false;
}

}  // namespace

Task<void> Scscf::Impl::serve_unregistered(sip::ServerId id,
                                           sip::Message request,
                                           std::string identity,
                                           Role role) {
    const std::string call_id(sip::call_id(request));
    if (const auto* known = unregistered.find(identity)) {
        unregistered.use(*known, now);
        begin_unregistered(id, std::move(request), identity, *known, role);
        co_return;
    }
    cx::ServerAssignmentRequest sar;
    sar.public_identities.push_back(identity);
    sar.server_name = config.server_name;
    sar.type = cx::ServerAssignmentType::unregistered_user;
    std::any question = cx::Request(std::move(sar));
    auto answered = co_await asks.ask<cx::Answer>(std::move(question));

    if (proxy.request_of(id) == nullptr) co_return;
    if (!answered) {
        log(LogLevel::warning, call_id, clause_of(role), "HSS: " + answered.error().reason);
        proxy.respond(id, 504, "HSS does not answer");
        co_return;
    }
    const bool originating = role == Role::originating;
    const auto* saa = std::get_if<cx::ServerAssignmentAnswer>(&*answered);
    if (saa == nullptr || !saa->result.is_success()) {
        const bool unknown = saa != nullptr && saa->result == cx::result::user_unknown;
        proxy.respond(id, originating ? 403 : unknown ? 404 : 480);
        co_return;
    }
    auto profile = cx::read_user_data(saa->user_data);
    if (!saa->restoration.empty() && profile) {
        // He may have registered meanwhile: then it is his registration that counts.
        if (registrar.find(identity) != nullptr || restore(identity, *saa, *profile)) {
            if (originating)
                originate(id, std::move(request), true);
            else
                terminate(id, std::move(request));
            co_return;
        }
    }
    UnregisteredUser user;
    user.private_identity = saa->private_identity;
    if (profile) {
        if (user.private_identity.empty()) user.private_identity = profile->private_identity;
        user.is_service = is_service_identity(*profile);
        user.identities = identities_of(*std::move(profile), registrar.shared());
        complain_of_profiles();
    }
    if (user.identities.empty()) user.identities.push_back({identity, nullptr, false, 0});
    // Somebody may have registered meanwhile: then it is his registration that counts.
    if (user.has_services() && registrar.find(identity) == nullptr) {
        const auto& kept = unregistered.keep(std::move(user), now);
        begin_unregistered(id, std::move(request), identity, kept, role);
        co_return;
    }
    begin_unregistered(id, std::move(request), identity, user, role);
}

void Scscf::Impl::begin_unregistered(sip::ServerId id,
                                     sip::Message request,
                                     const std::string& identity,
                                     const UnregisteredUser& user,
                                     Role role) {
    const bool originating = role == Role::originating;
    const auto* own = user.find(identity);
    if (own != nullptr && own->barred) {
        log(LogLevel::info, sip::call_id(request), clause_of(role), identity + " is barred");
        proxy.respond(id, originating ? 403 : 404);
        return;
    }
    auto& passage = begin_passage(id, request, role, identity);
    passage.is_service = user.is_service;
    passage.pass.session_case = originating ? cx::SessionCase::originating_unregistered
                                            : cx::SessionCase::terminating_unregistered;
    if (own != nullptr) passage.pass.services = own->services;
    enter(id, std::move(request), passage);
}

}  // namespace imslab::scscf
