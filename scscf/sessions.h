// The dialogs that pass through this S-CSCF, from either side, with what it takes to show and to
// release them (TS 24.229 §5.4.3, §5.4.5).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/time.h"
#include "sip/message.h"

namespace imslab::scscf {

// For which side the S-CSCF serves: the one who asked for the dialog, or the one it was asked of.
enum class Role : std::uint8_t { originating, terminating };
std::string_view to_string(Role role);

struct Session {
    std::string served;                        // the public identity served
    std::string from, to;                      // with tags, as in the request that made the dialog
    std::string caller_target, callee_target;  // Contact URIs
    std::string caller_route, callee_route;    // towards each, without ourselves; a comma list
    std::string icid;
    std::uint32_t caller_cseq = 0, callee_cseq = 0;
    sip::Method method = sip::Method::invite;
    Role role = Role::originating;
    bool early = true;
    Time heard{};  // when something of it last passed
    std::uint64_t number = 0;

    // Where the served user's end is.
    const std::string& served_target() const {
        return role == Role::originating ? caller_target : callee_target;
    }
};

// One place to be reached at: a phone may call by another user part than it has registered.
bool is_same_place(std::string_view uri, std::string_view contact);

class Sessions {
public:
    Sessions(Duration lifetime, std::size_t limit) : lifetime_(lifetime), limit_(limit) {}

    // A 1xx or 2xx with a To tag to a request that makes a dialog (RFC 3261 §12.1): the request as
    // forwarded, the response as received. Repetitions update.
    void on_response(const sip::Message& request,
                     const sip::Message& response,
                     Role role,
                     const std::string& served,
                     const std::string& own,
                     Time now);
    // The request that makes the dialog has come to its end: what is still early will never be
    // more.
    void forget_early(const std::string& call_id, const std::string& caller_tag, Role role);
    // A request inside a dialog, from either side; its success ends the dialog if it is a BYE (or a
    // last NOTIFY).
    void on_request_inside(const sip::Message& request, Time now);
    void on_response_inside(const sip::Message& request, const sip::Message& response);

    // The established sessions (INVITE) of a public identity served here, in the order they came;
    // they are forgotten, on both sides if we serve both.
    struct Established {
        std::string call_id;
        Session session;
    };
    std::vector<Established> take_sessions_of(std::string_view served);
    // Those of one contact of his alone: his end of the dialog is there.
    std::vector<Established> take_sessions_of(std::string_view served, std::string_view contact);

    std::optional<Time> next_deadline() const;
    void forget_silent(Time now);
    std::size_t size() const { return sessions_.size(); }
    nlohmann::ordered_json state(Time now) const;

private:
    struct Key {
        std::string call_id, caller_tag, callee_tag;
        Role role = Role::originating;
        auto operator<=>(const Key&) const = default;
    };
    static std::optional<Key> key_of(const sip::Message& message, Role role, bool from_callee);
    std::vector<Established> take_sessions_of(std::string_view served,
                                              const std::function<bool(const Session&)>& which);
    void hear(std::map<Key, Session>::iterator which, Time now);
    void erase(std::map<Key, Session>::iterator which);

    Duration lifetime_;
    std::size_t limit_;
    std::map<Key, Session> sessions_;
    // When each was heard last and in which order they came: points into the keys of sessions_.
    std::map<std::pair<Time, std::uint64_t>, const Key*> by_silence_;
    // The same by whom they are served: views into the sessions.
    std::map<std::pair<std::string_view, std::uint64_t>, const Key*> by_served_;
    std::uint64_t last_number_ = 0;
};

// Whether a request outside a dialog makes one (RFC 3261 §12, RFC 6665, RFC 3515).
bool makes_dialog(sip::Method method);

}  // namespace imslab::scscf
