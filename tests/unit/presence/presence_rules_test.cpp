// Presence rules: who is let in, and what he sees (RFC 4745, RFC 5025).
#include "as/presence/presence_rules.h"

#include <catch2/catch_test_macros.hpp>

#include "as/presence/transformation.h"

using namespace imslab::presence;

namespace {

std::string rule(std::string_view conditions,
                 std::string_view handling,
                 std::string_view transformations = {}) {
    static int number = 0;
    return "<rule id=\"r" + std::to_string(++number) + "\"><conditions>" +
           std::string(conditions) + "</conditions><actions><pr:sub-handling>" +
           std::string(handling) + "</pr:sub-handling></actions><transformations>" +
           std::string(transformations) + "</transformations></rule>";
}

Ruleset rules(std::string_view inside) {
    auto read = Ruleset::read(
        "<ruleset xmlns=\"urn:ietf:params:xml:ns:common-policy\" "
        "xmlns:pr=\"urn:ietf:params:xml:ns:pres-rules\" "
        "xmlns:o=\"urn:oma:xml:xdm:common-policy\">" +
        std::string(inside) + "</ruleset>");
    INFO((read ? std::string() : read.error()));
    REQUIRE(read);
    return *read;
}

Circumstances of(std::string watcher) {
    Circumstances circumstances;
    circumstances.watcher = std::move(watcher);
    return circumstances;
}

std::string handling(const Ruleset& ruleset, const Circumstances& circumstances) {
    const auto permissions = ruleset.evaluate(circumstances);
    return permissions ? std::string(to_string(permissions->handling)) : "nothing";
}

PresenceDocument raw() {
    auto read = read_presence(
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
        "xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
        "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"sip:a@h\">"
        "<tuple id=\"voice\"><status><basic>open</basic></status><rpid:class>work</rpid:class>"
        "<contact>sip:a@phone</contact><note>call me</note></tuple>"
        "<tuple id=\"chat\"><status><basic>open</basic></status><contact>im:a@h</contact></tuple>"
        "<dm:person id=\"p\"><rpid:activities><rpid:away/></rpid:activities>"
        "<rpid:mood><rpid:sad/></rpid:mood>"
        "<rpid:user-input last-input=\"2026-01-01T00:00:00Z\" idle-threshold=\"600\">idle"
        "</rpid:user-input><rpid:sphere><rpid:work/></rpid:sphere></dm:person>"
        "<dm:device id=\"d\"><dm:deviceID>urn:1</dm:deviceID></dm:device></presence>");
    REQUIRE(read);
    return *read;
}

bool shows(const PresenceDocument& document, std::string_view text) {
    return document.text().find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("Whom a rule names: one, many, a domain, with exceptions") {
    const auto ruleset = rules(
        rule("<identity><one id=\"sip:bob@h\"/></identity>", "allow") +
        rule("<identity><many domain=\"x.org\"><except id=\"sip:eve@x.org\"/></many></identity>",
             "polite-block") +
        rule("<identity><many><except domain=\"h\"/><except domain=\"x.org\"/></many></identity>",
             "confirm"));
    CHECK(handling(ruleset, of("sip:bob@h")) == "allow");
    CHECK(handling(ruleset, of("sip:carol@x.org")) == "polite-block");
    CHECK(handling(ruleset, of("sip:eve@x.org")) == "nothing");
    CHECK(handling(ruleset, of("sip:zoe@y.org")) == "confirm");
    CHECK(handling(ruleset, of("sip:mallory@h")) == "nothing");
    CHECK(handling(ruleset, of("")) == "nothing");  // nobody said who he is
}

TEST_CASE("Several rules that match grant together: the greater action, the union of what is seen") {
    const auto ruleset = rules(rule("<identity><many/></identity>",
                                    "block",
                                    "<pr:provide-mood>true</pr:provide-mood>") +
                               rule("<identity><one id=\"sip:bob@h\"/></identity>",
                                    "allow",
                                    "<pr:provide-activities>1</pr:provide-activities>"));
    const auto permissions = ruleset.evaluate(of("sip:bob@h"));
    REQUIRE(permissions);
    CHECK(permissions->handling == SubHandling::allow);
    CHECK(permissions->attributes == std::set<std::string>{"rpid:activities", "rpid:mood"});
    CHECK(handling(ruleset, of("sip:carol@h")) == "block");
}

TEST_CASE("Sphere, validity, anonymity, lists, and everybody else") {
    auto someone = of("sip:bob@h");
    SECTION("sphere") {
        const auto ruleset = rules(rule("<sphere value=\"Home work\"/>", "allow"));
        CHECK(handling(ruleset, someone) == "nothing");
        someone.spheres = spheres_of(raw());
        CHECK(handling(ruleset, someone) == "allow");
    }
    SECTION("validity") {
        const auto ruleset = rules(
            rule("<validity><from>2026-01-01T00:00:00Z</from>"
                 "<until>2026-01-01T01:00:00Z</until></validity>",
                 "allow"));
        someone.unix_time = *read_date_time("2026-01-01T00:59:59Z");
        CHECK(handling(ruleset, someone) == "allow");
        CHECK(ruleset.next_change(someone.unix_time) == someone.unix_time + 1);
        someone.unix_time += 1;
        CHECK(handling(ruleset, someone) == "nothing");
        CHECK_FALSE(ruleset.next_change(someone.unix_time));
    }
    SECTION("anonymous") {
        const auto ruleset = rules(rule("<o:anonymous-request/>", "polite-block"));
        CHECK(handling(ruleset, someone) == "nothing");
        CHECK(handling(ruleset, of("")) == "polite-block");
    }
    SECTION("a list, and who is on none") {
        const auto ruleset =
            rules(rule("<o:external-list><o:entry anc=\"friends\"/></o:external-list>", "allow") +
                  rule("<o:other-identity/>", "confirm"));
        someone.is_on_list = [](const std::string& anchor) { return anchor == "friends"; };
        CHECK(handling(ruleset, someone) == "allow");
        someone.is_on_list = [](const std::string&) { return false; };
        CHECK(handling(ruleset, someone) == "confirm");
    }
    SECTION("a condition that nobody knows never holds") {
        const auto ruleset = rules(rule("<w:moon xmlns:w=\"urn:w\" phase=\"full\"/>", "allow"));
        CHECK(handling(ruleset, someone) == "nothing");
    }
}

TEST_CASE("What is wrong in a ruleset is said") {
    const auto why = [](std::string_view text) {
        const auto read = Ruleset::read(text);
        return read ? std::string("taken") : read.error();
    };
    CHECK(why("<a xmlns=\"urn:ietf:params:xml:ns:pidf\"/>") ==
          "found the element a, expected ruleset");
    const std::string head =
        "<ruleset xmlns=\"urn:ietf:params:xml:ns:common-policy\" "
        "xmlns:pr=\"urn:ietf:params:xml:ns:pres-rules\"><rule id=\"a\">";
    CHECK(why(head + "<conditions><validity><from>2026-01-01T00:00:00Z</from></validity>"
                     "</conditions></rule></ruleset>") ==
          "the validity of rule a is not in pairs of times");
    CHECK(why(head +
              "<actions><pr:sub-handling>maybe</pr:sub-handling></actions></rule></ruleset>") ==
          "sub-handling is maybe, expected block, confirm, polite-block or allow");
}

TEST_CASE("What a watcher sees: components by kind, attributes by name") {
    Permissions permissions;
    CHECK(transform(raw(), permissions).components.empty());
    permissions.services.some = {"service-uri-scheme=sip"};
    permissions.persons.all = true;
    permissions.attributes = {"rpid:activities"};
    const auto seen = transform(raw(), permissions);
    CHECK(shows(seen, "id=\"voice\""));
    CHECK_FALSE(shows(seen, "id=\"chat\""));
    CHECK_FALSE(shows(seen, "dm:device"));
    CHECK(shows(seen, "rpid:away"));
    CHECK_FALSE(shows(seen, "rpid:mood"));
    CHECK_FALSE(shows(seen, "call me"));
    CHECK_FALSE(shows(seen, "rpid:class"));
    SECTION("by class, by occurrence, by device") {
        permissions.services.some = {"class=work"};
        permissions.devices.some = {"deviceID=urn:1"};
        permissions.persons = {false, {"occurrence-id=p"}};
        const auto others = transform(raw(), permissions);
        CHECK(shows(others, "id=\"voice\""));
        CHECK_FALSE(shows(others, "id=\"chat\""));
        CHECK(shows(others, "dm:deviceID"));
        CHECK(shows(others, "dm:person"));
    }
    SECTION("how much of user-input") {
        permissions.user_input = UserInput::bare;
        CHECK(shows(transform(raw(), permissions), "<rpid:user-input>idle"));
        permissions.user_input = UserInput::thresholds;
        CHECK(shows(transform(raw(), permissions), "<rpid:user-input idle-threshold=\"600\">idle"));
        permissions.user_input = UserInput::full;
        CHECK(shows(transform(raw(), permissions), "last-input"));
    }
    SECTION("an attribute that has no permission of its own") {
        permissions.unknown = {"urn:ietf:params:xml:ns:pidf:rpid mood"};
        CHECK(shows(transform(raw(), permissions), "rpid:mood"));
    }
    CHECK(transform(raw(), Permissions::everything()) == raw());
}

TEST_CASE("What an extension of a status has inside is not shown with basic") {
    Permissions permissions;
    permissions.services.all = true;
    auto read = read_presence(
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:x=\"urn:x\" entity=\"sip:a@h\">"
        "<tuple id=\"voice\"><status><x:basics/><x:secret><basic>no</basic></x:secret>"
        "<basic>open</basic><x:secret><basic>hidden</basic></x:secret></status></tuple></"
        "presence>");
    REQUIRE(read);
    const auto seen = transform(*read, permissions);
    REQUIRE(seen.components.size() == 1);
    CHECK(seen.components[0].elements.front().text == "<status><basic>open</basic></status>");
    CHECK(read_presence(seen.text()));
}
