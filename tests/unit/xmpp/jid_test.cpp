// RFC 6122 and XEP-0106: addresses, and what a localpart escapes.
#include "xmpp/jid.h"

#include <catch2/catch_test_macros.hpp>

#include "xmpp/characters.h"
#include "xmpp/escaping.h"

using namespace imslab::xmpp;

TEST_CASE("a JID is read in its parts and written again") {
    struct Row {
        const char *text, *local, *domain, *resource;
    };
    for (const auto& row :
         {Row{"romeo@xmpp.example", "romeo", "xmpp.example", ""},
          Row{"romeo@xmpp.example/orchard", "romeo", "xmpp.example", "orchard"},
          Row{"xmpp.example", "", "xmpp.example", ""},
          Row{"xmpp.example/echo", "", "xmpp.example", "echo"},
          Row{"a@b/c@d/e", "a", "b", "c@d/e"},
          Row{"a@[2001:db8::1]/x y", "a", "[2001:db8::1]", "x y"},
          Row{"tsch\xC3\xBCss@xmpp.example", "tsch\xC3\xBCss", "xmpp.example", ""},
          Row{"o\\27malley@xmpp.example", "o\\27malley", "xmpp.example", ""}}) {
        const auto jid = Jid::parse(row.text);
        REQUIRE(jid);
        CHECK(jid->local == row.local);
        CHECK(jid->domain == row.domain);
        CHECK(jid->resource == row.resource);
        CHECK(jid->to_string() == row.text);
    }
}

TEST_CASE("ASCII letters are small ones in localpart and domainpart, not in the resourcepart") {
    CHECK(Jid::parse("Romeo@XMPP.Example/Orchard")->to_string() == "romeo@xmpp.example/Orchard");
    CHECK(Jid::parse("romeo@xmpp.example.")->to_string() == "romeo@xmpp.example");
}

TEST_CASE("what is no JID is refused with a sentence") {
    for (const std::string text : {"",
                                   "@xmpp.example",
                                   "romeo@",
                                   "romeo@/orchard",
                                   "romeo@xmpp.example/",
                                   "romeo@.",
                                   "romeo@xmpp..example",
                                   "romeo@xmpp.example..",
                                   "romeo@.example",
                                   "romeo@[]",
                                   "romeo@[::1",
                                   "romeo@[xmpp]",
                                   "ro meo@xmpp.example",
                                   "ro\"meo@xmpp.example",
                                   "ro&meo@xmpp.example",
                                   "ro'meo@xmpp.example",
                                   "ro:meo@xmpp.example",
                                   "ro<meo@xmpp.example",
                                   "ro>meo@xmpp.example",
                                   "romeo@a@b",
                                   "romeo@xmpp example",
                                   "romeo@xmpp.example/a\tb",
                                   "ro\x01meo@xmpp.example",
                                   "romeo@xmpp.example/\xC3",
                                   "rom\xC0\xAF@xmpp.example",
                                   "rom\xED\xA0\x80@xmpp.example"}) {
        const auto jid = Jid::parse(text);
        INFO(text);
        REQUIRE_FALSE(jid);
        CHECK(jid.error().starts_with("its "));
    }
}

TEST_CASE("a part has 1023 octets at most") {
    const std::string most(1'023, 'a');
    CHECK(Jid::parse(most + "@" + most + "/" + most));
    CHECK_FALSE(Jid::parse(most + "a@xmpp.example"));
    CHECK_FALSE(Jid::parse("romeo@" + most + "a"));
    CHECK(Jid::parse("romeo@xmpp.example/a" + most).error() ==
          "its resourcepart has 1024 octets, expected at most 1023");
}

TEST_CASE("XEP-0106: the ten characters, and a backslash only where it would be misread") {
    struct Row {
        const char *text, *escaped;
    };
    for (const auto& row : {Row{"space cadet", "space\\20cadet"},
                            Row{"call me \"ishmael\"", "call\\20me\\20\\22ishmael\\22"},
                            Row{"at&t guy", "at\\26t\\20guy"},
                            Row{"d'artagnan", "d\\27artagnan"},
                            Row{"/.fanboy", "\\2f.fanboy"},
                            Row{"::foo::", "\\3a\\3afoo\\3a\\3a"},
                            Row{"<foo>", "\\3cfoo\\3e"},
                            Row{"user@host", "user\\40host"},
                            Row{"c:\\net", "c\\3a\\net"},
                            Row{"c:\\cool stuff", "c\\3a\\cool\\20stuff"},
                            Row{"c:\\5commas", "c\\3a\\5c5commas"},
                            Row{"\\3and\\2is\\5", "\\5c3and\\2is\\5"},
                            Row{"f\xC3\xBC", "f\xC3\xBC"}}) {
        CHECK(escape_localpart(row.text).value() == row.escaped);
        CHECK(unescape_localpart(row.escaped) == row.text);
    }
}

TEST_CASE("XEP-0106: no space at the start or end of a localpart") {
    CHECK_FALSE(escape_localpart(" romeo"));
    CHECK_FALSE(escape_localpart("romeo "));
    CHECK(unescape_localpart("a\\2Fb\\3Cc\\24d\\") == "a/b<c\\24d\\");
}

TEST_CASE("text that XML cannot hold is told, and made such as it can") {
    CHECK(is_xml_text("a\tb\r\n \xC3\xBC \xE2\x82\xAC \xF0\x9F\x98\x80"));
    for (const std::string text : {"\x01",
                                   "\x7F\x00x",
                                   "\xC3",
                                   "\xC0\x80",
                                   "\xE0\x80\x80",
                                   "\xF0\x80\x80\x80",
                                   "\xED\xBF\xBF",
                                   "\xEF\xBF\xBE",
                                   "\xF5",
                                   "\x80"}) {
        if (text == "\x7F") continue;
        CHECK_FALSE(is_xml_text(text));
        CHECK(is_xml_text(as_xml_text(text)));
    }
    CHECK(unfinished_at_end("") == 0);
    CHECK(unfinished_at_end("a\xC3\xBC") == 0);
    CHECK(unfinished_at_end("a\xC3") == 1);
    CHECK(unfinished_at_end("a\xF0\x9F\x98") == 3);
    CHECK(unfinished_at_end("\x80\x80\x80\x80") == 0);
    CHECK(as_xml_text("a\x01z") == "a\xEF\xBF\xBDz");
}
