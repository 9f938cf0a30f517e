// User location query: TS 29.228 §6.1.4.
#include "hss/procedures.h"
#include "hss/provisioning.h"

namespace imslab::hss {

cx::LocationInfoAnswer answer_location_info(const cx::LocationInfoRequest& lir, const User& user) {
    cx::LocationInfoAnswer lia;
    if (!user.public_known) {
        lia.result = cx::result::user_unknown;
        return lia;
    }
    lia.wildcarded_psi = user.wildcarded_identity;
    lia.result = cx::result::success;
    // A public service identity may live at its application server, without an S-CSCF.
    if (!user.application_server.empty() && !lir.originating) {
        lia.server_name = user.application_server;
        return lia;
    }
    if (lir.capabilities_wanted) {
        lia.capabilities = user.capabilities;
        return lia;
    }
    if (user.state != RegistrationState::not_registered) {
        lia.server_name = user.server_name;
        return lia;
    }
    const bool served =
        lir.originating ? user.originating_unregistered : user.terminating_unregistered;
    if (!served) {
        lia.result = cx::result::identity_not_registered;
        return lia;
    }
    // Another identity of the subscription has an S-CSCF: this one is served there.
    if (!user.server_name.empty()) {
        lia.server_name = user.server_name;
        return lia;
    }
    lia.result = cx::result::unregistered_service;
    lia.capabilities = user.capabilities;
    return lia;
}

Task<cx::LocationInfoAnswer> Hss::Procedures::location_info(cx::LocationInfoRequest lir) {
    LoadUser load;
    load.public_identity = lir.public_identity;
    StoreRequest question(std::move(load));
    const auto user = co_await ask<User>(std::move(question));
    cx::LocationInfoAnswer lia;
    lia.result = cx::result::unable_to_comply;
    if (!user) co_return lia;
    if (user->type == cx::IdentityType::distinct_psi && !lir.originating) {
        // TS 29.328 §7.6.10: a service that its application server has switched off is not there.
        const auto service = co_await load_sh_user(lir.public_identity, std::string());
        if (!service) co_return lia;
        lia.result = cx::result::user_unknown;
        if (service->known &&
            service->set(user->set_id).switched_off.contains(switch_of_psi(service->key)))
            co_return lia;
    }
    lia = answer_location_info(lir, *user);
    // TS 23.380 §4.3: as for the UAR with capabilities.
    if (lir.capabilities_wanted && lia.capabilities && !user->server_name.empty()) {
        StoreRequest change(AllowReassignment{user->subscription_id});
        const auto done = co_await ask<Done>(std::move(change));
        if (!done) lia.result = cx::result::unable_to_comply;
    }
    co_return lia;
}

}  // namespace imslab::hss
