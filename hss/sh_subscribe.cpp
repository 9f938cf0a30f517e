// Sh-Subs-Notif: TS 29.328 §6.1.3.
#include <algorithm>

#include "hss/procedures.h"

namespace imslab::hss {
namespace {

using sh::DataReference;

bool is_repository(DataReference reference) {
    return reference == DataReference::repository_data ||
           reference == DataReference::aliases_repository_data;
}

}  // namespace

// TS 29.328 §6.1.3.1: the checks in their order; the first that fails is the answer.
Task<sh::SubscribeNotificationsAnswer> Hss::Procedures::subscribe(
    sh::SubscribeNotificationsRequest snr, std::string peer) {
    sh::SubscribeNotificationsAnswer sna;
    const auto selection = snr.selection;
    for (const auto reference : selection.references) {
        if (config.permissions.allows(peer, ShOperation::subscribe, reference)) continue;
        sna.result = sh::result::user_data_cannot_be_notified;
        co_return sna;
    }
    auto user = co_await load_sh_user(snr.user.public_identity, snr.user.msisdn);
    sna.result = !user ? sh::result::unable_to_comply : sh::result::user_unknown;
    if (!user || !user->known) co_return sna;
    for (const auto reference : selection.references) {
        if (const auto objection = objection_to(*user, reference, selection)) {
            sna.result = *objection;
            co_return sna;
        }
    }
    auto watches_wanted = watches_of(*user, snr.user, selection, peer);
    sna.result = sh::result::unable_to_comply;
    if (snr.type == sh::SubsReqType::unsubscribe) {
        Unsubscribe change{std::move(watches_wanted)};
        StoreRequest question(std::move(change));
        const auto done = co_await ask<Done>(std::move(question));
        if (done) sna.result = sh::result::success;
        co_await expire_notifications();
        co_return sna;
    }
    ValueOptions options;
    const auto data = co_await value_of(*user, selection, options);
    if (!data) co_return sna;
    // What is not there cannot change.
    const auto there = data->repository_data.size() + data->aliases_repository_data.size();
    const auto wanted =
        static_cast<std::size_t>(std::count_if(
            selection.references.begin(), selection.references.end(), is_repository)) *
        selection.service_indications.size();
    sna.result = sh::result::subs_data_absent;
    if (there < wanted) co_return sna;

    if (snr.expiry_time) sna.expiry_time = snr.expiry_time;
    if (config.max_subscription_seconds != 0) {
        const auto latest =
            static_cast<std::uint32_t>(seconds_now()) + config.max_subscription_seconds;
        sna.expiry_time = std::min(sna.expiry_time.value_or(latest), latest);
    }
    Subscribe change;
    for (auto& watch : watches_wanted)
        change.notifications.push_back(
            {std::move(watch), sna.expiry_time.value_or(0), snr.one_time});
    StoreRequest question(std::move(change));
    const auto done = co_await ask<Done>(std::move(question));
    sna.result = done ? sh::result::success : sh::result::unable_to_comply;
    if (!done) co_return sna;
    co_await expire_notifications();
    if (snr.data_requested && *data != sh::ShData{}) sna.user_data = sh::write_sh_data(*data);
    co_return sna;
}

Task<void> Hss::Procedures::expire_notifications() {
    StoreRequest question(ExpireNotifications{seconds_now()});
    const auto left = co_await ask<NotificationsLeft>(std::move(question));
    if (!left) co_return;
    watches = left->count;
    next_expiry.reset();
    if (left->next_expiry != 0) next_expiry = Time(std::chrono::seconds(left->next_expiry));
}

Task<void> Hss::Procedures::end_watches(std::vector<Watch> ended) {
    StoreRequest question(Unsubscribe{std::move(ended)});
    co_await ask<Done>(std::move(question));
    co_await expire_notifications();
}

}  // namespace imslab::hss
