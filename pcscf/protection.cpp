// What the P-CSCF says of the way a REGISTER came (TS 24.229 §7.2A.2): from the transport and from
// what it keeps itself, never from what the UE claims. Without TLS it is "no" (policy
// aka-unprotected, §5.2.2.2); over TLS §5.2.2.4, and for IMS AKA there TS 33.203 Annex X.
#include <algorithm>
#include <vector>

#include "core/transports.h"
#include "pcscf/element.h"
#include "pcscf/identity.h"
#include "sip/params.h"

namespace imslab::pcscf {

namespace {

constexpr std::string_view kParameter = "integrity-protected";

std::string without_claim(std::string value) {
    for (auto auth = sip::AuthParams::parse(value); auth && auth->has(kParameter);
         auth = sip::AuthParams::parse(value)) {
        std::string without = sip::without_auth_params(value, {kParameter});
        if (without == value) break;
        value = std::move(without);
    }
    return value;
}

bool has_response(const sip::AuthParams& auth) {
    const auto response = auth.get("response");
    return (response && !response->empty()) || auth.has("auts");
}

}  // namespace

std::string private_identity_in(const sip::Message& request) {
    const auto value = request.get(sip::HeaderId::authorization);
    const auto auth = value ? sip::AuthParams::parse(*value) : std::nullopt;
    return auth ? auth->get("username").value_or("") : "";
}

bool Pcscf::Impl::is_session_of(const Flow& flow, std::string_view private_identity) const {
    const auto bound = bindings.of_connection(flow.connection);
    return !private_identity.empty() && std::any_of(bound.begin(), bound.end(), [&](BindingId id) {
        return bindings.private_identity(id) == private_identity;
    });
}

// Each Authorization that came; without one there is nothing to mark.
void Pcscf::Impl::mark_protection(sip::Message& request, const Flow& flow) const {
    std::vector<std::string> values;
    for (const auto& field : request.fields()) {
        if (field.id != sip::HeaderId::authorization) continue;
        std::string value = without_claim(std::string(request.value(field)));
        const auto auth = sip::AuthParams::parse(value);
        std::string_view protection;
        if (!is_secure(flow.transport)) {
            protection = "no";
        } else if (auth && sip::equals_ignoring_case(auth->get("algorithm").value_or(""),
                                                     "AKAv2-SHA-256")) {
            protection = "tls-connected";
        } else if (auth && is_session_of(flow, auth->get("username").value_or(""))) {
            protection = "tls-yes";
        } else if (auth && has_response(*auth)) {
            protection = "tls-pending";
        }
        values.push_back(protection.empty() ? value
                                            : sip::with_auth_param(value, kParameter, protection));
    }
    if (values.empty()) return;
    request.remove(sip::HeaderId::authorization);
    for (const auto& value : values) request.append(sip::HeaderId::authorization, value);
}

}  // namespace imslab::pcscf
