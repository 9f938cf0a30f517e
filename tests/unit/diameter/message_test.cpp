// RFC 6733 §3, §4: octets to messages and back, and what is refused.
#include <catch2/catch_test_macros.hpp>

#include "diameter/dictionary.h"
#include "diameter/message.h"

using namespace imslab::diameter;

namespace {

Message some_message() {
    Message message;
    message.command = 300;
    message.application = kApplicationCx;
    message.request = true;
    message.hop_by_hop = 0x01020304;
    message.end_to_end = 0xa0b0c0d0;
    message.avps.push_back(Avp::text(263, 0, "scscf;1;2"));
    message.avps.push_back(
        Avp::of(260, 0, {Avp::number(266, 0, kVendor3gpp), Avp::number(258, 0, kApplicationCx)}));
    message.avps.push_back(Avp::text(601, kVendor3gpp, "sip:alice@home"));
    message.avps.push_back(Avp::number(637, kVendor3gpp, 1, false));
    return message;
}

std::string refusal_of(const std::string& octets) {
    const auto message = decode(octets);
    return message ? "none"
                   : std::to_string(message.error().position) + ": " + message.error().reason;
}

}  // namespace

TEST_CASE("A message is written as RFC 6733 draws it") {
    const auto octets = encode(some_message());
    REQUIRE(octets.size() % 4 == 0);
    CHECK(octets.substr(0, 4) == std::string({1, 0, 0, static_cast<char>(octets.size())}));
    CHECK(octets.substr(4, 4) == std::string({'\xc0', 0, 1, 0x2c}));
    CHECK(octets.substr(8, 4) == std::string({1, 0, 0, 0}));
    CHECK(octets.substr(12, 8) == std::string("\x01\x02\x03\x04\xa0\xb0\xc0\xd0"));
    // Session-Id: code 263, M, length 17, padded to 20.
    CHECK(octets.substr(20, 20) == std::string("\0\0\x01\x07\x40\0\0\x11scscf;1;2\0\0\0", 20));
    // A vendor's AVP has the V bit and the vendor in its header.
    const auto uar_flags = octets.substr(octets.size() - 16);
    CHECK(uar_flags == std::string("\0\0\x02\x7d\x80\0\0\x10\0\0\x28\xaf\0\0\0\x01", 16));
}

TEST_CASE("What was written is read again") {
    const auto message = decode(encode(some_message()));
    REQUIRE(message);
    CHECK(message->command == 300);
    CHECK(message->request);
    CHECK(message->proxiable);
    CHECK(message->hop_by_hop == 0x01020304);
    REQUIRE(message->find(260) != nullptr);
    CHECK(message->find(260)->grouped);
    CHECK(message->find(260)->find(258, 0)->as_number() == kApplicationCx);
    CHECK(message->find(601, kVendor3gpp)->data == "sip:alice@home");
    CHECK(message->find(601) == nullptr);
    CHECK_FALSE(message->find(637, kVendor3gpp)->mandatory);
    CHECK(encode(*message) == encode(some_message()));
}

TEST_CASE("What is no message is refused, with the position") {
    const auto good = encode(some_message());
    CHECK(refusal_of("") == "0: a Diameter header needs 20 octets");
    auto octets = good;
    octets[0] = 2;
    CHECK(refusal_of(octets) == "0: Diameter version is not 1");
    CHECK(refusal_of(good + "more") == "1: message length is not that of the octets");
    octets = good;
    octets[25] = 1;  // Session-Id's length becomes huge
    CHECK(refusal_of(octets) == "25: AVP length reaches beyond its surroundings");
    octets = good;
    octets[27] = 7;
    CHECK(refusal_of(octets) == "25: AVP length is shorter than its header");
    octets = good;
    octets[40 + 8 + 7] = 32;  // inside Vendor-Specific-Application-Id
    CHECK(refusal_of(octets).find("surroundings") != std::string::npos);
}

TEST_CASE("Nesting and number of AVPs are bounded") {
    Avp avp = Avp::of(260, 0, {});
    for (std::size_t i = 0; i < kMaxDepth + 1; ++i) avp = Avp::of(260, 0, {avp});
    Message message = some_message();
    message.avps = {avp};
    CHECK(refusal_of(encode(message)).find("nested too deeply") != std::string::npos);
    message.avps.assign(kMaxAvps + 1, Avp::text(263, 0, ""));
    CHECK(refusal_of(encode(message)).find("more AVPs") != std::string::npos);
}

TEST_CASE("The same number means different things: vendor and code") {
    Message answer;
    answer.avps.push_back(Avp::number(268, 0, 2001));
    CHECK(result_of(answer) == ResultCode{0, 2001});
    CHECK(result_name(*result_of(answer)) == "DIAMETER_SUCCESS (2001)");
    answer.avps = {Avp::of(297, 0, {Avp::number(266, 0, kVendor3gpp), Avp::number(298, 0, 2001)})};
    CHECK(result_of(answer) == ResultCode{kVendor3gpp, 2001});
    CHECK(result_name(*result_of(answer)) == "DIAMETER_FIRST_REGISTRATION (2001)");
    CHECK(result_name({0, 5001}) == "DIAMETER_AVP_UNSUPPORTED (5001)");
    CHECK(result_name({kVendor3gpp, 5001}) == "DIAMETER_ERROR_USER_UNKNOWN (5001)");
    CHECK(result_name({kVendor3gpp, 5555}) == "unknown (5555)");
    answer.avps.clear();
    CHECK_FALSE(result_of(answer));
}

TEST_CASE("Names, and values as a person reads them") {
    CHECK(command_name(300, true) == "UAR");
    CHECK(command_name(303, false) == "MAA");
    CHECK(command_name(280, true) == "DWR");
    CHECK(command_name(999, true) == "Command-999 Request");
    CHECK(find_avp(601, kVendor3gpp)->name == "Public-Identity");
    CHECK(find_avp("Server-Name")->code == 602);
    CHECK(find_avp(601, 0) == nullptr);
    CHECK(value_text(Avp::number(614, kVendor3gpp, 1)) == "REGISTRATION (1)");
    CHECK(value_text(Avp::number(614, kVendor3gpp, 99)) == "unknown (99)");
    CHECK(value_text(Avp::text(609, kVendor3gpp, std::string("\x01\xff", 2))) == "01ff");
    CHECK(value_text(Avp::text(625, kVendor3gpp, "printable-by-acc")) ==
          "7072696e7461626c652d62792d616363");
    CHECK(value_text(Avp::text(601, kVendor3gpp, "sip:alice@home")) == "sip:alice@home");
    CHECK(value_text(Avp::text(257, 0, std::string("\0\1\x7f\0\0\1", 6))) == "127.0.0.1");
    CHECK(value_text(Avp::text(601, kVendor3gpp, "")) == "");
}

TEST_CASE("A message described, a line an AVP") {
    CHECK(describe(some_message()) ==
          "UAR application 16777216 request proxiable hop-by-hop 16909060 end-to-end 2695938256\n"
          "  Session-Id: scscf;1;2\n"
          "  Vendor-Specific-Application-Id\n"
          "    Vendor-Id: 10415\n"
          "    Auth-Application-Id: 16777216\n"
          "  Public-Identity: sip:alice@home\n"
          "  UAR-Flags: 1\n");
}
