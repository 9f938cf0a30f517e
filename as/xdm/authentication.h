// Who asks (TS 33.222, TS 24.623 §5.2.3): somebody whom a trusted proxy vouches for, or who proves
// it by HTTP Digest (RFC 7616) or Digest AKA (RFC 3310), with what the HSS knows of him, or with a
// bootstrapped key (TS 24.109 §5), which the BSF knows.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "as/digest_credentials.h"
#include "as/enabler.h"
#include "as/sealed_nonces.h"
#include "core/task.h"
#include "diameter/zh.h"
#include "diameter/zn.h"
#include "http/message.h"
#include "sip/bootstrapped_keys.h"
#include "sip/digest.h"

namespace imslab::xdm {

struct AuthenticationSettings {
    std::set<IpAddress> trusted;  // whose asserted identities are believed
    bool digest = false;          // others may prove who they are; else they are refused
    bool gba = false;             // or that they have bootstrapped (TS 33.222 §5.3)
    std::string realm;
    Duration nonce_lifetime = std::chrono::minutes(5);
    std::size_t max_sessions = 100'000;
};

// What became of it: identities, or an answer to give instead.
struct Identified {
    std::vector<std::string> identities;  // canonical, the one that is meant first
    std::string private_identity;         // empty: asserted by a proxy
    std::optional<http::Response> refusal;
    // By what the server proves itself in its answer; nullopt: it does not.
    struct Proof {
        as::DigestCredentials given;
        sip::HashAlgorithm algorithm = sip::HashAlgorithm::md5;
        std::string ha1;
    };
    std::optional<Proof> proof;

    void add_authentication_info(http::Response& response) const;
};

class Authenticator {
public:
    Authenticator(as::Services& services, AuthenticationSettings settings);

    Task<Identified> identify(std::shared_ptr<const http::Request> request);
    void forget_expired(Time now);
    std::optional<Time> next_deadline() const {
        return by_end_.empty() ? std::nullopt : std::optional(by_end_.begin()->first);
    }
    std::size_t sessions() const { return sessions_.size(); }

private:
    using Credentials = as::DigestCredentials;
    // Whoever once proved who he is with a nonce goes on with it, by counting up.
    struct Session {
        std::string private_identity, ha1;
        sip::HashAlgorithm algorithm = sip::HashAlgorithm::md5;
        std::vector<std::string> identities;
        std::uint32_t last_count = 0;
        bool is_aka = false, proven = false;
        std::string rand;                             // of Digest AKA
        std::optional<gba::UaProtocol> bootstrapped;  // for which protocol the key is
        Time until{};
    };

    Identified asserted(const http::Request& request) const;
    Task<Identified> ask_home(std::shared_ptr<const http::Request> request,
                              std::shared_ptr<const Credentials> given);
    Identified verify(const http::Request& request, const Credentials& given, Session& session);
    Identified challenge(const http::Request& request, bool stale = false) const;
    // bootstrapped_authentication.cpp
    bool uses_bootstrapping(const http::Request& request) const;
    Task<Identified> identify_bootstrapped(std::shared_ptr<const http::Request> request,
                                           std::shared_ptr<const Credentials> given);
    Result<Session, Identified> session_of(const http::Request& request,
                                           const zn::BootstrappingInfoAnswer& answer,
                                           const Credentials& given) const;
    Identified ask_to_bootstrap(const http::Request& request, bool stale = false) const;
    Identified challenge_with(const http::Request& request,
                              const cx::AuthVector& vector,
                              const zh::MultimediaAuthAnswer& answer,
                              bool stale = false);
    std::string fresh_nonce() const { return nonces_.fresh(); }
    bool is_fresh(const std::string& nonce) const {
        return nonces_.is_fresh(nonce, settings_.nonce_lifetime);
    }
    Session* remember(const std::string& nonce, Session session);

    as::Services& services_;
    AuthenticationSettings settings_;
    as::SealedNonces nonces_;
    std::map<std::string, Session, std::less<>> sessions_;
    std::multimap<Time, std::string> by_end_;
};

// "sip:a@home", "tel:+1" of the value of an asserted-identity header field: canonical.
std::vector<std::string> identities_in(std::string_view field);
// The public identities that security settings name (TS 29.109 Annex A: uid).
std::vector<std::string> identities_of_settings(std::string_view guss);

}  // namespace imslab::xdm
