// RFC 7247 §6: both directions, its own examples first.
#include "gateways/interconnection/addresses.h"

#include <catch2/catch_test_macros.hpp>

using namespace imslab;
using namespace imslab::interconnection;

namespace {

std::string jid(std::string_view uri) {
    const auto jid = jid_of(uri);
    return jid ? jid->to_string() : "refused: " + jid.error();
}

std::string uri(std::string_view jid, UriScheme scheme = UriScheme::sip) {
    const auto parsed = xmpp::Jid::parse(jid);
    if (!parsed) return "no JID: " + parsed.error();
    const auto uri = uri_of(*parsed, scheme);
    return uri ? *uri : "refused: " + uri.error();
}

struct Row {
    const char *from, *to;
};

}  // namespace

TEST_CASE("RFC 7247 §6.4: a SIP URI becomes an XMPP address") {
    for (const auto& row :
         {Row{"sip:f%C3%BC@sip.example", "f\xC3\xBC@sip.example"},
          Row{"sip:o'malley@sip.example", "o\\27malley@sip.example"},
          Row{"sip:foo@sip.example;gr=bar", "foo@sip.example/bar"},
          Row{"sip:m&m@sip.example", "m\\26m@sip.example"},
          Row{"sip:a/b@sip.example", "a\\2fb@sip.example"},
          Row{"sip:%22a%22@sip.example", "\\22a\\22@sip.example"},
          Row{"sip:a%20b@sip.example", "a\\20b@sip.example"},
          Row{"sip:a%3Ab%3Cc%3Ed%40e@sip.example", "a\\3ab\\3cc\\3ed\\40e@sip.example"},
          Row{"sip:a%23b%25c@sip.example", "a#b%c@sip.example"},
          Row{"sip:a%5C27b@sip.example", "a\\5c27b@sip.example"},
          Row{"sip:a%5Cb@sip.example", "a\\b@sip.example"},
          Row{"sip:a;b=c?d@sip.example", "a;b=c?d@sip.example"},
          Row{"sip:Alice@SIP.Example", "alice@sip.example"},
          Row{"sip:alice:secret@sip.example:5070;transport=tcp?Subject=x", "alice@sip.example"},
          Row{"sip:+15551234@sip.example;user=phone", "+15551234@sip.example"},
          Row{"sips:alice@sip.example", "alice@sip.example"},
          Row{"sip:alice@[2001:db8::9]", "alice@[2001:db8::9]"},
          Row{"sip:sip.example", "sip.example"},
          Row{"im:alice@sip.example", "alice@sip.example"},
          Row{"IM:o'malley@sip.example?subject=x", "o\\27malley@sip.example"},
          Row{"pres:f%C3%BC@sip.example", "f\xC3\xBC@sip.example"}}) {
        CHECK(jid(row.from) == row.to);
    }
}

TEST_CASE("RFC 7247 §6.3: a public GRUU is a full JID, a temporary one is not") {
    CHECK(jid("sip:alice@sip.example;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6") ==
          "alice@sip.example/urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
    CHECK(jid("sip:alice@sip.example;gr=caf%C3%A9%20au%20lait") ==
          "alice@sip.example/caf\xC3\xA9 au lait");
    CHECK(jid("sip:tgruu.7hs==jd7vnzga5w7fajsc7-ajd6fabz0f8g5@sip.example;gr") ==
          "tgruu.7hs==jd7vnzga5w7fajsc7-ajd6fabz0f8g5@sip.example");
}

TEST_CASE("a URI that is no XMPP address is refused with a sentence") {
    for (const std::string uri : {"",
                                  "alice",
                                  "sip:",
                                  "sip:@sip.example",
                                  "tel:+15551234",
                                  "mailto:alice@sip.example",
                                  "sip:%C3@sip.example",
                                  "sip:a%00b@sip.example",
                                  "sip:a%0Ab@sip.example",
                                  "sip:%20a@sip.example",
                                  "sip:a%20@sip.example",
                                  "sip:a%4@sip.example",
                                  "sip:alice@sip.example;gr=%00",
                                  "im:alice",
                                  "im:@sip.example",
                                  "im:alice@",
                                  "im:a%zz@sip.example",
                                  "pres:alice@host@host"}) {
        INFO(uri);
        CHECK_FALSE(jid_of(uri));
    }
    CHECK(jid("tel:+15551234") == "refused: found the scheme tel, expected sip, sips, im or pres");
}

TEST_CASE("RFC 7247 §6.5: an XMPP address becomes a SIP URI") {
    for (const auto& row :
         {Row{"m\\26m@xmpp.example", "sip:m&m@xmpp.example"},
          Row{"tsch\xC3\xBCss@xmpp.example", "sip:tsch%C3%BCss@xmpp.example"},
          Row{"baz@xmpp.example/qux", "sip:baz@xmpp.example;gr=qux"},
          Row{"o\\27malley@xmpp.example", "sip:o'malley@xmpp.example"},
          Row{"a\\2fb@xmpp.example", "sip:a/b@xmpp.example"},
          Row{"a#b%c[d]e^f`g{h|i}@xmpp.example",
              "sip:a%23b%25c%5Bd%5De%5Ef%60g%7Bh%7Ci%7D@xmpp.example"},
          Row{"a\\b@xmpp.example", "sip:a%5Cb@xmpp.example"},
          Row{"a\\5c27b@xmpp.example", "sip:a%5C27b@xmpp.example"},
          Row{"a\\20b\\22c\\3ad\\3ce\\3ef\\40g@xmpp.example",
              "sip:a%20b%22c%3Ad%3Ce%3Ef%40g@xmpp.example"},
          Row{"a!$()*+,-.;=?_~z@xmpp.example", "sip:a!$()*+,-.;=?_~z@xmpp.example"},
          Row{"xmpp.example", "sip:xmpp.example"},
          Row{"romeo@[2001:db8::9]/x", "sip:romeo@[2001:db8::9];gr=x"},
          Row{"romeo@xmpp.example/caf\xC3\xA9 au;lait=1?",
              "sip:romeo@xmpp.example;gr=caf%C3%A9%20au%3Blait%3D1%3F"},
          Row{"romeo@xmpp.example/a/b@c<d>\"", "sip:romeo@xmpp.example;gr=a/b%40c%3Cd%3E%22"}}) {
        CHECK(uri(row.from) == row.to);
    }
    CHECK(uri("romeo@xmpp.example/x", UriScheme::sips) == "sips:romeo@xmpp.example;gr=x");
}

TEST_CASE("RFC 7247 §6.5 step 5: an XMPP address becomes an im or pres URI, without a resource") {
    for (const auto& row :
         {Row{"romeo@xmpp.example/x", "im:romeo@xmpp.example"},
          Row{"a(b)c,d.e;f[g\\h]@xmpp.example", "im:a%28b%29c%2Cd%2Ee%3Bf%5Bg%5Ch%5D@xmpp.example"},
          Row{"tsch\xC3\xBCss@xmpp.example", "im:tsch%C3%BCss@xmpp.example"},
          Row{"m\\26m\\2fn@xmpp.example", "im:m&m/n@xmpp.example"},
          Row{"a?b#c%41@xmpp.example", "im:a%3Fb%23c%2541@xmpp.example"}}) {
        CHECK(uri(row.from, UriScheme::im) == row.to);
    }
    CHECK(uri("romeo@xmpp.example", UriScheme::pres) == "pres:romeo@xmpp.example");
    CHECK(uri("xmpp.example", UriScheme::im) == "refused: it names no user at a domain");
}

TEST_CASE("a domain of another script is none that SIP can write") {
    CHECK(uri("romeo@b\xC3\xBC"
              "cher.example") == "refused: its domain is no host name that SIP can write");
    CHECK(uri("romeo@xn--bcher-kva.example") == "sip:romeo@xn--bcher-kva.example");
}

TEST_CASE("there and back is the same address") {
    std::string every;
    for (int c = 0x21; c < 0x7F; ++c) every += static_cast<char>(c);
    for (const char* tail : {"", "\\20", "\\5c5c", "\xE2\x82\xAC\xF0\x9F\x98\x80"}) {
        std::string local = "a";
        for (const char c : every) {
            if (std::string_view("\"&'/:<>@").find(c) == std::string_view::npos &&
                !(c >= 'A' && c <= 'Z'))
                local += c;
        }
        local += tail;
        local += "z";
        const auto there = xmpp::Jid::of_parts(local, "xmpp.example", every + " \xC3\xBC");
        REQUIRE(there);
        CHECK(jid_of(uri_of(*there).value()).value() == *there);
        CHECK(jid_of(uri_of(*there, UriScheme::im).value()).value() == there->bare());
        CHECK(jid_of_xmpp_uri(xmpp_uri_of(*there)).value() == *there);
    }
}

TEST_CASE("RFC 5122: addresses as URIs of the scheme xmpp") {
    const auto read = [](std::string_view uri) {
        const auto jid = jid_of_xmpp_uri(uri);
        return jid ? jid->to_string() : "refused: " + jid.error();
    };
    CHECK(read("xmpp:romeo@xmpp.example") == "romeo@xmpp.example");
    CHECK(read("XMPP:nasty%21%23$%25%28%29*+,-.;=%3F%5B%5C%5D%5E_%60%7B%7C%7D~node@example.com") ==
          "nasty!#$%()*+,-.;=?[\\]^_`{|}~node@example.com");
    CHECK(read("xmpp:node@example.com/repulsive%20!%23%22$%25&'%28%29*+,-.%2F:;%3C=%3E%3F%40%5B%5C"
               "%5D%5E_%60%7B%7C%7D~resource") ==
          "node@example.com/repulsive !#\"$%&'()*+,-./:;<=>?@[\\]^_`{|}~resource");
    CHECK(read("xmpp://guest@example.com/support@example.com?message") == "support@example.com");
    CHECK(read("xmpp:romeo@xmpp.example?message;body=x#y") == "romeo@xmpp.example");
    CHECK(read("xmpp:xmpp.example") == "xmpp.example");
    CHECK(read("sip:romeo@xmpp.example") == "refused: it is no URI of the scheme xmpp");
    CHECK(read("xmpp://guest@example.com") == "refused: its domainpart is empty");
    CHECK(read("xmpp:ro%meo@xmpp.example") == "refused: it has a broken %-escape");
}
