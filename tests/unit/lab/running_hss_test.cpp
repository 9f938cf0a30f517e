// `imslab subscriber` while a lab runs, with real processes: the running HSS is told, which tells
// the S-CSCF (TS 29.228 §6.1.3 RTR, §6.2 PPR), and what the S-CSCF keeps follows.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "lab/observation.h"
#include "lab/quiet.h"
#include "lab/running.h"
#include "tests/unit/lab/core_with_phones.h"

using namespace imslab::lab;
using namespace imslab::lab::test;

namespace {

constexpr const char* kZoe =
    "subscriber add 001010000000099 --k 465b5ce8b199b49faa5f0a2ee238a6bc --op "
    "cdc202d5123e20f62b6d676ac72cb318 --public sip:zoe@ims.mnc001.mcc001.3gppnetwork.org";

struct RunningCore : CoreWithPhones {
    Said subscriber(const std::string& what) const {
        return run_imslab(what + " --out " + place.out);
    }
    nlohmann::json registrations() const {
        return nlohmann::json::parse(run_imslab("state scscf --json --out " + place.out).text)
            .at("registrations");
    }
    // How many messages of that name crossed Cx, as the nodes wrote them down.
    std::ptrdiff_t count(const std::string& label) const {
        std::vector<std::string> sockets;
        const auto lab = Running::find(place.out);
        REQUIRE(lab);
        for (const auto& [name, socket] : lab->control_sockets) sockets.push_back(socket);
        REQUIRE(await_quiet(sockets, in(std::chrono::seconds(10))));
        const auto seen = load_record(place.out + "/up-elsewhere");
        REQUIRE(seen);
        return std::count_if(seen->messages.begin(), seen->messages.end(), [&](const auto& one) {
            return one.label == label;
        });
    }
};

}  // namespace

TEST_CASE("a registered subscriber is removed: RTR, and the S-CSCF knows her no more") {
    if (!nodes_are_built()) SKIP("the nodes are not built");
    RunningCore core;
    REQUIRE(core.register_phone("alice") == 200);
    REQUIRE(core.registrations().dump().find("sip:alice@") != std::string::npos);

    const auto said = core.subscriber("subscriber remove 001010000000001");
    INFO(said.text);
    CHECK(said.status == 0);
    CHECK(said.has("is removed"));
    CHECK(core.registrations().dump().find("sip:alice@") == std::string::npos);
    CHECK_FALSE(core.subscriber("subscriber list").has("sip:alice@"));
    CHECK(core.register_phone("alice") == 403);
    CHECK(core.count("RTR") >= 1);
    CHECK(core.count("RTA") == core.count("RTR"));
}

TEST_CASE("a subscriber added while the lab runs can be removed again; nobody has to be told") {
    if (!nodes_are_built()) SKIP("the nodes are not built");
    RunningCore core;
    const auto added = core.subscriber(kZoe);
    INFO(added.text);
    CHECK(added.status == 0);
    CHECK(core.subscriber("subscriber list").has("sip:zoe@"));
    CHECK(core.subscriber("subscriber remove 001010000000099").status == 0);
    CHECK_FALSE(core.subscriber("subscriber list").has("sip:zoe@"));
    CHECK(core.subscriber("subscriber remove 001010000000099").status == 1);
    CHECK(core.count("RTR") == 0);
}

TEST_CASE("a changed profile is imported: PPR, and the S-CSCF serves the user by the new one") {
    if (!nodes_are_built()) SKIP("the nodes are not built");
    RunningCore core;
    REQUIRE(core.register_phone("bob") == 200);
    auto changed = content_of(core.topology.subscribers_file);
    OwnPlace::replace(changed,
                      "<public>tel:+15550002</public>",
                      "<public>tel:+15550002</public>\n    "
                      "<public>sip:robert@ims.mnc001.mcc001.3gppnetwork.org</public>");
    const auto file = core.place.write("changed.xml", changed);
    const auto said = core.subscriber("subscriber import " + file);
    INFO(said.text);
    CHECK(said.status == 0);
    CHECK(core.registrations().dump().find("sip:robert@") != std::string::npos);
    CHECK(core.count("PPR") >= 1);
    CHECK(core.count("PPA") == core.count("PPR"));
}

TEST_CASE("a wrong file changes nothing in a running HSS, and nobody is told anything") {
    if (!nodes_are_built()) SKIP("the nodes are not built");
    RunningCore core;
    REQUIRE(core.register_phone("alice") == 200);
    const auto before = core.subscriber("subscriber export").text;
    auto wrong = content_of(core.topology.subscribers_file);
    OwnPlace::replace(wrong, "k=\"ac5d0bc5", "k=\"zz5d0bc5");
    const auto file = core.place.write("wrong.xml", wrong);
    const auto said = core.subscriber("subscriber import " + file);
    CHECK(said.status == 2);
    CHECK(said.has(file + ":9:"));
    CHECK(core.subscriber("subscriber export").text == before);
    CHECK(core.count("PPR") == 0);
    CHECK(core.count("RTR") == 0);
}

TEST_CASE("the HSS's control socket: an operator deregisters a user and pushes a profile") {
    if (!nodes_are_built()) SKIP("the nodes are not built");
    RunningCore core;
    REQUIRE(core.register_phone("carol") == 200);
    const auto socket = Running::find(core.place.out)->hss;
    const auto ask = [&](const std::string& line) {
        return ask_node(socket, line, in(std::chrono::seconds(20))).value();
    };
    const std::string carol = "001010000000003@ims.mnc001.mcc001.3gppnetwork.org";
    CHECK(ask("push " + carol).starts_with("done: "));
    CHECK(core.count("PPR") >= 1);
    CHECK(ask("deregister " + carol + " 0").starts_with("done: "));
    CHECK(core.count("RTR") == 1);
    CHECK(core.registrations().dump().find("sip:carol@") == std::string::npos);
    CHECK(ask("deregister").starts_with("error: expected"));
    CHECK(ask("deregister " + carol + " 9").starts_with("error: the reason"));
    CHECK(ask("deregister nobody@nowhere").starts_with("error: there is no private identity"));
    CHECK(ask("import /no/such/file").starts_with("error: cannot read"));
    CHECK(ask("import <subscribers><nonsense/></subscribers>").starts_with("error: "));
    CHECK(ask("remove nobody").starts_with("error: there is no subscription"));
    CHECK(ask("fly").starts_with("error: unknown command"));
}
