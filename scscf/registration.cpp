// A REGISTER whose sender is known (TS 24.229 §5.4.1.2.2F): the profile from the HSS (TS 29.228
// §6.1.2), the bindings, and the 200 that tells the UE its identities and its service route.
#include <algorithm>

#include "diameter/user_profile.h"
#include "scscf/procedures.h"
#include "sip/headers.h"
#include "sip/uri.h"

namespace imslab::scscf {

namespace {

using sip::HeaderId;

constexpr const char* kClause = "TS 24.229 §5.4.1.2.2F";

// RFC 3261 §10.3 step 7: within one Call-ID, only a higher CSeq changes a binding.
bool is_out_of_order(const ImplicitSet& set, const RegisterRequest& request) {
    return std::ranges::any_of(set.bindings, [&](const Binding& binding) {
        return binding.call_id == request.call_id && request.cseq <= binding.cseq &&
               set.private_identities[binding.private_identity] == request.private_identity;
    });
}

std::string instance_of(const Binding& binding) {
    const auto contact = sip::NameAddr::parse(binding.contact);
    return contact ? std::string(contact->params.get("+sip.instance").value_or("")) : std::string();
}

std::string visited_network_of(const sip::Message& request) {
    const auto value = request.first_value(HeaderId::p_visited_network_id);
    if (!value) return {};
    return sip::unquote(sip::trim(value->substr(0, value->find(';'))));
}

}  // namespace

bool is_wished(const Binding& binding, const RegisterRequest& request) {
    return std::ranges::any_of(request.contacts, [&](const ContactWish& wish) {
        return sip::equal(wish.uri, binding.uri());
    });
}

// The same user agent with another address: its old binding goes. It is the same if it says so by
// +sip.instance, or, without, if it goes on with its Call-ID; not if it registers flows (RFC 5626).
bool is_superseded(const ImplicitSet& set, const Binding& binding, const RegisterRequest& request) {
    if (set.private_identities[binding.private_identity] != request.private_identity) return false;
    if (is_wished(binding, request)) return false;
    const auto instance = instance_of(binding);
    return std::ranges::any_of(request.contacts, [&](const ContactWish& wish) {
        if (wish.has_flow || wish.expires_seconds == 0 || wish.instance != instance) return false;
        return !instance.empty() || binding.call_id == request.call_id;
    });
}

std::string charging_function_addresses(const cx::ChargingInformation& charging) {
    std::string value;
    const auto add = [&](std::string_view name, const std::string& address) {
        if (address.empty()) return;
        if (!value.empty()) value += "; ";
        value += std::string(name) + "=" + sip::quote(address);
    };
    add("ccf", charging.primary_collection);
    add("ccf", charging.secondary_collection);
    add("ecf", charging.primary_event);
    add("ecf", charging.secondary_event);
    return value;
}

Task<void> Scscf::Impl::register_contacts(sip::ServerId id,
                                          RegisterRequest request,
                                          std::string authentication_info) {
    const auto* known = registrar.find(request.public_identity);
    if (known != nullptr && is_out_of_order(*known, request)) {
        proxy.respond(id, 500, "CSeq is out of order");
        co_return;
    }
    if (request.is_fetch()) {  // RFC 3261 §10.2.3
        auto response = sip::Message::response_to(request.message, 200);
        sip::set_to_tag(response, entropy.token(8));
        if (known != nullptr) response = registered(request, *known, authentication_info);
        proxy.respond(id, std::move(response));
        co_return;
    }
    const bool again = known != nullptr && known->has_bindings_of(request.private_identity);
    cx::ServerAssignmentRequest sar;
    sar.private_identity = request.private_identity;
    sar.public_identities.push_back(request.public_identity);
    sar.server_name = config.server_name;
    sar.type =
        again ? cx::ServerAssignmentType::re_registration : cx::ServerAssignmentType::registration;
    sar.user_data_already_available = again;
    sar.restoration = to_be_kept(request, known);
    assigning.insert(request.private_identity);
    std::any question = cx::Request(std::move(sar));
    auto answered = co_await asks.ask<cx::Answer>(std::move(question));
    assigning.erase(assigning.find(request.private_identity));

    if (!answered) {  // nothing was changed; an earlier registration goes on until it expires
        log(LogLevel::warning, request.call_id, kClause, "HSS: " + answered.error().reason);
        proxy.respond(id, 504, "HSS does not answer");
        co_return;
    }
    auto* saa = std::get_if<cx::ServerAssignmentAnswer>(&*answered);
    const int refusal = saa == nullptr ? 500 : refusal_of(saa->result);
    if (refusal != 0) {
        if (saa != nullptr)
            log(LogLevel::info,
                request.call_id,
                kClause,
                "SAA " + std::to_string(saa->result.code));
        proxy.respond(id, refusal);
        co_return;
    }
    if (again &&
        registrar.find(request.public_identity) == nullptr) {  // the HSS ended it meanwhile (RTR)
        proxy.respond(id, 403, "The registration was ended by the network");
        co_return;
    }
    cx::ImsSubscription profile;
    if (!saa->user_data.empty()) {
        auto read = cx::read_user_data(saa->user_data);
        if (!read) {
            log(LogLevel::error,
                request.call_id,
                kClause,
                "User-Data at octet " + std::to_string(read.error().position) + ": " +
                    read.error().reason);
            proxy.respond(id, 500, "The profile cannot be read");
            co_await tell_hss_of_deregistration(
                request.private_identity,
                request.public_identity,
                cx::ServerAssignmentType::administrative_deregistration,
                request.call_id);
            co_return;
        }
        profile = *std::move(read);
    }
    auto& set =
        registrar.assign(request.private_identity, request.public_identity, std::move(profile));
    complain_of_profiles();
    for (const auto& identity : set.identities) unregistered.forget(identity.uri);
    if (saa->charging) registrar.set_charging(set, *saa->charging);
    RegistrationChange change;
    change.contacts = bind_contacts(set, request);
    if (set.bindings.size() > config.max_contacts) {
        log(LogLevel::warning, request.call_id, kClause, "more contacts than allowed");
        while (set.bindings.size() > config.max_contacts) {
            change.contacts.push_back(gone(set.bindings[0], ContactEvent::rejected));
            registrar.unbind(set, 0);
        }
    }
    change.event = again ? SetEvent::reregistered : SetEvent::registered;
    registrar.happen(set, change.event);
    auto response = registered(request, set, authentication_info);
    const auto* identity = set.find(request.public_identity);
    std::optional<sip::Message> answer;  // for application servers, if there may be any
    if (identity != nullptr && identity->services) answer = response;
    proxy.respond(id, std::move(response));
    change.call_id = request.call_id;
    change.identity = request.public_identity;
    change.request = &request.message;
    change.response = answer ? &*answer : nullptr;
    registration_changed(set, change);
}

// RFC 3261 §10.3 step 7: additions, refreshments and, mixed with them, removals.
std::vector<ContactChange> Scscf::Impl::bind_contacts(ImplicitSet& set,
                                                      const RegisterRequest& request) {
    std::vector<ContactChange> changes;
    for (std::size_t i = set.bindings.size(); i-- > 0;) {
        if (!is_superseded(set, set.bindings[i], request)) continue;
        changes.push_back(gone(set.bindings[i], ContactEvent::deactivated));
        registrar.unbind(set, i);
    }
    const std::string path = request.path();
    const auto* own = set.find(request.public_identity);
    for (const auto& wish : request.contacts) {
        const auto found = std::ranges::find_if(set.bindings, [&](const Binding& binding) {
            return sip::equal(binding.uri(), wish.uri) &&
                   set.private_identities[binding.private_identity] == request.private_identity;
        });
        const bool known = found != set.bindings.end();
        if (wish.expires_seconds == 0) {
            if (!known) continue;
            changes.push_back(gone(*found, ContactEvent::unregistered));
            registrar.unbind(set, static_cast<std::size_t>(found - set.bindings.begin()));
            continue;
        }
        Binding binding;
        binding.contact = wish.value;
        binding.call_id = request.call_id;
        binding.cseq = request.cseq;
        binding.q = wish.q;
        binding.expires = now + std::chrono::seconds(wish.expires_seconds);
        binding.event = !known                             ? ContactEvent::registered
                        : binding.expires < found->expires ? ContactEvent::shortened
                                                           : ContactEvent::refreshed;
        if (own != nullptr)
            binding.identity = static_cast<std::uint8_t>(own - set.identities.data());
        changes.push_back(gone(binding, binding.event));
        registrar.bind(set, request.private_identity, std::move(binding), path);
    }
    return changes;
}

// TS 24.229 §5.4.1.2.2F: what the 200 tells the P-CSCF and the UE.
sip::Message Scscf::Impl::registered(const RegisterRequest& request,
                                     const ImplicitSet& set,
                                     const std::string& authentication_info) {
    auto response = sip::Message::response_to(request.message, 200);
    sip::set_to_tag(response, entropy.token(8));
    for (const auto path : request.message.values(HeaderId::path))
        response.append(HeaderId::path, path);
    // The default identity first, those barred not at all.
    std::string associated;
    for (const auto& identity : set.identities) {
        if (identity.barred) continue;
        if (!associated.empty()) associated += ", ";
        associated += "<" + identity.uri + ">";
    }
    if (!associated.empty()) response.set(HeaderId::p_associated_uri, associated);
    response.set(HeaderId::service_route, "<" + own_uri("orig") + ";lr>");
    list_bindings(response, set);
    if (!authentication_info.empty())
        response.set(HeaderId::authentication_info, authentication_info);
    if (const auto value = request.message.get(HeaderId::p_charging_vector)) {
        if (auto vector = sip::ChargingVector::parse(*value)) {
            vector->term_ioi = config.ioi;
            response.set(HeaderId::p_charging_vector, vector->to_string());
        }
    }
    // Only to a P-CSCF of our own network.
    if (set.charging && is_home_domain(visited_network_of(request.message))) {
        const auto addresses = charging_function_addresses(*set.charging);
        if (!addresses.empty()) response.set(HeaderId::p_charging_function_addresses, addresses);
    }
    return response;
}

// RFC 3261 §10.3 step 8: all bindings there are, with the time left.
void Scscf::Impl::list_bindings(sip::Message& response, const ImplicitSet& set) const {
    for (const auto& binding : set.bindings) {
        const auto left = std::chrono::ceil<std::chrono::seconds>(binding.expires - now).count();
        response.append(HeaderId::contact, binding.contact + ";expires=" + std::to_string(left));
    }
}

}  // namespace imslab::scscf
