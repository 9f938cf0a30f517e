// Partial presence documents (RFC 5262): what is written is what is applied; watchers (RFC 5263)
// and phones (RFC 5264) that use them.
#include "as/presence/element_path.h"
#include "as/presence/pidf_diff.h"
#include "tests/unit/presence/presence_flow.h"

using namespace imslab;
using namespace imslab::test;
using namespace imslab::presence;
using namespace std::chrono_literals;
using sip::HeaderId;

namespace {

const std::string kAccept = "Accept: application/pidf+xml;q=0.3, application/pidf-diff+xml;q=1\n";
const std::string kDiffType = "application/pidf-diff+xml";

PresenceDocument document(std::string_view inside) {
    const auto read = read_presence(
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
        "xmlns:d=\"urn:ietf:params:xml:ns:pidf:data-model\" "
        "xmlns:r=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"sip:a@b\">" +
        std::string(inside) + "</presence>");
    INFO((read ? std::string() : read.error()));
    REQUIRE(read);
    return *read;
}

std::string a_diff(std::string_view patches) {
    return "<p:pidf-diff xmlns=\"urn:ietf:params:xml:ns:pidf\" "
           "xmlns:p=\"urn:ietf:params:xml:ns:pidf-diff\" "
           "xmlns:r=\"urn:ietf:params:xml:ns:pidf:rpid\" "
           "xmlns:d=\"urn:ietf:params:xml:ns:pidf:data-model\" entity=\"sip:a@b\" version=\"2\">" +
           std::string(patches) + "</p:pidf-diff>";
}

bool same(const PresenceDocument& a, const PresenceDocument& b) {
    return a.components.size() == b.components.size() &&
           std::is_permutation(a.components.begin(), a.components.end(), b.components.begin());
}

// A document of some size, so that a patch is shorter than the whole.
const std::string kTuples =
    "<tuple id=\"t1\"><status><basic>open</basic></status><contact "
    "priority=\"0.8\">sip:a@b</contact></tuple>"
    "<tuple id=\"t2\"><status><basic>closed</basic></status><contact>tel:+1</contact></tuple>"
    "<tuple id=\"t3\"><status><basic>open</basic></status><contact>sip:other@b</contact>"
    "<r:service-class><r:electronic/></r:service-class></tuple>"
    "<note>all of it</note>";
const std::string kPerson =
    "<d:person id=\"p\"><r:activities><r:busy/><r:on-the-phone/></r:activities></d:person>";

}  // namespace

TEST_CASE("What a partial document says makes the one document of the other") {
    const auto before = document(kTuples + kPerson);
    const auto [after, operations] = GENERATE(table<std::string, std::vector<std::string>>({
        {kTuples + "<d:person id=\"p\"><r:activities><r:busy/></r:activities></d:person>",
         {"<pdiff:replace sel=\"*/dm:person[@id='p']/rpid:activities\">"}},
        {kTuples, {"<pdiff:remove sel=\"*/dm:person[@id='p']\"/>"}},
        {kTuples + kPerson + "<d:device id=\"v\"><d:deviceID>urn:x</d:deviceID></d:device>",
         {"<pdiff:add sel=\"*\"><dm:device"}},
        {"<tuple id=\"new\"><status><basic>open</basic></status></tuple>" + kTuples + kPerson,
         {"<pdiff:add sel=\"*\" pos=\"prepend\"><tuple"}},
    }));
    const auto wanted = document(after);
    const auto text = pidf_diff(before, wanted, 7);
    INFO(text);
    CHECK(text.find("<pdiff:pidf-diff xmlns=") != std::string::npos);
    CHECK(text.find("version=\"7\"") != std::string::npos);
    for (const auto& operation : operations) CHECK(text.find(operation) != std::string::npos);
    const auto patched = read_pidf_diff(text, &before);
    INFO((patched ? std::string() : patched.error()));
    REQUIRE(patched);
    CHECK(same(*patched, wanted));
}

TEST_CASE("Where a patch would be longer, or cannot be said, the whole is") {
    const auto before = document(kTuples + kPerson);
    for (const auto& after : {document("<tuple id=\"x\"><status/></tuple>"),
                              document(kTuples + kPerson + "<note>one more</note>")}) {
        const auto text = pidf_diff(before, after, 2);
        CHECK(text.find("<pdiff:pidf-full ") != std::string::npos);
        const auto read = read_pidf_diff(text, &before);
        REQUIRE(read);
        CHECK(same(*read, after));
    }
}

TEST_CASE("The example of RFC 5262 §6, patch by patch") {
    const auto before = document(
        "<tuple id=\"sg89ae\"><status><basic>open</basic></status><contact "
        "priority=\"0.8\">tel:09012345678</contact></tuple>"
        "<tuple id=\"cg231jcr\"><status><basic>open</basic></status><contact "
        "priority=\"1.0\">im:pep@example.com</contact></tuple>"
        "<tuple id=\"r1230d\"><status><basic>closed</basic></status></tuple>"
        "<note xml:lang=\"en\">Full state presence document</note>"
        "<d:person id=\"p123\"><r:activities><r:on-the-phone/><r:busy/></r:activities></d:person>");
    const auto patched = read_pidf_diff(
        a_diff("<p:add sel=\"presence/note\" pos=\"before\"><tuple id=\"ert4773\"><status>"
               "<basic>open</basic></status></tuple></p:add>"
               "<p:replace sel=\"*/tuple[@id='r1230d']/status/basic/text()\">open</p:replace>"
               "<p:remove sel=\"*/d:person/r:activities/r:busy\" ws=\"after\"/>"
               "<p:replace sel=\"*/tuple[@id='cg231jcr']/contact/@priority\">0.7</p:replace>"),
        &before);
    INFO((patched ? std::string() : patched.error()));
    REQUIRE(patched);
    const auto text = patched->text();
    CHECK(text.find("<tuple id=\"r1230d\"><status><basic>open</basic>") != std::string::npos);
    CHECK(text.find("<tuple id=\"ert4773\">") < text.find("<note"));
    CHECK(text.find("rpid:busy") == std::string::npos);
    CHECK(text.find("<contact priority=\"0.7\">im:pep") != std::string::npos);
}

TEST_CASE("A patch that cannot be applied, or leaves no presence document, changes nothing") {
    const auto before = document(kTuples + kPerson);
    const auto [patches, reason] = GENERATE(table<std::string, std::string>({
        {"<p:remove sel=\"*/tuple\"/>", "finds 3 places, expected one"},
        {"<p:remove sel=\"*/tuple[@id='no']\"/>", "finds 0 places, expected one"},
        {"<p:remove sel=\"//tuple\"/>", "none that is understood"},
        {"<p:remove sel=\"*/tuple[count(//*)>1]\"/>", "none that is understood"},
        {"<p:remove sel=\"*/tuple[@id='t1'\"/>", "none that is understood"},
        {"<p:remove sel=\"\"/>", "none that is understood"},
        {"<p:remove sel=\"*\"/>", "remove cannot be done at *"},
        {"<p:replace sel=\"*\"><presence/></p:replace>", "replace cannot be done at *"},
        {"<p:replace sel=\"*/note\">text</p:replace>", "replace cannot be done"},
        {"<p:add sel=\"*\" pos=\"after\"><tuple id=\"z\"/></p:add>", "add cannot be done"},
        {"<p:add sel=\"*/note\" type=\"@xml:lang\">en</p:add>", "add cannot be done"},
        {"<p:twist sel=\"*/note\"/>", "twist cannot be done"},
        {"<p:remove sel=\"*/tuple[@id='t1']/status\"/>", "tuple t1 has not one status"},
        {"<p:replace sel=\"*/tuple[@id='t1']/status/basic/text()\">ajar</p:replace>",
         "basic is ajar"},
        {"<p:add sel=\"*\"><tuple id=\"t1\"><status/></tuple></p:add>", "stands twice"},
        {"<p:remove sel=\"*/q:tuple\"/>", "the prefix q is not declared"},
    }));
    const auto refused = read_pidf_diff(a_diff(patches), &before);
    INFO(patches);
    REQUIRE_FALSE(refused);
    INFO(refused.error());
    CHECK(refused.error().find(reason) != std::string::npos);
}

TEST_CASE("Paths: positions, values of children, attributes, text") {
    pugi::xml_document tree;
    REQUIRE(tree.load_string("<r><a i='1'><b>x</b></a><a i='2'><b>y</b></a><c/></r>"));
    const auto count = [&](std::string_view text) {
        const auto path = read_element_path(text);
        REQUIRE(path);
        return select(tree, *path).size();
    };
    CHECK(count("r/a") == 2);
    CHECK(count("/*/a[2]") == 1);
    CHECK(count("r/a[b='y']") == 1);
    CHECK(count("r/a/b[.=\"x\"]") == 1);
    CHECK(count("r/a[@i='2'][1]/b/text()") == 1);
    CHECK(count("r/*") == 3);
    CHECK(count("r/a[3]") == 0);
    for (const auto* wrong : {"", "/", "r/", "r/..", "r/a[0]", "r/a[b]", "child::r", "r/@", "r|a"})
        CHECK_FALSE(read_element_path(wrong));
}

TEST_CASE("A watcher who takes patches gets the whole first, then what has changed") {
    PresenceUnderTest server;
    const std::string more =
        "<dm:person id=\"p\"><rpid:activities><rpid:busy/></rpid:activities>"
        "<rpid:mood><rpid:happy/></rpid:mood></dm:person>";
    const auto etag = server.published(a_pidf("open", more));
    const auto watching = server.subscribe(kBob, kAlice, kAccept);
    CHECK(watching.answer.status() == 200);
    const auto first = server.notified();
    CHECK(first.get(HeaderId::content_type) == kDiffType);
    CHECK(says(first, "<pdiff:pidf-full "));
    CHECK(says(first, "version=\"1\""));
    const auto next = server.published(a_pidf("closed", more), "SIP-If-Match: " + etag + "\n");
    const auto second = server.flow.sent();
    CHECK(says(second.message, "<pdiff:pidf-diff "));
    CHECK(says(second.message, "version=\"2\""));
    CHECK(says(second.message,
               "<pdiff:replace sel=\"*/tuple[@id='t1']/status\"><status><basic>closed</basic>"));
    CHECK_FALSE(says(second.message, "rpid:mood"));
    SECTION("what happens while one is under way is told as a whole") {
        server.published(a_pidf("open", more), "SIP-If-Match: " + next + "\n");
        CHECK(server.flow.quiet());
        server.flow.answers(second, 200);
        const auto third = server.notified();
        CHECK(says(third, "<pdiff:pidf-full "));
        CHECK(says(third, "version=\"3\""));
    }
    SECTION("so is what he is told when he refreshes; he may change his mind then") {
        server.flow.answers(second, 200);
        PresenceUnderTest::Request refresh{"SUBSCRIBE", kBob, kAlice};
        refresh.call_id = std::string(*watching.answer.get(HeaderId::call_id));
        refresh.to_tag = watching.to_tag;
        refresh.cseq = 2;
        refresh.extra = GENERATE(kAccept, std::string("Accept: application/pidf+xml\n"));
        server.send(refresh);
        CHECK(server.flow.sent().message.status() == 200);
        const auto third = server.notified();
        if (refresh.extra == kAccept) {
            CHECK(says(third, "version=\"3\""));
        } else {
            CHECK(third.get(HeaderId::content_type) == "application/pidf+xml");
        }
    }
}

TEST_CASE("Who likes the whole better gets it") {
    PresenceUnderTest server;
    server.published(a_pidf("open"));
    server.subscribe(
        kBob, kAlice, "Accept: application/pidf+xml, application/pidf-diff+xml;q=0.5\n");
    CHECK(server.notified().get(HeaderId::content_type) == "application/pidf+xml");
}

TEST_CASE("A phone publishes the whole, then what has changed") {
    PresenceUnderTest server;
    const auto publish = [&](const std::string& body, const std::string& extra) {
        PresenceUnderTest::Request request{"PUBLISH", kAlice, kAlice};
        request.call_id = "partial-" + std::to_string(server.number);
        request.extra = extra;
        request.body = body;
        request.type = kDiffType;
        server.send(request);
        return server.flow.sent().message;
    };
    const std::string diff =
        a_diff("<p:replace sel=\"*/tuple[@id='t1']/status/basic/text()\">closed</p:replace>");
    SECTION("patches of nothing") {
        const auto refused = publish(diff, "");
        CHECK(refused.status() == 400);
        CHECK(refused.reason().find("Invalid Partial Publication") != std::string_view::npos);
    }
    SECTION("another root") { CHECK(publish(a_pidf("open"), "").status() == 400); }
    SECTION("as it is meant") {
        const auto ok = publish(pidf_full(*read_presence(a_pidf("open")), 1), "");
        REQUIRE(ok.status() == 200);
        const auto match = "SIP-If-Match: " + std::string(*ok.get(HeaderId::sip_etag)) + "\n";
        server.subscribe(kBob);
        CHECK(says(server.notified(), "<basic>open</basic>"));
        // a patch that fails leaves all as it was, its tag too
        CHECK(publish(a_diff("<p:remove sel=\"*/tuple[@id='no']\"/>"), match).status() == 400);
        CHECK(server.flow.quiet());
        CHECK(publish(diff, match).status() == 200);
        CHECK(says(server.notified(), "<basic>closed</basic>"));
    }
}
