// S-CSCF registration/deregistration notification: TS 29.228 §6.1.2; restoration TS 23.380.
#include <algorithm>

#include "hss/procedures.h"

namespace imslab::hss {
namespace {

using cx::ServerAssignmentType;

cx::ServerAssignmentAnswer answered(cx::ResultCode result, const cx::ServerAssignmentRequest& sar) {
    cx::ServerAssignmentAnswer saa;
    saa.result = result;
    saa.private_identity = sar.private_identity;
    return saa;
}

bool is_service_identity(const User& user) {
    return user.type == cx::IdentityType::distinct_psi ||
           user.type == cx::IdentityType::wildcarded_psi;
}

// Steps 1 to 4 of TS 29.228 §6.1.2.1; nullopt: go on.
std::optional<cx::ResultCode> objection(const cx::ServerAssignmentRequest& sar, const User& user) {
    const bool has_private = !sar.private_identity.empty();
    if (!user.public_known || (has_private && !user.private_known)) return cx::result::user_unknown;
    if (has_private && !user.associated) return cx::result::identities_dont_match;
    const bool registers = sar.type == ServerAssignmentType::registration ||
                           sar.type == ServerAssignmentType::re_registration;
    if (registers && !has_private) return cx::result::missing_avp;
    if (sar.public_identities.size() > 1 && !is_deregistration(sar.type))
        return cx::result::avp_occurs_too_many_times;
    // A service has no UE: it is never registered, and never authenticated.
    const bool of_user = registers || sar.type == ServerAssignmentType::authentication_failure ||
                         sar.type == ServerAssignmentType::authentication_timeout;
    if (of_user && is_service_identity(user)) return cx::result::in_assignment_type;
    return std::nullopt;
}

// An S-CSCF other than the assigned one may take over only when the I-CSCF has looked for another
// (TS 23.380 §4).
bool may_assign(const cx::ServerAssignmentRequest& sar, const User& user) {
    return user.server_name.empty() || user.server_name == sar.server_name ||
           user.reassignment_pending;
}

cx::ServerAssignmentAnswer held_by_another(const cx::ServerAssignmentRequest& sar,
                                           const User& user) {
    auto saa = answered(cx::result::identity_already_registered, sar);
    saa.server_name = user.server_name;
    return saa;
}

std::string escaped(std::string_view text) {
    std::string xml;
    for (const char c : text) {
        if (c == '&') {
            xml += "&amp;";
        } else if (c == '<') {
            xml += "&lt;";
        } else if (c == '>') {
            xml += "&gt;";
        } else {
            xml.push_back(c);
        }
    }
    return xml;
}

// TS 29.228 §B.2.1: of a wildcarded identity the profile shows the identity in use, beside the
// wildcard.
std::string for_identity_in_use(std::string profiles,
                                const std::string& wildcarded,
                                const std::string& in_use) {
    const auto was = "<Identity>" + escaped(wildcarded) + "</Identity>";
    if (const auto at = profiles.find(was); at != std::string::npos) {
        profiles.replace(at, was.size(), "<Identity>" + escaped(in_use) + "</Identity>");
    }
    return profiles;
}

}  // namespace

bool is_deregistration(ServerAssignmentType type) {
    switch (type) {
        case ServerAssignmentType::timeout_deregistration:
        case ServerAssignmentType::user_deregistration:
        case ServerAssignmentType::timeout_deregistration_store_server_name:
        case ServerAssignmentType::user_deregistration_store_server_name:
        case ServerAssignmentType::administrative_deregistration:
        case ServerAssignmentType::deregistration_too_much_data:
            return true;
        default:
            return false;
    }
}

bool keeps_server_name(ServerAssignmentType type) {
    return type == ServerAssignmentType::timeout_deregistration_store_server_name ||
           type == ServerAssignmentType::user_deregistration_store_server_name;
}

Task<cx::ServerAssignmentAnswer> Hss::Procedures::server_assignment(cx::ServerAssignmentRequest sar,
                                                                    std::string peer) {
    if (sar.public_identities.empty()) {
        // Only a deregistration may speak of all identities of a private one.
        if (!is_deregistration(sar.type)) co_return answered(cx::result::missing_avp, sar);
        co_return co_await deregister(std::move(sar));
    }
    LoadUser load;
    load.private_identity = sar.private_identity;
    load.public_identity = sar.public_identities.front();
    StoreRequest question(std::move(load));
    auto user = co_await ask<User>(std::move(question));
    if (!user) co_return answered(cx::result::unable_to_comply, sar);
    if (const auto why = objection(sar, *user)) co_return answered(*why, sar);

    switch (sar.type) {
        case ServerAssignmentType::registration:
        case ServerAssignmentType::re_registration:
            co_return co_await assign_registered(std::move(sar), std::move(*user), std::move(peer));
        case ServerAssignmentType::unregistered_user:
            co_return co_await assign_unregistered(
                std::move(sar), std::move(*user), std::move(peer));
        case ServerAssignmentType::no_assignment:
            // Only the S-CSCF of the user may read the profile; after a restart it also reads what
            // it had stored here.
            if (user->server_name != sar.server_name)
                co_return answered(cx::result::unable_to_comply, sar);
            co_return co_await download_profile(std::move(sar), std::move(*user), true);
        case ServerAssignmentType::authentication_failure:
        case ServerAssignmentType::authentication_timeout:
            co_return co_await abandon_authentication(std::move(sar), std::move(*user));
        // These two come from non-3GPP access, on SWx.
        case ServerAssignmentType::aaa_user_data_request:
        case ServerAssignmentType::pgw_update:
            co_return answered(cx::result::in_assignment_type, sar);
        default:
            co_return co_await deregister(std::move(sar));
    }
}

Task<cx::ServerAssignmentAnswer> Hss::Procedures::assign_registered(cx::ServerAssignmentRequest sar,
                                                                    User user,
                                                                    std::string peer) {
    if (!may_assign(sar, user)) co_return held_by_another(sar, user);
    Register assignment;
    assignment.private_id = user.private_id;
    assignment.set_id = user.set_id;
    assignment.subscription_id = user.subscription_id;
    assignment.server_name = sar.server_name;
    assignment.server_peer = peer;
    assignment.restoration = sar.restoration;
    StoreRequest change(std::move(assignment));
    auto registered = co_await ask<Registered>(std::move(change));
    if (!registered) co_return answered(cx::result::unable_to_comply, sar);
    // TS 29.228 §6.1.3: the S-CSCF that is no longer the user's learns it.
    if (!registered->previous_server_peer.empty()) {
        tasks.spawn(terminate_at_previous_server(std::move(*registered), sar.private_identity));
    }
    // What was stored for restoration helps who has lost its data, and comes only if that is not
    // what is being stored.
    const bool with_restoration = user.state == RegistrationState::registered && !sar.restoration;
    co_return co_await download_profile(std::move(sar), std::move(user), with_restoration);
}

Task<cx::ServerAssignmentAnswer> Hss::Procedures::assign_unregistered(
    cx::ServerAssignmentRequest sar, User user, std::string peer) {
    if (!may_assign(sar, user)) co_return held_by_another(sar, user);
    AssignUnregistered assignment;
    assignment.set_id = user.set_id;
    assignment.subscription_id = user.subscription_id;
    assignment.server_name = sar.server_name;
    assignment.server_peer = std::move(peer);
    StoreRequest change(std::move(assignment));
    const auto done = co_await ask<Done>(std::move(change));
    if (!done) co_return answered(cx::result::unable_to_comply, sar);
    // TS 23.380 §4.3: a user who is registered all the same is restored at the new S-CSCF.
    const bool with_restoration = user.state == RegistrationState::registered;
    co_return co_await download_profile(std::move(sar), std::move(user), with_restoration);
}

// TS 29.228 §6.2.1, §6.6: the profile of the whole implicit registration set, and the charging
// addresses.
Task<cx::ServerAssignmentAnswer> Hss::Procedures::download_profile(cx::ServerAssignmentRequest sar,
                                                                   User user,
                                                                   bool with_restoration) {
    if (sar.user_data_already_available && !with_restoration)
        co_return answered(cx::result::success, sar);
    LoadProfile load;
    load.private_id = user.private_id;
    load.set_id = user.set_id;
    load.subscription_id = user.subscription_id;
    load.with_restoration = with_restoration;
    StoreRequest question(std::move(load));
    auto profile = co_await ask<Profile>(std::move(question));
    if (!profile) co_return answered(cx::result::unable_to_comply, sar);
    auto saa = answered(cx::result::success, sar);
    saa.private_identity = profile->private_identity;
    saa.restoration = std::move(profile->restoration);
    if (profile->private_identities.size() > 1)
        saa.associated_private_identities = profile->private_identities;
    if (sar.user_data_already_available) co_return saa;
    if (!user.wildcarded_identity.empty()) {
        profile->service_profiles = for_identity_in_use(std::move(profile->service_profiles),
                                                        user.wildcarded_identity,
                                                        sar.public_identities.front());
    }
    saa.user_data = cx::user_data_from(profile->private_identity, profile->service_profiles);
    saa.charging = std::move(profile->charging);
    co_return saa;
}

// One public identity leaves with its implicit registration set; none named: all sets of the
// private identity.
Task<cx::ServerAssignmentAnswer> Hss::Procedures::deregister(cx::ServerAssignmentRequest sar) {
    Deregister leaving;
    std::string server_name;
    if (sar.public_identities.empty()) {
        StoreRequest question(LoadSets{sar.private_identity});
        const auto sets = co_await ask<Sets>(std::move(question));
        if (!sets) co_return answered(cx::result::unable_to_comply, sar);
        if (!sets->private_known) co_return answered(cx::result::user_unknown, sar);
        server_name = sets->server_name;
        for (const auto& set : sets->sets) {
            leaving.private_id = set.private_id;
            leaving.subscription_id = set.subscription_id;
            leaving.set_ids.push_back(set.set_id);
        }
    }
    for (std::size_t i = 0; i < sar.public_identities.size(); ++i) {
        LoadUser load;
        load.private_identity = sar.private_identity;
        load.public_identity = sar.public_identities[i];
        StoreRequest question(std::move(load));
        const auto user = co_await ask<User>(std::move(question));
        if (!user) co_return answered(cx::result::unable_to_comply, sar);
        if (const auto why = objection(sar, *user)) co_return answered(*why, sar);
        // Whoever is named together belongs to one user.
        if (i > 0 && user->subscription_id != leaving.subscription_id)
            co_return answered(cx::result::identities_dont_match, sar);
        server_name = user->server_name;
        leaving.private_id = user->private_id;
        leaving.subscription_id = user->subscription_id;
        leaving.set_ids.push_back(user->set_id);
    }
    // An S-CSCF that has been replaced cannot take its successor's registrations away.
    if (!server_name.empty() && server_name != sar.server_name)
        co_return answered(cx::result::unable_to_comply, sar);
    leaving.keep_server_name = keeps_server_name(sar.type) && config.keep_server_name;
    const bool not_stored = keeps_server_name(sar.type) && !config.keep_server_name;
    if (!leaving.set_ids.empty()) {
        StoreRequest change(std::move(leaving));
        const auto done = co_await ask<Done>(std::move(change));
        if (!done) co_return answered(cx::result::unable_to_comply, sar);
    }
    co_return answered(not_stored ? cx::result::server_name_not_stored : cx::result::success, sar);
}

Task<cx::ServerAssignmentAnswer> Hss::Procedures::abandon_authentication(
    cx::ServerAssignmentRequest sar, User user) {
    if (!user.server_name.empty() && user.server_name != sar.server_name)
        co_return answered(cx::result::unable_to_comply, sar);
    StoreRequest change(AbandonAuthentication{user.private_id, user.set_id, user.subscription_id});
    const auto done = co_await ask<Done>(std::move(change));
    co_return answered(done ? cx::result::success : cx::result::unable_to_comply, sar);
}

}  // namespace imslab::hss
