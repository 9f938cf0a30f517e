// Sessions that share a connection (RFC 4975 §5.4): one that waits, ends or moves leaves the others
// what they have.
#include "tests/unit/as/messaging/session_fixture.h"

using namespace imslab;
using namespace imslab::messaging;

namespace {

const Address kCarol = test::at("127.1.100.53:2855"), kMoved = test::at("127.1.100.61:2855");

// Alice writes to carol and to bob by one connection; the call that was made last is bob's.
struct SharedLab : SessionLab {
    explicit SharedLab(MessagingSettings settings = {}) : SessionLab(std::move(settings)) {
        scanner = [](const std::string&) { return ScanAnswer{}; };
        set_up(kCarol);
        to_alice_by_carol = to_alice;
        set_up(kBob);
        connect(alice);
        connect(bob);
        connect(carol);
        writes_to_carol("m0000");
        arrives(alice, msrp::whole(send_head("m0001", "1-2/2"), "hi"));
        in_dialog("ACK", 1);
        sent();
        octets.clear();
    }
    void writes_to_carol(const std::string& id) {
        auto head = send_head(id, "1-2/2");
        head.to_path = to_alice_by_carol;
        arrives(alice, msrp::whole(head, "hi"));
    }
    void alice_moves() {
        in_dialog("INVITE", 2, description(kMoved, "alice2"));
        const auto on = sent();
        bob_answers(on, description(kBob, "bob1", "a=setup:passive\r\n"));
    }
    bool is_read() const {
        const auto found = reads.find(alice.remote);
        return found == reads.end() || found->second;
    }

    Flow carol{Transport::tcp, kMsrp, kCarol, 3};
    std::string to_alice_by_carol;
};

}  // namespace

TEST_CASE("a session that ends while its receiver is blocked holds up no other") {
    SharedLab lab;
    lab.deliver(Blocked{lab.bob});
    REQUIRE_FALSE(lab.is_read());
    lab.writes_to_carol("m0002");
    CHECK(lab.octets[kCarol].empty());
    SECTION("by BYE") { lab.in_dialog("BYE", 2); }
    SECTION("because the receiver is gone") {
        lab.deliver(ConnectionClosed{lab.bob, "gone"});
        lab.deliver(Woken{});
    }
    CHECK(lab.is_read());
    CHECK(lab.written(kCarol).at(0).head.message_id == "m0002");
    CHECK(lab.state()["sessions"]["msrp"]["sessions"] == 1);
}

TEST_CASE("a session that moves while its receiver is blocked holds up no other") {
    SharedLab lab;
    lab.deliver(Blocked{lab.bob});
    REQUIRE_FALSE(lab.is_read());
    lab.alice_moves();
    CHECK(lab.closed.empty());
    CHECK(lab.is_read());
    lab.writes_to_carol("m0002");
    CHECK(lab.written(kCarol).at(0).head.message_id == "m0002");
}

TEST_CASE("a session that moves while its message is looked at holds up no other") {
    MessagingSettings settings;
    settings.content_filter = "/run/clamd";
    SharedLab lab(settings);
    lab.scans_wait = true;
    lab.arrives(lab.alice, msrp::whole(lab.send_head("m0002", "1-2/2"), "hi"));
    REQUIRE_FALSE(lab.is_read());
    lab.alice_moves();
    CHECK(lab.is_read());
    lab.writes_to_carol("m0003");
    REQUIRE(lab.scans.size() > 1);
    lab.deliver(Answered{lab.scans.back(), ScanAnswer{}});
    CHECK(lab.written(kCarol).back().head.message_id == "m0003");
}

TEST_CASE("who is connected already is reached by that connection") {
    SharedLab lab;
    lab.set_up(kBob);
    CHECK(lab.written(kBob).at(0).head.to_path == "msrp://127.1.100.52:2855/bob1;tcp");
    lab.arrives(lab.alice, msrp::whole(lab.send_head("m0002", "1-2/2"), "hi"));
    CHECK(lab.is_read());
    CHECK(lab.written(kBob).at(0).head.message_id == "m0002");
    CHECK(lab.closed.empty());
}
