// User registration status query: TS 29.228 §6.1.1.
#include <algorithm>

#include "hss/procedures.h"

namespace imslab::hss {
namespace {

using cx::UserAuthorizationType;

bool may_roam(const cx::UserAuthorizationRequest& uar, const User& user, const Config& config) {
    if (!user.roaming_restricted || uar.emergency) return true;
    const auto is_visited = [&](const std::string& network) {
        return is_same_network(network, uar.visited_network);
    };
    return std::any_of(config.home_networks.begin(), config.home_networks.end(), is_visited) ||
           std::any_of(user.visited_networks.begin(), user.visited_networks.end(), is_visited);
}

// TS 29.228 §6.1.1.1 step 5: what the state of the public identity says.
cx::UserAuthorizationAnswer from_state(const cx::UserAuthorizationRequest& uar, const User& user) {
    if (user.state != RegistrationState::not_registered) {
        const bool leaves = uar.type == UserAuthorizationType::de_registration;
        return {leaves ? cx::result::success : cx::result::subsequent_registration,
                user.server_name,
                {}};
    }
    if (uar.type == UserAuthorizationType::de_registration)
        return {cx::result::identity_not_registered, {}, {}};
    // Another identity of the subscription, or a pending authentication, has an S-CSCF already.
    if (!user.server_name.empty())
        return {cx::result::subsequent_registration, user.server_name, {}};
    return {cx::result::first_registration, {}, user.capabilities};
}

}  // namespace

bool is_same_network(std::string_view a, std::string_view b) {
    const auto unquoted = [](std::string_view text) {
        return text.size() >= 2 && text.front() == '"' && text.back() == '"'
                   ? text.substr(1, text.size() - 2)
                   : text;
    };
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    a = unquoted(a);
    b = unquoted(b);
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) {
        return lower(x) == lower(y);
    });
}

cx::UserAuthorizationAnswer answer_user_authorization(const cx::UserAuthorizationRequest& uar,
                                                      const User& user,
                                                      const Config& config) {
    // Steps 1 and 2: who is it, and do the two belong together?
    if (!user.private_known || !user.public_known) return {cx::result::user_unknown, {}, {}};
    if (!user.associated) return {cx::result::identities_dont_match, {}, {}};
    // Step 3: a barred identity may register if that registers another one that is not.
    if (user.barred && !user.set_has_unbarred && !uar.emergency)
        return {cx::result::authorization_rejected, {}, {}};
    // Step 4: leaving is allowed from anywhere.
    if (uar.type != UserAuthorizationType::de_registration) {
        if (!may_roam(uar, user, config)) return {cx::result::roaming_not_allowed, {}, {}};
        if (!user.registration_allowed && !uar.emergency)
            return {cx::result::authorization_rejected, {}, {}};
    }
    if (uar.type == UserAuthorizationType::registration_and_capabilities)
        return {cx::result::success, {}, user.capabilities};
    return from_state(uar, user);
}

Task<cx::UserAuthorizationAnswer> Hss::Procedures::user_authorization(
    cx::UserAuthorizationRequest uar) {
    LoadUser load;
    load.private_identity = uar.private_identity;
    load.public_identity = uar.public_identity;
    StoreRequest question(std::move(load));
    const auto user = co_await ask<User>(std::move(question));
    if (!user) co_return cx::UserAuthorizationAnswer{cx::result::unable_to_comply, {}, {}};
    auto uaa = answer_user_authorization(uar, *user, config);
    // TS 23.380 §4.2: the I-CSCF could not reach the S-CSCF, another one may take over.
    if (uaa.result == cx::result::success && uaa.capabilities && !user->server_name.empty()) {
        StoreRequest change(AllowReassignment{user->subscription_id});
        const auto done = co_await ask<Done>(std::move(change));
        if (!done) uaa.result = cx::result::unable_to_comply;
    }
    co_return uaa;
}

}  // namespace imslab::hss
