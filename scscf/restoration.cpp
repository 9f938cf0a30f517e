// What survives an S-CSCF (TS 23.380 §4): with each registration the HSS is given the contacts and
// their Paths (TS 29.228 §6.1.2). It gives them back to whoever serves the user next and does not
// know where he is: another S-CSCF, or the same one after a restart.
#include "diameter/user_profile.h"
#include "scscf/procedures.h"
#include "sip/headers.h"

namespace imslab::scscf {

namespace {

constexpr const char* kClause = "TS 23.380 §4.3";

std::string kept_contact(const std::string& contact, std::int64_t expires_seconds) {
    return contact + ";expires=" + std::to_string(expires_seconds);
}

}  // namespace

cx::RestorationInfo Scscf::Impl::to_be_kept(const RegisterRequest& request,
                                            const ImplicitSet* known) const {
    cx::RestorationInfo kept;
    kept.private_identity = request.private_identity;
    for (const auto& wish : request.contacts) {
        if (wish.expires_seconds == 0) continue;
        kept.contacts.push_back(
            {kept_contact(wish.value, wish.expires_seconds), request.path(), std::nullopt});
    }
    if (known == nullptr) return kept;
    for (const auto& binding : known->bindings) {
        if (known->private_identities[binding.private_identity] != request.private_identity)
            continue;
        if (is_wished(binding, request) || is_superseded(*known, binding, request)) continue;
        const auto left = std::chrono::ceil<std::chrono::seconds>(binding.expires - now).count();
        kept.contacts.push_back({kept_contact(binding.contact, left),
                                 binding.path ? *binding.path : std::string(),
                                 std::nullopt});
    }
    return kept;
}

// The P-CSCF sends him here, so he has registered here: SAR NO_ASSIGNMENT reads what was kept and
// changes nothing at the HSS, which answers it to the S-CSCF of the user alone.
Task<void> Scscf::Impl::restore_caller(sip::ServerId id,
                                       sip::Message request,
                                       std::string identity) {
    cx::ServerAssignmentRequest sar;
    sar.public_identities.push_back(identity);
    sar.server_name = config.server_name;
    sar.type = cx::ServerAssignmentType::no_assignment;
    std::any question = cx::Request(std::move(sar));
    auto answered = co_await asks.ask<cx::Answer>(std::move(question));

    if (proxy.request_of(id) == nullptr) co_return;
    const std::string call_id(sip::call_id(request));
    if (!answered) {
        log(LogLevel::warning, call_id, kClause, "HSS: " + answered.error().reason);
        proxy.respond(id, 504, "HSS does not answer");
        co_return;
    }
    const auto* saa = std::get_if<cx::ServerAssignmentAnswer>(&*answered);
    bool known = registrar.find(identity) != nullptr;
    if (!known && saa != nullptr && saa->result.is_success()) {
        auto profile = cx::read_user_data(saa->user_data);
        known = profile && restore(identity, *saa, *std::move(profile));
    }
    if (known) {
        originate(id, std::move(request), false);
        co_return;
    }
    log(LogLevel::info, call_id, "TS 24.229 §5.4.3.2", "the served user is not registered");
    proxy.respond(id, 403);
}

// The HSS does not say how much of the granted time has passed: a contact may be kept too long, and
// then fails as that of a phone out of coverage does.
bool Scscf::Impl::restore(const std::string& identity,
                          const cx::ServerAssignmentAnswer& saa,
                          cx::ImsSubscription profile) {
    std::vector<std::pair<std::string, Binding>> bindings;  // by private identity
    std::vector<std::string> paths;
    for (const auto& kept : saa.restoration) {
        for (const auto& one : kept.contacts) {
            const auto contact = read_kept_contact(one.contact, config);
            if (!contact || contact->expires_seconds == 0) continue;
            Binding binding;
            binding.contact = contact->value;
            binding.q = contact->q;
            binding.expires = now + std::chrono::seconds(contact->expires_seconds);
            binding.event = ContactEvent::created;
            bindings.emplace_back(kept.private_identity, std::move(binding));
            paths.push_back(one.path);
        }
    }
    if (bindings.empty()) return false;
    auto& set = registrar.assign(bindings.front().first, identity, std::move(profile));
    const auto* own = set.find(identity);
    for (std::size_t i = 0; i < bindings.size(); ++i) {
        auto& [private_identity, binding] = bindings[i];
        if (own != nullptr)
            binding.identity = static_cast<std::uint8_t>(own - set.identities.data());
        registrar.bind(set, private_identity, std::move(binding), paths[i]);
    }
    if (saa.charging) registrar.set_charging(set, *saa.charging);
    registrar.happen(set, SetEvent::restored);
    complain_of_profiles();
    log(LogLevel::info,
        {},
        kClause,
        identity + " was registered and is restored, " + std::to_string(bindings.size()) +
            " contact(s)");
    return own != nullptr;
}

}  // namespace imslab::scscf
