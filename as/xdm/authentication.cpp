// RFC 7616 §3, RFC 3310 §3, TS 33.222 §4.4, OMA XDM Core.
#include "as/xdm/authentication.h"

#include <algorithm>
#include <charconv>

#include "as/xdm/document_tree.h"
#include "http/uri.h"
#include "sip/headers.h"
#include "sip/uri.h"

namespace imslab::xdm {

namespace {

constexpr std::size_t kSecretOctets = 32, kSealLength = 32;
constexpr std::size_t kRandOctets = 16, kAutsOctets = 14;

http::Response refusal(int status, std::string sentence) {
    return http::Response::of(status, "text/plain; charset=utf-8", std::move(sentence) + "\n");
}

Identified refused(int status, std::string sentence) {
    Identified result;
    result.refusal = refusal(status, std::move(sentence));
    return result;
}

std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + "\"";
}

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

std::string canonical(std::string_view identity) {
    return sip::canonical_identity(identity).value_or(std::string(identity));
}

std::span<const std::uint8_t> octets_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Is the digest-uri the resource that is asked for (RFC 7616 §3.4.6)?
bool names_target(std::string_view uri, std::string_view target) {
    if (uri == target) return true;
    const auto one = http::target_of(uri), other = http::target_of(target);
    return one && other && one->path == other->path && one->query == other->query;
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

// What an Authorization holds.
struct Authenticator::Credentials {
    std::string username, realm, nonce, uri, response, qop, count, cnonce, algorithm, auts;

    static std::optional<Credentials> from(const http::Request& request) {
        const auto value = request.fields.get("Authorization");
        const auto params = value ? sip::AuthParams::parse(*value) : std::nullopt;
        if (!params) return std::nullopt;
        const auto text = [&](const char* name) { return params->get(name).value_or(""); };
        return Credentials{text("username"),
                           text("realm"),
                           text("nonce"),
                           text("uri"),
                           text("response"),
                           text("qop"),
                           text("nc"),
                           text("cnonce"),
                           text("algorithm"),
                           text("auts")};
    }
    std::uint32_t number() const {
        std::uint32_t value = 0;
        std::from_chars(count.data(), count.data() + count.size(), value, 16);
        return value;
    }
};

Authenticator::Authenticator(as::Services& services, AuthenticationSettings settings)
    : services_(services),
      settings_(std::move(settings)),
      secret_(services.entropy().token(kSecretOctets)) {}

// ---- by a proxy (TS 33.222 §5.3.4)

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
    if (!settings_.digest)
        co_return refused(403, "nobody vouches for you, and this server authenticates nobody");
    auto given = Credentials::from(*request);
    if (!given || given->username.empty()) co_return challenge(*request);
    const bool proves = !given->response.empty() && !given->nonce.empty();
    if (proves && !names_target(given->uri, request->target))
        co_return refused(400, "the digest-uri is not the resource that is asked for");
    if (proves) {
        const auto known = sessions_.find(given->nonce);
        const bool resynchronises = !given->auts.empty();
        if (known != sessions_.end() && !resynchronises) {
            if (known->second.private_identity != given->username) co_return challenge(*request);
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
        auto result = refused(503, "the HSS does not answer");
        result.refusal->fields.add("Retry-After", "5");
        co_return result;
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
    sip::DigestInput input;
    input.algorithm = session.algorithm;
    input.ha1 = session.ha1;
    input.nonce = given.nonce;
    input.method = request.method;
    input.uri = given.uri;
    input.qop = given.qop;
    input.nonce_count = given.count;
    input.cnonce = given.cnonce;
    input.body = request.body;
    const bool right = sip::equal_in_constant_time(sip::digest_response(input), given.response);
    if (!right || given.realm != settings_.realm) {
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
    // TS 33.222 §4.4.2.3, TS 24.109 §5.2.4: as whom the user means to act.
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
    if (!given.qop.empty())
        result.authentication_info = "qop=" + given.qop +
                                     ", rspauth=" + quoted(sip::digest_rspauth(input)) +
                                     ", cnonce=" + quoted(given.cnonce) + ", nc=" + given.count;
    return result;
}

// ---- challenges

Identified Authenticator::challenge(const http::Request&, bool stale) const {
    Identified result;
    result.refusal = refusal(401, "who are you?");
    const auto nonce = fresh_nonce();
    // RFC 7616 §3.7: the strongest first.
    for (const auto algorithm : {sip::HashAlgorithm::sha256, sip::HashAlgorithm::md5}) {
        result.refusal->fields.add(
            "WWW-Authenticate",
            "Digest realm=" + quoted(settings_.realm) + ", nonce=" + quoted(nonce) +
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
    result.refusal->fields.add("WWW-Authenticate",
                               "Digest realm=" + quoted(settings_.realm) +
                                   ", nonce=" + quoted(nonce) +
                                   ", qop=\"auth,auth-int\", algorithm=" + algorithm +
                                   (stale ? ", stale=true" : ""));
    return result;
}

// ---- nonces: the time they were made and a seal, so that nothing is kept of who never comes back

std::string Authenticator::seal(const std::string& time) const {
    return sip::hex_digest(sip::HashAlgorithm::sha256, secret_ + ":" + time).substr(0, kSealLength);
}

std::string Authenticator::fresh_nonce() const {
    const auto time = std::to_string(services_.now().time_since_epoch().count()) + "-" +
                      services_.entropy().token(4);
    return time + "." + seal(time);
}

bool Authenticator::is_fresh(const std::string& nonce) const {
    const auto dot = nonce.find('.');
    if (dot == std::string::npos) return false;
    const auto time = nonce.substr(0, dot);
    if (!sip::equal_in_constant_time(seal(time), nonce.substr(dot + 1))) return false;
    std::int64_t made = 0;
    std::from_chars(time.data(), time.data() + time.size(), made);
    return services_.now() - Time(Duration(made)) <= settings_.nonce_lifetime;
}

Authenticator::Session* Authenticator::remember(const std::string& nonce, Session session) {
    if (sessions_.size() >= settings_.max_sessions) return nullptr;
    session.until = services_.now() + settings_.nonce_lifetime;
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
