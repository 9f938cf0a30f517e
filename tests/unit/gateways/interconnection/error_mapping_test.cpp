// RFC 7247 §7: the two tables, row by row, and their notes.
#include "gateways/interconnection/error_mapping.h"

#include <catch2/catch_test_macros.hpp>
#include <map>

using namespace imslab;
using namespace imslab::interconnection;
using xmpp::Condition;
using xmpp::ErrorType;
using xmpp::StanzaError;

TEST_CASE("RFC 7247 §7.1: each XMPP condition, about a user and about a device") {
    struct Row {
        const char* condition;
        int user, device;
    };
    const Row rows[] = {{"bad-request", 400, 400},
                        {"conflict", 400, 400},
                        {"feature-not-implemented", 501, 405},
                        {"forbidden", 603, 403},
                        {"gone", 410, 410},
                        {"internal-server-error", 500, 500},
                        {"item-not-found", 604, 404},
                        {"jid-malformed", 400, 400},
                        {"not-acceptable", 606, 406},
                        {"not-allowed", 403, 403},
                        {"not-authorized", 401, 401},
                        {"policy-violation", 403, 403},
                        {"recipient-unavailable", 600, 480},
                        {"redirect", 302, 302},
                        {"registration-required", 407, 407},
                        {"remote-server-not-found", 404, 404},
                        {"remote-server-timeout", 408, 408},
                        {"resource-constraint", 500, 500},
                        {"service-unavailable", 403, 405},
                        {"subscription-required", 400, 400},
                        {"undefined-condition", 400, 400},
                        {"unexpected-request", 491, 491}};
    CHECK(std::size(rows) == static_cast<std::size_t>(Condition::count_));
    for (const auto& row : rows) {
        INFO(row.condition);
        const auto condition = xmpp::condition_from(row.condition);
        REQUIRE(condition);
        CHECK(to_string(*condition) == row.condition);
        const auto error = StanzaError::of(*condition);
        CHECK(sip_refusal(error, false).status == row.user);
        CHECK(sip_refusal(error, true).status == row.device);
    }
    CHECK_FALSE(xmpp::condition_from("payment-required"));
    CHECK_FALSE(xmpp::condition_from(""));
}

TEST_CASE("RFC 7247 §7.1 note 3: gone with a new address is 301, without one 410") {
    StanzaError error = StanzaError::of(Condition::gone);
    error.new_address = "xmpp:romeo@other.example/x";
    CHECK(sip_refusal(error, false) == SipRefusal{301, "", "sip:romeo@other.example;gr=x"});
    error.new_address = "sip:romeo@other.example";
    CHECK(sip_refusal(error, false) == SipRefusal{301, "", "sip:romeo@other.example"});
    // Nothing that a Contact can hold.
    for (const char* address : {"xmpp:", "mailto:romeo@other.example", "sip:a\r\nVia: b", "<>"}) {
        error.new_address = address;
        CHECK(sip_refusal(error, false) == SipRefusal{410, "", ""});
    }
}

TEST_CASE("a redirect carries where to; a request that is out of order and stays so is a bad one") {
    StanzaError error = StanzaError::of(Condition::redirect);
    error.new_address = "xmpp:o%5C27malley@other.example";
    CHECK(sip_refusal(error, false) == SipRefusal{302, "", "sip:o'malley@other.example"});
    error = StanzaError::of(Condition::unexpected_request);
    error.type = ErrorType::modify;
    CHECK(sip_refusal(error, false).status == 400);
}

TEST_CASE("RFC 7247 §7: the text of an error is the Reason-Phrase, on one line") {
    CHECK(sip_refusal(StanzaError::of(Condition::forbidden, "not\r\nVia: you"), true) ==
          SipRefusal{403, "not  Via: you", ""});
    CHECK(sip_refusal(StanzaError::of(Condition::forbidden, std::string(5'000, 'x')), true)
              .reason.size() == 200);
    CHECK(stanza_error({404, "Nobody \x01 here", ""}).text == "Nobody \xEF\xBF\xBD here");
}

TEST_CASE("RFC 7247 §7.2: each SIP response code, and the families") {
    const std::map<int, const char*> rows{
        {300, "redirect"},
        {301, "gone"},
        {302, "redirect"},
        {305, "redirect"},
        {380, "not-acceptable"},
        {399, "redirect"},
        {400, "bad-request"},
        {401, "not-authorized"},
        {402, "bad-request"},
        {403, "forbidden"},
        {404, "item-not-found"},
        {405, "feature-not-implemented"},
        {406, "not-acceptable"},
        {407, "registration-required"},
        {408, "remote-server-timeout"},
        {409, "bad-request"},
        {410, "gone"},
        {413, "policy-violation"},
        {414, "policy-violation"},
        {415, "not-acceptable"},
        {416, "not-acceptable"},
        {420, "feature-not-implemented"},
        {421, "not-acceptable"},
        {423, "resource-constraint"},
        {430, "recipient-unavailable"},
        {439, "feature-not-implemented"},
        {440, "policy-violation"},
        {480, "recipient-unavailable"},
        {481, "item-not-found"},
        {482, "not-acceptable"},
        {483, "not-acceptable"},
        {484, "item-not-found"},
        {485, "item-not-found"},
        {486, "recipient-unavailable"},
        {487, "recipient-unavailable"},
        {488, "not-acceptable"},
        {489, "policy-violation"},
        {491, "unexpected-request"},
        {493, "bad-request"},
        {499, "bad-request"},
        {500, "internal-server-error"},
        {501, "feature-not-implemented"},
        {502, "remote-server-not-found"},
        {503, "internal-server-error"},
        {504, "remote-server-timeout"},
        {505, "not-acceptable"},
        {513, "policy-violation"},
        {580, "internal-server-error"},
        {600, "recipient-unavailable"},
        {603, "recipient-unavailable"},
        {604, "item-not-found"},
        {606, "not-acceptable"},
        {607, "recipient-unavailable"},
        {699, "recipient-unavailable"},
    };
    for (const auto& [status, condition] : rows) {
        INFO(status);
        const auto error = stanza_error({status, "", ""});
        CHECK(to_string(error.condition) == condition);
        CHECK(error.type == xmpp::usual_type(error.condition));
        CHECK(error.new_address.empty());
    }
}

TEST_CASE("RFC 7247 §7.2 note 1: 301 carries the new address, 410 never") {
    CHECK(stanza_error({301, "", "sip:romeo@other.example"}).new_address ==
          "xmpp:romeo@other.example");
    CHECK(stanza_error({302, "", "sip:o'malley@other.example;gr=x"}).new_address ==
          "xmpp:o%5C27malley@other.example/x");
    CHECK(stanza_error({302, "", "tel:+15551234"}).new_address == "tel:+15551234");
    CHECK(stanza_error({410, "", "sip:romeo@other.example"}).new_address.empty());
    CHECK(stanza_error({404, "", "sip:romeo@other.example"}).new_address.empty());
}

TEST_CASE("RFC 6120 §8.3.2: the types have their names") {
    for (const auto type : {ErrorType::auth,
                            ErrorType::cancel,
                            ErrorType::continue_,
                            ErrorType::modify,
                            ErrorType::wait})
        CHECK(xmpp::error_type_from(to_string(type)) == type);
    CHECK_FALSE(xmpp::error_type_from("panic"));
}
