// RFC 7616 §3, RFC 3310 §3, TS 33.222, OMA XDM Core.
#include "as/xdm/authentication.h"

#include <algorithm>

#include "as/application_server.h"
#include "as/xdm/document_tree.h"
#include "as/xdm/refusal.h"
#include "sip/params.h"
#include "sip/uri.h"

namespace imslab::xdm {

namespace {

constexpr std::size_t kRandOctets = 16, kAutsOctets = 14;

std::optional<sip::HashAlgorithm> algorithm_from(std::string_view name) {
    if (name.empty() || http::equals_ignoring_case(name, "MD5") ||
        http::equals_ignoring_case(name, "AKAv1-MD5"))
        return sip::HashAlgorithm::md5;
    if (http::equals_ignoring_case(name, "SHA-256")) return sip::HashAlgorithm::sha256;
    return std::nullopt;
}

std::string_view name_of(sip::HashAlgorithm algorithm) {
    return algorithm == sip::HashAlgorithm::md5 ? "MD5" : "SHA-256";
}

std::span<const std::uint8_t> octets_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

std::vector<std::string> identities_in(std::string_view field) {
    std::vector<std::string> identities;
    for (auto one : http::list_elements(field)) {
        if (one.size() >= 2 && one.front() == '"' && one.back() == '"')
            one = one.substr(1, one.size() - 2);
        if (const auto identity = sip::canonical_identity(one)) identities.push_back(*identity);
    }
    return identities;
}

std::vector<std::string> identities_of_settings(std::string_view guss) {
    std::vector<std::string> identities;
    const auto tree = DocumentTree::parse(guss);
    if (!tree) return identities;
    for (std::uint32_t element = 0; element < tree->size(); ++element) {
        if (tree->name(element).local != "uid") continue;
        if (auto identity = sip::canonical_identity(tree->character_data(element)))
            identities.push_back(std::move(*identity));
    }
    return identities;
}

void Identified::add_authentication_info(http::Response& response) const {
    if (!proof) return;
    response.fields.add(
        "Authentication-Info",
        proof->given.authentication_info(proof->algorithm, proof->ha1, response.body));
}

Authenticator::Authenticator(as::Services& services, AuthenticationSettings settings)
    : services_(services), settings_(std::move(settings)), nonces_(services) {}

// ---- by a proxy (TS 33.222 §6)

Identified Authenticator::asserted(const http::Request& request) const {
    Identified result;
    for (const auto* name : {"X-3GPP-Asserted-Identity", "X-XCAP-Asserted-Identity"}) {
        for (auto& identity : identities_in(request.fields.joined(name)))
            result.identities.push_back(std::move(identity));
    }
    if (result.identities.empty())
        result.refusal = refusal(403, "the proxy asserts no identity that can be read");
    return result;
}

// ---- by oneself

Task<Identified> Authenticator::identify(std::shared_ptr<const http::Request> request) {
    const bool vouched = settings_.trusted.contains(request->flow.remote.ip) &&
                         (request->fields.has("X-3GPP-Asserted-Identity") ||
                          request->fields.has("X-XCAP-Asserted-Identity"));
    if (vouched) co_return asserted(*request);
    if (!settings_.digest && !settings_.gba)
        co_return refused(403, "nobody vouches for you, and this server authenticates nobody");
    auto given = Credentials::from(*request);
    if (!given || given->username.empty()) co_return challenge(*request);
    const bool proves = given->proves();
    if (proves && !given->names_target(request->target))
        co_return refused(400, "the digest-uri is not the resource that is asked for");
    if (uses_bootstrapping(*request)) {
        auto shared = std::make_shared<const Credentials>(std::move(*given));
        co_return co_await identify_bootstrapped(request, shared);
    }
    if (!settings_.digest) co_return challenge(*request);
    if (proves) {
        const auto known = sessions_.find(given->nonce);
        const bool resynchronises = !given->auts.empty();
        if (known != sessions_.end() && !resynchronises) {
            if (known->second.private_identity != given->username || known->second.bootstrapped)
                co_return challenge(*request);
            co_return verify(*request, *given, known->second);
        }
    }
    auto shared = std::make_shared<const Credentials>(std::move(*given));
    co_return co_await ask_home(request, shared);
}

Task<Identified> Authenticator::ask_home(std::shared_ptr<const http::Request> request,
                                         std::shared_ptr<const Credentials> given) {
    zh::MultimediaAuthRequest mar;
    mar.private_identity = given->username;
    const auto known = sessions_.find(given->nonce);
    const auto auts = sip::from_base64(given->auts);
    if (known != sessions_.end() && known->second.is_aka && auts && auts->size() == kAutsOctets)
        mar.resynchronisation = known->second.rand + *auts;
    zh::Request question(std::move(mar));
    const auto answer = co_await services_.asks().ask<zh::Answer>(std::move(question));
    if (!answer) {
        services_.log(
            LogLevel::warning, {}, "TS 29.109 §4.2", "no answer on Zh: " + answer.error().reason);
        co_return refused_for_now("the HSS does not answer");
    }
    const auto& maa = std::get<zh::MultimediaAuthAnswer>(*answer);
    if (maa.result != cx::result::success || !maa.vector) {
        services_.log(
            LogLevel::info, {}, "TS 29.109 §4.2", given->username + " is not known to the HSS");
        co_return challenge(*request);
    }
    const bool proves = !given->response.empty() && is_fresh(given->nonce);
    // What is old may be right: it is asked for anew.
    const bool stale = !given->response.empty() && !proves && given->auts.empty();
    if (maa.vector->auth_scheme != cx::scheme::digest || !proves)
        co_return challenge_with(*request, *maa.vector, maa, stale);
    const auto algorithm = algorithm_from(maa.vector->algorithm);
    if (!algorithm || maa.vector->realm != settings_.realm ||
        algorithm_from(given->algorithm) != algorithm)
        co_return challenge_with(*request, *maa.vector, maa);
    Session session;
    session.private_identity = given->username;
    session.ha1 = maa.vector->ha1;
    session.algorithm = *algorithm;
    session.identities = identities_of_settings(maa.user_security_settings);
    auto* kept = remember(given->nonce, std::move(session));
    if (kept == nullptr) co_return refused(503, "too many users at a time");
    co_return verify(*request, *given, *kept);
}

// RFC 7616 §3.4: the response, and a count that has not been used.
Identified Authenticator::verify(const http::Request& request,
                                 const Credentials& given,
                                 Session& session) {
    const auto realm =
        session.bootstrapped ? gba::realm_of(services_.config().host) : settings_.realm;
    if (given.realm != realm || !given.are_right(session.algorithm, session.ha1, request)) {
        services_.log(LogLevel::info, {}, "RFC 7616 §3.4", "a wrong response of " + given.username);
        sessions_.erase(given.nonce);  // guessing needs a nonce for each try
        return challenge(request);
    }
    // Without qop there is no count: good once.
    const auto count = given.qop.empty() ? 1 : given.number();
    if (count <= session.last_count) return challenge(request, true);
    session.last_count = count;
    session.proven = true;
    Identified result;
    result.identities = session.identities;
    result.private_identity = session.private_identity;
    // TS 24.109 Annex G: as whom the user means to act.
    if (const auto intended = request.fields.get("X-3GPP-Intended-Identity")) {
        const auto wanted = identities_in(*intended);
        const auto own =
            wanted.empty()
                ? result.identities.end()
                : std::find(result.identities.begin(), result.identities.end(), wanted.front());
        if (own == result.identities.end())
            return refused(403, "the intended identity is not one of yours");
        std::rotate(result.identities.begin(), own, own + 1);
    }
    if (!given.qop.empty()) result.proof = Identified::Proof{given, session.algorithm, session.ha1};
    return result;
}

// ---- challenges

Identified Authenticator::challenge(const http::Request& request, bool stale) const {
    if (uses_bootstrapping(request)) return ask_to_bootstrap(request, stale);
    if (!settings_.digest)
        return refused(403, "who are you? Whoever can bootstrap says so in User-Agent: 3gpp-gba");
    Identified result;
    result.refusal = refusal(401, "who are you?");
    const auto nonce = fresh_nonce();
    // RFC 7616 §3.7: the strongest first.
    for (const auto algorithm : {sip::HashAlgorithm::sha256, sip::HashAlgorithm::md5}) {
        result.refusal->fields.add(
            "WWW-Authenticate",
            "Digest realm=" + sip::quote(settings_.realm) + ", nonce=" + sip::quote(nonce) +
                ", qop=\"auth,auth-int\", algorithm=" + std::string(name_of(algorithm)) +
                (stale ? ", stale=true" : ""));
    }
    return result;
}

// For somebody who has said who he is: by his own algorithm, or by his USIM.
Identified Authenticator::challenge_with(const http::Request& request,
                                         const cx::AuthVector& vector,
                                         const zh::MultimediaAuthAnswer& answer,
                                         bool stale) {
    Identified result;
    result.refusal = refusal(401, "prove it");
    std::string nonce = fresh_nonce();
    std::string algorithm(vector.algorithm.empty() ? "MD5" : vector.algorithm);
    if (vector.auth_scheme != cx::scheme::digest) {
        if (vector.rand_autn.size() < kRandOctets) return challenge(request);
        nonce = sip::base64(octets_of(vector.rand_autn));
        algorithm = "AKAv1-MD5";
        Session session;
        session.private_identity = answer.private_identity;
        session.ha1 = sip::ha1(
            sip::HashAlgorithm::md5, answer.private_identity, settings_.realm, vector.xres);
        session.identities = identities_of_settings(answer.user_security_settings);
        session.is_aka = true;
        session.rand = vector.rand_autn.substr(0, kRandOctets);
        if (remember(nonce, std::move(session)) == nullptr)
            return refused(503, "too many users at a time");
    }
    result.refusal->fields.add(
        "WWW-Authenticate",
        "Digest realm=" + sip::quote(settings_.realm) + ", nonce=" + sip::quote(nonce) +
            ", qop=\"auth,auth-int\", algorithm=" + algorithm + (stale ? ", stale=true" : ""));
    return result;
}

// ---- who has proved himself goes on with his nonce

Authenticator::Session* Authenticator::remember(const std::string& nonce, Session session) {
    if (sessions_.size() >= settings_.max_sessions) return nullptr;
    const auto end = services_.now() + settings_.nonce_lifetime;
    // A bootstrapped key may end before.
    session.until = session.bootstrapped ? std::min(session.until, end) : end;
    by_end_.emplace(session.until, nonce);
    return &sessions_.insert_or_assign(nonce, std::move(session)).first->second;
}

void Authenticator::forget_expired(Time now) {
    while (!by_end_.empty() && by_end_.begin()->first <= now) {
        sessions_.erase(by_end_.begin()->second);
        by_end_.erase(by_end_.begin());
    }
}

}  // namespace imslab::xdm
