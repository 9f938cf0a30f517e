// What users and operators have allowed applications, and the codes and tokens that prove it. Of a
// code or a token only its hash is kept: who reads this memory, or a dump of it, can use none.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/deadline.h"
#include "core/node.h"
#include "core/time.h"
#include "gateways/interaction/application.h"

namespace imslab::interaction {

struct Grant {
    std::string application;
    std::vector<std::string> identities;  // the user's; an application's own, by client credentials
    Scopes scopes;
};

using GrantId = std::uint64_t;

class Grants {
public:
    struct Lifetimes {
        Duration code = std::chrono::seconds(60), access = std::chrono::hours(1),
                 refresh = std::chrono::hours(24 * 30);
    };
    // What a code is bound to beside its grant.
    struct Code {
        GrantId grant = 0;
        std::string redirect_uri, challenge;
    };
    enum class Kind : std::uint8_t { code, access, refresh };

    Grants(Entropy& entropy, Lifetimes lifetimes, std::size_t most)
        : entropy_(entropy), lifetimes_(lifetimes), most_(most) {}

    bool is_full() const { return secrets_.size() >= most_; }
    GrantId allow(Grant grant);
    const Grant* find(GrantId id) const;

    std::string issue_code(Code code, Time now);
    std::string issue_token(GrantId grant, Kind kind, Time now);
    // RFC 6749 §4.1.2: once. Whoever comes again with a code, or with a refresh token that was
    // exchanged already (§10.4), may have stolen it, or been stolen from: all of its grant ends.
    std::optional<Code> redeem_code(std::string_view code, Time now);
    std::optional<GrantId> redeem_refresh(std::string_view token,
                                          std::string_view application,
                                          Time now);
    // The grant of an access token that is good now.
    const Grant* of_access_token(std::string_view token, Time now) const;
    // Of a token of that application, whichever kind: all of its grant ends (RFC 7009 §2.1).
    bool revoke(std::string_view token, std::string_view application);
    // Nothing that came of it is good any more.
    void end(GrantId id);

    void forget_expired(Time now);
    std::optional<Time> next_deadline() const { return earliest(by_end_); }
    std::size_t size() const { return grants_.size(); }
    std::size_t access_tokens() const { return access_tokens_; }

private:
    struct Secret {
        Kind kind = Kind::access;
        GrantId grant = 0;
        Time until{};
        bool used = false;
        std::string redirect_uri, challenge;  // of a code
    };
    struct Kept {
        Grant grant;
        std::set<std::string> secrets;  // their hashes
    };

    std::string issue(Secret secret);
    void drop(const std::string& hash);

    Entropy& entropy_;
    Lifetimes lifetimes_;
    std::size_t most_;
    GrantId last_ = 0;
    std::size_t access_tokens_ = 0;
    std::map<GrantId, Kept> grants_;
    std::map<std::string, Secret, std::less<>> secrets_;  // by hash
    std::set<std::pair<Time, std::string>> by_end_;
};

}  // namespace imslab::interaction
