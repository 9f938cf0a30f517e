// Sh-Update: TS 29.328 §6.1.2.
#include <algorithm>

#include "hss/procedures.h"
#include "hss/provisioning.h"

namespace imslab::hss {
namespace {

using sh::DataReference;
using Outcome = RepositoryUpdated::Outcome;

// While it lives, nobody else writes this data (TS 29.328 §6.1.2.1: PRIOR_UPDATE_IN_PROGRESS).
class Writing {
public:
    Writing(std::set<std::string>& all, std::string what) : all_(all), what_(std::move(what)) {
        is_alone_ = all_.insert(what_).second;
    }
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;
    ~Writing() {
        if (is_alone_) all_.erase(what_);
    }
    bool is_alone() const { return is_alone_; }

private:
    std::set<std::string>& all_;
    std::string what_;
    bool is_alone_ = false;
};

sh::ResultCode result_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::stored:
        case Outcome::removed:
            return sh::result::success;
        case Outcome::out_of_sync:
            return sh::result::transparent_data_out_of_sync;
        case Outcome::nothing_to_remove:
            return sh::result::operation_not_allowed;
    }
    return sh::result::unable_to_comply;
}

// The tags that are to be switched one way, as the store names them.
std::vector<std::string> services_of(const ShUser& user, const sh::ShData& data, bool active) {
    std::vector<std::string> services;
    const auto& set = user.set(user.identity(user.key)->set_id);
    for (const auto& wanted : data.dsai) {
        if (wanted.active != active) continue;
        for (const auto& one : set.dsai) {
            if (one.tag == wanted.tag) services.push_back(switch_of_dsai(one.server_name, one.tag));
        }
    }
    return services;
}

// A PUR has no Server-Name: the tags alone say what is meant.
bool has_all(const ShUser& user, const std::vector<sh::Dsai>& wanted) {
    const auto& known = user.set(user.identity(user.key)->set_id).dsai;
    return std::all_of(wanted.begin(), wanted.end(), [&](const sh::Dsai& tag) {
        return std::any_of(
            known.begin(), known.end(), [&](const DsaiTag& one) { return one.tag == tag.tag; });
    });
}

}  // namespace

// TS 29.328 §6.1.2.1: the checks in their order; the first that fails is the answer.
Task<sh::ProfileUpdateAnswer> Hss::Procedures::update(sh::ProfileUpdateRequest pur,
                                                      std::string peer,
                                                      Afterwards afterwards) {
    sh::ProfileUpdateAnswer pua;
    for (const auto reference : pur.references) {
        if (config.permissions.allows(peer, ShOperation::update, reference)) continue;
        pua.result = sh::result::user_data_cannot_be_modified;
        pua.reference = reference;
        co_return pua;
    }
    auto user = co_await load_sh_user(pur.user.public_identity, pur.user.msisdn);
    pua.result = !user ? sh::result::unable_to_comply : sh::result::user_unknown;
    if (!user || !user->known) co_return pua;
    pua.result = sh::result::operation_not_allowed;
    if (user->key.empty()) co_return pua;  // no data that is written has an MSISDN as its key
    const auto data = sh::read_sh_data(pur.user_data);
    pua.result = sh::result::user_data_not_recognized;
    if (!data) co_return pua;
    for (std::size_t i = 0; i < pur.references.size(); ++i) {
        const auto reference = pur.references[i];
        pua.reference.reset();
        if (reference == DataReference::psi_activation) {
            pua.result = sh::result::user_data_not_recognized;
            if (!data->psi_active) co_return pua;
            const auto objection = objection_to(*user, reference, sh::Selection{});
            std::vector<std::string> services{switch_of_psi(user->key)};
            pua.result = objection
                             ? *objection
                             : co_await switch_service(
                                   *user, std::move(services), *data->psi_active, peer, afterwards);
        } else if (reference == DataReference::dsai) {
            pua.result = sh::result::user_data_not_recognized;
            if (data->dsai.empty()) co_return pua;
            pua.result = sh::result::dsai_not_available;
            if (!has_all(*user, data->dsai)) co_return pua;
            auto off = services_of(*user, *data, false), on = services_of(*user, *data, true);
            pua.result = sh::result::success;
            if (!off.empty())
                pua.result =
                    co_await switch_service(*user, std::move(off), false, peer, afterwards);
            if (!on.empty() && pua.result.is_success())
                pua.result = co_await switch_service(*user, std::move(on), true, peer, afterwards);
        } else {
            const bool own = reference == DataReference::repository_data;
            const auto all = own ? data->repository_data : data->aliases_repository_data;
            pua.result = sh::result::user_data_not_recognized;
            if (all.empty()) co_return pua;
            for (std::size_t k = 0; k < all.size(); ++k) {
                pua = co_await update_repository(*user, reference, all[k], peer, afterwards);
                if (!pua.result.is_success()) co_return pua;
            }
        }
        if (!pua.result.is_success()) {
            pua.reference = reference;
            co_return pua;
        }
    }
    co_return pua;
}

Task<sh::ProfileUpdateAnswer> Hss::Procedures::update_repository(ShUser user,
                                                                 sh::DataReference reference,
                                                                 sh::RepositoryData data,
                                                                 std::string peer,
                                                                 Afterwards afterwards) {
    sh::ProfileUpdateAnswer pua;
    pua.reference = reference;
    pua.repository_data = sh::RepositoryDataId{data.service_indication, data.sequence_number};
    if (const auto objection = objection_to(user, reference, sh::Selection{})) {
        pua.result = *objection;
        co_return pua;
    }
    UpdateRepository change{owner_of(user, reference), data};
    const Writing writing(updating, change.owner + "\n" + data.service_indication);
    pua.result = sh::result::prior_update_in_progress;
    if (!writing.is_alone()) co_return pua;
    pua.result = sh::result::too_much_data;
    if (data.service_data && data.service_data->size() > config.max_repository_bytes) {
        // Out of sync comes first: who is behind has to read before it writes less.
        LoadRepository load{change.owner, {data.service_indication}};
        StoreRequest question(std::move(load));
        const auto stored = co_await ask<Repository>(std::move(question));
        const auto number = stored && !stored->data.empty()
                                ? std::optional(stored->data.front().sequence_number)
                                : std::nullopt;
        if (update_outcome(change, number).outcome == Outcome::out_of_sync)
            pua.result = sh::result::transparent_data_out_of_sync;
        co_return pua;
    }
    auto who = co_await watched_user(user);
    StoreRequest store_change(std::move(change));
    const auto updated = co_await ask<RepositoryUpdated>(std::move(store_change));
    pua.result = updated ? result_of(updated->outcome) : sh::result::unable_to_comply;
    if (!pua.result.is_success()) co_return pua;
    pua.reference.reset();
    if (who)
        afterwards->push_back(
            notify_repository(std::move(*who), reference, std::move(data), std::move(peer)));
    co_return pua;
}

// TS 29.328 §7.6.10, §7.6.11: what an AS switches changes what the S-CSCF serves by.
Task<sh::ResultCode> Hss::Procedures::switch_service(ShUser user,
                                                     std::vector<std::string> services,
                                                     bool active,
                                                     std::string peer,
                                                     Afterwards afterwards) {
    auto before = co_await watched_user(user);
    const auto set_id = user.identity(user.key)->set_id;
    for (std::size_t i = 0; i < services.size(); ++i) {
        SwitchService change{user.subscription_id, set_id, services[i], active};
        StoreRequest question(std::move(change));
        const auto done = co_await ask<Done>(std::move(question));
        if (!done) co_return sh::result::unable_to_comply;
    }
    if (user.set(set_id).state != RegistrationState::not_registered) {
        LoadProfile load;
        load.set_id = set_id;
        load.subscription_id = user.subscription_id;
        StoreRequest question(std::move(load));
        const auto profile = co_await ask<Profile>(std::move(question));
        if (profile) afterwards->push_back(push_after_switch(profile->private_identity));
    }
    if (before) afterwards->push_back(notify_changes(std::move(*before), std::move(peer)));
    co_return sh::result::success;
}

// TS 29.228 §6.2.2: the S-CSCF gets the profile without what is masked.
Task<void> Hss::Procedures::push_after_switch(std::string private_identity) {
    const auto pushed = co_await push_profile(private_identity);
    if (!pushed.done)
        outbox.log(LogLevel::warning, private_identity, "TS 29.228 §6.2.2", pushed.text);
}

}  // namespace imslab::hss
