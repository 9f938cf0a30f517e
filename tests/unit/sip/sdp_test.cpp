// Session descriptions: structure, direction, preconditions, faults with their position.
#include "sip/sdp.h"

#include <catch2/catch_test_macros.hpp>

using namespace imslab::sip;

namespace {

const std::string offer =
    "v=0\r\n"
    "o=- 1 1 IN IP4 127.1.100.1\r\n"
    "s=-\r\n"
    "c=IN IP4 127.1.100.1\r\n"
    "t=0 0\r\n"
    "a=sendonly\r\n"
    "a=group:BUNDLE 0 1\r\n"
    "m=audio 49170/2 RTP/AVP 104 96\r\n"
    "a=curr:qos local none\r\n"
    "a=curr:qos remote none\r\n"
    "a=des:qos mandatory local sendrecv\r\n"
    "a=des:qos optional remote sendrecv\r\n"
    "a=recvonly\r\n"
    "x=not known\r\n"
    "m=video 0 RTP/AVP 31\r\n"
    "c=IN IP6 ::1\r\n"
    "a=des:qos mandatory e2e sendrecv\r\n";

Sdp parsed(const std::string& text) {
    auto sdp = Sdp::parse(text);
    INFO((sdp ? "" : sdp.error().reason));
    REQUIRE(sdp);
    return *sdp;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    return text.replace(text.find(what), what.size(), by);
}

}  // namespace

TEST_CASE("what is read is written again, known or not") {
    Sdp sdp = parsed(offer);
    CHECK(sdp.to_string() == offer);
    REQUIRE(sdp.media.size() == 2);
    CHECK(sdp.media[0].media == "audio");
    CHECK(sdp.media[0].port == 49170);
    CHECK(sdp.media[0].port_count == 2);
    CHECK(sdp.media[0].protocol == "RTP/AVP");
    CHECK(sdp.media[0].formats == std::vector<std::string>{"104", "96"});
    CHECK(sdp.media[0].attributes("curr").size() == 2);
    CHECK_FALSE(sdp.media[0].connection());
    CHECK(sdp.media[1].connection() == "IN IP6 ::1");
    CHECK(sdp.session_line('c') == "IN IP4 127.1.100.1");
    CHECK(sdp.session_attribute("group") == "BUNDLE 0 1");
    CHECK(sdp.session_attribute("sendonly") == "");
    CHECK_FALSE(sdp.session_attribute("gro"));
}

TEST_CASE("bare line feeds and empty lines at the end are forgiven") {
    std::string feeds = offer;
    std::erase(feeds, '\r');
    CHECK(parsed(feeds).to_string() == offer);
    CHECK(parsed(offer + "\r\n\r\n").to_string() == offer);
}

TEST_CASE("RFC 3264: a medium's direction, else the session's, else both ways") {
    Sdp sdp = parsed(offer);
    CHECK(sdp.direction(sdp.media[0]) == "recvonly");
    CHECK(sdp.direction(sdp.media[1]) == "sendonly");
    Sdp plain = parsed("v=0\r\no=- 1 1 IN IP4 h\r\nm=audio 9 RTP/AVP 0\r\n");
    CHECK(plain.direction(plain.media[0]) == "sendrecv");
}

TEST_CASE("RFC 3312: mandatory preconditions of live media must be covered by the current status") {
    CHECK_FALSE(parsed(offer).preconditions_met());
    CHECK_FALSE(parsed(replaced(offer, "local none", "local send")).preconditions_met());
    CHECK(parsed(replaced(offer, "local none", "local sendrecv")).preconditions_met());
    CHECK(parsed(replaced(offer, "mandatory local", "optional local")).preconditions_met());
    CHECK(parsed(replaced(offer, "audio 49170/2", "audio 0")).preconditions_met());
    CHECK_FALSE(
        parsed(replaced(replaced(offer, "local none", "local sendrecv"), "video 0", "video 9"))
            .preconditions_met());
}

TEST_CASE("faults have a reason and a position") {
    struct Fault {
        const char *what, *by, *reason;
        std::size_t line, column;
    };
    const Fault faults[] = {
        {"v=0", "v=1", "Session description has a version other than 0", 1, 3},
        {"v=0", "s=0", "Session description does not begin with v=", 1, 1},
        {"o=- 1 1 IN IP4 127.1.100.1", "o=- 1 1 IN IP4", "o= line does not have six fields", 2, 3},
        {"a=sendonly",
         "sendonly",
         "Line of the session description is not of the form x=value",
         6,
         1},
        {"m=audio 49170/2 RTP/AVP 104 96",
         "m=audio x RTP/AVP 0",
         "m= line has no valid port",
         8,
         9},
        {"m=audio 49170/2 RTP/AVP 104 96",
         "m=audio 65536 RTP/AVP 0",
         "m= line has no valid port",
         8,
         9},
        {"m=audio 49170/2 RTP/AVP 104 96",
         "m=audio 1/0 RTP/AVP 0",
         "m= line has no valid number of ports",
         8,
         9},
        {"m=audio 49170/2 RTP/AVP 104 96", "m=audio 1", "m= line has no protocol", 8, 10},
        {"m=audio 49170/2 RTP/AVP 104 96", "m=audio 1 RTP/AVP", "m= line has no format", 8, 18},
    };
    for (const Fault& fault : faults) {
        auto sdp = Sdp::parse(replaced(offer, fault.what, fault.by));
        INFO(fault.by);
        REQUIRE(!sdp);
        CHECK(sdp.error().reason == fault.reason);
        CHECK(sdp.error().line == fault.line);
        CHECK(sdp.error().column == fault.column);
    }
    CHECK(Sdp::parse("").error().reason == "Session description is empty");
    CHECK(Sdp::parse("v=0\r\n").error().reason == "Session description has no o= line");
}

TEST_CASE("length, lines and media are bounded") {
    std::string head = "v=0\r\no=- 1 1 IN IP4 h\r\n", lines = head, media = head;
    for (int i = 0; i < 5000; ++i) lines += "a=x\r\n";
    for (int i = 0; i < 300; ++i) media += "m=audio 9 RTP/AVP 0\r\n";
    CHECK(Sdp::parse(lines).error().reason == "Session description has too many lines");
    CHECK(Sdp::parse(media).error().reason == "Session description has too many m= lines");
    CHECK(Sdp::parse(head + "a=" + std::string(300'000, 'x')).error().reason ==
          "Session description is too long");
}
