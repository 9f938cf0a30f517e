// Two people are called and joined by somebody who hears neither: third-party call control (RFC
// 3725), the initiating back-to-back user agent of TS 24.229 §5.7.5. Flow IV for people; flow I
// where the called one is an automaton that answers at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "as/bridge.h"
#include "as/enabler.h"

namespace imslab::as {

struct Participant {
    enum class Status : std::uint8_t { initial, ringing, connected, gone };
    std::string uri;  // SIP or tel
    Status status = Status::initial;
    int why = 0;  // he is gone: the SIP status that said so; 0: a BYE, or the call was ended
};

using ThirdPartyCallId = std::uint64_t;

// What whoever ordered the call is told, at each step.
struct ThirdPartyCallProgress {
    ThirdPartyCallId id = 0;
    Participant first, second;
    bool joined = false;  // they hear each other
    bool over = false;    // the last one told
};

class ThirdPartyCalls : BridgeUser {
public:
    struct Order {
        std::string first, second;  // the first one's phone rings first
        std::string service;        // whose name the first one reads: a public service identity
        bool second_answers_at_once = false;
    };
    struct Settings {
        std::string enabler;
        Duration ring_limit = std::chrono::seconds(120);
        std::size_t max_calls = 100'000;
    };
    using OnProgress = std::function<void(const ThirdPartyCallProgress&)>;

    ThirdPartyCalls(Services& services, Settings settings)
        : services_(services),
          settings_(std::move(settings)),
          bridge_(services, settings_.enabler, *this) {}

    // nullopt: there are too many. What happens is told from the next event on.
    std::optional<ThirdPartyCallId> begin(Order order, OnProgress on_progress);
    // False: there is no such call (any more).
    bool end(ThirdPartyCallId id);
    // Once they are joined: who has that URI leaves, and the other one is joined with `to`.
    bool transfer(ThirdPartyCallId id, std::string_view leaves, std::string to);

    void on_request_in_dialog(sip::ServerId id, sip::Message request);
    void on_ack(const sip::Message& ack) { bridge_.on_ack(ack); }
    void on_ended(sip::ServerId id) { bridge_.on_ended(id); }
    void on_time(Time now);
    std::optional<Time> next_deadline() const;
    std::size_t size() const { return calls_.size(); }
    nlohmann::ordered_json state() const;

private:
    enum class Stage : std::uint8_t {
        calling_first,   // without media; in flow I without a description
        asking_second,   // for an offer; in flow I he gets one
        offering_first,  // what the second one offers
        joined,
    };
    struct Leg {
        std::uint64_t number = 0;  // of his last INVITE: an answer to another one is late
        Participant participant;
        std::optional<OwnOrigin> origin;  // of what he is told; the dialog's, once there is one
        std::optional<sip::DialogId> dialog;
        sip::ClientId inviting = 0;      // 0: nothing of ours is under way
        std::string content_type, body;  // of its last 2xx
        bool must_acknowledge = false;
    };
    struct Call {
        ThirdPartyCallId id = 0;
        Order order;
        OnProgress on_progress;
        Stage stage = Stage::calling_first;
        std::string icid;
        Leg first, second;
        Time deadline{};  // of the ringing, or of a new try after 491
        bool try_again = false;
    };

    void on_released(const sip::DialogId& one, const sip::DialogId& other) override;
    Leg* leg_of(Call& call, std::uint64_t number);
    Leg& other(Call& call, const Leg& leg) {
        return &leg == &call.first ? call.second : call.first;
    }
    void invite(Call& call, Leg& leg, std::string_view content_type, std::string_view body);
    void call_first(Call& call);
    void on_answer(ThirdPartyCallId id,
                   std::uint64_t number,
                   const sip::Message& invite,
                   const sip::Message* response);
    void on_accepted(Call& call,
                     Leg& leg,
                     const sip::Message& invite,
                     const sip::Message& response);
    void on_first_accepted(Call& call);
    void on_second_accepted(Call& call);
    void on_offer_accepted(Call& call);
    void on_too_late(const sip::Message& invite, const sip::Message& response);
    void fail(Call& call, Leg& leg, int status);
    void release(Leg& leg, std::string_view reason);
    void finish(Call& call);
    void set_deadline(Call& call, Duration from_now);
    void clear_deadline(Call& call);
    void tell(const Call& call, bool over = false);

    Services& services_;
    Settings settings_;
    Bridge bridge_;
    ThirdPartyCallId last_id_ = 0;
    std::uint64_t last_number_ = 0;
    std::map<ThirdPartyCallId, Call> calls_;
    std::map<sip::DialogId, ThirdPartyCallId> by_dialog_;
    std::set<std::pair<Time, ThirdPartyCallId>> by_deadline_;
};

std::string_view to_string(Participant::Status status);

}  // namespace imslab::as
