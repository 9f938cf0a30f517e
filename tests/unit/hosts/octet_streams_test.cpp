// Streams of another protocol: octets as they come, and a node that wants no more for a while.
#include "tests/unit/hosts/running_loop.h"

using namespace imslab;
using namespace imslab::host;

namespace {

Address listen_for_octets(RunningLoop& running) {
    const auto bound = running.loop.listen_for_octets(loopback(), Transport::tcp);
    REQUIRE(bound);
    return *bound;
}

}  // namespace

TEST_CASE("octets arrive unframed, and what is no SIP is no mistake") {
    RunningLoop running;
    running.node.on_event = [](const Event& event, Outbox& outbox, Time) {
        if (const auto* arrived = std::get_if<Arrived>(&event))
            outbox.emit(Send{arrived->flow, arrived->bytes});
    };
    const Address at = listen_for_octets(running);
    running.start();
    Peer peer(SOCK_STREAM);
    peer.connect(at);
    peer.send("MSRP d93kswow SE");
    CHECK(peer.receive_exactly(16) == "MSRP d93kswow SE");
    CHECK(running.node.count<Unframeable>() == 0);
    CHECK(running.node.await<Arrived>().flow.local == at);
}

TEST_CASE("what a node does not want to read stays with its sender until it does") {
    RunningLoop running;
    Flow flow;
    std::size_t received = 0;
    bool held = false;
    running.node.on_event = [&](const Event& event, Outbox& outbox, Time) {
        if (const auto* arrived = std::get_if<Arrived>(&event)) {
            received += arrived->bytes.size();
            if (!std::exchange(held, true)) {
                flow = arrived->flow;
                outbox.emit(Reading{flow, false});
                outbox.emit(Send{flow, "held"});
            }
        } else if (std::holds_alternative<Woken>(event)) {
            outbox.emit(Reading{flow, true});
        }
    };
    const Address at = listen_for_octets(running);
    running.start();
    Peer peer(SOCK_STREAM);
    peer.connect(at);
    peer.send("first");
    CHECK(peer.receive_exactly(4) == "held");
    const std::string more(200'000, 'x');
    peer.send(more);
    // Another connection is served meanwhile; of the first nothing more has come.
    Peer other(SOCK_STREAM);
    other.connect(at);
    other.send("hi");
    CHECK(running.node.await<Arrived>(1).bytes == "hi");
    CHECK(running.node.count<Arrived>() == 2);
    running.loop.inbox().run([&] { running.loop.wake(); });
    for (std::size_t n = 2, octets = 0; octets < more.size(); ++n)
        octets += running.node.await<Arrived>(n).bytes.size();
}
