// Watchers with filters (RFC 4660): what they are told of, and when.
#include "tests/unit/presence/presence_flow.h"

using namespace imslab;
using namespace imslab::test;
using namespace std::chrono_literals;
using sip::HeaderId;

namespace {

std::string a_filter_set(std::string_view filters, std::string_view attributes = {}) {
    return "<filter-set xmlns=\"urn:ietf:params:xml:ns:simple-filter\"" + std::string(attributes) +
           "><ns-bindings><ns-binding prefix=\"p\" urn=\"urn:ietf:params:xml:ns:pidf\"/>"
           "<ns-binding prefix=\"r\" urn=\"urn:ietf:params:xml:ns:pidf:rpid\"/>"
           "<ns-binding prefix=\"wi\" urn=\"urn:ietf:params:xml:ns:watcherinfo\"/></ns-bindings>" +
           std::string(filters) + "</filter-set>";
}

const std::string kBasic = "<what><include>//p:basic</include></what>";
const std::string kMood = "<what><include>//r:mood</include></what>";
const std::string kOpens = "<trigger><changed to=\"open\">//p:basic</changed></trigger>";
const std::string kHappy = "<dm:person id=\"p\"><rpid:mood><rpid:happy/></rpid:mood></dm:person>";

struct FilteredUnderTest : PresenceUnderTest {
    std::string etag, tag;
    unsigned cseq = 0;

    using PresenceUnderTest::PresenceUnderTest;

    sip::Message subscribes(const std::string& body,
                            const std::string& extra = {},
                            const std::string& type = "application/simple-filter+xml",
                            const std::string& event = "presence",
                            const std::string& who = kBob) {
        Request request{"SUBSCRIBE", who, kAlice, "filtered-" + event, event, tag};
        request.extra = extra;
        request.type = type;
        request.body = body;
        request.cseq = ++cseq;
        send(request);
        const auto answer = flow.sent().message;
        if (answer.status() == 200) tag = std::string(sip::to_tag(answer).value_or(""));
        return answer;
    }
    void publishes(std::string_view basic, std::string_view more = {}) {
        etag = published(a_pidf(basic, more),
                         etag.empty() ? std::string() : "SIP-If-Match: " + etag + "\n");
    }
};

}  // namespace

TEST_CASE("A watcher gets the part he wants, and is told when that part changes") {
    FilteredUnderTest server;
    server.publishes("open", kHappy);
    CHECK(server.subscribes(a_filter_set("<filter id=\"1\">" + kBasic + "</filter>")).status() ==
          200);
    const auto first = server.notified();
    CHECK(says(first, "<basic>open</basic>"));
    CHECK_FALSE(says(first, "contact"));
    CHECK_FALSE(says(first, "happy"));
    server.publishes("open");
    CHECK(server.flow.quiet());
    server.publishes("closed");
    CHECK(says(server.notified(), "<basic>closed</basic>"));
}

TEST_CASE("Where nothing is selected the NOTIFY is empty; and one that is there comes, and goes") {
    FilteredUnderTest server;
    server.publishes("open");
    server.subscribes(a_filter_set("<filter id=\"1\">" + kMood + "</filter>"));
    const auto first = server.notified();
    CHECK(first.body().empty());
    CHECK_FALSE(first.has(HeaderId::content_type));
    server.publishes("closed");
    CHECK(server.flow.quiet());
    server.publishes("closed", kHappy);
    CHECK(says(server.notified(), "rpid:happy"));
    server.publishes("closed");
    CHECK(server.notified().body().empty());
}

TEST_CASE("A trigger: the first NOTIFY comes at once, the next one when it is set off") {
    FilteredUnderTest server;
    server.publishes("open");
    server.subscribes(a_filter_set("<filter id=\"1\">" + kOpens + "</filter>"));
    CHECK(says(server.notified(), "<basic>open</basic>"));
    server.publishes("closed");
    CHECK(server.flow.quiet());
    // "before" is what was sent last, and that was open
    server.publishes("open", kHappy);
    CHECK(server.flow.quiet());
    server.publishes("closed");
    server.subscribes("");  // a refresh is answered with the state
    CHECK(says(server.notified(), "<basic>closed</basic>"));
    server.publishes("open", kHappy);
    const auto opened = server.notified();
    CHECK(says(opened, "<basic>open</basic>"));
    CHECK(says(opened, "happy"));  // without <what> all of it
}

TEST_CASE("A trigger and a part: told when the one happens, though the part looks the same") {
    FilteredUnderTest server;
    server.publishes("closed", kHappy);
    server.subscribes(a_filter_set("<filter id=\"1\">" + kMood + kOpens + "</filter>"));
    CHECK(says(server.notified(), "happy"));
    server.publishes("open", kHappy);
    const auto opened = server.notified();
    CHECK(says(opened, "happy"));
    CHECK_FALSE(says(opened, "contact"));
}

TEST_CASE("Filters change within the dialog, and stay where a refresh brings none") {
    FilteredUnderTest server;
    server.publishes("open", kHappy);
    server.subscribes("");
    CHECK(says(server.notified(), "contact"));
    const auto tells = [&](const std::string& filter) {
        CHECK(server.subscribes(filter.empty() ? "" : a_filter_set(filter)).status() == 200);
        return server.notified();
    };
    CHECK_FALSE(says(tells("<filter id=\"1\">" + kBasic + "</filter>"), "contact"));
    CHECK_FALSE(says(tells(""), "contact"));
    CHECK(says(tells("<filter id=\"1\">" + kMood + "</filter>"), "happy"));
    CHECK(says(tells("<filter id=\"1\" enabled=\"false\"/>"), "contact"));
    CHECK_FALSE(says(tells("<filter id=\"1\"/>"), "contact"));
    // refused, the old one stays
    const auto refused =
        server.subscribes(a_filter_set("<filter id=\"2\">" + kBasic + "</filter>"));
    CHECK(refused.status() == 488);
    CHECK(refused.get(HeaderId::warning) ==
          "399 " + kAs + " \"filters 1 and 2 are for the same resource or domain\"");
    CHECK(server.flow.quiet());
    CHECK_FALSE(says(tells(""), "contact"));
    CHECK(says(tells("<filter id=\"1\" remove=\"true\"/>"), "contact"));
}

TEST_CASE("The rules come first: of what they hide a filter finds nothing") {
    FilteredUnderTest server;
    server.publishes("open", kHappy);
    server.rules(
        a_rule(kBob, "allow", "<pr:provide-services><pr:all-services/></pr:provide-services>"));
    server.subscribes(a_filter_set("<filter id=\"1\">" + kMood +
                                   "<trigger><added>//r:mood</added></trigger></filter>"));
    CHECK(server.notified().body().empty());
    server.publishes("closed", kHappy);
    CHECK(server.flow.quiet());
    // what he may see from now on was added for him
    server.rules(a_rule(kBob, "allow"));
    CHECK(says(server.notified(), "happy"));
    server.rules(a_rule(kBob, "polite-block"));
    CHECK(server.flow.quiet());
    server.subscribes(a_filter_set("<filter id=\"1\">" + kBasic + "</filter>"));
    CHECK(says(server.notified(),
               "<tuple id=\"state\"><status><basic>closed</basic></status></tuple>"));
    server.rules(a_rule(kBob, "block"));
    CHECK(server.notified().get(HeaderId::subscription_state) == "terminated;reason=rejected");
}

TEST_CASE("Who waits for consent learns nothing by a filter, and all that he wants afterwards") {
    FilteredUnderTest server;
    server.publishes("open", kHappy);
    server.rules(a_rule(kBob, "confirm"));
    server.subscribes(a_filter_set("<filter id=\"1\">" + kBasic + kOpens + "</filter>"));
    CHECK(server.notified().body().empty());
    server.rules(a_rule(kBob, "allow"));
    const auto let_in = server.notified();
    CHECK(says(let_in, "<basic>open</basic>"));
    CHECK_FALSE(says(let_in, "contact"));
}

TEST_CASE("Patches are of the part that the watcher has") {
    FilteredUnderTest server;
    const std::string tea = "<note>tea</note>";
    std::string many;
    for (int i = 0; i < 8; ++i)
        many += "<tuple id=\"more" + std::to_string(i) + "\"><status><basic>open</basic></status>" +
                "<contact>tel:" + std::to_string(i) + "</contact></tuple>";
    server.publishes("open", many + tea);
    server.subscribes(
        a_filter_set("<filter id=\"1\"><what><exclude>//p:note</exclude></what></filter>"),
        "Accept: application/pidf-diff+xml\n");
    const auto first = server.notified();
    CHECK(says(first, "pidf-full"));
    CHECK_FALSE(says(first, "tea"));
    server.publishes("open", many);
    CHECK(server.flow.quiet());
    server.publishes("closed", many + tea);
    const auto patch = server.notified();
    CHECK(says(patch, "<pdiff:replace sel=\"*/tuple[@id='t1']/status\">"));
    CHECK(says(patch, "version=\"2\""));
    CHECK_FALSE(says(patch, "tea"));
    // nothing of it, then all of it again
    server.subscribes(a_filter_set("<filter id=\"1\">" + kMood + "</filter>"));
    CHECK(server.notified().body().empty());
    server.publishes("closed", kHappy);
    const auto whole = server.notified();
    CHECK(says(whole, "pidf-full"));
    CHECK(says(whole, "happy"));
}

TEST_CASE("A change while a NOTIFY is under way is told by the part") {
    FilteredUnderTest server;
    server.publishes("open", kHappy);
    server.subscribes(a_filter_set("<filter id=\"1\">" + kBasic + "</filter>"));
    const auto first = server.flow.sent();
    server.publishes("closed", kHappy);
    CHECK(server.flow.quiet());
    server.flow.answers(first, 200);
    const auto second = server.notified();
    CHECK(says(second, "<basic>closed</basic>"));
    CHECK_FALSE(says(second, "happy"));
}

TEST_CASE("A filter for somebody else is left alone, one for a domain holds where it is ours") {
    FilteredUnderTest server;
    server.publishes("open", kHappy);
    const auto [filter, holds] = GENERATE(table<std::string, bool>({
        {"uri=\"" + kAlice + "\"", true},
        {"uri=\"" + kCarol + "\"", false},
        {"domain=\"" + kHome + "\"", true},
        {"domain=\"example.com\"", false},
    }));
    server.subscribes(a_filter_set("<filter id=\"1\" " + filter + ">" + kBasic + "</filter>"));
    CHECK(says(server.notified(), "happy") != holds);
}

TEST_CASE("What a SUBSCRIBE with a filter can do wrong") {
    FilteredUnderTest server;
    server.publishes("open");
    const auto event = GENERATE("presence", "presence.winfo");
    const auto who = std::string_view(event) == "presence" ? kBob : kAlice;
    const auto refused = [&](const std::string& body, const std::string& type) {
        return server.subscribes(body, {}, type, event, who);
    };
    const std::string type = "application/simple-filter+xml";
    SECTION("another type") {
        const auto answer = refused("<a/>", "application/xml");
        CHECK(answer.status() == 415);
        CHECK(answer.get(HeaderId::accept) == type);
    }
    SECTION("no XML") {
        const auto answer = refused("<filter-set", type);
        CHECK(answer.status() == 488);
        CHECK(answer.get(HeaderId::warning)->starts_with("399 " + kAs + " \"not well-formed XML"));
    }
    SECTION("an expression that is none") {
        const auto answer = refused(
            a_filter_set(
                "<filter id=\"1\"><what><include>//q:a[@b=\"c\"]</include></what></filter>"),
            type);
        CHECK(answer.status() == 488);
        CHECK(answer.get(HeaderId::warning)
                  ->find("//q:a[@b=\\\"c\\\"] is none that is understood: "
                         "the prefix q is bound to no namespace\"") != std::string_view::npos);
    }
    SECTION("another package") {
        CHECK(refused(a_filter_set("<filter id=\"1\">" + kBasic + "</filter>", " package=\"reg\""),
                      type)
                  .status() == 488);
    }
    SECTION("two for one") {
        CHECK(
            refused(a_filter_set("<filter id=\"1\">" + kBasic + "</filter><filter id=\"2\" uri=\"" +
                                 kAlice + "\">" + kBasic + "</filter>"),
                    type)
                .status() == 488);
    }
    CHECK(server.flow.quiet());
}

TEST_CASE("A user is told of those watchers whom her filter selects (RFC 4660 §7.2)") {
    FilteredUnderTest server;
    server.rules(a_rule(kBob, "allow") + a_rule(kCarol, "confirm"));
    const auto watches = [&](const std::string& filter) {
        server.subscribes(
            a_filter_set(filter), {}, "application/simple-filter+xml", "presence.winfo", kAlice);
        return server.notified();
    };
    SECTION("by their status") {
        CHECK(watches("<filter id=\"123\"><what><include>/wi:watcherinfo/"
                      "wi:watcher-list[@package=\"presence\"]/wi:watcher[@status=\"pending\"]"
                      "</include></what></filter>")
                  .body()
                  .empty());
        server.subscribe(kBob);
        server.notified();
        CHECK(server.flow.quiet());
        server.subscribe(kCarol);
        server.notified();
        const auto pending = server.notified();
        CHECK(pending.get(HeaderId::content_type) == "application/watcherinfo+xml");
        CHECK(says(pending, "<watcherinfo xmlns=\"urn:ietf:params:xml:ns:watcherinfo\" version="));
        CHECK(says(pending, "status=\"pending\""));
        CHECK(says(pending, ">" + kCarol + "</watcher>"));
        CHECK_FALSE(says(pending, kBob));
        // a refresh without a body keeps it
        server.subscribes("", {}, {}, "presence.winfo", kAlice);
        CHECK_FALSE(says(server.notified(), kBob));
    }
    SECTION("on a trigger: who waited was turned away") {
        watches(
            "<filter id=\"123\"><what><include>//wi:watcher[@status=\"terminated\" and "
            "@event=\"rejected\"]</include></what><trigger><changed from=\"pending\" "
            "to=\"terminated\">//@status</changed></trigger></filter>");
        server.subscribe(kBob);
        server.notified();
        server.subscribe(kCarol);
        server.notified();
        CHECK(server.flow.quiet());
        // she is told of nobody, and from then on knows that Carol is pending
        server.subscribes("", {}, {}, "presence.winfo", kAlice);
        CHECK(server.notified().body().empty());
        server.rules(a_rule(kBob, "allow"));
        CHECK(server.notified().get(HeaderId::subscription_state) == "terminated;reason=rejected");
        const auto rejected = server.notified();
        CHECK(says(rejected, "status=\"terminated\""));
        CHECK(says(rejected, kCarol));
        CHECK_FALSE(says(rejected, kBob));
    }
}
