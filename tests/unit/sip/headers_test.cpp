// Typed views of header field values and the edits that respect their syntax.
#include "sip/headers.h"

#include <catch2/catch_test_macros.hpp>

using namespace imslab;
using namespace imslab::sip;

TEST_CASE("addresses with and without display name and brackets") {
    auto quoted = NameAddr::parse("\"Bell, \\\"A\\\" <x>\" <sip:a@b;lr>;tag=1;x=\"<;>\"");
    REQUIRE(quoted);
    CHECK(unquote(quoted->display) == "Bell, \"A\" <x>");
    CHECK(quoted->uri == "sip:a@b;lr");
    CHECK(quoted->tag() == "1");
    CHECK(quoted->params.get("x") == "\"<;>\"");
    auto tokens = NameAddr::parse("Alice of  Home <tel:+1555>");
    REQUIRE(tokens);
    CHECK(tokens->display == "Alice of  Home");
    auto bare = NameAddr::parse("sip:a@b;tag=2");
    REQUIRE(bare);
    CHECK(bare->uri == "sip:a@b");
    CHECK(bare->tag() == "2");
    CHECK(NameAddr::parse(" * ")->is_star);
    CHECK(NameAddr::parse("<>;x")->uri.empty());
    for (const char* wrong : {"",
                              "\"open <sip:a@b>",
                              "<sip:a@b",
                              "Bell, A <sip:a@b>",
                              "sip:a@b?x=y",
                              "<sip:a@b>;;",
                              "<sip:a@b>;=1",
                              "<sip:a@b> text",
                              "<sip:a@b>, <sip:c@d>",
                              "name",
                              "< sip:a@b>"}) {
        INFO(wrong);
        CHECK_FALSE(NameAddr::parse(wrong));
    }
}

TEST_CASE("Via with blanks, IPv6, unknown transports") {
    auto via =
        Via::parse("SIP / 2.0 / WS  [2001:db8::1] : 5062 ; branch = z9hG4bK-1;rport;received=::1");
    REQUIRE(via);
    CHECK(via->transport == Transport::ws);
    CHECK(via->host == "[2001:db8::1]");
    CHECK(via->port == 5062);
    CHECK(via->branch() == "z9hG4bK-1");
    CHECK(via->has_magic_cookie());
    CHECK(via->params.get("rport") == "");
    CHECK(via->params.get("received") == "::1");
    CHECK(Via::parse("SIP/2.0/SCTP host")->transport_text == "SCTP");
    CHECK_FALSE(Via::parse("SIP/2.0/UDP host;branch=z9hG4bK")->has_magic_cookie());
    CHECK_FALSE(Via::parse("SIP/2.0/UDP"));
    CHECK_FALSE(Via::parse("SIP/2.0 host"));
    CHECK_FALSE(Via::parse("SIP/2.0/UDP host:x"));
    CHECK_FALSE(Via::parse("SIP/2.0/UDP a, SIP/2.0/UDP b"));
}

TEST_CASE("CSeq and RAck") {
    CHECK(CSeq::parse("0009  INVITE")->number == 9);
    CHECK(CSeq::parse("2147483647 X")->method == "X");
    CHECK_FALSE(CSeq::parse("2147483648 X"));
    CHECK_FALSE(CSeq::parse("1INVITE"));
    CHECK_FALSE(CSeq::parse("1 IN VITE"));
    auto rack = RAck::parse("776656 1 INVITE");
    REQUIRE(rack);
    CHECK(rack->response == 776656);
    CHECK(rack->cseq == 1);
    CHECK(rack->method == "INVITE");
    CHECK_FALSE(RAck::parse("776656 INVITE"));
}

TEST_CASE("credentials are read, extended, overwritten and cut") {
    std::string value =
        "Digest username=\"alice@ims.example\", realm=\"a,b\",nonce=abc , "
        "integrity-protected=\"yes\"";
    auto auth = AuthParams::parse(value);
    REQUIRE(auth);
    CHECK(auth->scheme == "Digest");
    CHECK(auth->get("USERNAME") == "alice@ims.example");
    CHECK(auth->get("realm") == "a,b");
    CHECK(auth->get("nonce") == "abc");
    CHECK_FALSE(auth->get("response"));
    auto overwritten = with_auth_param(value, "integrity-protected", "no");
    CHECK(AuthParams::parse(overwritten)->get("integrity-protected") == "no");
    CHECK(AuthParams::parse(overwritten)->get("realm") == "a,b");
    auto added = with_auth_param("Digest realm=\"r\"", "ck", "00ff");
    CHECK(added == "Digest realm=\"r\", ck=\"00ff\"");
    CHECK(without_auth_params(added, {"CK"}) == "Digest realm=\"r\"");
    CHECK(without_auth_params(value, {"none"}) ==
          "Digest username=\"alice@ims.example\", realm=\"a,b\", nonce=abc, "
          "integrity-protected=\"yes\"");
    CHECK_FALSE(AuthParams::parse(""));
}

TEST_CASE("header parameters are set and removed outside of the URI") {
    CHECK(with_param("<sip:a@b;tag=no>", "tag", "1") == "<sip:a@b;tag=no>;tag=1");
    CHECK(with_param("\"x;tag=no\" <sip:a@b>;tag=1;y", "tag", "2") ==
          "\"x;tag=no\" <sip:a@b>;y;tag=2");
    CHECK(with_param("SIP/2.0/UDP host;rport;branch=b", "rport", "5") ==
          "SIP/2.0/UDP host;branch=b;rport=5");
    CHECK(with_param("<sip:a>", "lr", "") == "<sip:a>;lr");
    CHECK(without_param("<sip:a>;x=1;y=\"2;x=3\"", "x") == "<sip:a>;y=\"2;x=3\"");
    CHECK(without_param("<sip:a>;x", "x") == "<sip:a>");
}

TEST_CASE("RFC 7315: the charging vector keeps what it does not know") {
    auto vector = ChargingVector::parse(
        "icid-value=\"a b\"; icid-generated-at=127.0.0.1;orig-ioi=home1.net;access=\"x\";flag");
    REQUIRE(vector);
    CHECK(vector->icid == "a b");
    CHECK(vector->orig_ioi == "home1.net");
    CHECK(vector->others == ";access=\"x\";flag");
    vector->term_ioi = "visited 2";
    CHECK(vector->to_string() ==
          "icid-value=\"a b\";icid-generated-at=127.0.0.1;orig-ioi=home1.net;term-ioi=\"visited "
          "2\";access=\"x\";flag");
    CHECK_FALSE(ChargingVector::parse("orig-ioi=x"));
}

TEST_CASE("shorthands of a message") {
    Message message = Message::request(Method::register_, "sip:ims.example");
    CHECK_FALSE(from_tag(message));
    CHECK_FALSE(top_via(message));
    CHECK_FALSE(cseq(message));
    CHECK(call_id(message).empty());
    CHECK_FALSE(expires(message));
    message.append(HeaderId::from, "<sip:a@b;tag=uri>;tag=f");
    message.append(HeaderId::to, "\"t;tag=display\" <sip:a@b>");
    message.append(HeaderId::cseq, "5 REGISTER");
    CHECK(from_tag(message) == "f");
    CHECK_FALSE(to_tag(message));
    set_to_tag(message, "t1");
    set_to_tag(message, "t2");
    CHECK(message.get(HeaderId::to) == "\"t;tag=display\" <sip:a@b>;tag=t2");
    CHECK(cseq(message)->number == 5);
    CHECK(uri_of(message.get(HeaderId::from)) == "sip:a@b;tag=uri");
    CHECK_FALSE(uri_of(std::nullopt));

    auto contact = NameAddr::parse("<sip:a@c>;expires=60");
    auto plain = NameAddr::parse("<sip:a@c>");
    CHECK(contact_expires(message, *plain, 3600) == 3600);
    message.set(HeaderId::expires, "120");
    CHECK(contact_expires(message, *contact, 3600) == 60);
    CHECK(contact_expires(message, *plain, 3600) == 120);
    message.set(HeaderId::expires, "99999999999");
    CHECK(contact_expires(message, *plain, 3600) == 3600);
}
