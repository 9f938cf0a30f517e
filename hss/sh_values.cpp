// TS 29.328 §7.6: data references, their access keys and what they stand for.
#include "hss/sh_values.h"

#include <algorithm>

#include "hss/provisioning.h"

namespace imslab::hss {
namespace {

using sh::DataReference;
using sh::IdentitySet;

bool is_repository(DataReference reference) {
    return reference == DataReference::repository_data ||
           reference == DataReference::aliases_repository_data;
}

// The identity that was asked for; by MSISDN the first one of the subscription that is not barred.
const ShIdentity* subject_of(const ShUser& user) {
    if (const auto* asked = user.identity(user.key)) return asked;
    const auto found = std::find_if(user.identities.begin(),
                                    user.identities.end(),
                                    [](const ShIdentity& one) { return !one.barred; });
    return found != user.identities.end() ? &*found : nullptr;
}

// TS 29.328 §7.6.2: identities that are not barred.
sh::PublicIdentifiers identifiers(const ShUser& user, const ShIdentity& subject, IdentitySet set) {
    sh::PublicIdentifiers all;
    for (const auto& one : user.identities) {
        if (one.barred) continue;
        const bool is_registered = user.set(one.set_id).state == RegistrationState::registered;
        const bool is_alias =
            !subject.alias_group.empty() && one.alias_group == subject.alias_group;
        if ((set == IdentitySet::registered && !is_registered) ||
            (set == IdentitySet::implicit && one.set_id != subject.set_id) ||
            (set == IdentitySet::alias && !is_alias && one.key != subject.key))
            continue;
        all.identities.push_back(one.identity);
    }
    if (subject.type == cx::IdentityType::public_user) return all;
    all.type = subject.type;
    if (subject.type == cx::IdentityType::wildcarded_psi) all.wildcarded_psi = subject.identity;
    if (subject.type == cx::IdentityType::wildcarded_impu) all.wildcarded_impu = subject.identity;
    return all;
}

// One set stands where it always stood; several each in an element of its own.
void add_identities(const ShUser& user,
                    const ShIdentity& subject,
                    const std::vector<IdentitySet>& sets,
                    sh::ShData& into) {
    if (sets.size() < 2) {
        into.public_identifiers =
            identifiers(user, subject, sets.empty() ? IdentitySet::all : sets.front());
        return;
    }
    for (const auto set : sets) {
        auto& place = set == IdentitySet::all          ? into.all_identities
                      : set == IdentitySet::registered ? into.registered_identities
                      : set == IdentitySet::implicit   ? into.implicit_identities
                                                       : into.alias_identities;
        place = identifiers(user, subject, set);
    }
}

sh::ImsUserState state_of(const ShSet& set) {
    switch (set.state) {
        case RegistrationState::registered:
            return sh::ImsUserState::registered;
        case RegistrationState::unregistered:
            return sh::ImsUserState::registered_unreg_services;
        case RegistrationState::not_registered:
            break;
    }
    return set.authentication_pending ? sh::ImsUserState::authentication_pending
                                      : sh::ImsUserState::not_registered;
}

// TS 29.328 §7.6.5: those of the profile which the identity has that lead to this server.
std::vector<cx::InitialFilterCriteria> filter_criteria(const ShUser& user,
                                                       const ShIdentity& subject,
                                                       const std::string& server_name) {
    std::vector<cx::InitialFilterCriteria> criteria;
    const auto read =
        cx::read_user_data(cx::user_data_from("", user.set(subject.set_id).service_profiles));
    if (!read) return criteria;
    for (const auto& profile : read->service_profiles) {
        const bool has_identity = std::any_of(
            profile.public_identities.begin(),
            profile.public_identities.end(),
            [&](const auto& one) { return canonical_identity(one.identity) == subject.key; });
        if (!has_identity) continue;
        for (const auto& one : profile.filter_criteria) {
            if (one.application_server.server_name == server_name) criteria.push_back(one);
        }
    }
    return criteria;
}

// TS 29.328 §7.6.11
std::vector<sh::Dsai> dsai(const ShSet& set, const sh::Selection& selection) {
    std::vector<sh::Dsai> all;
    for (const auto& one : set.dsai) {
        const auto& tags = selection.dsai_tags;
        const bool wanted =
            tags.empty() || std::find(tags.begin(), tags.end(), one.tag) != tags.end();
        if (one.server_name != selection.server_name || !wanted) continue;
        all.push_back(
            {one.tag, !set.switched_off.contains(switch_of_dsai(one.server_name, one.tag))});
    }
    return all;
}

void add_domain(const sh::DomainData& from, bool location, std::optional<sh::DomainData>& into) {
    if (location ? from.location.empty() : !from.user_state) return;
    if (!into) into.emplace();
    if (location)
        into->location = from.location;
    else
        into->user_state = from.user_state;
}

}  // namespace

std::optional<sh::ResultCode> objection_to(const ShUser& user,
                                           DataReference reference,
                                           const sh::Selection& selection) {
    const auto* subject = subject_of(user);
    const bool by_number = user.key.empty();
    const bool is_user = subject != nullptr && (subject->type == cx::IdentityType::public_user ||
                                                subject->type == cx::IdentityType::wildcarded_impu);
    const auto not_allowed = sh::result::operation_not_allowed;
    if (subject == nullptr) return not_allowed;
    switch (reference) {
        case DataReference::ims_public_identity:
        case DataReference::charging_information:
            return std::nullopt;
        case DataReference::location_information:
        case DataReference::user_state:
        case DataReference::msisdn:
            return is_user ? std::nullopt : std::optional(not_allowed);
        case DataReference::psi_activation:
            return subject->type == cx::IdentityType::distinct_psi && !by_number
                       ? std::nullopt
                       : std::optional(not_allowed);
        case DataReference::aliases_repository_data:
            return by_number || subject->alias_group.empty() ? std::optional(not_allowed)
                                                             : std::nullopt;
        case DataReference::dsai:
            break;
        default:
            return by_number ? std::optional(not_allowed) : std::nullopt;
    }
    if (by_number) return not_allowed;
    const auto found = dsai(user.set(subject->set_id), selection).size();
    const bool all_there =
        selection.dsai_tags.empty() ? found > 0 : found == selection.dsai_tags.size();
    return all_there ? std::nullopt : std::optional(sh::result::dsai_not_available);
}

void add_value(const ShUser& user,
               DataReference reference,
               const sh::Selection& selection,
               const ValueOptions& options,
               sh::ShData& into) {
    const auto* subject = subject_of(user);
    if (subject == nullptr) return;
    const auto& set = user.set(subject->set_id);
    const bool cs = options.domain != sh::RequestedDomain::ps;
    switch (reference) {
        case DataReference::ims_public_identity:
            return add_identities(user, *subject, selection.identity_sets, into);
        case DataReference::ims_user_state:
            into.user_state = state_of(set);
            return;
        case DataReference::s_cscf_name:
            if (!user.server_name.empty() || options.say_absence)
                into.s_cscf_name = user.server_name;
            return;
        case DataReference::initial_filter_criteria:
            if (auto criteria = filter_criteria(user, *subject, selection.server_name);
                !criteria.empty() || options.say_absence)
                into.filter_criteria = std::move(criteria);
            return;
        case DataReference::location_information:
            return add_domain(cs ? user.cs : user.ps, true, cs ? into.cs : into.ps);
        case DataReference::user_state:
            return add_domain(cs ? user.cs : user.ps, false, cs ? into.cs : into.ps);
        case DataReference::charging_information:
            into.charging = user.charging;
            return;
        case DataReference::msisdn:
            if (user.msisdns.empty()) return;
            if (!into.public_identifiers) into.public_identifiers.emplace();
            into.public_identifiers->msisdns = user.msisdns;
            return;
        case DataReference::psi_activation:
            into.psi_active = !set.switched_off.contains(switch_of_psi(subject->key));
            return;
        case DataReference::dsai:
            into.dsai = dsai(set, selection);
            return;
        case DataReference::repository_data:
        case DataReference::aliases_repository_data:
            return;
    }
}

std::string owner_of(const ShUser& user, DataReference reference) {
    const auto* subject = subject_of(user);
    if (subject == nullptr) return {};
    if (reference != DataReference::aliases_repository_data) return subject->key;
    return subject->alias_group.empty() ? std::string()
                                        : alias_owner(user.name, subject->alias_group);
}

std::vector<Watch> watches_of(const ShUser& user,
                              const sh::UserIdentity& asked,
                              const sh::Selection& selection,
                              const std::string& server) {
    std::vector<Watch> watches;
    for (const auto reference : selection.references) {
        Watch watch;
        watch.server_peer = server;
        watch.owner = owner_of(user, reference);
        watch.identity = asked.public_identity.empty() ? watch.owner : asked.public_identity;
        watch.reference = reference;
        std::vector<std::string> details;
        if (is_repository(reference)) {
            details = selection.service_indications;
        } else if (reference == DataReference::ims_public_identity) {
            for (const auto set : selection.identity_sets)
                details.push_back(std::to_string(static_cast<std::uint32_t>(set)));
        } else if (reference == DataReference::initial_filter_criteria) {
            details.push_back(selection.server_name);
        } else if (reference == DataReference::dsai) {
            for (const auto& tag : selection.dsai_tags)
                details.push_back(selection.server_name + "\n" + tag);
            if (details.empty()) details.push_back(selection.server_name);
        }
        if (details.empty()) details.emplace_back();
        for (auto& detail : details) {
            watch.detail = std::move(detail);
            watches.push_back(watch);
        }
    }
    return watches;
}

sh::Selection selection_of(const Watch& watch) {
    sh::Selection selection;
    selection.references = {watch.reference};
    if (is_repository(watch.reference)) {
        selection.service_indications = {watch.detail};
    } else if (watch.reference == DataReference::ims_public_identity && !watch.detail.empty()) {
        selection.identity_sets = {static_cast<IdentitySet>(watch.detail.front() - '0')};
    } else {
        const auto end = watch.detail.find('\n');
        selection.server_name = watch.detail.substr(0, end);
        if (end != std::string::npos) selection.dsai_tags = {watch.detail.substr(end + 1)};
    }
    return selection;
}

}  // namespace imslab::hss
