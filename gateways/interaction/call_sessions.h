// Click to call: an application has two people called and joined (RFC 3725), and has a resource of
// it: who takes part, how far each is, when it began and ended, and why. One logic; the APIs are
// faces of it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "as/third_party_call.h"
#include "core/result.h"
#include "gateways/interaction/caller.h"
#include "gateways/interaction/fault.h"

namespace imslab::interaction {

struct CallParticipant {
    enum class Status : std::uint8_t { initial, ringing, connected, terminated };
    enum class Cause : std::uint8_t { none, no_answer, busy, not_reachable, hang_up, aborted };
    std::string id;       // in its session
    std::string address;  // SIP or tel, canonical
    std::string name;     // as the application calls him
    Status status = Status::initial;
    Cause cause = Cause::none;  // once he is terminated
    int sip_status = 0;         // that said so; 0: none
    std::optional<Time> connected, ended;
};

struct CallSession {
    std::string id;  // nobody can guess it
    std::string owner, application, correlator;
    std::vector<CallParticipant> participants;  // those who left stay, terminated
    bool joined = false, terminated = false;
    Time created{};
    std::optional<Time> answered, ended;  // when they first heard each other

    const CallParticipant* participant(std::string_view participant_id) const;
};

struct CallOrder {
    struct Party {
        std::string address, name;
    };
    std::vector<Party> parties;  // the first one's phone rings first
    std::string correlator;      // the client's: with the same one the same call is meant
};

class CallSessions {
public:
    struct Settings {
        std::string enabler;
        std::string service;             // whose name the first one reads
        std::set<std::string> automata;  // addresses that answer at once
        Duration ring_limit = std::chrono::seconds(120);
        Duration kept = std::chrono::seconds(60);  // once it has ended
        std::size_t max_sessions = 100'000;        // those that have ended, too
    };
    using OnChange = std::function<void(const CallSession&)>;
    struct Created {
        const CallSession* session = nullptr;
        bool is_new = true;
    };

    // Pointers to sessions are good until the next event.
    CallSessions(as::Services& services, Settings settings, OnChange on_change);

    Result<Created, Fault> create(const Caller& caller, CallOrder order);
    Result<const CallSession*, Fault> find(const Caller& caller, std::string_view id) const;
    std::vector<const CallSession*> all_of(const Caller& caller) const;
    // It ends for both.
    Result<const CallSession*, Fault> end(const Caller& caller, std::string_view id);
    // One leaves, and the other one is joined with whoever is at that address.
    Result<const CallSession*, Fault> transfer(const Caller& caller,
                                               std::string_view id,
                                               std::string_view leaves,
                                               CallOrder::Party to);

    void on_request_in_dialog(sip::ServerId id, sip::Message request) {
        calls_.on_request_in_dialog(id, std::move(request));
    }
    void on_ack(const sip::Message& ack) { calls_.on_ack(ack); }
    void on_ended(sip::ServerId id) { calls_.on_ended(id); }
    void on_time(Time now);
    std::optional<Time> next_deadline() const;
    nlohmann::ordered_json state() const;

private:
    struct Kept {
        CallSession session;
        as::ThirdPartyCallId call = 0;
        bool ended_by_application = false;
    };
    using CorrelatorKey = std::pair<std::string, std::string>;  // owner and application, correlator

    static CorrelatorKey key_of(const CallSession& session);
    Kept* kept(const Caller& caller, std::string_view id);
    void on_progress(const std::string& id, const as::ThirdPartyCallProgress& progress);
    void follow(CallParticipant& participant, const as::Participant& leg);
    void conclude(Kept& kept);

    as::Services& services_;
    Settings settings_;
    OnChange on_change_;
    as::ThirdPartyCalls calls_;
    std::map<std::string, Kept, std::less<>> sessions_;
    std::map<CorrelatorKey, std::string> by_correlator_;
    std::set<std::pair<Time, std::string>> by_end_;
};

std::string_view to_string(CallParticipant::Status status);

}  // namespace imslab::interaction
