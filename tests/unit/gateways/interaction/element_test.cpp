// Structures in JSON and in XML, and what of them is not read.
#include "gateways/interaction/element.h"

#include <catch2/catch_test_macros.hpp>

using namespace imslab::interaction;

namespace {

Element call() {
    Element root("call");
    root.add_text("state", "joined");
    root.add_text("note", "");
    Element party("party");
    party.add_text("uri", "sip:a@home");
    root.add_one_of(party);
    return root;
}

}  // namespace

TEST_CASE("a structure is the same in both forms") {
    CHECK(to_json(call()) == R"({"call":{"state":"joined","party":[{"uri":"sip:a@home"}]}})");
    CHECK(to_xml(call(), "x", "urn:x") ==
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<x:call xmlns:x=\"urn:x\"><state>joined"
          "</state><party><uri>sip:a@home</uri></party></x:call>");
    for (const auto& read : {from_json(to_json(call())), from_xml(to_xml(call(), "x", "urn:x"))}) {
        REQUIRE(read);
        CHECK(read->name == "call");
        CHECK(read->text_of("state") == "joined");
        REQUIRE(read->all("party").size() == 1);
        CHECK(read->all("party")[0]->text_of("uri") == "sip:a@home");
        CHECK(read->find("note") == nullptr);
    }
}

TEST_CASE("what a text holds stays a text") {
    Element root("call");
    root.add_text("name", "</name>\"&\\\n");
    CHECK(from_json(to_json(root))->text_of("name") == "</name>\"&\\\n");
    CHECK(from_xml(to_xml(root, "x", "urn:x"))->text_of("name") == "</name>\"&\\");
    CHECK(from_json(R"({"a":{"n":12,"b":true,"c":null}})")->text_of("n") == "12");
    CHECK(from_json(R"({"a":{"n":12,"b":true,"c":null}})")->text_of("b") == "true");
    CHECK(from_xml("<a><b><![CDATA[<c>]]></b></a>")->text_of("b") == "<c>");
}

TEST_CASE("JSON that is no structure is not read") {
    CHECK_FALSE(from_json(""));
    CHECK_FALSE(from_json("{"));
    CHECK_FALSE(from_json("[]"));
    CHECK_FALSE(from_json("{}"));
    CHECK_FALSE(from_json(R"({"a":1,"b":2})"));
    CHECK_FALSE(from_json(R"({"a":{"b":[[1]]}})"));
    CHECK_FALSE(from_json("{\"a\":\"\xFF\"}"));
    std::string deep = "1";
    for (int i = 0; i < 40; ++i) deep = "{\"a\":" + deep + "}";
    CHECK_FALSE(from_json(deep));
    CHECK_FALSE(from_json(std::string(50'000, '[')));
}

TEST_CASE("XML that is no structure is not read, and no entity is resolved") {
    CHECK_FALSE(from_xml(""));
    CHECK_FALSE(from_xml("<a><b></a>"));
    CHECK_FALSE(from_xml("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>"));
    std::string deep;
    for (int i = 0; i < 40; ++i) deep += "<a>";
    for (int i = 0; i < 40; ++i) deep += "</a>";
    CHECK_FALSE(from_xml(deep));
}
