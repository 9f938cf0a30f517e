// The tables of the four machines, as they stand in RFC 3261 §17 and RFC 6026 §8: who changes one
// changes this too.
#include "sip/transaction_states.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

using namespace imslab::sip;

TEST_CASE("The INVITE client's table is RFC 6026 figure 5") {
    CHECK(kInviteClient.to_text() ==
          "calling --timer_a--> calling\n"
          "calling --timer_b--> terminated\n"
          "calling --transport_error--> terminated\n"
          "calling --response_1xx--> proceeding\n"
          "calling --response_2xx--> accepted\n"
          "calling --response_300_699--> completed\n"
          "proceeding --response_1xx--> proceeding\n"
          "proceeding --response_2xx--> accepted\n"
          "proceeding --response_300_699--> completed\n"
          "proceeding --cancel_unanswered--> terminated\n"
          "completed --response_300_699--> completed\n"
          "completed --timer_d--> terminated\n"
          "completed --transport_error--> terminated\n"
          "accepted --response_2xx--> accepted\n"
          "accepted --timer_m--> terminated\n");
}

TEST_CASE("The non-INVITE client's table is RFC 3261 figure 6") {
    CHECK(kNonInviteClient.to_text() ==
          "trying --timer_e--> trying\n"
          "trying --timer_f--> terminated\n"
          "trying --transport_error--> terminated\n"
          "trying --response_1xx--> proceeding\n"
          "trying --response_200_699--> completed\n"
          "proceeding --timer_e--> proceeding\n"
          "proceeding --timer_f--> terminated\n"
          "proceeding --transport_error--> terminated\n"
          "proceeding --response_1xx--> proceeding\n"
          "proceeding --response_200_699--> completed\n"
          "completed --timer_k--> terminated\n");
}

TEST_CASE("The INVITE server's table is RFC 6026 figure 7") {
    CHECK(kInviteServer.to_text() ==
          "proceeding --invite--> proceeding\n"
          "proceeding --respond_1xx--> proceeding\n"
          "proceeding --respond_2xx--> accepted\n"
          "proceeding --respond_300_699--> completed\n"
          "completed --invite--> completed\n"
          "completed --timer_g--> completed\n"
          "completed --ack--> confirmed\n"
          "completed --timer_h--> terminated\n"
          "confirmed --invite--> confirmed\n"
          "confirmed --ack--> confirmed\n"
          "confirmed --timer_i--> terminated\n"
          "accepted --invite--> accepted\n"
          "accepted --ack--> accepted\n"
          "accepted --respond_2xx--> accepted\n"
          "accepted --timer_l--> terminated\n");
}

TEST_CASE("The non-INVITE server's table is RFC 3261 figure 8") {
    CHECK(kNonInviteServer.to_text() ==
          "trying --request--> trying\n"
          "trying --respond_1xx--> proceeding\n"
          "trying --respond_200_699--> completed\n"
          "proceeding --request--> proceeding\n"
          "proceeding --respond_1xx--> proceeding\n"
          "proceeding --respond_200_699--> completed\n"
          "completed --request--> completed\n"
          "completed --timer_j--> terminated\n");
}

TEST_CASE("What a table does not have is refused") {
    CHECK_FALSE(
        kInviteClient.next(InviteClientState::accepted, InviteClientEvent::response_300_699));
    CHECK_FALSE(kInviteServer.next(InviteServerState::completed, InviteServerEvent::respond_2xx));
    CHECK_FALSE(
        kNonInviteServer.next(NonInviteServerState::completed, NonInviteServerEvent::respond_1xx));
}
