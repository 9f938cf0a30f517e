// Original dialog identifiers (TS 24.229 §5.4.3.4): by the token in its own Route entry the S-CSCF
// knows a request again that an application server sends back, whatever the server has made of it.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/time.h"
#include "diameter/user_profile.h"
#include "scscf/sessions.h"
#include "scscf/shared_profiles.h"
#include "sip/transaction.h"

namespace imslab::scscf {

// How far a request has come in the service profile of the served user.
struct ServicePass {
    cx::SessionCase session_case = cx::SessionCase::originating_registered;
    SharedProfile services;         // as they were when the pass began; nullptr: none
    std::size_t next = 0;           // the first criterion not looked at yet
    std::set<std::string> visited;  // application servers: none of them twice
    std::string request_uri;        // as it was before the first of them
};

struct OriginalDialog {
    Role role = Role::originating;
    std::string served, orig_ioi;
    ServicePass pass;
    sip::ServerId waiting = 0;  // the request that waits for the application server
};

class OriginalDialogs {
public:
    static constexpr std::string_view kPrefix = "odi_";

    OriginalDialogs(Duration lifetime, std::size_t limit) : lifetime_(lifetime), limit_(limit) {}

    void add(std::string token, OriginalDialog dialog, Time now);
    // A token may come back more than once: the application server may fork.
    const OriginalDialog* find(std::string_view token, Time now);
    void forget_old(Time now);
    std::optional<Time> next_deadline() const;
    std::size_t size() const { return dialogs_.size(); }
    nlohmann::ordered_json state() const;

private:
    struct Kept {
        OriginalDialog dialog;
        Time until{};
        std::uint64_t number = 0;
    };
    Duration lifetime_;
    std::size_t limit_;
    std::map<std::string, Kept, std::less<>> dialogs_;
    std::map<std::pair<Time, std::uint64_t>, std::string> by_time_;
    std::uint64_t last_number_ = 0;
};

}  // namespace imslab::scscf
