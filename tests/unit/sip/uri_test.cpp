// SIP, SIPS, TEL and other URIs; parameters and quoting.
#include "sip/uri.h"

#include <catch2/catch_test_macros.hpp>

using namespace imslab::sip;

TEST_CASE("the parts of a SIP URI") {
    auto uri = Uri::parse(
        "sips:al%69ce:secret@[2001:db8::1]:5061;transport=tcp;lr?Subject=x&Priority=urgent");
    REQUIRE(uri);
    CHECK(uri->scheme == Scheme::sips);
    CHECK(uri->user == "al%69ce");
    CHECK(uri->password == "secret");
    CHECK(uri->host == "[2001:db8::1]");
    CHECK(uri->port == 5061);
    CHECK(uri->params.get("Transport") == "tcp");
    CHECK(uri->is_loose_router());
    CHECK(uri->headers == "Subject=x&Priority=urgent");

    auto bare = Uri::parse("SIP:example.com");
    REQUIRE(bare);
    CHECK(bare->scheme == Scheme::sip);
    CHECK_FALSE(bare->has_user);
    CHECK(bare->host == "example.com");
    CHECK(bare->port == 0);
}

TEST_CASE("user parts may hold what looks like something else") {
    auto uri = Uri::parse("sip:+1-555;phone-context=a.b?c/d@gw.example;user=phone");
    REQUIRE(uri);
    CHECK(uri->user == "+1-555;phone-context=a.b?c/d");
    CHECK(uri->host == "gw.example");
    CHECK(uri->params.get("user") == "phone");
}

TEST_CASE("tel, urn and other URIs") {
    auto tel = Uri::parse("tel:+1-201-555-0123;ext=7");
    REQUIRE(tel);
    CHECK(tel->scheme == Scheme::tel);
    CHECK(tel->user == "+1-201-555-0123");
    CHECK(tel->params.get("ext") == "7");
    CHECK(Uri::parse("tel:*#06#;phone-context=example.com"));
    auto urn = Uri::parse("urn:service:sos.police");
    REQUIRE(urn);
    CHECK(urn->scheme == Scheme::urn);
    CHECK(urn->user == "service:sos.police");
    auto other = Uri::parse("soap.beep://192.0.2.103:3002");
    REQUIRE(other);
    CHECK(other->scheme == Scheme::other);
    CHECK(other->scheme_text == "soap.beep");
}

TEST_CASE("what is no URI") {
    for (const char* text : {"",
                             "sip",
                             "sip:",
                             "sip:@host",
                             "sip:user@",
                             "sip:us er@host",
                             "sip:user%4@host",
                             "sip:user%zz@host",
                             "sip:host:port",
                             "sip:host:65536",
                             "sip:host:",
                             "sip:[::1",
                             "sip:[]",
                             "sip:2001:db8::1",
                             "sip:a@b@c",
                             "sip:host<>",
                             "sip:host;a b",
                             "sip:host?a b",
                             "sip:host,other",
                             "tel:",
                             "tel:+",
                             "tel:+1555x",
                             "tel:hello",
                             "1:x",
                             ":x",
                             "no colon",
                             "<sip:a@b>",
                             "urn:",
                             "http://a b"}) {
        INFO(text);
        CHECK_FALSE(Uri::parse(text));
    }
}

TEST_CASE("RFC 3261 §19.1.4: its examples of equal and unequal URIs") {
    CHECK(equal("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"));
    CHECK(equal("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
    CHECK(equal("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"));
    CHECK(equal("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"));
    CHECK(equal("sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                "sip:alice@atlanta.com?priority=urgent&subject=project%20x"));
    CHECK_FALSE(
        equal("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"));
    CHECK_FALSE(equal("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
    CHECK_FALSE(equal("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
    CHECK_FALSE(equal("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"));
    CHECK_FALSE(equal("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"));
    CHECK_FALSE(equal("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"));
    CHECK_FALSE(equal("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"));
    CHECK_FALSE(equal("sip:alice@a.example", "sips:alice@a.example"));
    CHECK_FALSE(equal("sip:a.example", "sip:alice@a.example"));
}

TEST_CASE("RFC 5954: IPv6 addresses compare as addresses") {
    CHECK(equal("sip:bob@[2001:db8::9:1]", "sip:bob@[2001:DB8:0:0:0:0:9:1]"));
    CHECK_FALSE(equal("sip:bob@[2001:db8::9:1]", "sip:bob@[2001:db8::9:2]"));
}

TEST_CASE("RFC 3966 §4: tel URIs compare without visual separators") {
    CHECK(equal("tel:+1-201-555-0123", "TEL:+1(201)555.0123"));
    CHECK(equal("tel:7042;phone-context=example.com", "tel:70-42;Phone-Context=EXAMPLE.com"));
    CHECK_FALSE(equal("tel:+12015550123", "tel:12015550123"));
    CHECK_FALSE(equal("tel:7042;phone-context=a.example", "tel:7042;phone-context=b.example"));
    CHECK_FALSE(equal("tel:+12015550123", "tel:+12015550123;ext=1"));
    CHECK(equal("urn:service:sos", "urn:service:sos"));
    CHECK_FALSE(equal("urn:service:sos", "urn:service:SOS"));
}

TEST_CASE("the form under which identities are kept") {
    CHECK(canonical_identity("SIP:Al%69ce@IMS.Example:5060;user=phone?x=y") ==
          "sip:Alice@ims.example");
    CHECK(canonical_identity("sip:a%40b@ims.example") == "sip:a%40b@ims.example");
    CHECK(canonical_identity("sip:a%3ab@ims.example") == "sip:a%3Ab@ims.example");
    CHECK(canonical_identity("sips:IMS.Example") == "sips:ims.example");
    CHECK(canonical_identity("tel:+1-555-0001") == "tel:+15550001");
    CHECK(canonical_identity("tel:7042;ext=1;phone-context=Example.com") ==
          "tel:7042;phone-context=example.com");
    CHECK(canonical_identity("urn:service:sos") == "urn:service:sos");
    CHECK_FALSE(canonical_identity("alice"));
}

TEST_CASE("parameters are found whatever their case, quotes and blanks") {
    Params params("tag = a1;flag; q=0.5 ;text=\"a;b\\\"=c\";last=");
    CHECK(params.get("TAG") == "a1");
    CHECK(params.get("flag") == "");
    CHECK(params.get("q") == "0.5");
    CHECK(params.get("text") == "\"a;b\\\"=c\"");
    CHECK(params.get("last") == "");
    CHECK_FALSE(params.has("b"));
    int count = 0;
    params.for_each([&](const Params::Item&) { return ++count < 3; });
    CHECK(count == 3);
    CHECK(Params("a=\"x,y\", b=2", ',').get("b") == "2");
    CHECK_FALSE(Params().has("a"));
}

TEST_CASE("quoting, escaping, numbers") {
    CHECK(unquote("\"a\\\"b\\\\\"") == "a\"b\\");
    CHECK(unquote("plain") == "plain");
    CHECK(quote("a\"b\\") == "\"a\\\"b\\\\\"");
    CHECK(unescape("%41%62c") == "Abc");
    CHECK_FALSE(unescape("%4"));
    CHECK_FALSE(unescape("%g1"));
    CHECK(to_number("0068") == 68u);
    CHECK(to_number("4294967295") == 4294967295u);
    CHECK_FALSE(to_number("4294967296"));
    CHECK_FALSE(to_number("-1"));
    CHECK_FALSE(to_number(""));
    CHECK(trim(" \t a b\t ") == "a b");
}
