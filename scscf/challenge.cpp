// TS 24.229 §5.4.1.2.1A, §5.4.1.2.1B; RFC 3310; RFC 8760.
#include "scscf/challenge.h"

#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "core/invariant.h"
#include "sip/headers.h"

namespace imslab::scscf {

namespace {

constexpr std::size_t kRandOctets = 16;
constexpr std::size_t kNonceOctets = 32;  // RAND and AUTN
constexpr std::size_t kAutsOctets = 14;
constexpr std::string_view kAkaAlgorithm = "AKAv1-MD5";
constexpr std::string_view kAkaOverTls = "AKAv2-SHA-256";
constexpr std::size_t kOpenOfOneIdentity = 4;

std::span<const std::uint8_t> octets_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string hexadecimal(std::string_view octets) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(octets.size() * 2);
    for (const char c : octets) {
        const auto octet = static_cast<std::uint8_t>(c);
        text += digits[octet >> 4];
        text += digits[octet & 15];
    }
    return text;
}

}  // namespace

std::string_view to_string(ChallengeState state) {
    switch (state) {
        case ChallengeState::open:
            return "open";
        case ChallengeState::accepted:
            return "accepted";
        case ChallengeState::refused:
            return "refused";
        case ChallengeState::resynchronising:
            return "resynchronising";
        case ChallengeState::expired:
            return "expired";
    }
    return {};
}

std::string_view to_string(ChallengeEvent event) {
    switch (event) {
        case ChallengeEvent::right_response:
            return "right_response";
        case ChallengeEvent::wrong_response:
            return "wrong_response";
        case ChallengeEvent::auts:
            return "auts";
        case ChallengeEvent::await_auth_expired:
            return "await_auth_expired";
        case ChallengeEvent::superseded:
            return "superseded";
    }
    return {};
}

std::optional<Credentials> Credentials::of(const sip::Message& request) {
    const auto value = request.get(sip::HeaderId::authorization);
    if (!value) return std::nullopt;
    const auto auth = sip::AuthParams::parse(*value);
    if (!auth || !sip::equals_ignoring_case(auth->scheme, "Digest")) return std::nullopt;
    Credentials credentials;
    const std::array<std::pair<std::string_view, std::string*>, 10> wanted{
        {{"username", &credentials.username},
         {"realm", &credentials.realm},
         {"nonce", &credentials.nonce},
         {"uri", &credentials.uri},
         {"response", &credentials.response},
         {"algorithm", &credentials.algorithm},
         {"cnonce", &credentials.cnonce},
         {"qop", &credentials.qop},
         {"nc", &credentials.nonce_count},
         {"integrity-protected", &credentials.integrity_protected}}};
    std::array<bool, wanted.size()> seen{};  // the first of a name counts
    std::optional<std::string> auts;
    sip::Params(auth->raw, ',').for_each([&](const sip::Params::Item& item) {
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if (!sip::equals_ignoring_case(item.name, wanted[i].first)) continue;
            if (!std::exchange(seen[i], true)) *wanted[i].second = sip::unquote(item.value);
            return true;
        }
        if (!auts && sip::equals_ignoring_case(item.name, "auts")) auts = sip::unquote(item.value);
        return true;
    });
    if (auts) {  // RFC 3310 §3.4
        credentials.auts = sip::from_base64(*auts);
        if (!credentials.auts || credentials.auts->size() != kAutsOctets) {
            credentials.auts.reset();
            credentials.malformed_auts = true;
        }
    }
    return credentials;
}

bool Credentials::is_aka_over_tls() const {
    return integrity_protected == "tls-connected" &&
           sip::equals_ignoring_case(algorithm, kAkaOverTls);
}

std::optional<Challenge> Challenge::from(const cx::AuthVector& vector,
                                         const std::string& realm,
                                         Entropy& entropy) {
    Challenge challenge;
    if (vector.auth_scheme == cx::scheme::digest || !vector.ha1.empty()) {
        if (vector.ha1.empty()) return std::nullopt;
        challenge.aka = false;
        challenge.expected = vector.ha1;
        challenge.realm = vector.realm.empty() ? realm : vector.realm;
        challenge.algorithm = vector.algorithm.empty() ? "MD5" : vector.algorithm;
        if (sip::equals_ignoring_case(challenge.algorithm, "SHA-256")) {
            challenge.hash = sip::HashAlgorithm::sha256;
        } else if (!sip::equals_ignoring_case(challenge.algorithm, "MD5")) {
            return std::nullopt;
        }
        challenge.nonce = entropy.token(16);
        return challenge;
    }
    if (vector.rand_autn.size() != kNonceOctets || vector.xres.empty()) return std::nullopt;
    challenge.realm = realm;
    challenge.algorithm = kAkaAlgorithm;
    challenge.nonce = sip::base64(octets_of(vector.rand_autn));  // RFC 3310 §3.2
    challenge.expected = vector.xres;
    challenge.rand = vector.rand_autn.substr(0, kRandOctets);
    if (vector.auth_scheme == cx::scheme::aka_v2) {
        challenge.algorithm = kAkaOverTls;
        challenge.hash = sip::HashAlgorithm::sha256;
        challenge.expected =
            sip::akav2_password(vector.xres, vector.integrity_key, vector.confidentiality_key);
    }
    return challenge;
}

std::string Challenge::header_value(const cx::AuthVector& vector, bool stale) const {
    std::string value = "Digest realm=" + sip::quote(realm) + ", nonce=" + sip::quote(nonce) +
                        ", algorithm=" + algorithm + ", qop=\"auth\"";
    if (stale) value += ", stale=TRUE";
    if (aka && algorithm == kAkaAlgorithm) {
        value += ", ck=\"" + hexadecimal(vector.confidentiality_key) + "\"";
        value += ", ik=\"" + hexadecimal(vector.integrity_key) + "\"";
    }
    return value;
}

std::string Challenge::ha1_of(const Credentials& credentials) const {
    if (!aka) return expected;
    // RFC 3310 §3.3: RES, as octets, is the password of AKAv1.
    return sip::ha1(hash, credentials.username, realm, expected);
}

bool Challenge::is_answered_by(const Credentials& credentials,
                               std::string_view method,
                               std::string_view body) const {
    if (credentials.username != private_identity || credentials.response.empty()) return false;
    if (credentials.qop != "auth" && !credentials.qop.empty())
        return false;  // what was offered, or RFC 2617 without
    // RFC 7616 §3.4: the count is there to notice a replay, which cannot be, for a challenge is
    // answered once. Linphone does not begin anew with a new nonce.
    if (!credentials.algorithm.empty() &&
        !sip::equals_ignoring_case(credentials.algorithm, algorithm))
        return false;
    const std::string ha1 = ha1_of(credentials);
    sip::DigestInput input;
    input.algorithm = hash;
    input.ha1 = ha1;
    input.nonce = nonce;
    input.method = method;
    input.uri = credentials.uri;
    input.qop = credentials.qop;
    input.nonce_count = credentials.nonce_count;
    input.cnonce = credentials.cnonce;
    input.body = body;
    return sip::equal_in_constant_time(sip::digest_response(input), credentials.response);
}

std::string Challenge::authentication_info(const Credentials& credentials,
                                           std::string_view body) const {
    const std::string ha1 = ha1_of(credentials);
    sip::DigestInput input;
    input.algorithm = hash;
    input.ha1 = ha1;
    input.nonce = nonce;
    input.uri = credentials.uri;
    input.qop = credentials.qop;
    input.nonce_count = credentials.nonce_count;
    input.cnonce = credentials.cnonce;
    input.body = body;
    std::string value = "rspauth=\"" + sip::digest_rspauth(input) + "\"";
    if (!credentials.qop.empty()) {
        value += ", qop=" + credentials.qop + ", cnonce=" + sip::quote(credentials.cnonce) +
                 ", nc=" + credentials.nonce_count;
    }
    return value;
}

void Challenges::add(Challenge challenge) {
    Key key{challenge.private_identity, challenge.call_id};
    if (const auto old = open_.find(key); old != open_.end()) erase(old);
    // Nobody may pile up challenges of one identity: the oldest of them makes room.
    std::size_t count = 0;
    auto oldest = open_.end();
    for (auto it = open_.lower_bound(Key(key.first, std::string()));
         it != open_.end() && it->first.first == key.first;
         ++it) {
        ++count;
        if (oldest == open_.end() || it->second.number < oldest->second.number) oldest = it;
    }
    if (count >= kOpenOfOneIdentity) erase(oldest);
    const auto number = ++last_number_;
    by_deadline_.emplace(std::pair{challenge.expires, number}, key);
    open_.emplace(std::move(key), Open{std::move(challenge), number});
}

std::optional<Challenge> Challenges::take(std::string_view private_identity,
                                          std::string_view call_id,
                                          std::string_view nonce) {
    const auto found = open_.find(Key{private_identity, call_id});
    if (found == open_.end() || found->second.challenge.nonce != nonce) return std::nullopt;
    auto challenge = std::move(found->second.challenge);
    by_deadline_.erase({challenge.expires, found->second.number});
    open_.erase(found);
    return challenge;
}

std::optional<Challenge> Challenges::take_expired(Time now) {
    if (by_deadline_.empty() || by_deadline_.begin()->first.first > now) return std::nullopt;
    const auto found = open_.find(by_deadline_.begin()->second);
    IMSLAB_INVARIANT(found != open_.end());
    auto challenge = std::move(found->second.challenge);
    by_deadline_.erase(by_deadline_.begin());
    open_.erase(found);
    return challenge;
}

bool Challenges::has_open(std::string_view private_identity) const {
    const auto found = open_.lower_bound(Key(private_identity, std::string()));
    return found != open_.end() && found->first.first == private_identity;
}

void Challenges::drop_all_of(std::string_view private_identity) {
    for (auto it = open_.lower_bound(Key(private_identity, std::string()));
         it != open_.end() && it->first.first == private_identity;) {
        erase(it++);
    }
}

std::optional<Time> Challenges::next_deadline() const {
    if (by_deadline_.empty()) return std::nullopt;
    return by_deadline_.begin()->first.first;
}

void Challenges::erase(std::map<Key, Open>::iterator which) {
    by_deadline_.erase({which->second.challenge.expires, which->second.number});
    open_.erase(which);
}

nlohmann::ordered_json Challenges::state(Time now) const {
    auto all = nlohmann::ordered_json::array();
    for (const auto& [key, open] : open_) {
        nlohmann::ordered_json one;
        one["private_identity"] = key.first;
        one["public_identity"] = open.challenge.public_identity;
        one["call_id"] = key.second;
        one["algorithm"] = open.challenge.algorithm;
        one["reg_await_auth_seconds"] =
            std::chrono::duration_cast<std::chrono::seconds>(open.challenge.expires - now).count();
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace imslab::scscf
