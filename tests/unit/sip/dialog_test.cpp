// Dialogs at both ends of a call (RFC 3261 §12).
#include "sip/dialog.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/support/sip_fixture.h"

using namespace imslab;
using test::RequestText;

namespace {

const std::string kRecordRoute =
    "Record-Route: <sip:p2.example;lr>, <sip:s.example;lr>\r\nRecord-Route: "
    "<sip:p1.example;lr>\r\n";

sip::Message invite(const std::string& more = {}) {
    return test::parsed(RequestText{.more = more}.to_string());
}

sip::Message answered(const sip::Message& request,
                      int status,
                      const std::string& contact = "<sip:bob@127.1.100.2>") {
    auto response = test::answer(request, status, "b1");
    for (const auto value : request.values(sip::HeaderId::record_route)) {
        response.append(sip::HeaderId::record_route, value);
    }
    if (!contact.empty()) response.append(sip::HeaderId::contact, contact);
    return response;
}

std::vector<std::string> routes(const sip::Message& message) {
    const auto values = message.values(sip::HeaderId::route);
    return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("Given a 180 with a tag, then the caller has an early dialog; the 2xx confirms it") {
    const auto request = invite(kRecordRoute);
    auto dialog = sip::Dialog::as_uac(request, answered(request, 180));
    REQUIRE(dialog.has_value());
    CHECK(dialog->is_early());
    CHECK(dialog->id() == sip::DialogId{"call-1", "a1", "b1"});
    CHECK(dialog->remote_target() == "sip:bob@127.1.100.2");
    CHECK(dialog->route_set() == std::vector<std::string>{"<sip:p1.example;lr>",
                                                          "<sip:s.example;lr>",
                                                          "<sip:p2.example;lr>"});
    dialog->confirm();
    CHECK_FALSE(dialog->is_early());
    CHECK_FALSE(sip::Dialog::as_uac(request, answered(request, 200))->is_early());
}

TEST_CASE("100, a failure, and a response without a tag make no dialog") {
    const auto request = invite();
    CHECK_FALSE(sip::Dialog::as_uac(request, answered(request, 100)).has_value());
    CHECK_FALSE(sip::Dialog::as_uac(request, answered(request, 486)).has_value());
    CHECK_FALSE(sip::Dialog::as_uac(request, test::answer(request, 180)).has_value());
    CHECK_FALSE(sip::Dialog::as_uas(request, test::answer(request, 180)).has_value());
    CHECK_FALSE(sip::Dialog::as_uas(request, answered(request, 404)).has_value());
}

TEST_CASE("Caller and callee see one dialog from both sides") {
    const auto request = invite(kRecordRoute);
    const auto response = answered(request, 200);
    auto caller = sip::Dialog::as_uac(request, response);
    auto callee = sip::Dialog::as_uas(request, response);
    REQUIRE(caller.has_value());
    REQUIRE(callee.has_value());
    CHECK(callee->id() == sip::DialogId{"call-1", "b1", "a1"});
    CHECK(callee->remote_target() == "sip:alice@127.1.100.1:5060");
    CHECK(callee->route_set() == std::vector<std::string>{"<sip:p2.example;lr>",
                                                          "<sip:s.example;lr>",
                                                          "<sip:p1.example;lr>"});

    const auto bye = caller->make_request("BYE");
    CHECK(bye.uri() == "sip:bob@127.1.100.2");
    CHECK(routes(bye) == caller->route_set());
    CHECK(sip::cseq(bye)->number == 2);
    CHECK(sip::cseq(bye)->method == "BYE");
    CHECK(bye.get(sip::HeaderId::max_forwards) == "70");
    CHECK(bye.get(sip::HeaderId::from) == "<sip:alice@home.example>;tag=a1");
    CHECK(bye.get(sip::HeaderId::to) == "<sip:bob@home.example>;tag=b1");
    CHECK_FALSE(bye.has(sip::HeaderId::via));
    CHECK_FALSE(bye.has(sip::HeaderId::contact));
    CHECK(sip::dialog_of_received(bye) == callee->id());
    CHECK(callee->accept(bye));

    const auto other_way = callee->make_request("BYE");
    CHECK(other_way.uri() == "sip:alice@127.1.100.1:5060");
    CHECK(sip::cseq(other_way)->number == 1);
    CHECK(sip::dialog_of_received(other_way) == caller->id());
}

TEST_CASE("ACK carries the number of its INVITE and counts nothing") {
    const auto request = invite();
    auto dialog = sip::Dialog::as_uac(request, answered(request, 200));
    CHECK(sip::cseq(dialog->make_request("INFO"))->number == 2);
    const auto ack = dialog->make_ack(1);
    CHECK(ack.method() == sip::Method::ack);
    CHECK(sip::cseq(ack)->number == 1);
    CHECK(sip::cseq(ack)->method == "ACK");
    CHECK(sip::cseq(dialog->make_request("BYE"))->number == 3);
}

TEST_CASE("A request with a lower number is out of order; ACK and CANCEL are not counted") {
    const auto request = test::parsed(RequestText{.cseq = 5}.to_string());
    auto dialog = sip::Dialog::as_uas(request, answered(request, 200));
    const auto with = [](const std::string& method, std::uint32_t number) {
        return test::parsed(
            RequestText{.method = method, .to_tag = "b1", .cseq = number}.to_string());
    };
    CHECK(dialog->accept(with("ACK", 5)));
    CHECK(dialog->accept(with("INFO", 9)));
    CHECK_FALSE(dialog->accept(with("INFO", 8)));
    CHECK(dialog->accept(with("ACK", 5)));
    CHECK(dialog->accept(with("BYE", 10)));
}

TEST_CASE("A strict router in front takes the Request-URI") {
    const auto request = invite("Record-Route: <sip:loose.example;lr>\r\n");
    auto response = answered(request, 200);
    response.set(sip::HeaderId::record_route, "<sip:loose.example;lr>, <sip:strict.example>");
    auto dialog = sip::Dialog::as_uac(request, response);
    const auto bye = dialog->make_request("BYE");
    CHECK(bye.uri() == "sip:strict.example");
    CHECK(routes(bye) ==
          std::vector<std::string>{"<sip:loose.example;lr>", "<sip:bob@127.1.100.2>"});
}

TEST_CASE("Contact of a re-INVITE moves the target; one without leaves it") {
    const auto request = invite();
    auto dialog = sip::Dialog::as_uac(request, answered(request, 200));
    dialog->refresh_target(answered(request, 200, "<sip:bob@127.1.100.9>"));
    CHECK(dialog->remote_target() == "sip:bob@127.1.100.9");
    dialog->refresh_target(answered(request, 200, ""));
    CHECK(dialog->remote_target() == "sip:bob@127.1.100.9");
}

TEST_CASE("Outside a dialog there is no dialog id") {
    CHECK_FALSE(sip::dialog_of_received(invite()).has_value());
}
