// The names of RFC 3261 §17's states and events, as they stand in tables, logs and `imslab state`.
#include "sip/transaction_states.h"

namespace imslab::sip {

namespace {

template <std::size_t N, class Enum>
std::string_view name_of(const std::array<std::string_view, N>& names, Enum value) {
    return names[static_cast<std::size_t>(value)];
}

}  // namespace

std::string_view to_string(InviteClientState state) {
    static constexpr std::array<std::string_view, 5> names{
        "calling", "proceeding", "completed", "accepted", "terminated"};
    return name_of(names, state);
}

std::string_view to_string(InviteClientEvent event) {
    static constexpr std::array<std::string_view, 9> names{"response_1xx",
                                                           "response_2xx",
                                                           "response_300_699",
                                                           "timer_a",
                                                           "timer_b",
                                                           "timer_d",
                                                           "timer_m",
                                                           "cancel_unanswered",
                                                           "transport_error"};
    return name_of(names, event);
}

std::string_view to_string(NonInviteClientState state) {
    static constexpr std::array<std::string_view, 4> names{
        "trying", "proceeding", "completed", "terminated"};
    return name_of(names, state);
}

std::string_view to_string(NonInviteClientEvent event) {
    static constexpr std::array<std::string_view, 6> names{
        "response_1xx", "response_200_699", "timer_e", "timer_f", "timer_k", "transport_error"};
    return name_of(names, event);
}

std::string_view to_string(InviteServerState state) {
    static constexpr std::array<std::string_view, 5> names{
        "proceeding", "completed", "confirmed", "accepted", "terminated"};
    return name_of(names, state);
}

std::string_view to_string(InviteServerEvent event) {
    static constexpr std::array<std::string_view, 9> names{"invite",
                                                           "ack",
                                                           "respond_1xx",
                                                           "respond_2xx",
                                                           "respond_300_699",
                                                           "timer_g",
                                                           "timer_h",
                                                           "timer_i",
                                                           "timer_l"};
    return name_of(names, event);
}

std::string_view to_string(NonInviteServerState state) {
    static constexpr std::array<std::string_view, 4> names{
        "trying", "proceeding", "completed", "terminated"};
    return name_of(names, state);
}

std::string_view to_string(NonInviteServerEvent event) {
    static constexpr std::array<std::string_view, 4> names{
        "request", "respond_1xx", "respond_200_699", "timer_j"};
    return name_of(names, event);
}

}  // namespace imslab::sip
