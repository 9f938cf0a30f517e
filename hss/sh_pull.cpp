// Sh-Pull: TS 29.328 §6.1.1, and what all that an application server may ask has in common.
#include <algorithm>
#include <array>

#include "hss/procedures.h"

namespace imslab::hss {
namespace {

using sh::DataReference;

bool is_repository(DataReference reference) {
    return reference == DataReference::repository_data ||
           reference == DataReference::aliases_repository_data;
}

std::string_view name_of(const sh::Answer& answer) {
    static constexpr std::array<std::string_view, 4> names{"UDA", "PUA", "SNA", "PNA"};
    return names[answer.index()];
}

// TS 29.328 §6.1.1.1: location and state come from elsewhere and may not be there now.
bool must_be_there(DataReference reference) {
    return reference == DataReference::location_information ||
           reference == DataReference::user_state;
}

}  // namespace

Task<void> Hss::Procedures::answer_sh(AskId id, std::string peer, sh::Request request) {
    sh::Answer answer = sh::PushNotificationAnswer{sh::result::unable_to_comply};
    const auto afterwards = std::make_shared<std::vector<Task<void>>>();
    if (auto* udr = std::get_if<sh::UserDataRequest>(&request)) {
        answer = co_await pull(std::move(*udr), std::move(peer));
    } else if (auto* pur = std::get_if<sh::ProfileUpdateRequest>(&request)) {
        answer = co_await update(std::move(*pur), std::move(peer), afterwards);
    } else if (auto* snr = std::get_if<sh::SubscribeNotificationsRequest>(&request)) {
        answer = co_await subscribe(std::move(*snr), std::move(peer));
    }
    count(name_of(answer), std::visit([](const auto& one) { return one.result; }, answer));
    outbox.emit(Reply{id, std::move(answer)});
    for (auto& task : *afterwards) tasks.spawn(std::move(task));
}

Task<std::optional<ShUser>> Hss::Procedures::load_sh_user(std::string public_identity,
                                                          std::string msisdn) {
    LoadShUser load;
    load.public_identity = std::move(public_identity);
    load.msisdn = std::move(msisdn);
    StoreRequest question(std::move(load));
    co_return co_await ask<ShUser>(std::move(question));
}

Task<std::optional<sh::ShData>> Hss::Procedures::value_of(ShUser user,
                                                          sh::Selection selection,
                                                          ValueOptions options) {
    sh::ShData data;
    for (std::size_t i = 0; i < selection.references.size(); ++i) {
        const auto reference = selection.references[i];
        add_value(user, reference, selection, options, data);
        if (!is_repository(reference)) continue;
        LoadRepository load;
        load.owner = owner_of(user, reference);
        load.service_indications = selection.service_indications;
        StoreRequest question(std::move(load));
        auto repository = co_await ask<Repository>(std::move(question));
        if (!repository) co_return std::nullopt;
        (reference == DataReference::repository_data ? data.repository_data
                                                     : data.aliases_repository_data) =
            std::move(repository->data);
    }
    co_return data;
}

// TS 29.328 §6.1.1.1: the checks in their order; the first that fails is the answer.
Task<sh::UserDataAnswer> Hss::Procedures::pull(sh::UserDataRequest udr, std::string peer) {
    sh::UserDataAnswer uda;
    const auto& references = udr.selection.references;
    for (const auto reference : references) {
        if (config.permissions.allows(peer, ShOperation::pull, reference)) continue;
        uda.result = sh::result::user_data_cannot_be_read;
        co_return uda;
    }
    auto user = co_await load_sh_user(udr.user.public_identity, udr.user.msisdn);
    uda.result = !user ? sh::result::unable_to_comply : sh::result::user_unknown;
    if (!user || !user->known) co_return uda;
    for (const auto reference : references) {
        if (const auto objection = objection_to(*user, reference, udr.selection)) {
            uda.result = *objection;
            co_return uda;
        }
        for (const auto& indication : udr.selection.service_indications) {
            if (!is_repository(reference) ||
                !updating.contains(owner_of(*user, reference) + "\n" + indication))
                continue;
            uda.result = sh::result::prior_update_in_progress;
            co_return uda;
        }
    }
    ValueOptions options;
    options.domain = udr.domain;
    const auto data = co_await value_of(*user, udr.selection, options);
    uda.result = sh::result::unable_to_comply;
    if (!data) co_return uda;
    const bool is_there = *data != sh::ShData{};
    const bool needed =
        std::any_of(references.begin(), references.end(), must_be_there) && !data->cs && !data->ps;
    uda.result = needed ? sh::result::user_data_not_available : sh::result::success;
    if (needed) co_return uda;
    if (is_there) uda.user_data = sh::write_sh_data(*data);
    if (const auto* matched = user->identity(user->key)) {
        if (matched->type == cx::IdentityType::wildcarded_psi)
            uda.wildcarded_psi = matched->identity;
        if (matched->type == cx::IdentityType::wildcarded_impu)
            uda.wildcarded_impu = matched->identity;
    }
    co_return uda;
}

}  // namespace imslab::hss
