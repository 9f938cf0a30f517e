// Presence documents: what is taken, what is refused, how several become one (RFC 3863, RFC 4479).
#include "as/presence/presence_document.h"

#include <catch2/catch_test_macros.hpp>

#include "as/presence/composition.h"
#include "as/presence/transformation.h"

using namespace imslab::presence;

namespace {

std::string pidf(std::string_view inside, std::string_view attributes = "entity=\"sip:a@h\"") {
    return "<?xml version=\"1.0\"?><presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
           "xmlns:x=\"urn:ietf:params:xml:ns:pidf:data-model\" "
           "xmlns:r=\"urn:ietf:params:xml:ns:pidf:rpid\" " +
           std::string(attributes) + ">" + std::string(inside) + "</presence>";
}

std::string why(std::string_view text) {
    const auto read = read_presence(text);
    return read ? "taken" : read.error();
}

PresenceDocument taken(std::string_view text) {
    auto read = read_presence(text);
    INFO((read ? std::string() : read.error()));
    REQUIRE(read);
    return *read;
}

constexpr const char* kOpen =
    "<tuple id=\"t1\"><status><basic>open</basic></status>"
    "<contact priority=\"0.8\">sip:a@phone</contact></tuple>";

}  // namespace

TEST_CASE("Whatever its prefixes, a document is written in one spelling") {
    const auto document =
        taken(pidf(std::string(kOpen) +
                   "<x:person id=\"p1\"><r:activities><r:away/></r:activities></x:person>"
                   "<note xml:lang=\"en\">Tea &amp; cake</note>"));
    CHECK(document.text() ==
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<presence "
          "xmlns=\"urn:ietf:params:xml:ns:pidf\" "
          "xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
          "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"sip:a@h\">"
          "<tuple id=\"t1\"><status><basic>open</basic></status>"
          "<contact priority=\"0.8\">sip:a@phone</contact></tuple>"
          "<note xml:lang=\"en\">Tea &amp; cake</note>"
          "<dm:person id=\"p1\"><rpid:activities><rpid:away/></rpid:activities></dm:person>"
          "</presence>\n");
    // read again it is the same
    CHECK(taken(document.text()).text() == document.text());
}

TEST_CASE("Elements and attributes of strangers are kept, with their namespace") {
    const auto document = taken(
        pidf("<tuple id=\"t\"><status/><q:mine xmlns:q=\"urn:x\" q:a=\"1\" b=\"2\"/></tuple>"));
    const auto text = document.text();
    CHECK(text.find("<x:mine y1:a=\"1\" b=\"2\" xmlns:x=\"urn:x\" xmlns:y1=\"urn:x\"/>") !=
          std::string::npos);
    CHECK(taken(text).text() == text);
}

TEST_CASE("What is no XML, or not safe, is refused with a reason") {
    CHECK(why("").starts_with("not well-formed XML"));
    CHECK(why("<presence").starts_with("not well-formed XML"));
    CHECK(why(pidf("<tuple>")).starts_with("not well-formed XML"));
    CHECK(why("<!DOCTYPE lolz [<!ENTITY lol \"lol\">]>" + pidf("")) ==
          "a document type declaration is not accepted");
    CHECK(why(pidf("<note>&lol;</note>")) == "an entity that XML does not define is not accepted");
    CHECK(why(pidf("<note>\xC0\xAF</note>")) == "the document is not UTF-8");
    CHECK(why(pidf("<note>\x01</note>")) == "the document is not UTF-8");
    CHECK(why(pidf("<z:a/>")) == "the prefix z is not declared");
    CHECK(why(pidf("", "entity=\"a\" entity=\"b\"")) == "the attribute entity stands twice");
    CHECK(why(pidf("") + pidf("").substr(21)) == "the document has not one root element");
    std::string deep;
    for (int i = 0; i < 30; ++i) deep += "<x:a>";
    for (int i = 0; i < 30; ++i) deep += "</x:a>";
    CHECK(why(pidf(deep)) == "XML elements are nested too deeply");
    std::string many;
    for (int i = 0; i < 6000; ++i) many += "<x:a/>";
    CHECK(why(pidf(many)) == "too many XML elements");
    CHECK(why(pidf("<note>" + std::string(70'000, 'a') + "</note>")) == "the document is too large");
}

TEST_CASE("Characters that XML does not have are refused, as octets and by their number") {
    for (const char* octets :
         {"\xED\xA0\x80", "\xE0\x80\xAF", "\xF0\x80\x80\xAF", "\xF4\x90\x80\x80", "\xEF\xBF\xBE"})
        CHECK(why(pidf("<note>" + std::string(octets) + "</note>")) == "the document is not UTF-8");
    for (const char* reference : {"&#0;", "&#xD800;", "&#x110000;", "&#11;", "&#x;", "&#1x;"})
        CHECK(why(pidf("<note>" + std::string(reference) + "</note>")) ==
              "an entity that XML does not define is not accepted");
    CHECK(why(pidf("<note>\xE2\x82\xAC &#8364; &#x20AC; &#10;</note>")) == "taken");
    CHECK(taken(pidf("<tuple id=\"t\"><status/><contact>sip:a&#38;b</contact></tuple>"))
              .components[0]
              .value("contact") == "sip:a&b");
}

TEST_CASE("What is no presence document is refused with a reason") {
    CHECK(why("<presence entity=\"a\"/>") == "the element presence is in no namespace");
    CHECK(why("<a xmlns=\"urn:ietf:params:xml:ns:pidf\"/>") ==
          "found the element a, expected presence of PIDF");
    CHECK(why(pidf("", "")) == "presence has no entity");
    CHECK(why(pidf("<tuple><status/></tuple>")) == "tuple has no id");
    CHECK(why(pidf(std::string(kOpen) + kOpen)) == "the id t1 stands twice");
    CHECK(why(pidf("<tuple id=\"t\"/>")) == "tuple t has not one status");
    CHECK(why(pidf("<tuple id=\"t\"><status><basic>ajar</basic></status></tuple>")) ==
          "basic is ajar, expected open or closed");
    CHECK(why(pidf("<tuple id=\"t\"><status/><contact priority=\"1.1\">sip:a</contact></tuple>")) ==
          "the priority 1.1 is no number from 0 to 1");
    CHECK(why(pidf("<tuple id=\"t\"><status/><timestamp>yesterday</timestamp></tuple>")) ==
          "the timestamp yesterday is no date and time");
    CHECK(why(pidf("<x:device id=\"d\"/>")) == "device d has not one deviceID");
    CHECK(why(pidf("words")) == "text stands in presence");
    CHECK(why(pidf("<other/>")) == "the element other is none of PIDF's");
}

TEST_CASE("Dates and times of RFC 3339") {
    CHECK(read_date_time("1970-01-01T00:00:00Z") == 0);
    CHECK(read_date_time("2000-03-01T01:00:00+01:00") == 951868800);
    CHECK(read_date_time("2000-02-29T12:00:00.5Z") == 951825600);
    CHECK_FALSE(read_date_time("2000-13-01T12:00:00Z"));
    CHECK_FALSE(read_date_time("2000-02-29"));
}

TEST_CASE("Several sources become one document: services side by side, one person, devices once") {
    const auto phone = taken(
        pidf("<tuple id=\"t1\"><status><basic>open</basic></status><contact>sip:a@phone</contact>"
             "</tuple><x:person id=\"p\"><r:activities><r:busy/></r:activities></x:person>"
             "<x:device id=\"d1\"><x:deviceID>urn:1</x:deviceID></x:device>"));
    const auto laptop = taken(
        pidf("<tuple id=\"t1\"><status><basic>closed</basic></status><contact>sip:a@desk</contact>"
             "</tuple><x:person id=\"q\"><r:activities><r:away/></r:activities>"
             "<r:mood><r:happy/></r:mood></x:person>"
             "<x:device id=\"d9\"><x:deviceID>urn:1</x:deviceID></x:device>"));
    const auto both = compose("sip:a@h", {&phone, &laptop});
    REQUIRE(both.components.size() == 4);
    CHECK(both.components[0].value("contact") == "sip:a@phone");
    CHECK(both.components[1].id == "p");
    CHECK(both.components[1].find("rpid:activities")->text.find("busy") != std::string::npos);
    CHECK(both.components[1].find("rpid:mood") != nullptr);
    CHECK(both.components[2].id == "d1");
    CHECK(both.components[3].value("contact") == "sip:a@desk");
    CHECK(both.components[3].id == "t1-2");
    // the same service again: the later one counts
    CHECK(compose("sip:a@h", {&phone, &phone}).components.size() == 3);
}
