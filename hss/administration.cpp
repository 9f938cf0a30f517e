// What the HSS begins itself: network-initiated deregistration (TS 29.228 §6.1.3, RTR) and the
// update of user data (§6.2.2, PPR), after an operator's change or when another S-CSCF has taken
// over.
#include <algorithm>
#include <set>

#include "diameter/dictionary.h"
#include "hss/procedures.h"

namespace imslab::hss {
namespace {

// How an S-CSCF took the request, in words.
template <class Wanted>
std::string outcome(const Result<cx::Answer, AskFailed>& answer, bool& accepted) {
    accepted = false;
    if (!answer) return "the S-CSCF does not answer: " + answer.error().reason;
    const auto* wanted = std::get_if<Wanted>(&*answer);
    if (wanted == nullptr) return "the S-CSCF answers another command";
    accepted = wanted->result.is_success();
    return "the S-CSCF answers " + diameter::result_name(wanted->result);
}

// By one of which a subscription is found that is about to be replaced.
std::vector<std::string> identities_of(const Subscription& subscription) {
    std::vector<std::string> all;
    for (const auto& set : subscription.sets) {
        for (const auto& profile : set.service_profiles) {
            for (const auto& one : profile.public_identities) all.push_back(one.identity);
        }
    }
    return all;
}

}  // namespace

Task<void> Hss::Procedures::administer(AskId id, Administration change) {
    AdministrationAnswer answer;
    if (auto* leaving = std::get_if<AdministrativeDeregistration>(&change)) {
        answer = co_await terminate(std::move(*leaving));
    } else if (auto* profile = std::get_if<ProfileChange>(&change)) {
        std::vector<Subscription> subscriptions;
        if (profile->subscription) subscriptions.push_back(std::move(*profile->subscription));
        if (subscriptions.empty()) {
            answer = co_await push_profile(std::move(profile->private_identity));
        } else {
            answer = co_await import(std::move(subscriptions));
        }
    } else if (auto* added = std::get_if<SubscriberImport>(&change)) {
        answer = co_await import(std::move(added->subscriptions));
    } else if (auto* removal = std::get_if<SubscriberRemoval>(&change)) {
        answer = co_await remove(std::move(removal->subscription));
    }
    outbox.emit(Reply{id, std::move(answer)});
}

Task<void> Hss::Procedures::terminate_at_previous_server(Registered before,
                                                         std::string private_identity) {
    cx::RegistrationTerminationRequest rtr;
    rtr.destination_host = before.previous_server_peer;
    rtr.private_identity = private_identity;
    rtr.reason = cx::DeregistrationReason::new_server_assigned;
    rtr.reason_info = "another S-CSCF serves the user";
    std::any any(cx::Request(std::move(rtr)));
    const auto answer = co_await asks.ask<cx::Answer>(std::move(any));
    bool accepted = false;
    const auto text = outcome<cx::RegistrationTerminationAnswer>(answer, accepted);
    outbox.log(accepted ? LogLevel::info : LogLevel::warning,
               private_identity,
               "TS 29.228 §6.1.3",
               before.previous_server_name + ": " + text);
}

Task<AdministrationAnswer> Hss::Procedures::terminate(AdministrativeDeregistration change) {
    StoreRequest question(LoadSets{change.private_identity});
    const auto sets = co_await ask<Sets>(std::move(question));
    if (!sets) co_return AdministrationAnswer{false, "the store failed: " + store_error};
    if (!sets->private_known)
        co_return AdministrationAnswer{false,
                                       "there is no private identity " + change.private_identity};

    Deregister leaving;
    std::set<Id> named;
    for (std::size_t i = 0; i < change.public_identities.size(); ++i) {
        LoadUser load;
        load.private_identity = change.private_identity;
        load.public_identity = change.public_identities[i];
        StoreRequest load_question(std::move(load));
        const auto user = co_await ask<User>(std::move(load_question));
        if (!user || !user->associated) {
            co_return AdministrationAnswer{false,
                                           change.public_identities[i] +
                                               " is no public identity of " +
                                               change.private_identity};
        }
        named.insert(user->set_id);
    }
    for (const auto& set : sets->sets) {
        if (!named.empty() && !named.contains(set.set_id)) continue;
        if (set.state == RegistrationState::not_registered) continue;
        leaving.private_id = set.private_id;
        leaving.subscription_id = set.subscription_id;
        leaving.set_ids.push_back(set.set_id);
    }
    if (leaving.set_ids.empty())
        co_return AdministrationAnswer{true, change.private_identity + " is not registered"};

    auto before = co_await watched(std::string(), change.private_identity);
    std::string text = "no S-CSCF to tell";
    if (!sets->server_peer.empty()) {
        cx::RegistrationTerminationRequest rtr;
        rtr.destination_host = sets->server_peer;
        rtr.private_identity = change.private_identity;
        rtr.public_identities = change.public_identities;
        rtr.reason = change.reason;
        rtr.reason_info = change.reason_info;
        std::any any(cx::Request(std::move(rtr)));
        const auto answer = co_await asks.ask<cx::Answer>(std::move(any));
        bool accepted = false;
        text = outcome<cx::RegistrationTerminationAnswer>(answer, accepted);
        if (!accepted)
            outbox.log(LogLevel::warning, change.private_identity, "TS 29.228 §6.1.3", text);
    }
    // The operator's word counts, whether or not the S-CSCF was there to hear it.
    StoreRequest store_change(std::move(leaving));
    const auto done = co_await ask<Done>(std::move(store_change));
    if (!done) co_return AdministrationAnswer{false, "the store failed: " + store_error};
    if (before) co_await notify_changes(std::move(*before), std::string());
    co_return AdministrationAnswer{true, change.private_identity + " is deregistered; " + text};
}

Task<AdministrationAnswer> Hss::Procedures::push_profile(std::string private_identity) {
    StoreRequest question(LoadSets{private_identity});
    const auto sets = co_await ask<Sets>(std::move(question));
    if (!sets) co_return AdministrationAnswer{false, "the store failed: " + store_error};
    if (!sets->private_known)
        co_return AdministrationAnswer{false, "there is no private identity " + private_identity};
    AdministrationAnswer answer{true, {}};
    for (std::size_t i = 0; i < sets->sets.size(); ++i) {
        const auto set = sets->sets[i];
        if (set.state == RegistrationState::not_registered || sets->server_peer.empty()) continue;
        LoadProfile load;
        load.private_id = set.private_id;
        load.set_id = set.set_id;
        load.subscription_id = set.subscription_id;
        StoreRequest load_question(std::move(load));
        auto profile = co_await ask<Profile>(std::move(load_question));
        if (!profile) co_return AdministrationAnswer{false, "the store failed: " + store_error};
        cx::PushProfileRequest ppr;
        ppr.destination_host = sets->server_peer;
        ppr.private_identity = private_identity;
        ppr.user_data = cx::user_data_from(private_identity, profile->service_profiles);
        ppr.charging = std::move(profile->charging);
        std::any any(cx::Request(std::move(ppr)));
        const auto pushed = co_await asks.ask<cx::Answer>(std::move(any));
        bool accepted = false;
        const auto text = outcome<cx::PushProfileAnswer>(pushed, accepted);
        answer.done = answer.done && accepted;
        answer.text += (answer.text.empty() ? "" : "; ") + set.default_identity + ": " + text;
    }
    if (answer.text.empty()) answer.text = private_identity + " is not registered: nothing to push";
    co_return answer;
}

Task<AdministrationAnswer> Hss::Procedures::import(std::vector<Subscription> subscriptions) {
    std::vector<std::string> pushed;
    for (const auto& subscription : subscriptions) {
        for (const auto& one : subscription.private_identities) pushed.push_back(one.identity);
    }
    std::vector<Watched> watched_before;
    for (std::size_t i = 0; i < subscriptions.size() && watches != 0; ++i) {
        const auto identities = identities_of(subscriptions[i]);
        std::optional<Watched> before;
        for (std::size_t k = 0; k < identities.size() && !before; ++k)
            before = co_await watched(identities[k], std::string());
        if (before) watched_before.push_back(std::move(*before));
    }
    const auto count_of_subscriptions = subscriptions.size();
    store_error.clear();
    StoreRequest change(Provision{std::move(subscriptions)});
    const auto done = co_await ask<Done>(std::move(change));
    if (!done)
        co_return AdministrationAnswer{false,
                                       store_error.empty() ? "the store failed" : store_error};
    for (std::size_t i = 0; i < watched_before.size(); ++i)
        tasks.spawn(notify_changes(std::move(watched_before[i]), std::string()));
    AdministrationAnswer answer{
        true,
        std::to_string(count_of_subscriptions) +
            (count_of_subscriptions == 1 ? " subscription" : " subscriptions") + " stored"};
    for (std::size_t i = 0; i < pushed.size(); ++i) {
        const auto one = co_await push_profile(pushed[i]);
        if (!one.done) answer.text += "; " + one.text;
    }
    co_return answer;
}

Task<AdministrationAnswer> Hss::Procedures::remove(std::string subscription) {
    StoreRequest question(LoadSubscriptions{subscription});
    const auto found = co_await ask<Subscriptions>(std::move(question));
    if (!found) co_return AdministrationAnswer{false, "the store failed: " + store_error};
    if (found->subscriptions.empty())
        co_return AdministrationAnswer{false, "there is no subscription " + subscription};
    const auto privates = found->subscriptions.front().private_identities;
    for (std::size_t i = 0; i < privates.size(); ++i) {
        AdministrativeDeregistration leaving;
        leaving.private_identity = privates[i].identity;
        leaving.reason_info = "the subscription has ended";
        const auto terminated = co_await terminate(std::move(leaving));
        if (!terminated.done) co_return terminated;
    }
    StoreRequest change(Remove{found->subscriptions.front().name});
    const auto done = co_await ask<Done>(std::move(change));
    co_await expire_notifications();
    if (!done) co_return AdministrationAnswer{false, "the store failed: " + store_error};
    co_return AdministrationAnswer{true, found->subscriptions.front().name + " is removed"};
}

}  // namespace imslab::hss
