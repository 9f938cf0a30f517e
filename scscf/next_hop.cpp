// What both sides of the S-CSCF do before a request leaves (TS 24.229 §5.4.3.2, §5.4.3.3; trust
// domain: §4.4).
#include <algorithm>

#include "scscf/procedures.h"
#include "sip/headers.h"
#include "sip/next_hop.h"
#include "sip/uri.h"

namespace imslab::scscf {

namespace {

using sip::HeaderId;

constexpr std::uint16_t kDefaultPort = 5060;

// RFC 3261 §16.6 step 6: the next hop is a strict router.
void yield_to_strict_router(sip::Message& request) {
    const auto top = sip::uri_of(request.first_value(HeaderId::route));
    const auto uri = top ? sip::Uri::parse(*top) : std::nullopt;
    if (!uri || uri->is_loose_router()) return;
    const std::string target(*top);
    request.append(HeaderId::route, "<" + std::string(request.uri()) + ">");
    request.remove_first_value(HeaderId::route);
    request.set_uri(target);
}

}  // namespace

Passage& Scscf::Impl::begin_passage(sip::ServerId id,
                                    const sip::Message& request,
                                    Role role,
                                    std::string served) {
    auto& passage = passages[id];
    passage.role = role;
    passage.served = std::move(served);
    passage.makes_dialog = makes_dialog(request.method());
    passage.call_id = sip::call_id(request);
    passage.caller_tag = sip::from_tag(request).value_or("");
    return passage;
}

void Scscf::Impl::enter(sip::ServerId id, sip::Message request, Passage& passage) {
    if (passage.role == Role::originating) {
        enter_originating(request, passage);
    } else {
        enter_terminating(request, passage);
    }
    next_hop_after_services(id, std::move(request), passage);
}

void Scscf::Impl::next_hop_after_services(sip::ServerId id,
                                          sip::Message request,
                                          Passage& passage) {
    if (visit_application_server(id, request, passage)) return;
    request.remove(HeaderId::p_served_user);
    if (passage.role == Role::originating || passage.retargeted) {
        forward(id, std::move(request));
        return;
    }
    const auto* set = registrar.find(passage.served);
    if (set == nullptr) {  // TS 24.229 §5.4.3.3: nobody is there, and no service has taken the call
        proxy.respond(id, passage.is_service ? 404 : 480);
        return;
    }
    fork(id, request, *set);
}

void Scscf::Impl::forward(sip::ServerId id, sip::Message request) {
    const bool routed = request.has(HeaderId::route);
    std::string target(sip::next_hop_uri(request));
    yield_to_strict_router(request);
    // A number that no table translates is asked for at our own I-CSCF.
    if (target.starts_with("tel:") && !config.domains.empty())
        target = "sip:" + config.domains.front();
    const auto uri = sip::Uri::parse(target);
    auto ways = sip::ways_to(target, request, config.hosts, config.address);
    if (!uri || ways.empty()) {
        log(LogLevel::warning, sip::call_id(request), "RFC 3261 §16.6", "unknown host: " + target);
        if (routed) {
            proxy.respond(id, 504, "Route leads to an unknown host");
        } else {
            proxy.respond(id, 404, "No such domain");
        }
        return;
    }
    leave_trust_domain(request, uri->host);
    proxy.forward(id, sip::Branch::along(std::move(request), std::move(ways)));
}

// TS 24.229 §4.4, RFC 3325 §7: what stays inside.
void Scscf::Impl::leave_trust_domain(sip::Message& request, std::string_view host) const {
    const bool untrusted = std::ranges::any_of(
        config.untrusted_domains,
        [&](const std::string& domain) { return sip::equals_ignoring_case(domain, host); });
    if (!untrusted) return;
    const auto privacy = request.get(HeaderId::privacy).value_or("");
    bool hide = false;
    sip::Params(privacy).for_each([&](const sip::Params::Item& item) {
        hide = hide || sip::equals_ignoring_case(item.name, "id");
        return true;
    });
    if (hide) request.remove(HeaderId::p_asserted_identity);
    for (const auto id : {HeaderId::p_charging_vector,
                          HeaderId::p_charging_function_addresses,
                          HeaderId::p_access_network_info,
                          HeaderId::p_served_user,
                          HeaderId::p_profile_key}) {
        request.remove(id);
    }
}

std::string Scscf::Impl::own_uri(std::string_view user) const {
    std::string uri = "sip:" + std::string(user) + "@" + config.host;
    if (config.address.port != kDefaultPort) uri += ":" + std::to_string(config.address.port);
    return uri;
}

bool Scscf::Impl::is_own_uri(std::string_view uri) const {
    const auto parsed = sip::Uri::parse(uri);
    if (!parsed || !parsed->is_sip()) return false;
    if (sip::equals_ignoring_case(parsed->host, config.host)) return true;
    const auto ip = IpAddress::parse(parsed->host);
    return ip && *ip == config.address.ip &&
           (parsed->port == 0 || parsed->port == config.address.port);
}

bool Scscf::Impl::is_trusted(const Flow& flow) const { return trusted.contains(flow.remote.ip); }

void Scscf::Impl::complain_of_profiles() {
    for (auto& complaint : registrar.shared().take_complaints())
        log(LogLevel::error, {}, "TS 29.228 §B.2.2", std::move(complaint));
}

bool Scscf::Impl::is_home_domain(std::string_view host) const {
    return std::ranges::any_of(config.domains, [&](const std::string& domain) {
        return sip::equals_ignoring_case(domain, host);
    });
}

// TS 24.229 §5.4.3.2, §5.4.3.3: beside an asserted SIP URI its number, beside a number its SIP URI.
void Scscf::Impl::set_asserted_number(sip::Message& message, const ImplicitSet& set) const {
    const auto asserted = message.values(HeaderId::p_asserted_identity);
    if (asserted.size() != 1) return;
    const auto uri = sip::uri_of(asserted.front());
    if (!uri) return;
    const RegisteredIdentity* second = nullptr;
    if (uri->starts_with("tel:")) {
        const auto found =
            std::ranges::find_if(set.identities, [](const RegisteredIdentity& identity) {
                return !identity.barred && identity.uri.starts_with("sip:");
            });
        if (found != set.identities.end()) second = &*found;
    } else {
        second = set.telephone_number();
    }
    if (second != nullptr) message.append(HeaderId::p_asserted_identity, "<" + second->uri + ">");
}

void Scscf::Impl::log(LogLevel level,
                      std::string_view call_id,
                      std::string clause,
                      std::string text) {
    outbox.log(level, std::string(call_id), std::move(clause), std::move(text));
}

}  // namespace imslab::scscf
