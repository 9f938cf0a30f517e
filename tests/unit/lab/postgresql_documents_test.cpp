// An XDM server on PostgreSQL, as a real process: what it acknowledged is there whatever happens to
// it or to the database's server.
#include <signal.h>

#include "lab/http_client.h"
#include "lab/supervisor.h"
#include "tests/support/postgres_server.h"
#include "tests/unit/lab/lab_process.h"

using namespace imslab;
using namespace imslab::lab;
using namespace imslab::lab::test;
using imslab::test::PostgresServer;

namespace {

constexpr auto kPatience = std::chrono::seconds(20);
const std::string kAlice = "sip:alice@home.example";

struct DocumentsOnPostgres {
    DocumentsOnPostgres() : supervisor(topology(), options()) {
        const auto up = supervisor.start_all(in(kPatience));
        if (!up) FAIL(up.error());
    }
    ~DocumentsOnPostgres() { supervisor.stop_all(); }

    http::Message ask(const std::string& method, const std::string& body = {}) const {
        auto client = HttpClient::connect(
            *IpAddress::parse("127.0.0.1"), address(), "xdms", {}, in(kPatience));
        if (!client) FAIL(client.error());
        http::Request request;
        request.method = method;
        request.target = "/resource-lists/users/" + kAlice + "/index";
        request.fields.add("Host", "xdms");
        request.fields.add("X-3GPP-Asserted-Identity", "\"" + kAlice + "\"");
        if (!body.empty()) request.fields.add("Content-Type", "application/resource-lists+xml");
        request.body = body;
        auto answer = (*client)->ask(request, in(kPatience));
        if (!answer) FAIL(answer.error());
        return *std::move(answer);
    }
    int put(const std::string& name) const { return ask("PUT", list(name)).status; }
    static std::string list(const std::string& name) {
        return "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list name=\"" +
               name + "\"/></resource-lists>";
    }
    void kill_and_start() {
        supervisor.signal("xdms", SIGKILL);
        CHECK(supervisor.start("xdms", in(kPatience)) == "");
    }

    PostgresServer server;
    OwnPlace place;

private:
    Address address() const { return *Address::parse(place.network + "10.3:8080"); }
    Topology topology() const {
        const auto ip = place.network + "10.3";
        auto read = Topology::parse("nodes:\n  xdms:\n    kind: as\n    address: " + ip +
                                        "\n    http: " + ip + "\n    database: \"" + server.url() +
                                        "\"\n    settings: {enablers: {xdm: {trusted: "
                                        "[127.0.0.1]}}}\n",
                                    place.folder + "/documents.yaml");
        if (!read) FAIL(read.error().front().to_string());
        return *std::move(read);
    }
    NodeOptions options() const {
        NodeOptions options;
        options.folder = place.folder;
        options.trace = false;
        return options;
    }

    Supervisor supervisor;
};

}  // namespace

TEST_CASE(
    "documents on PostgreSQL: its server away and back, the XDM server killed, nothing lost") {
    if (!nodes_are_built()) SKIP("the nodes are not built");
    if (PostgresServer::programs().empty()) SKIP("PostgreSQL is not installed: setup/install test");
    DocumentsOnPostgres documents;
    CHECK(documents.put("one") == 201);
    documents.kill_and_start();
    CHECK(documents.ask("GET").body == documents.list("one"));

    documents.server.stop(SIGQUIT);
    CHECK(documents.put("two") == 503);
    CHECK(documents.ask("GET").body == documents.list("one"));  // what was there is there
    documents.server.start();
    CHECK(documents.put("three") == 200);

    documents.server.kill_sessions(SIGTERM);
    CHECK(documents.put("four") == 200);
    documents.kill_and_start();
    CHECK(documents.ask("GET").body == documents.list("four"));
    CHECK(documents.ask("DELETE").status == 200);
    documents.kill_and_start();
    CHECK(documents.ask("GET").status == 404);
}
