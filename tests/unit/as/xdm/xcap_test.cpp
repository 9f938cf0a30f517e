// RFC 4825 from the outside: documents, elements, attributes, namespaces, by every kind of
// selector.
#include "tests/unit/as/xdm/xdm_fixture.h"

#include "as/xdm/schema.h"

using namespace imslab;
using namespace imslab::xdm;

namespace {

std::string node(const std::string& selector) { return kIndex + "/~~/" + selector; }
const std::string kList = "resource-lists/list%5b@name=%22friends%22%5d";

std::string entry(const std::string& name) {
    return "<entry uri=\"sip:" + name + "@home.example\"/>";
}

// Each error document is what its schema has.
std::string conflict_in(const http::Response& response) {
    CHECK(response.status == 409);
    CHECK(type_of(response) == "application/xcap-error+xml");
    CHECK(schema_fault(response.body, "xcap-error.xsd").value_or("") == "");
    const auto tree = DocumentTree::parse(response.body);
    REQUIRE(tree);
    return std::string(tree->name(1).local);
}

}  // namespace

TEST_CASE("XCAP §8.2: a document is created, fetched, replaced and deleted") {
    XdmLab lab;
    const auto created = lab.ask("PUT", kIndex, kFriends, kLists);
    CHECK(created.status == 201);
    CHECK(created.body.empty());
    REQUIRE(lab.stored.size() == 1);
    CHECK(std::get<PutDocument>(lab.stored[0]).path ==
          DocumentPath{"resource-lists", kAlice, "index"});

    const auto read = lab.ask("GET", kIndex);
    CHECK(read.status == 200);
    CHECK(read.body == kFriends);
    CHECK(type_of(read) == kLists);
    CHECK(etag(read) == etag(created));

    const auto replaced = lab.ask("PUT", kIndex, kFriends, kLists);
    CHECK(replaced.status == 200);
    CHECK(etag(replaced) != etag(created));

    CHECK(lab.ask("DELETE", kIndex).status == 200);
    CHECK(lab.ask("GET", kIndex).status == 404);
    CHECK(lab.ask("DELETE", kIndex).status == 404);
}

TEST_CASE("XCAP §7.4: an element by name, attribute, position and both") {
    XdmLab lab;
    lab.ask("PUT", kIndex, kFriends, kLists);
    const std::string carol = entry("carol");
    for (const auto* step : {"entry%5b@uri=%22sip:carol@home.example%22%5d",
                             "entry%5B@uri=%27sip:carol@home.example%27%5D",
                             "entry%5b2%5d",
                             "*%5b2%5d",
                             "entry%5b2%5d%5b@uri=%22sip:carol@home.example%22%5d",
                             "*%5b@uri=%22sip:carol@home.example%22%5d"}) {
        const auto read = lab.ask("GET", node(kList + "/" + step));
        CAPTURE(step);
        CHECK(read.status == 200);
        CHECK(read.body == carol);
        CHECK(type_of(read) == kElementType);
    }
    // §8.3: no match, or several.
    CHECK(lab.ask("GET", node(kList + "/entry")).status == 404);
    CHECK(lab.ask("GET", node(kList + "/entry%5b3%5d")).status == 404);
    CHECK(lab.ask("GET", node(kList + "/entry%5b1%5d%5b@uri=%22sip:carol@home.example%22%5d"))
              .status == 404);
    CHECK(lab.ask("GET", node("other")).status == 404);
}

TEST_CASE("XCAP §6.4: prefixes are bound in the query, and ought to be") {
    XdmLab lab;
    lab.ask("PUT", kIndex, kFriends, kLists);
    const std::string query = "?xmlns(rl=urn:ietf:params:xml:ns:resource-lists)";
    CHECK(lab.ask("GET", node("rl:resource-lists/rl:list") + query).status == 200);
    CHECK(lab.ask("GET", node("rl:resource-lists/list") + query).status == 200);
    CHECK(lab.ask("GET", node("rl:resource-lists")).status == 400);
    CHECK(lab.ask("GET", node("x:resource-lists") + "?xmlns(x=urn:other)").status == 404);
    CHECK(lab.ask("GET",
                  node("x:resource-lists") + "?other(a)xmlns(x%3durn:ietf:params:xml:ns:"
                                             "resource-lists)")
              .status == 200);
    CHECK(lab.ask("GET", node("resource-lists") + "?nonsense").status == 400);
}

TEST_CASE("XCAP §7.10: namespace bindings can be read, not written") {
    XdmLab lab;
    lab.ask("PUT", kIndex, kFriends, kLists);
    const auto read = lab.ask("GET", node(kList + "/namespace::*"));
    CHECK(read.status == 200);
    CHECK(type_of(read) == "application/xcap-ns+xml");
    CHECK(read.body == "<list xmlns=\"urn:ietf:params:xml:ns:resource-lists\"/>");
    for (const auto* method : {"PUT", "DELETE"}) {
        const auto refused = lab.ask(method, node(kList + "/namespace::*"), "<a/>", kElementType);
        CHECK(refused.status == 405);
        CHECK(refused.fields.get("Allow") == "GET, HEAD");
    }
}

TEST_CASE("XCAP §8.2.3: new elements go where the selector says, and nothing else moves") {
    XdmLab lab;
    const auto put = [&](const std::string& step, const std::string& element) {
        lab.ask("PUT", kIndex, kFriends, kLists);
        return lab.ask("PUT", node(kList + "/" + step), element, kElementType).status;
    };
    const auto after = [&](const std::string& before_it, const std::string& element) {
        const auto body = lab.ask("GET", kIndex).body;
        auto expected = kFriends;
        expected.insert(expected.find(before_it) + before_it.size(), element);
        return body == expected;
    };
    const auto dan = entry("dan"), carol = entry("carol");
    const std::string by_uri = "%5b@uri=%22sip:dan@home.example%22%5d";

    CHECK(put("entry" + by_uri, dan) == 201);  // the earliest last
    CHECK(after(carol, dan));
    CHECK(put("entry%5b3%5d" + by_uri, dan) == 201);
    CHECK(after(carol, dan));
    CHECK(put("entry%5b2%5d" + by_uri, dan) == 201);
    CHECK(after("</display-name></entry>", dan));
    CHECK(put("entry%5b1%5d" + by_uri, dan) == 201);
    CHECK(after("<list name=\"friends\">\n  ", dan));
    CHECK(put("*%5b1%5d" + by_uri, dan) == 201);
    CHECK(after("<list name=\"friends\">\n  ", dan));
    CHECK(put("*%5b3%5d" + by_uri, dan) == 201);
    CHECK(after(carol, dan));
    CHECK(put("*" + by_uri, dan) == 201);  // last of all, behind the white space
    CHECK(after(carol + "\n ", dan));
    CHECK(put("external%5b@anchor=%22http://x/%22%5d", "<external anchor=\"http://x/\"/>") == 201);
    CHECK(after(carol + "\n ", "<external anchor=\"http://x/\"/>"));
}

TEST_CASE("XCAP §8.2.3: the first child opens its parent's empty tag") {
    XdmLab lab;
    const std::string empty =
        "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list name=\"a\" "
        "/></resource-lists>";
    lab.ask("PUT", kIndex, empty, kLists);
    const auto put =
        lab.ask("PUT", node("resource-lists/list/entry"), "\n" + entry("dan") + "\n", kElementType);
    CHECK(put.status == 201);
    CHECK(lab.ask("GET", kIndex).body ==
          "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list name=\"a\" >" +
              entry("dan") + "</list></resource-lists>");
}

TEST_CASE("XCAP §8.2.4: an element is replaced as a whole") {
    XdmLab lab;
    lab.ask("PUT", kIndex, kFriends, kLists);
    const auto put = lab.ask("PUT", node(kList + "/entry%5b1%5d"), entry("dan"), kElementType);
    CHECK(put.status == 200);
    auto expected = kFriends;
    const auto begin = expected.find("<entry"), end = expected.find("</entry>") + 8;
    expected.replace(begin, end - begin, entry("dan"));
    CHECK(lab.ask("GET", kIndex).body == expected);
}

TEST_CASE("XCAP §7.4, §7.7: what the URI would not name afterwards is not done") {
    XdmLab lab;
    lab.ask("PUT", kIndex, kFriends, kLists);
    const auto put = [&](const std::string& step, const std::string& body, const char* type) {
        return conflict_in(lab.ask("PUT", node(kList + step), body, type));
    };
    CHECK(put("/entry%5b@uri=%22sip:dan@home.example%22%5d", entry("eve"), kElementType) ==
          "cannot-insert");
    CHECK(put("/entry%5b@uri=%22sip:bob@home.example%22%5d", entry("eve"), kElementType) ==
          "cannot-insert");
    CHECK(put("/entry%5b9%5d", entry("eve"), kElementType) == "cannot-insert");
    CHECK(put("/entry", entry("eve"), kElementType) == "cannot-insert");
    CHECK(put("/external", entry("eve"), kElementType) == "cannot-insert");
    CHECK(put("/entry%5b@uri=%22sip:bob@home.example%22%5d/@uri",
              "\"sip:eve@home.example\"",
              kAttributeType) == "cannot-insert");
    CHECK(lab.ask("GET", kIndex).body == kFriends);
}

TEST_CASE("XCAP §8.2.1: the parent must be there; the report names what is") {
    XdmLab lab;
    const auto nowhere = lab.ask("PUT", node(kList + "/entry"), entry("eve"), kElementType);
    CHECK(conflict_in(nowhere) == "no-parent");
    lab.ask("PUT", kIndex, kFriends, kLists);
    const auto no_list = lab.ask(
        "PUT", node("resource-lists/list%5b@name=%22none%22%5d/entry"), entry("eve"), kElementType);
    CHECK(conflict_in(no_list) == "no-parent");
    CHECK(no_list.body.find("<ancestor>" + kIndex + "/~~/resource-lists</ancestor>") !=
          std::string::npos);
    const auto no_folder =
        lab.ask("PUT", "/resource-lists/users/sip:alice@home.example/a/b", kFriends, kLists);
    CHECK(conflict_in(no_folder) == "no-parent");
    CHECK(no_folder.body.find("<ancestor>/resource-lists/users/sip:alice@home.example/<") !=
          std::string::npos);
}

TEST_CASE("XCAP §7.7 to §7.9: attributes are created, replaced, fetched and deleted") {
    XdmLab lab;
    lab.ask("PUT", kIndex, kFriends, kLists);
    const auto bob = kList + "/entry%5b1%5d";
    CHECK(lab.ask("GET", node(bob + "/@uri")).body == "\"sip:bob@home.example\"");
    CHECK(type_of(lab.ask("GET", node(bob + "/@uri"))) == kAttributeType);
    CHECK(lab.ask("GET", node(bob + "/@none")).status == 404);

    const auto replaced =
        lab.ask("PUT", node(bob + "/@uri"), "\"sip:rob@home.example\"", kAttributeType);
    CHECK(replaced.status == 200);
    CHECK(lab.ask("GET", node(bob + "/@uri")).body == "\"sip:rob@home.example\"");

    const auto again = node("resource-lists/list/@name");
    CHECK(lab.ask("PUT", again, "'my &amp; \"friends\"'", kAttributeType).status == 200);
    CHECK(lab.ask("GET", again).body == "\"my &amp; &quot;friends&quot;\"");
    CHECK(lab.ask("DELETE", again).status == 200);
    CHECK(lab.ask("DELETE", again).status == 404);
    CHECK(lab.ask("GET", node("resource-lists/list/namespace::*")).body.substr(0, 6) == "<list ");
    CHECK(lab.ask("PUT", again, "\"friends\"", kAttributeType).status == 201);
    // What the schema needs cannot go.
    CHECK(conflict_in(lab.ask("DELETE", node(bob + "/@uri"))) == "schema-validation-error");
}

TEST_CASE("XCAP §8.4: a deletion that would delete something else a second time is not done") {
    XdmLab lab;
    lab.ask("PUT", kIndex, kFriends, kLists);
    CHECK(conflict_in(lab.ask("DELETE", node(kList + "/entry%5b1%5d"))) == "cannot-delete");
    CHECK(conflict_in(lab.ask("DELETE", node("resource-lists"))) == "schema-validation-error");
    const auto gone = lab.ask("DELETE", node(kList + "/entry%5b2%5d"));
    CHECK(gone.status == 200);
    CHECK(etag(gone) == etag(lab.ask("GET", kIndex)));
    CHECK(lab.ask("DELETE", node(kList + "/entry%5b@uri=%22sip:bob@home.example%22%5d")).status ==
          200);
    // White space around what was deleted stays.
    CHECK(lab.ask("GET", node(kList)).body == "<list name=\"friends\">\n  \n  \n </list>");
}

TEST_CASE("XCAP §8.2.2: each body is what its selector and its type say") {
    XdmLab lab;
    CHECK(lab.ask("PUT", kIndex, kFriends, "text/plain").status == 415);
    CHECK(lab.ask("PUT", kIndex, kFriends).status == 415);
    CHECK(conflict_in(lab.ask("PUT", kIndex, "<a>", kLists)) == "not-well-formed");
    CHECK(conflict_in(lab.ask("PUT", kIndex, "<a>\xFF</a>", kLists)) == "not-utf-8");
    CHECK(conflict_in(lab.ask("PUT", kIndex, "<!DOCTYPE a []>" + kFriends, kLists)) ==
          "not-well-formed");
    CHECK(conflict_in(lab.ask("PUT", kIndex, "<other/>", kLists)) == "schema-validation-error");
    lab.ask("PUT", kIndex, kFriends, kLists);
    const auto dan = node(kList + "/entry%5b@uri=%22sip:dan@home.example%22%5d");
    CHECK(lab.ask("PUT", dan, entry("dan"), kLists).status == 415);
    CHECK(conflict_in(lab.ask("PUT", dan, "<entry", kElementType)) == "not-xml-frag");
    CHECK(conflict_in(lab.ask("PUT", dan, entry("dan") + entry("eve"), kElementType)) ==
          "not-xml-frag");
    CHECK(conflict_in(lab.ask("PUT", dan, "<entry uri=\"\xFF\"/>", kElementType)) == "not-utf-8");
    const auto name = node("resource-lists/list/@name");
    CHECK(lab.ask("PUT", name, "\"a\"", kElementType).status == 415);
    for (const auto* body : {"a", "\"a", "\"a\"b\"", "\"<\"", "\"&x;\"", ""})
        CHECK(conflict_in(lab.ask("PUT", name, body, kAttributeType)) == "not-xml-att-value");
    CHECK(conflict_in(lab.ask("PUT", name, "\"\xFF\"", kAttributeType)) == "not-utf-8");
    CHECK(lab.ask("GET", kIndex).body == kFriends);
}

TEST_CASE("XCAP §8.2.6, §8.5: conditions are on the one tag of the document") {
    XdmLab lab;
    const auto first = etag(lab.ask("PUT", kIndex, kFriends, kLists, {{"If-None-Match", "*"}}));
    CHECK(lab.ask("PUT", kIndex, kFriends, kLists, {{"If-None-Match", "*"}}).status == 412);
    CHECK(lab.ask("GET", kIndex, {}, {}, {{"If-None-Match", first}}).status == 304);
    const auto dan = node(kList + "/entry%5b@uri=%22sip:dan@home.example%22%5d");
    CHECK(lab.ask("PUT", dan, entry("dan"), kElementType, {{"If-None-Match", "*"}}).status == 412);
    const auto put = lab.ask("PUT", dan, entry("dan"), kElementType, {{"If-Match", first}});
    CHECK(put.status == 201);
    const auto lost = lab.ask("DELETE", dan, {}, {}, {{"If-Match", first}});
    CHECK(lost.status == 412);
    CHECK(etag(lost) == etag(put));
    CHECK(lab.ask("GET", dan, {}, {}, {{"If-None-Match", first}}).status == 200);
    CHECK(lab.ask("DELETE", dan, {}, {}, {{"If-Match", etag(put)}}).status == 200);
}

TEST_CASE("XCAP §8.1: other methods have no meaning") {
    XdmLab lab;
    const auto refused = lab.ask("POST", kIndex, kFriends, kLists);
    CHECK(refused.status == 405);
    CHECK(refused.fields.get("Allow") == "GET, HEAD, PUT, DELETE");
}

TEST_CASE("XCAP §6.2: paths that lead nowhere, or out of a tree") {
    XdmLab lab;
    const std::string users = "/resource-lists/users/sip:alice@home.example/";
    CHECK(lab.ask("GET", "/unknown/users/sip:alice@home.example/index").status == 404);
    CHECK(lab.ask("GET", "/resource-lists").status == 400);
    CHECK(lab.ask("GET", "/resource-lists/users/sip:alice@home.example").status == 400);
    CHECK(lab.ask("GET", "/resource-lists/nobody/index").status == 400);
    CHECK(lab.ask("GET", users + "../sip:bob@home.example/index").status == 400);
    CHECK(lab.ask("GET", users + "%2e%2e/sip:bob@home.example/index").status == 400);
    CHECK(lab.ask("GET", users + "/index").status == 400);
    CHECK(lab.ask("GET", users + "%zz").status == 400);
    CHECK(lab.ask("GET", users + "index/~~").status == 400);
    CHECK(lab.ask("GET", users + "index/~~/").status == 400);
    CHECK(lab.ask("GET", users + "index/~~/a%5b0%5d").status == 400);
    CHECK(lab.ask("GET", users + "index/~~/a%5bb%5d").status == 400);
    CHECK(lab.ask("GET", users + "index/~~/a%5b@x=1%5d").status == 400);
    CHECK(lab.ask("GET", users + "index/~~/a%5b@x=%221%22%5d%5b1%5d").status == 400);
    CHECK(lab.ask("GET", users + "index/~~/%25").status == 400);
    // The same user, written differently.
    lab.ask("PUT", kIndex, kFriends, kLists);
    CHECK(lab.ask("GET", "/resource-lists/users/sip%3Aalice%40HOME.example/index").status == 200);
}

TEST_CASE("XCAP §6.1: another root") {
    auto settings = XdmLab::trusting_the_proxy();
    settings.xcap.root = "/xcap-root";
    XdmLab lab(settings);
    CHECK(lab.ask("PUT", "/xcap-root" + kIndex, kFriends, kLists).status == 201);
    CHECK(lab.ask("GET", kIndex).status == 400);
    CHECK(lab.ask("GET", "/xcap-rooted" + kIndex).status == 400);
    CHECK(lab.ask("GET", "http://xcap.home.example/xcap-root" + kIndex).status == 200);
}

TEST_CASE("an acknowledged change is durable; what the database refuses has not happened") {
    XdmLab lab;
    lab.ask("PUT", kIndex, kFriends, kLists);
    lab.database_error = "disk full";
    const auto refused = lab.ask("DELETE", kIndex);
    CHECK(refused.status == 503);
    CHECK(refused.fields.has("Retry-After"));
    lab.database_error.clear();
    CHECK(lab.ask("GET", kIndex).body == kFriends);
}

TEST_CASE("two writers of one document take turns: the second meets what the first has left") {
    XdmLab lab;
    const auto tag = etag(lab.ask("PUT", kIndex, kFriends, kLists));
    http::Request request;
    request.method = "PUT";
    request.target = kIndex;
    request.body = kFriends;
    request.flow.remote = *Address::parse(kProxy, 1);
    request.fields.add("X-XCAP-Asserted-Identity", "\"" + std::string(kAlice) + "\"");
    request.fields.add("Content-Type", kLists);
    request.fields.add("If-Match", tag);
    const auto first = lab.begin(request);
    const auto second = lab.begin(request);
    CHECK(lab.asks.size() == 1);
    CHECK(lab.replies.count(first) == 0);
    // Meanwhile it is as it was.
    CHECK(lab.documents->find({"resource-lists", kAlice, "index"})->etag ==
          tag.substr(1, tag.size() - 2));
    lab.run();
    CHECK(lab.replies.at(first).status == 200);
    CHECK(lab.replies.at(second).status == 412);
}
