// The four state machines of RFC 3261 §17 as RFC 6026 §7 and §8 amend them: what each state accepts
// and what follows.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/transitions.h"

namespace imslab::sip {

enum class InviteClientState : std::uint8_t {
    calling,
    proceeding,
    completed,
    accepted,
    terminated
};
enum class InviteClientEvent : std::uint8_t {
    response_1xx,
    response_2xx,
    response_300_699,
    timer_a,
    timer_b,
    timer_d,
    timer_m,
    cancel_unanswered,
    transport_error,
};

enum class NonInviteClientState : std::uint8_t { trying, proceeding, completed, terminated };
enum class NonInviteClientEvent : std::uint8_t {
    response_1xx,
    response_200_699,
    timer_e,
    timer_f,
    timer_k,
    transport_error,
};

enum class InviteServerState : std::uint8_t {
    proceeding,
    completed,
    confirmed,
    accepted,
    terminated
};
enum class InviteServerEvent : std::uint8_t {
    invite,
    ack,
    respond_1xx,
    respond_2xx,
    respond_300_699,
    timer_g,
    timer_h,
    timer_i,
    timer_l,
};

enum class NonInviteServerState : std::uint8_t { trying, proceeding, completed, terminated };
enum class NonInviteServerEvent : std::uint8_t { request, respond_1xx, respond_200_699, timer_j };

std::string_view to_string(InviteClientState state);
std::string_view to_string(InviteClientEvent event);
std::string_view to_string(NonInviteClientState state);
std::string_view to_string(NonInviteClientEvent event);
std::string_view to_string(InviteServerState state);
std::string_view to_string(InviteServerEvent event);
std::string_view to_string(NonInviteServerState state);
std::string_view to_string(NonInviteServerEvent event);

// RFC 6026 §8.4, figure 5; cancel_unanswered is RFC 3261 §9.1: no final response 64*T1 after the
// CANCEL.
inline constexpr auto kInviteClient = [] {
    using enum InviteClientState;
    using enum InviteClientEvent;
    using Row = Transition<InviteClientState, InviteClientEvent>;
    return Transitions{std::array{
        Row{calling, timer_a, calling},
        Row{calling, timer_b, terminated},
        Row{calling, transport_error, terminated},
        Row{calling, response_1xx, proceeding},
        Row{calling, response_2xx, accepted},
        Row{calling, response_300_699, completed},
        Row{proceeding, response_1xx, proceeding},
        Row{proceeding, response_2xx, accepted},
        Row{proceeding, response_300_699, completed},
        Row{proceeding, cancel_unanswered, terminated},
        Row{completed, response_300_699, completed},
        Row{completed, timer_d, terminated},
        Row{completed, transport_error, terminated},
        Row{accepted, response_2xx, accepted},
        Row{accepted, timer_m, terminated},
    }};
}();

// RFC 3261 §17.1.2, figure 6
inline constexpr auto kNonInviteClient = [] {
    using enum NonInviteClientState;
    using enum NonInviteClientEvent;
    using Row = Transition<NonInviteClientState, NonInviteClientEvent>;
    return Transitions{std::array{
        Row{trying, timer_e, trying},
        Row{trying, timer_f, terminated},
        Row{trying, transport_error, terminated},
        Row{trying, response_1xx, proceeding},
        Row{trying, response_200_699, completed},
        Row{proceeding, timer_e, proceeding},
        Row{proceeding, timer_f, terminated},
        Row{proceeding, transport_error, terminated},
        Row{proceeding, response_1xx, proceeding},
        Row{proceeding, response_200_699, completed},
        Row{completed, timer_k, terminated},
    }};
}();

// RFC 6026 §8.6, figure 7; a transport error changes no state (§8.8).
inline constexpr auto kInviteServer = [] {
    using enum InviteServerState;
    using enum InviteServerEvent;
    using Row = Transition<InviteServerState, InviteServerEvent>;
    return Transitions{std::array{
        Row{proceeding, invite, proceeding},
        Row{proceeding, respond_1xx, proceeding},
        Row{proceeding, respond_2xx, accepted},
        Row{proceeding, respond_300_699, completed},
        Row{completed, invite, completed},
        Row{completed, timer_g, completed},
        Row{completed, ack, confirmed},
        Row{completed, timer_h, terminated},
        Row{confirmed, invite, confirmed},
        Row{confirmed, ack, confirmed},
        Row{confirmed, timer_i, terminated},
        Row{accepted, invite, accepted},
        Row{accepted, ack, accepted},
        Row{accepted, respond_2xx, accepted},
        Row{accepted, timer_l, terminated},
    }};
}();

// RFC 3261 §17.2.2, figure 8
inline constexpr auto kNonInviteServer = [] {
    using enum NonInviteServerState;
    using enum NonInviteServerEvent;
    using Row = Transition<NonInviteServerState, NonInviteServerEvent>;
    return Transitions{std::array{
        Row{trying, request, trying},
        Row{trying, respond_1xx, proceeding},
        Row{trying, respond_200_699, completed},
        Row{proceeding, request, proceeding},
        Row{proceeding, respond_1xx, proceeding},
        Row{proceeding, respond_200_699, completed},
        Row{completed, request, completed},
        Row{completed, timer_j, terminated},
    }};
}();

}  // namespace imslab::sip
