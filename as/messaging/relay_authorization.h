// Who may use a relay (RFC 4976 §6.3, §9.1): AUTH is challenged, the response is compared with what
// the HSS knows of the user, and what proves him is good once. Which URIs were handed out, to whom,
// until when.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "as/enabler.h"
#include "as/sealed_nonces.h"
#include "core/deadline.h"
#include "core/result.h"
#include "core/task.h"
#include "msrp/message.h"
#include "msrp/uri.h"
#include "sip/digest.h"

namespace imslab::messaging {

struct RelaySettings {
    std::string realm;  // as in the users' records; empty: the home network's name
    std::chrono::seconds expires{900}, min_expires{60}, max_expires{3600};
    std::chrono::seconds nonce_lifetime{300};
    std::chrono::seconds probation{30};    // RFC 4976 §6.1: of a connection without a request
    std::chrono::seconds transaction{30};  // §6.4.1: the wait for a response
    std::size_t grants = 100'000;          // URIs that are good at one time
    std::size_t failures = 3;              // of AUTH on one connection
    bool auth_without_tls = false;         // RFC 4976 §9.2 has it over TLS alone
    bool trusts_any_relay = false;         // also one whose certificate nobody vouches for
    std::string authority;                 // a file: who vouches for other relays
};

Result<RelaySettings, std::string> read_relay_settings(const nlohmann::json& settings);

// A URI that was handed out in a Use-Path.
struct Grant {
    std::string session_id, user;
    // The way back to who asked for it: the From-Path of his AUTH.
    std::vector<msrp::Uri> back;
    std::uint64_t link = 0;  // his connection; 0: whichever leads to the relay before this one
    Time until{};
};

class RelayAuthorization {
public:
    RelayAuthorization(as::Services& services, RelaySettings settings);

    // The answer to an AUTH that is for this relay; with 200 there is a user, and no Use-Path yet.
    struct Decision {
        msrp::Head response;
        std::string user;
        std::chrono::seconds expires{};
    };
    Task<Decision> decide(std::shared_ptr<const msrp::Head> request);
    void forget_expired(Time now);
    std::optional<Time> next_deadline() const { return earliest(by_end_); }

private:
    msrp::Head challenge(const msrp::Head& request, bool stale, std::string_view algorithm);
    std::optional<Decision> out_of_bounds(const msrp::Head& request, Decision& decision) const;
    void use(const std::string& nonce, std::uint32_t count);

    as::Services& services_;
    RelaySettings settings_;
    as::SealedNonces nonces_;
    std::map<std::string, std::uint32_t> used_;  // nonces and their counts
    std::set<std::pair<Time, std::string>> by_end_;
};

}  // namespace imslab::messaging
