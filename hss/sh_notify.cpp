// Sh-Notif: TS 29.328 §6.1.4. A change is found by comparing what a watcher knew with what is there
// now, so that whatever changes a user needs to know nothing of who watches.
#include <map>
#include <tuple>

#include "diameter/dictionary.h"
#include "hss/procedures.h"

namespace imslab::hss {
namespace {

using sh::DataReference;

bool is_repository(DataReference reference) {
    return reference == DataReference::repository_data ||
           reference == DataReference::aliases_repository_data;
}

// Public identities of one set share most of what is told.
class Values {
public:
    explicit Values(const ShUser& user) : user_(user) {}

    // Empty: the identity is there no more.
    const std::string& of(const Watch& watch) {
        user_.key = watch.owner;
        const auto* subject = user_.identity(watch.owner);
        if (subject == nullptr) return nothing_;
        const bool of_set = watch.reference == DataReference::ims_user_state ||
                            watch.reference == DataReference::s_cscf_name ||
                            watch.reference == DataReference::dsai;
        const auto key = std::tuple(
            watch.reference, watch.detail, of_set ? std::string() : watch.owner, subject->set_id);
        const auto [found, fresh] = values_.try_emplace(key);
        if (fresh) {
            sh::ShData data;
            ValueOptions options;
            options.say_absence = true;
            add_value(user_, watch.reference, selection_of(watch), options, data);
            found->second = sh::write_sh_data(data);
        }
        return found->second;
    }

private:
    ShUser user_;
    std::map<std::tuple<DataReference, std::string, std::string, Id>, std::string> values_;
    std::string nothing_;
};

sh::PushNotificationRequest notification_of(const ShUser& user,
                                            const Watch& watch,
                                            const std::string& user_data) {
    sh::PushNotificationRequest pnr;
    pnr.destination_host = watch.server_peer;
    pnr.user.public_identity = watch.identity;
    pnr.user_data = user_data;
    const auto* subject = user.identity(watch.owner);
    if (subject == nullptr) return pnr;
    if (subject->type == cx::IdentityType::wildcarded_psi) pnr.wildcarded_psi = subject->identity;
    if (subject->type == cx::IdentityType::wildcarded_impu) pnr.wildcarded_impu = subject->identity;
    return pnr;
}

}  // namespace

Task<std::optional<Hss::Procedures::Watched>> Hss::Procedures::watched(
    std::string public_identity, std::string private_identity) {
    if (watches == 0) co_return std::nullopt;
    LoadShUser load;
    load.public_identity = std::move(public_identity);
    if (load.public_identity.empty()) {
        StoreRequest question(LoadSets{std::move(private_identity)});
        const auto sets = co_await ask<Sets>(std::move(question));
        if (!sets || sets->sets.empty()) co_return std::nullopt;
        load.subscription_id = sets->sets.front().subscription_id;
    }
    StoreRequest question(std::move(load));
    auto user = co_await ask<ShUser>(std::move(question));
    if (!user || !user->known) co_return std::nullopt;
    co_return co_await watched_user(std::move(*user));
}

Task<std::optional<Hss::Procedures::Watched>> Hss::Procedures::watched_user(ShUser user) {
    if (watches == 0) co_return std::nullopt;
    LoadNotifications load;
    load.now = seconds_now();
    for (const auto& one : user.identities) {
        load.owners.push_back(one.key);
        if (!one.alias_group.empty())
            load.owners.push_back(alias_owner(user.name, one.alias_group));
    }
    StoreRequest question(std::move(load));
    auto found = co_await ask<Notifications>(std::move(question));
    if (!found || found->notifications.empty()) co_return std::nullopt;
    co_return Watched{std::move(user), std::move(found->notifications)};
}

Task<void> Hss::Procedures::notify_changes(Watched before, std::string writer) {
    // The subscription may have been replaced: its identities lead to what it is now.
    std::optional<ShUser> after;
    for (std::size_t i = 0; i < before.user.identities.size() && !after; ++i) {
        LoadShUser load;
        load.public_identity = before.user.identities[i].key;
        StoreRequest question(std::move(load));
        auto found = co_await ask<ShUser>(std::move(question));
        if (!found) co_return;
        if (found->known) after = std::move(*found);
    }
    if (!after) co_return;
    Values old_values(before.user), new_values(*after);
    for (const auto& one : before.notifications) {
        if (is_repository(one.watch.reference) || one.watch.server_peer == writer) continue;
        const auto& is_now = new_values.of(one.watch);
        if (is_now.empty() || is_now == old_values.of(one.watch)) continue;
        tasks.spawn(notify(one, notification_of(*after, one.watch, is_now)));
    }
}

// TS 29.328 §6.1.4: repository data to all that watch it but the one that has written it; of what
// is removed the sequence number alone, and nobody watches it any longer.
Task<void> Hss::Procedures::notify_repository(Watched who,
                                              sh::DataReference reference,
                                              sh::RepositoryData data,
                                              std::string writer) {
    const auto owner = owner_of(who.user, reference);
    sh::ShData told;
    (reference == DataReference::repository_data ? told.repository_data
                                                 : told.aliases_repository_data) = {data};
    const auto xml = sh::write_sh_data(told);
    std::vector<Watch> over;
    for (const auto& one : who.notifications) {
        if (one.watch.owner != owner || one.watch.reference != reference ||
            one.watch.detail != data.service_indication)
            continue;
        if (!data.service_data) over.push_back(one.watch);
        if (one.watch.server_peer == writer) continue;
        tasks.spawn(notify(one, notification_of(who.user, one.watch, xml)));
    }
    if (!over.empty()) co_await end_watches(std::move(over));
}

// TS 29.328 §6.1.4.1: who says that it has not subscribed, or does not know the user, is asked no
// more.
Task<void> Hss::Procedures::notify(Notification notification, sh::PushNotificationRequest pnr) {
    const auto server = notification.watch.server_peer;
    ++notified;
    std::any any(sh::Request(std::move(pnr)));
    auto answering = asks.ask<sh::Answer>(std::move(any));
    if (notification.one_time) {
        std::vector<Watch> over{notification.watch};
        tasks.spawn(end_watches(std::move(over)));
    }
    const auto answer = co_await answering;
    const auto* pna = answer ? std::get_if<sh::PushNotificationAnswer>(&*answer) : nullptr;
    if (pna != nullptr) count("PNA", pna->result);
    if (pna != nullptr && pna->result.is_success()) co_return;
    outbox.log(LogLevel::warning,
               notification.watch.identity,
               "TS 29.328 §6.1.4.1",
               server + (pna != nullptr ? " answers " + diameter::result_name(pna->result)
                                        : " does not answer a notification"));
    const bool ends = pna != nullptr && (pna->result == sh::result::no_subscription_to_data ||
                                         pna->result == sh::result::user_unknown);
    if (!ends) co_return;
    std::vector<Watch> over{notification.watch};
    co_await end_watches(std::move(over));
}

}  // namespace imslab::hss
