// The usages: what each takes, what it refuses, what the server makes itself, and who may.
#include "as/xdm/application_usage.h"

#include "as/xdm/schema.h"
#include "tests/unit/as/xdm/xdm_fixture.h"

using namespace imslab;
using namespace imslab::xdm;

namespace {

constexpr const char* kServices = "application/rls-services+xml";

std::string conflict(const http::Response& response) {
    if (response.status != 409) return std::to_string(response.status);
    const auto tree = DocumentTree::parse(response.body);
    REQUIRE(tree);
    return std::string(tree->name(1).local);
}

std::string of(const std::string& auid, const std::string& name, const char* user = kAlice) {
    return "/" + auid + "/users/" + user + "/" + name;
}

std::string list(const std::string& content) {
    return "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">" + content +
           "</resource-lists>";
}

std::string service(const std::string& uri, const std::string& content) {
    return "<r:rls-services xmlns:r=\"urn:ietf:params:xml:ns:rls-services\" "
           "xmlns:l=\"urn:ietf:params:xml:ns:resource-lists\"><r:service uri=\"" +
           uri + "\">" + content + "</r:service></r:rls-services>";
}
const std::string kOwnList =
    "<r:resource-list>http://xcap.home.example/resource-lists/users/sip:alice@home.example/index/"
    "~~/resource-lists/list</r:resource-list>";

}  // namespace

TEST_CASE("every schema that is compiled in can be read") {
    for (const auto& usage : application_usages()) {
        CAPTURE(usage.auid);
        const auto fault = schema_fault("<nothing/>", usage.schema);
        REQUIRE(fault);
        CHECK(fault->find("cannot be read") == std::string::npos);
    }
    CHECK_FALSE(schema_text("xcap-error.xsd").empty());
    CHECK(schema_text("../CMakeLists.txt").empty());
}

TEST_CASE("a message history is begun and shortened by its owner, written by the server (OMA IM XDM)") {
    XdmLab lab;
    constexpr auto kHistory = "application/vnd.oma.im.history-list+xml";
    const auto where = of("org.openmobilealliance.conv-history", "conv-history");
    const auto with = [](const std::string& content) {
        return "<history-list xmlns=\"urn:oma:xml:im:history-list\">" + content + "</history-list>";
    };
    const std::string one = "<history><size>1</size></history>";
    const std::string two = "<history><size>2</size></history>";
    const auto put = [&](const std::string& content) {
        return conflict(lab.ask("PUT", where, with(content), kHistory));
    };
    CHECK(put(one) == "constraint-failure");
    CHECK(put("<history><size>many</size></history>") == "schema-validation-error");
    CHECK(put("") == "201");
    const xdm::DocumentPath path{
        "org.openmobilealliance.conv-history", "sip:alice@home.example", "conv-history"};
    const auto edit = [&](const Document* current) {
        REQUIRE(current != nullptr);
        return std::optional(Document{{}, with(one + two), kHistory});
    };
    lab.documents->update(path, edit, {});
    lab.take();
    lab.run();
    CHECK(put(one + two + "<history/>") == "constraint-failure");
    CHECK(put(two) == "200");
    CHECK(lab.ask("DELETE", where + "/~~/history-list/history").status == 200);
    CHECK(put(two) == "constraint-failure");
    bool told = false;
    lab.documents->update(
        path,
        [](const Document*) { return std::optional<Document>(); },
        [&](const Result<void, std::string>& stored) { told = stored.has_value(); });
    CHECK(told);  // that nothing is to be done
    CHECK(conflict(lab.ask("PUT", of("org.openmobilealliance.conv-history", "1"), with(""), kHistory)) ==
          "constraint-failure");
}

TEST_CASE("RFC 4826 §3.4.5: what must be unique in a list, and what its URIs must be") {
    XdmLab lab;
    const auto put = [&](const std::string& content) {
        return conflict(lab.ask("PUT", kIndex, list(content), kLists));
    };
    CHECK(put("<list name='a'/><list name='b'/><list/><list/>") == "201");
    CHECK(put("<list name='a'/><list name='a'/>") == "uniqueness-failure");
    CHECK(put("<list name='a'><list name='a'/></list>") == "200");
    CHECK(put("<list><list name='a'/><list name='a'/></list>") == "uniqueness-failure");
    CHECK(put("<list><entry uri='sip:a@b'/><entry uri='sip:a@b'/></list>") == "uniqueness-failure");
    CHECK(put("<list><entry uri='sip:a@b'/><entry uri='sip:A@b'/></list>") == "200");
    CHECK(put("<list><entry-ref ref='resource-lists/users/a'/></list>") == "200");
    CHECK(put("<list><entry-ref ref='/resource-lists/users/a'/></list>") == "constraint-failure");
    CHECK(put("<list><entry-ref ref='http://a/b'/></list>") == "constraint-failure");
    CHECK(put("<list><external anchor='http://a/b'/></list>") == "200");
    CHECK(put("<list><external anchor='a/b'/></list>") == "constraint-failure");
    const auto twice =
        lab.ask("PUT", kIndex, list("<list><entry uri='a:b'/><entry uri='a:b'/></list>"), kLists);
    CHECK(twice.body.find("field=\"resource-lists/list%5B1%5D/entry%5B2%5D/@uri\"") !=
          std::string::npos);
}

TEST_CASE("RFC 4826 §4.4.5: the URI of a list service is nobody else's, its list is one's own") {
    XdmLab lab;
    const auto put = [&](const char* user, const std::string& body) {
        return conflict(
            lab.ask("PUT", of("rls-services", "index", user), body, kServices, {}, user));
    };
    CHECK(put(kAlice, service("sip:friends@home.example", kOwnList)) == "201");
    CHECK(put(kBob, service("sip:friends@HOME.example", "<r:list/>")) == "uniqueness-failure");
    CHECK(put(kBob, service("sip:others@home.example", kOwnList)) == "constraint-failure");
    CHECK(put(kBob, service("sip:others@home.example", "<r:resource-list>x/y</r:resource-list>")) ==
          "constraint-failure");
    CHECK(put(kBob,
              service("sip:others@home.example",
                      "<r:list><l:entry uri='a:b'/><l:entry uri='a:b'/></r:list>")) ==
          "uniqueness-failure");
    CHECK(put(kBob, service("sip:others@home.example", "<r:list/>")) == "201");
    CHECK(put(kAlice, service("sip:friends@home.example", kOwnList)) == "200");
}

TEST_CASE("RFC 4826 §4.4.8: the index holds the services of all, each with its namespaces") {
    XdmLab lab;
    std::vector<DocumentPath> told;
    lab.documents->watch([&](const DocumentPath& path) { told.push_back(path); });
    lab.ask("PUT", of("rls-services", "index"), service("sip:a@home.example", kOwnList), kServices);
    lab.ask("PUT",
            of("rls-services", "index", kBob),
            service("sip:b@home.example", "<r:list><l:entry uri='sip:x@y'/></r:list>"),
            kServices,
            {},
            kBob);
    lab.ask("PUT", of("rls-services", "other"), service("sip:c@home.example", kOwnList), kServices);
    const auto index = lab.ask("GET", "/rls-services/global/index");
    CHECK(index.status == 200);
    CHECK(index.body.find("sip:a@home.example") != std::string::npos);
    CHECK(index.body.find("sip:b@home.example") != std::string::npos);
    CHECK(index.body.find("sip:c@home.example") == std::string::npos);
    CHECK(schema_fault(index.body, "rls-services.xsd").value_or("") == "");
    CHECK(etag(index) == etag(lab.ask("GET", "/rls-services/global/index")));
    CHECK(told.size() == 5);
    CHECK(told[1] == DocumentPath{"rls-services", "", "index"});
    lab.ask("DELETE", of("rls-services", "index"));
    CHECK(etag(index) != etag(lab.ask("GET", "/rls-services/global/index")));
}

TEST_CASE("RFC 4825 §12: the capabilities name what there is, and fit their schema") {
    XdmLab lab;
    const auto caps = lab.ask("GET", "/xcap-caps/global/index");
    CHECK(caps.status == 200);
    CHECK(schema_fault(caps.body, "xcap-caps.xsd").value_or("") == "");
    for (const auto& usage : application_usages())
        CHECK(caps.body.find("<auid>" + std::string(usage.auid) + "</auid>") != std::string::npos);
    CHECK(lab.ask("GET", "/xcap-caps/global/index/~~/xcap-caps/auids/auid%5b1%5d").body ==
          "<auid>xcap-caps</auid>");
    CHECK(
        lab.ask("PUT", "/xcap-caps/global/index", caps.body, "application/xcap-caps+xml").status ==
        403);
    CHECK(lab.ask("GET", of("xcap-caps", "index")).status == 404);
}

TEST_CASE("OMA XDM: the directory follows what there is") {
    XdmLab lab;
    const auto path = of("org.openmobilealliance.xcap-directory", "directory.xml");
    const auto empty = lab.ask("GET", path);
    CHECK(empty.status == 200);
    lab.ask("PUT", kIndex, kFriends, kLists);
    const auto one = lab.ask("GET", path);
    CHECK(schema_fault(one.body, "xcap-directory.xsd").value_or("") == "");
    CHECK(one.body.find("uri=\"/resource-lists/users/sip:alice@home.example/index\"") !=
          std::string::npos);
    CHECK(etag(one) != etag(empty));
    CHECK(lab.ask("GET", path, {}, {}, {}, kBob).status == 403);
    CHECK(
        lab.ask("GET", path + "/~~/xcap-directory/folder%5b@auid=%22resource-lists%22%5d").status ==
        200);
}

TEST_CASE("RFC 4827 §7: presence in a user's tree is that user's") {
    XdmLab lab;
    const auto put = [&](const std::string& entity) {
        return conflict(
            lab.ask("PUT",
                    of("pidf-manipulation", "index"),
                    "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='" + entity + "'/>",
                    "application/pidf+xml"));
    };
    CHECK(put(kAlice) == "201");
    CHECK(put("pres:alice@home.example") == "200");
    CHECK(put(kBob) == "constraint-failure");
}

TEST_CASE("OMA: groups, profiles and simservs have their schemas, names and owners") {
    XdmLab lab;
    const auto group = [&](const char* user, const std::string& list) {
        return conflict(lab.ask("PUT",
                                of("org.openmobilealliance.groups", "club", user),
                                "<group xmlns='urn:oma:xml:poc:list-service'><list-service "
                                "uri='sip:club@home.example'><list>" +
                                    list + "</list></list-service></group>",
                                "application/vnd.oma.poc.groups+xml",
                                {},
                                user));
    };
    CHECK(group(kAlice, "<entry uri='sip:bob@home.example'/>") == "201");
    CHECK(group(kBob, "") == "uniqueness-failure");
    CHECK(group(kAlice, "<entry uri='a:b'/><entry uri='a:b'/>") == "uniqueness-failure");
    CHECK(group(kAlice, "<member/>") == "schema-validation-error");

    const auto profile = [&](const std::string& name, const std::string& uri) {
        return conflict(
            lab.ask("PUT",
                    of("org.openmobilealliance.user-profile", name),
                    "<user-profile xmlns='urn:oma:xml:xdm:user-profile' uri='" + uri + "'/>",
                    "application/vnd.oma.user-profile+xml"));
    };
    CHECK(profile("user-profile", kAlice) == "201");
    CHECK(profile("user-profile", kBob) == "constraint-failure");
    CHECK(profile("other", kAlice) == "constraint-failure");
    CHECK(
        lab.ask("GET", of("org.openmobilealliance.user-profile", "user-profile"), {}, {}, {}, kBob)
            .status == 200);

    const auto simservs = [&](const std::string& content) {
        return conflict(
            lab.ask("PUT",
                    of("simservs.ngn.etsi.org", "simservs.xml"),
                    "<simservs xmlns='http://uri.etsi.org/ngn/params/xml/simservs/xcap'>" +
                        content + "</simservs>",
                    "application/vnd.etsi.simservs+xml"));
    };
    CHECK(simservs("<communication-waiting active='false'/>") == "201");
    CHECK(simservs("<communication-waiting active='maybe'/>") == "schema-validation-error");
    CHECK(simservs("<communication-diversion><NoReplyTimer>1</NoReplyTimer>"
                   "</communication-diversion>") == "schema-validation-error");
    CHECK(simservs("<weather/>") == "schema-validation-error");
    const auto diversion = [&](const std::string& revealed) {
        return simservs(
            "<communication-diversion><ruleset xmlns='urn:ietf:params:xml:ns:common-policy'>"
            "<rule id='always'><actions>"
            "<forward-to xmlns='http://uri.etsi.org/ngn/params/xml/simservs/xcap'>"
            "<target>sip:voicemail@example.com</target><reveal-identity-to-caller>" +
            revealed +
            "</reveal-identity-to-caller></forward-to></actions></rule></ruleset>"
            "</communication-diversion>");
    };
    CHECK(diversion("not-reveal-GRUU") == "200");
    CHECK(diversion("perhaps") == "schema-validation-error");
    CHECK(simservs("<extensions/><communication-waiting/>") == "schema-validation-error");
}

TEST_CASE("RFC 5025 §3: presence rules are what common policy and its additions have") {
    XdmLab lab;
    const auto put = [&](const std::string& actions) {
        return conflict(lab.ask("PUT",
                                of("org.openmobilealliance.pres-rules", "pres-rules"),
                                "<ruleset xmlns='urn:ietf:params:xml:ns:common-policy' "
                                "xmlns:pr='urn:ietf:params:xml:ns:pres-rules'><rule id='a'>"
                                "<conditions><identity><one id='sip:bob@home.example'/></identity>"
                                "</conditions><actions>" +
                                    actions + "</actions></rule></ruleset>",
                                "application/auth-policy+xml"));
    };
    CHECK(put("<pr:sub-handling>allow</pr:sub-handling>") == "201");
    CHECK(put("<pr:sub-handling>perhaps</pr:sub-handling>") == "schema-validation-error");
    CHECK(put("<x:unknown xmlns:x='urn:x'/>") == "200");
}

TEST_CASE("RFC 4825 §5.7: one's own tree, what is global for reading, and what rules add") {
    auto settings = XdmLab::trusting_the_proxy();
    settings.xcap.access.administrators.insert("sip:adam@home.example");
    settings.xcap.access.grants.push_back({kBob, kAlice, {"resource-lists"}, false});
    settings.xcap.access.grants.push_back({"sip:eve@home.example", "*", {}, true});
    XdmLab lab(settings);
    const auto put = [&](const char* user, const std::string& path = kIndex) {
        return lab.ask("PUT", path, kFriends, kLists, {}, user).status;
    };
    const auto get = [&](const char* user, const std::string& path = kIndex) {
        return lab.ask("GET", path, {}, {}, {}, user).status;
    };
    CHECK(put(kAlice) == 201);
    CHECK(get(kBob) == 200);
    CHECK(put(kBob) == 403);
    CHECK(get(kBob, of("pres-rules", "index")) == 403);
    CHECK(get("sip:carol@home.example") == 403);
    CHECK(put("sip:eve@home.example") == 200);
    CHECK(put("sip:adam@home.example", "/resource-lists/global/index") == 201);
    CHECK(put(kAlice, "/resource-lists/global/index") == 403);
    CHECK(get(kAlice, "/resource-lists/global/index") == 200);
}

TEST_CASE("documents for the other enablers: found, listed, stored, and each change told") {
    XdmLab lab(XdmLab::trusting_the_proxy(),
               {{{"pres-rules", kAlice, "index"}, {"t", "<a/>", "application/auth-policy+xml"}}});
    std::vector<std::string> told;
    lab.documents->watch([&](const DocumentPath& path) {
        const auto* now = lab.documents->find(path);
        told.push_back(path.name + (now != nullptr ? " is there" : " is gone"));
    });
    CHECK(lab.documents->find({"pres-rules", kAlice, "index"})->body == "<a/>");
    CHECK(lab.documents->find({"pres-rules", kBob, "index"}) == nullptr);
    lab.ask("PUT", kIndex, kFriends, kLists);
    CHECK(told == std::vector<std::string>{"index is there"});
    CHECK(lab.documents->list("resource-lists").size() == 1);
    CHECK(lab.documents->list("resource-lists", kBob).empty());
    CHECK(lab.documents->list("pres-rules", kAlice).size() == 1);

    bool stored = false;
    lab.documents->store({"pres-rules", kBob, "index"},
                         Document{{}, "<b/>", "application/auth-policy+xml"},
                         [&](const Result<void, std::string>& done) { stored = done.has_value(); });
    lab.documents->store({"pres-rules", kBob, "index"}, std::nullopt);
    CHECK_FALSE(stored);
    lab.take();
    lab.run();
    CHECK(stored);
    CHECK(told.back() == "index is gone");
    CHECK(told.size() == 3);
    CHECK(lab.documents->find({"pres-rules", kBob, "index"}) == nullptr);
}

TEST_CASE("settings that are wrong are named with what was expected") {
    const auto mistake = [](const char* json) {
        const auto read = read_xdm_settings(nlohmann::json::parse(json));
        return read ? std::string() : read.error();
    };
    CHECK(mistake(R"({"root": "/xcap/", "digest": true, "trusted": ["127.0.0.1"], "realm": "a",
                      "administrators": ["sip:a@b"], "max_document_bytes": 1000,
                      "grants": [{"to": "sip:a@b", "owner": "*"}]})") == "");
    CHECK(mistake(R"({"root": "xcap"})") == R"(root: found "xcap", expected a path like /xcap)");
    CHECK(mistake(R"({"trusted": ["home"]})") == R"(trusted: found "home", expected IP addresses)");
    CHECK(mistake(R"({"digest": 1})") == "digest: found 1, expected true or false");
    CHECK(mistake(R"({"administrators": "adam"})") ==
          R"(administrators: found "adam", expected a sip: or tel: URI)");
    CHECK(mistake(R"({"grants": [{"to": "sip:a@b"}]})") ==
          R"(grants: found {"to":"sip:a@b"}, expected {"to": URI, "owner": URI or "*"})");
    CHECK(mistake(R"({"grants": {"to": "sip:a@b", "owner": "*", "auids": ["x"]}})") ==
          R"(grants.auids: found "x", expected an AUID of this server)");
    CHECK(mistake(R"({"max_document_bytes": 0})") ==
          "max_document_bytes: found 0, expected a number up to 67108864");
    CHECK(
        mistake(R"({"colour": "red"})").starts_with("colour: found \"red\", expected one of root"));
}
