// Ua (TS 24.109 §5.2, §5.3.2; TS 33.222 §5.3): HTTP Digest with the name of a bootstrapping as the
// user and the key of this server as the password; Zn (TS 29.109 §5.2) says the key.
#include "as/application_server.h"
#include "as/xdm/authentication.h"
#include "as/xdm/refusal.h"
#include "sip/params.h"

namespace imslab::xdm {

namespace {

constexpr auto kMd5 = sip::HashAlgorithm::md5;
// TS 29.109 Annex B: whose settings are wanted, those of a service that has no number of its own.
constexpr const char* kUnspecificService = "0";

// TS 33.220 Annex H.3.
gba::UaProtocol protocol_of(const http::Request& request) {
    return request.is_secure() ? gba::http_digest_in_tls(request.cipher_suite) : gba::kHttpDigest;
}

}  // namespace

// TS 24.109 §5.2.1: who can bootstrap says so; who has done it answers in that realm.
bool Authenticator::uses_bootstrapping(const http::Request& request) const {
    if (!settings_.gba) return false;
    if (const auto given = Credentials::from(request); given && !given->realm.empty())
        return !gba::naf_of_realm(given->realm).empty();
    return gba::can_bootstrap(request.fields.get("User-Agent").value_or(""));
}

// TS 24.109 §5.2.4, and §5.2.5 where a key is not good any more.
Identified Authenticator::ask_to_bootstrap(const http::Request& request, bool stale) const {
    auto result = refused(401, "bootstrap, and prove it");
    // §5.2.6: without TLS what is sent needs the protection, too.
    const auto* qop = request.is_secure() ? "auth,auth-int" : "auth-int";
    result.refusal->fields.add(
        "WWW-Authenticate",
        "Digest realm=" + sip::quote(gba::realm_of(services_.config().host)) +
            ", nonce=" + sip::quote(fresh_nonce()) + ", qop=" + sip::quote(qop) +
            ", algorithm=MD5" + (stale ? ", stale=true" : ""));
    return result;
}

Task<Identified> Authenticator::identify_bootstrapped(std::shared_ptr<const http::Request> request,
                                                      std::shared_ptr<const Credentials> given) {
    const bool has_qop = given->qop == "auth-int" || (given->qop == "auth" && request->is_secure());
    if (!given->proves() || !has_qop || given->realm != gba::realm_of(services_.config().host))
        co_return ask_to_bootstrap(*request);
    const auto known = sessions_.find(given->nonce);
    if (known != sessions_.end() && known->second.until > services_.now()) {
        const bool is_same = known->second.private_identity == given->username &&
                             known->second.bootstrapped == protocol_of(*request);
        co_return is_same ? verify(*request, *given, known->second) : ask_to_bootstrap(*request);
    }
    if (gba::bsf_of(given->username).empty()) co_return ask_to_bootstrap(*request);
    if (!is_fresh(given->nonce)) co_return ask_to_bootstrap(*request, true);

    zn::BootstrappingInfoRequest bir;
    bir.transaction_identifier = given->username;
    bir.naf_id = gba::NafId{services_.config().host, protocol_of(*request)}.to_octets();
    bir.services.emplace_back(kUnspecificService);
    zn::Request question(std::move(bir));
    const auto answer = co_await services_.asks().ask<zn::Answer>(std::move(question));
    if (!answer) {
        services_.log(
            LogLevel::warning, {}, "TS 29.109 §5.2", "no answer on Zn: " + answer.error().reason);
        co_return refused_for_now("the BSF does not answer");
    }
    const auto& bia = std::get<zn::BootstrappingInfoAnswer>(*answer);
    auto session = session_of(*request, bia, *given);
    if (!session) co_return std::move(session.error());
    auto* kept = remember(given->nonce, std::move(*session));
    if (kept == nullptr) co_return refused_for_now("too many users at a time");
    co_return verify(*request, *given, *kept);
}

// TS 33.220 §4.5.3: the key is good until its time, and the user is who the settings say.
Result<Authenticator::Session, Identified> Authenticator::session_of(
    const http::Request& request,
    const zn::BootstrappingInfoAnswer& bia,
    const Credentials& given) const {
    if (bia.result == zn::result::transaction_identifier_invalid)
        return failure(ask_to_bootstrap(request));
    if (bia.result == zn::result::not_authorized)
        return failure(refused(403, "the BSF gives this server no key of yours"));
    if (bia.result != zn::result::success)
        return failure(refused_for_now("the BSF cannot say it now"));
    Session session;
    session.until = Time(std::chrono::seconds(bia.key_expiry.value_or(0)));
    if (session.until <= services_.now()) return failure(ask_to_bootstrap(request));
    session.private_identity = given.username;  // by which he is known here
    session.ha1 = sip::ha1(kMd5, given.username, given.realm, gba::password_of(bia.me_key));
    session.identities = identities_of_settings(bia.user_security_settings);
    session.bootstrapped = protocol_of(request);
    if (session.identities.empty())
        return failure(refused(403, "the BSF says no public identity of yours"));
    return session;
}

}  // namespace imslab::xdm
