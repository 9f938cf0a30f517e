// Event notification filters (RFC 4661): what is read, what it selects, what sets off a trigger.
#include "as/presence/event_filter.h"

#include "as/presence/filtering.h"
#include "as/presence/subscribed_filters.h"
#include "tests/unit/presence/presence_flow.h"

using namespace imslab;
using namespace imslab::test;
using namespace imslab::presence;

namespace {

std::string a_set(std::string_view filters) {
    return "<filter-set xmlns=\"urn:ietf:params:xml:ns:simple-filter\"><ns-bindings>"
           "<ns-binding prefix=\"pidf\" urn=\"urn:ietf:params:xml:ns:pidf\"/>"
           "<ns-binding prefix=\"dm\" urn=\"urn:ietf:params:xml:ns:pidf:data-model\"/>"
           "<ns-binding prefix=\"rpid\" urn=\"urn:ietf:params:xml:ns:pidf:rpid\"/>"
           "<ns-binding prefix=\"g\" urn=\"urn:example:game\"/>"
           "<ns-binding prefix=\"wi\" urn=\"urn:ietf:params:xml:ns:watcherinfo\"/></ns-bindings>" +
           std::string(filters) + "</filter-set>";
}

FilterSet read(std::string_view filters) {
    auto set = read_filter_set(a_set(filters));
    INFO((set ? std::string() : set.error()));
    REQUIRE(set);
    return *std::move(set);
}

Filter a_filter(std::string_view inside) {
    return read("<filter id=\"1\">" + std::string(inside) + "</filter>").changes.front().filter;
}

// The document of RFC 4660 §7.1, with a person, a device, and somebody's own element.
PresenceDocument document(std::string_view im = "closed", std::string_view more = {}) {
    const auto read = read_presence(
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
        "xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
        "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"sip:presentity@example.com\">"
        "<tuple id=\"432sd\"><status><basic>" +
        std::string(im) +
        "</basic></status><rpid:class>IM</rpid:class><contact priority=\"0.5\">"
        "im:presentity@example.com</contact></tuple>"
        "<tuple id=\"thr76jk\"><status><basic>open</basic><g:label xmlns:g=\"urn:example:game\" "
        "level=\"3\">game-X</g:label></status><rpid:class>voice</rpid:class>"
        "<contact>tel:2224055555</contact><note>by voice</note></tuple>"
        "<dm:person id=\"p\"><rpid:mood><rpid:happy/></rpid:mood>"
        "<rpid:user-input idle-threshold=\"600\">idle</rpid:user-input></dm:person>"
        "<dm:device id=\"d\"><dm:deviceID>urn:device:1</dm:deviceID><dm:note>old</dm:note>"
        "</dm:device>" +
        std::string(more) + "</presence>");
    INFO((read ? std::string() : read.error()));
    REQUIRE(read);
    return *read;
}

std::string content_of(std::string_view what) {
    const auto kept = selected(document(), a_filter("<what>" + std::string(what) + "</what>"));
    return kept ? kept->content() : "nothing";
}

std::string include(std::string_view path) {
    return "<include>" + std::string(path) + "</include>";
}

const std::string kVoice =
    "<tuple id=\"thr76jk\"><status><basic>open</basic></status><rpid:class>voice</rpid:class>"
    "<contact>tel:2224055555</contact></tuple>";

}  // namespace

TEST_CASE("The content filters of RFC 4660 §7.1: by class, by status") {
    const std::string im =
        "//pidf:tuple[rpid:class=\"IM\" or rpid:class=\"SMS\"\n or rpid:class=\"MMS\"]";
    CHECK(content_of(include(im + "/pidf:status/pidf:basic") + include(im + "/rpid:class") +
                     include(im + "/pidf:contact")) ==
          "<tuple id=\"432sd\"><status><basic>closed</basic></status><rpid:class>IM</rpid:class>"
          "<contact priority=\"0.5\">im:presentity@example.com</contact></tuple>");
    CHECK(content_of(include("\n //pidf:tuple/pidf:status[pidf:basic=\"open\"]/pidf:basic\n") +
                     include("//pidf:tuple[pidf:status/pidf:basic=\"open\"]/rpid:class") +
                     include("//pidf:tuple[pidf:status/pidf:basic=\"open\"]/pidf:contact")) ==
          kVoice);
}

TEST_CASE("What is selected stands where it stood, with what its schema cannot do without") {
    const auto [what, content] = GENERATE(table<std::string, std::string>({
        {include("/pidf:presence/pidf:tuple/rpid:class"),
         "<tuple id=\"432sd\"><status><basic>closed</basic></status><rpid:class>IM</rpid:class>"
         "</tuple><tuple id=\"thr76jk\"><status><basic>open</basic></status>"
         "<rpid:class>voice</rpid:class></tuple>"},
        {include("//dm:person/rpid:mood"),
         "<dm:person id=\"p\"><rpid:mood><rpid:happy/></rpid:mood></dm:person>"},
        {include("//rpid:user-input/@idle-threshold"),
         "<dm:person id=\"p\"><rpid:user-input idle-threshold=\"600\">idle</rpid:user-input>"
         "</dm:person>"},
        {include("//rpid:happy"),
         "<dm:person id=\"p\"><rpid:mood><rpid:happy/></rpid:mood></dm:person>"},
        {include("/*/dm:device/dm:note"),
         "<dm:device id=\"d\"><dm:deviceID>urn:device:1</dm:deviceID><dm:note>old</dm:note>"
         "</dm:device>"},
        {include("//pidf:status[g:label=\"game-X\"]"),
         "<tuple id=\"thr76jk\"><status><basic>open</basic><x:label level=\"3\" "
         "xmlns:x=\"urn:example:game\">game-X</x:label></status></tuple>"},
        {include("//g:label[@level>2 and .='game-X']") + "<exclude>//g:label/@level</exclude>",
         "<tuple id=\"thr76jk\"><status><x:label xmlns:x=\"urn:example:game\">game-X</x:label>"
         "</status></tuple>"},
        {"<include type=\"namespace\">urn:ietf:params:xml:ns:pidf</include>"
         "<exclude>//pidf:tuple/pidf:note</exclude>"
         "<exclude>//pidf:contact/@priority</exclude>",
         "<tuple id=\"432sd\"><status><basic>closed</basic></status>"
         "<contact>im:presentity@example.com</contact></tuple>"
         "<tuple id=\"thr76jk\"><status><basic>open</basic></status>"
         "<contact>tel:2224055555</contact></tuple>"},
        {include("//pidf:tuple[pidf:status/g:label/@level=3.0]") +
             "<exclude>//pidf:note</exclude><exclude type=\"namespace\">urn:example:game</exclude>",
         kVoice},
        // without an include all of it, but for what is excluded; what is mandatory is not
        {"<exclude>//pidf:tuple</exclude><exclude>//dm:deviceID</exclude>"
         "<exclude>//dm:person/@id</exclude><exclude>//rpid:user-input</exclude>",
         "<dm:person id=\"p\"><rpid:mood><rpid:happy/></rpid:mood></dm:person>"
         "<dm:device id=\"d\"><dm:deviceID>urn:device:1</dm:deviceID><dm:note>old</dm:note>"
         "</dm:device>"},
        {include("//pidf:tuple[pidf:contact=\"tel:2224055555\"]/rpid:class") +
             "<exclude>//pidf:status</exclude><exclude>//pidf:basic</exclude>",
         "<tuple id=\"thr76jk\"><status/><rpid:class>voice</rpid:class></tuple>"},
        // nothing of it is there
        {include("//rpid:sphere"), "nothing"},
        {include("//dm:person[@id=\"q\"]"), "nothing"},
        {include("//rpid:mood") + "<exclude>//dm:person</exclude>", "nothing"},
        {include("//pidf:tuple[rpid:class&lt;5]"), "nothing"},
        // RFC 4661 §5: a name without a prefix is in no namespace
        {include("/presence/tuple"), "nothing"},
        {include("//rpid:happy[..=\"\"]"),
         "<dm:person id=\"p\"><rpid:mood><rpid:happy/></rpid:mood></dm:person>"},
    }));
    INFO(what);
    CHECK(content_of(what) == content);
}

TEST_CASE("A trigger is set off by what it names, and by all of that") {
    const auto basic = [](std::string_view attributes) {
        return "<changed " + std::string(attributes) +
               ">/pidf:presence/pidf:tuple/pidf:status/pidf:basic</changed>";
    };
    const std::string added = "<tuple id=\"new\"><status/></tuple>";
    const std::string idle =
        "<dm:person id=\"q\"><rpid:user-input "
        "idle-threshold=\"@\">idle</rpid:user-input></dm:person>";
    const auto with_idle = [&](std::string_view seconds) {
        auto text = idle;
        return document("closed", text.replace(text.find('@'), 1, seconds));
    };
    struct Case {
        std::string trigger;
        PresenceDocument before, now;
        bool fires;
    };
    const std::vector<Case> cases{
        {basic("from=\"closed\" to=\"open\""), document("closed"), document("open"), true},
        {basic("from=\"closed\" to=\"open\""), document("open"), document("closed"), false},
        {basic("from=\"open\""), document("open"), document("closed"), true},
        {basic("to=\"open\""), document("open"), document("open"), false},
        {basic(""), document("open"), document("closed"), true},
        {basic("to=\"OPEN\""), document("closed"), document("open"), false},
        // a new tuple is no changed one
        {basic(""), document(), document("closed", added), false},
        {"<added>//pidf:tuple</added>", document(), document("closed", added), true},
        {"<added>//pidf:tuple</added>", document("closed", added), document(), false},
        {"<removed>//pidf:tuple</removed>", document("closed", added), document(), true},
        {"<removed>//pidf:tuple/@id</removed>", document("closed", added), document(), true},
        {basic("to=\"open\"") + "<added>//pidf:tuple</added>", document(), document("open"), false},
        {basic("to=\"open\"") + "<added>//pidf:tuple</added>",
         document(),
         document("open", added),
         true},
        {"<changed by=\"60\">//rpid:user-input/@idle-threshold</changed>",
         with_idle("600"),
         with_idle("659"),
         false},
        {"<changed by=\"60\">//rpid:user-input/@idle-threshold</changed>",
         with_idle("600"),
         with_idle("540"),
         true},
        {"<changed by=\"60\" from=\"600\">//rpid:user-input/@idle-threshold</changed>",
         with_idle("600"),
         with_idle("700.5"),
         true},
        {"<changed by=\"60\" to=\"600.0\">//rpid:user-input/@idle-threshold</changed>",
         with_idle("600"),
         with_idle("700"),
         false},
        // what stands in an element is part of it
        {"<changed>//pidf:status</changed>", document("open"), document("closed"), true},
    };
    for (const auto& one : cases) {
        INFO(one.trigger);
        CHECK(fires(a_filter("<trigger>" + one.trigger + "</trigger>"), one.before, one.now) ==
              one.fires);
    }
    // of several any is enough
    CHECK(fires(a_filter("<trigger>" + basic("to=\"closed\"") + "</trigger><trigger>" +
                         basic("to=\"open\"") + "</trigger>"),
                document("closed"),
                document("open")));
}

TEST_CASE("A filter-set against its schema") {
    const auto what = "<what>" + include("//pidf:tuple") + "</what>";
    const auto [filters, reason] = GENERATE_COPY(table<std::string, std::string>({
        {"", "there is no filter"},
        {"<filter/>", "a filter has no id"},
        {"<filter id=\"1\">" + what + "</filter><filter id=\"1\" remove=\"true\"/>",
         "stands twice"},
        {"<filter id=\"1\" uri=\"sip:a@b\" domain=\"b\"/>", "a uri and a domain"},
        {"<filter id=\"1\" domain=\" \"/>", "an empty uri or domain"},
        {"<filter id=\"1\" enabled=\"maybe\"/>", "enabled is maybe, expected true or false"},
        {"<filter id=\"1\" colour=\"red\"/>", "filter has an attribute colour"},
        {"<filter id=\"1\">text</filter>", "text stands in filter"},
        {"<filter id=\"1\">" + what + what + "</filter>", "the element what is out of place"},
        {"<filter id=\"1\"><trigger><added>//pidf:tuple</added></trigger>" + what + "</filter>",
         "the element what is out of place"},
        {"<filter id=\"1\"><why/></filter>", "the element why is out of place"},
        {"<filter id=\"1\"><what><exclude>//pidf:note</exclude>" + include("//pidf:tuple") +
             "</what></filter>",
         "an include stands behind an exclude"},
        {"<filter id=\"1\"><what><include/></what></filter>", "include is empty"},
        {"<filter id=\"1\"><what><include><a/></include></what></filter>", "has an element in it"},
        {"<filter id=\"1\"><what><include type=\"regex\">x</include></what></filter>",
         "a type is regex, expected xpath or namespace"},
        {"<filter id=\"1\"><what><include>pidf:tuple</include></what></filter>",
         "does not begin with /"},
        {"<filter id=\"1\"><what><include>//q:tuple</include></what></filter>",
         "the prefix q is bound to no namespace"},
        {"<filter id=\"1\"><what><include>//pidf:tuple[1]</include></what></filter>",
         "1 is no name"},
        {"<filter id=\"1\"><what><include>//pidf:tuple[@id]</include></what></filter>",
         "expected a comparison"},
        {"<filter id=\"1\"><what><include>//pidf:tuple[@id=x]</include></what></filter>",
         "expected a value"},
        {"<filter id=\"1\"><what><include>//pidf:tuple[@id='x]</include></what></filter>",
         "a value has no end"},
        {"<filter id=\"1\"><what><include>//pidf:tuple[@id='x'</include></what></filter>",
         "a condition does not end"},
        {"<filter "
         "id=\"1\"><what><include>//pidf:tuple[pidf:a//pidf:b='x']</include></what></filter>",
         "// stands in a condition"},
        {"<filter id=\"1\"><what><include>//child::pidf:tuple</include></what></filter>",
         "expected a name"},
        {"<filter id=\"1\"><what><include>//pidf:tuple | //pidf:note</include></what></filter>",
         "found | //pidf:note"},
        {"<filter id=\"1\"><trigger><added>//pidf:tuple[@id='x']</added></trigger></filter>",
         "added has a condition"},
        {"<filter id=\"1\"><trigger><removed>//pidf:note</removed><added>//pidf:note</added>"
         "</trigger></filter>",
         "added stands behind removed"},
        {"<filter id=\"1\"><trigger><changed by=\"much\">//pidf:note</changed></trigger></filter>",
         "by is much, expected a number"},
        {"<filter id=\"1\"><trigger><changed by=\"1\" to=\"open\">//pidf:note</changed></trigger>"
         "</filter>",
         "by stands beside open"},
    }));
    const auto refused = read_filter_set(a_set(filters));
    INFO(filters);
    REQUIRE_FALSE(refused);
    INFO(refused.error());
    CHECK(refused.error().find(reason) != std::string::npos);
}

TEST_CASE("What is no filter-set at all, or too much of one") {
    std::string many, deep = "//*", alternatives = "//*[@id='0'";
    for (int i = 0; i < 41; ++i) many += include("//pidf:tuple");
    for (int i = 0; i < 25; ++i) deep += "/*";
    for (int i = 0; i < 12; ++i) alternatives += " or @id='x'";
    const std::string ns = "xmlns=\"urn:ietf:params:xml:ns:simple-filter\"";
    for (const auto& text :
         {std::string("<filter-set/>"),
          std::string("<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"/>"),
          "<filter-set " + ns + "><filter id=\"1\">",
          "<!DOCTYPE f [<!ENTITY e \"e\">]><filter-set " + ns + "><filter id=\"1\"/></filter-set>",
          "<filter-set " + ns + "><ns-bindings/><filter id=\"1\"/></filter-set>",
          "<filter-set " + ns +
              "><ns-bindings><ns-binding prefix=\"p\" urn=\"u\"/><ns-binding prefix=\"p\" "
              "urn=\"v\"/></ns-bindings><filter id=\"1\"/></filter-set>",
          "<filter-set " + ns + "><filter id=\"1\"/><ns-bindings/></filter-set>",
          a_set("<filter id=\"1\"><what>" + many + "</what></filter>"),
          a_set("<filter id=\"1\"><what>" + include(deep) + "</what></filter>"),
          a_set("<filter id=\"1\"><what>" + include(alternatives + "]") + "</what></filter>"),
          a_set("<filter id=\"1\"/>" + std::string(16'384, ' '))}) {
        INFO(text.substr(0, 200));
        const auto refused = read_filter_set(text);
        REQUIRE_FALSE(refused);
        CHECK_FALSE(refused.error().empty());
    }
}

TEST_CASE("A filter that is passed on says the same") {
    const auto set =
        read("<filter id=\"a\" uri=\"sip:Bob@Example.com;x=y\"><what>" +
             include("//pidf:tuple[rpid:class='IM' and @id=\"x'y\" or .=5]/g:label/@level") +
             "<include type=\"namespace\">urn:example:game</include>"
             "<exclude>/presence/*/g:label[@g:x&lt;3]</exclude><exclude>//@id</exclude></what>"
             "<trigger><changed from=\"1\" to=\"2\" by=\"0.5\">//rpid:user-input</changed>"
             "<added>//wi:watcher</added><removed>/pidf:presence/*</removed></trigger></filter>"
             "<filter id=\"b\" domain=\"Example.com\" enabled=\"false\"/>"
             "<filter id=\"c\" remove=\"1\"/>");
    const auto text = filter_set_text(set);
    INFO(text);
    const auto again = read_filter_set(text);
    INFO((again ? std::string() : again.error()));
    REQUIRE(again);
    CHECK(filter_set_text(*again) == text);
    CHECK(text.find("//pidf:tuple[rpid:class=&quot;IM&quot; and @id=&quot;x'y&quot; or .=5]") !=
          std::string::npos);
    CHECK(text.find("<filter id=\"a\" uri=\"sip:Bob@example.com\">") != std::string::npos);
    CHECK(text.find("<filter id=\"b\" domain=\"Example.com\" enabled=\"false\">") !=
          std::string::npos);
    CHECK(text.find("<filter id=\"c\" remove=\"true\">") != std::string::npos);
    CHECK(text.find("prefix=\"dm\"") == std::string::npos);
}

TEST_CASE("Filters are put in place, replaced, disabled, enabled and removed by their id") {
    const std::string alice = "sip:alice@example.com",
                      what = "<what>" + include("//pidf:note") + "</what>";
    const std::vector<std::string> domains{"example.com"};
    SubscribedFilters filters;
    const auto change = [&](const std::string& set) {
        const auto changed = filters.change(read(set), alice);
        return changed ? std::string() : changed.error();
    };
    const auto id_for = [&](const std::string& who) {
        const auto* filter = filters.filter_for(who, domains);
        return filter == nullptr ? std::string() : filter->id;
    };
    CHECK(change("<filter id=\"1\">" + what + "</filter>") == "");
    CHECK(id_for(alice) == "1");
    CHECK(id_for("sip:bob@example.com") == "1");  // whoever the subscription is for
    // of two for the same resource neither would be right
    CHECK(change("<filter id=\"2\" uri=\"sip:alice@EXAMPLE.com:5060\">" + what + "</filter>") ==
          "filters 1 and 2 are for the same resource or domain");
    CHECK(change("<filter id=\"3\" uri=\"sip:bob@x\">" + what +
                 "</filter><filter id=\"4\" uri=\"sip:bob@x\">" + what + "</filter>") ==
          "filters 3 and 4 are for the same resource or domain");
    CHECK(id_for(alice) == "1");
    // one that is new has to say something, unless it is not enabled yet
    CHECK(change("<filter id=\"5\" uri=\"sip:eve@x\"/>") ==
          "filter 5 has neither what nor trigger");
    CHECK(change("<filter id=\"5\" uri=\"sip:eve@x\"><what/><trigger/></filter>") ==
          "filter 5 has neither what nor trigger");
    CHECK(change("<filter id=\"5\" uri=\"sip:eve@x\" enabled=\"false\"/>") == "");
    CHECK(change("<filter id=\"5\"/>") == "filter 5 has neither what nor trigger");
    // a domain is for who has no filter of his own
    CHECK(change("<filter id=\"6\" domain=\"Example.com\">" + what + "</filter>") == "");
    CHECK(change("<filter id=\"7\" domain=\"example.COM\">" + what + "</filter>") ==
          "filters 6 and 7 are for the same resource or domain");
    CHECK(id_for(alice) == "1");
    CHECK(change("<filter id=\"1\" enabled=\"false\"/>") == "");
    CHECK(id_for(alice) == "6");
    CHECK(change("<filter id=\"1\"/>") == "");
    CHECK(id_for(alice) == "1");
    CHECK(change("<filter id=\"1\" remove=\"true\"/><filter id=\"8\" remove=\"true\"/>") == "");
    CHECK(id_for(alice) == "6");
    CHECK(filters.filter_for(alice, {"other.com"}) == nullptr);
    CHECK(filters.filter_for_list(alice) == nullptr);
    CHECK(change("<filter id=\"6\" uri=\"sip:bob@example.com\">" + what + "</filter>") == "");
    CHECK(id_for(alice) == "");
}
