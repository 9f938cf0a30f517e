// Resource lists: whose entries there are, and what a list that refers to itself costs (RFC 4826).
#include "as/presence/resource_lists.h"

#include "tests/unit/presence/presence_flow.h"

using namespace imslab;
using namespace imslab::test;
using namespace imslab::presence;

namespace {

// Alice's lists in one document.
struct Lists {
    DocumentsInMemory documents;

    explicit Lists(const std::string& inside) {
        documents.store(
            {"resource-lists", kAlice, "index"},
            xdm::Document{"e",
                          "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">" +
                              inside + "</resource-lists>",
                          "application/resource-lists+xml"},
            {});
        documents.reads.clear();
    }
    std::vector<std::string> uris_of(const std::string& list) const {
        const auto entries = entries_of(documents, {{"resource-lists", kAlice, "index"}, {list}});
        INFO((entries ? std::string() : entries.error()));
        REQUIRE(entries);
        std::vector<std::string> uris;
        for (const auto& entry : *entries) uris.push_back(entry.uri);
        return uris;
    }
    std::size_t reads() const { return documents.reads["resource-lists"]; }
};

std::string list(const std::string& name, const std::string& inside) {
    return "<list name=\"" + name + "\">" + inside + "</list>";
}
std::string entry(const std::string& uri) { return "<entry uri=\"" + uri + "\"/>"; }
std::string external(const std::string& name) {
    return "<external anchor=\"http://xcap/resource-lists/users/" + kAlice +
           "/index/~~/resource-lists/list%5B@name=%22" + name + "%22%5D\"/>";
}
std::string reference(const std::string& name, const std::string& uri) {
    return "<entry-ref ref=\"resource-lists/users/" + kAlice +
           "/index/~~/resource-lists/list%5B@name=%22" + name + "%22%5D/entry%5B@uri=%22" + uri +
           "%22%5D\"/>";
}

}  // namespace

TEST_CASE("A list has its own entries, those of lists inside, and those it refers to, each once") {
    const Lists lists(list("a",
                           entry(kBob) + list("inside", entry(kCarol) + entry(kBob)) +
                               external("b") + reference("c", "sip:erin@h") +
                               reference("c", "sip:nobody@h")) +
                      list("b", entry("sip:dave@h") + external("nothing")) +
                      list("c", entry("sip:frank@h") + entry("sip:erin@h")));
    CHECK(lists.uris_of("a") == std::vector<std::string>{kBob, kCarol, "sip:dave@h", "sip:erin@h"});
}

TEST_CASE("A document is read once, however often its lists refer to one another") {
    // three references on each of eight levels would be some ten thousand readings
    const Lists lists(
        list("a", external("a") + external("b") + external("a") + entry(kBob)) +
        list("b", external("a") + external("b") + reference("a", kBob) + entry(kCarol)));
    CHECK(lists.uris_of("a") == std::vector<std::string>{kBob, kCarol});
    CHECK(lists.reads() == 1);
}

TEST_CASE("What is too deep by one way is found by a nearer one") {
    // nine lists one in the other, and behind them the way to the last
    std::string chain;
    for (int i = 1; i < 9; ++i)
        chain += list("l" + std::to_string(i), external("l" + std::to_string(i + 1)));
    chain += list("l9", entry(kBob));
    const Lists far(list("l0", external("l1")) + chain);
    CHECK(far.uris_of("l0").empty());
    const Lists near(list("l0", external("l1") + external("l8")) + chain);
    CHECK(near.uris_of("l0") == std::vector<std::string>{kBob});
}
