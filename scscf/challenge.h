// The authentication challenges an S-CSCF has open (TS 24.229 §5.4.1.2.1A, §5.4.1.2.1B, timer
// reg-await-auth of §7.8): each is answered at most once, by a REGISTER of the same private
// identity and Call-ID.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/node.h"
#include "core/time.h"
#include "core/transitions.h"
#include "diameter/cx.h"
#include "sip/digest.h"
#include "sip/message.h"

namespace imslab::scscf {

enum class ChallengeState : std::uint8_t { open, accepted, refused, resynchronising, expired };
enum class ChallengeEvent : std::uint8_t {
    right_response,
    wrong_response,
    auts,
    await_auth_expired,
    superseded
};
std::string_view to_string(ChallengeState state);
std::string_view to_string(ChallengeEvent event);

inline constexpr Transitions kChallengeTransitions{std::array{
    Transition<ChallengeState, ChallengeEvent>{
        ChallengeState::open, ChallengeEvent::right_response, ChallengeState::accepted},
    Transition<ChallengeState, ChallengeEvent>{
        ChallengeState::open, ChallengeEvent::wrong_response, ChallengeState::refused},
    Transition<ChallengeState, ChallengeEvent>{
        ChallengeState::open, ChallengeEvent::auts, ChallengeState::resynchronising},
    Transition<ChallengeState, ChallengeEvent>{
        ChallengeState::open, ChallengeEvent::await_auth_expired, ChallengeState::expired},
    Transition<ChallengeState, ChallengeEvent>{
        ChallengeState::open, ChallengeEvent::superseded, ChallengeState::expired},
}};

// What a REGISTER carries in Authorization (RFC 3261 §22.4, RFC 3310 §3.3, §3.4).
struct Credentials {
    std::string username, realm, nonce, uri, response, algorithm, cnonce, qop, nonce_count;
    std::optional<std::string> auts;  // 14 octets, decoded
    bool malformed_auts = false;
    std::string integrity_protected;  // what the P-CSCF says of the way it came (TS 24.229 §7.2A.2)

    static std::optional<Credentials> of(const sip::Message& request);
    // Whether it answers anything: a first REGISTER has an empty nonce and response.
    // TS 24.229 §5.4.1.1: IMS AKA over TLS, without a security association.
    bool is_aka_over_tls() const;
    bool answers() const { return !nonce.empty() && (!response.empty() || auts || malformed_auts); }
};

struct Challenge {
    std::string private_identity, public_identity, call_id;
    std::string nonce, realm, algorithm;  // algorithm as the header field has it
    sip::HashAlgorithm hash = sip::HashAlgorithm::md5;
    bool aka = true;
    // AKA: the password, XRES octets or what RFC 4169 §2.1 makes of them; SIP Digest: H(A1) in
    // hexadecimal
    std::string expected;
    std::string rand;      // AKA: 16 octets, for the resynchronisation
    unsigned resynchronisations = 0;
    Time expires{};
    ChallengeState state = ChallengeState::open;

    // The challenge made of a vector; nullopt: the vector is of no use.
    static std::optional<Challenge> from(const cx::AuthVector& vector,
                                         const std::string& realm,
                                         Entropy& entropy);
    // WWW-Authenticate: with ck and ik for the P-CSCF under AKA (TS 24.229 §5.4.1.2.1A). Over TLS
    // there is no security association to key, and they are part of the password.
    std::string header_value(const cx::AuthVector& vector, bool stale) const;

    std::string ha1_of(const Credentials& credentials) const;
    bool is_answered_by(const Credentials& credentials,
                        std::string_view method,
                        std::string_view body) const;
    // Authentication-Info of the 200 (RFC 7615, TS 24.229 §5.4.1.2.2A): SIP Digest only.
    std::string authentication_info(const Credentials& credentials, std::string_view body) const;
};

class Challenges {
public:
    explicit Challenges(std::size_t limit) : limit_(limit) {}

    bool is_full() const { return open_.size() >= limit_; }
    // Supersedes an open one of the same private identity and Call-ID.
    void add(Challenge challenge);
    // Takes the open challenge that these credentials answer: same private identity, Call-ID and
    // nonce.
    std::optional<Challenge> take(std::string_view private_identity,
                                  std::string_view call_id,
                                  std::string_view nonce);
    // reg-await-auth has expired.
    std::optional<Challenge> take_expired(Time now);
    bool has_open(std::string_view private_identity) const;
    void drop_all_of(std::string_view private_identity);

    std::optional<Time> next_deadline() const;
    std::size_t size() const { return open_.size(); }
    nlohmann::ordered_json state(Time now) const;

private:
    using Key = std::pair<std::string, std::string>;  // private identity, Call-ID
    struct Open {
        Challenge challenge;
        std::uint64_t number = 0;
    };
    void erase(std::map<Key, Open>::iterator which);

    std::size_t limit_;
    std::map<Key, Open> open_;
    std::map<std::pair<Time, std::uint64_t>, Key> by_deadline_;
    std::uint64_t last_number_ = 0;
};

}  // namespace imslab::scscf
