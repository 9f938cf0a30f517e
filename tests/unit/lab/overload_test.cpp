// A flood of valid REGISTERs at the P-CSCF, with real processes: it is refused early (RFC 3261
// §21.5.4), and a user who comes afterwards is registered soon.
#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "hss/subscriber_file.h"
#include "lab/chance.h"
#include "lab/ue.h"
#include "tests/unit/lab/lab_process.h"

using namespace imslab;
using namespace imslab::lab;
using namespace imslab::lab::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::size_t kFlood = 20'000;
constexpr std::string_view kHome = "ims.mnc001.mcc001.3gppnetwork.org";
constexpr seconds kRetryAfter{3};
constexpr seconds kSoon{60};  // under sanitizers, on a busy machine

Ue phone_of_bob(const OwnPlace& place, const Address& gm, Entropy& entropy) {
    const std::string file = IMSLAB_SOURCE_DIR "/scenarios/topologies/core.subscribers.xml";
    const auto subscriptions = hss::read_subscribers(content_of(file), file);
    REQUIRE(subscriptions);
    const auto identity = identity_of(*subscriptions, "bob", std::string(kHome));
    REQUIRE(identity);
    TopologyUe phone;
    phone.name = "bob";
    phone.address = *Address::parse(place.network + "100.2:5060");
    return Ue(phone, gm, *identity, entropy);
}

// As fast as they can be sent; what the node's socket cannot hold is lost, as it would be.
void flood(UdpPort& port, const Address& local, const Address& gm) {
    for (std::size_t i = 0; i < kFlood; ++i) {
        port.send(gm,
                  fmt::format("REGISTER sip:{0} SIP/2.0\r\n"
                              "Via: SIP/2.0/UDP {1};branch=z9hG4bK-flood-{2}\r\n"
                              "Max-Forwards: 70\r\nFrom: <sip:alice@{0}>;tag=f{2}\r\n"
                              "To: <sip:alice@{0}>\r\nCall-ID: flood-{2}\r\nCSeq: 1 REGISTER\r\n"
                              "Contact: <sip:alice@{1}>\r\nExpires: 600\r\nAuthorization: Digest "
                              "username=\"001010000000001@{0}\",realm=\"{0}\",uri=\"sip:{0}\","
                              "nonce=\"\",response=\"\"\r\nContent-Length: 0\r\n\r\n",
                              kHome,
                              local.to_string(),
                              i));
    }
}

}  // namespace

TEST_CASE("after 20,000 REGISTERs at once a user is registered within the deadline") {
    if (!nodes_are_built()) SKIP("the nodes are not built");
    const OwnPlace place;
    const Up up(place);
    const auto gm = *Address::parse(place.network + "1.1:5060");
    const auto flooder = *Address::parse(place.network + "100.9:5060");
    auto port = UdpPort::open(flooder);
    REQUIRE(port);

    flood(*port, flooder, gm);
    const auto flooded = std::chrono::steady_clock::now();

    Chance chance(1);
    Ue bob = phone_of_bob(place, gm, chance);
    int refusals = 0;
    Ue::Outcome outcome;
    while (std::chrono::steady_clock::now() - flooded < kSoon) {
        outcome = bob.perform(RegisterCommand{}, in(kSoon));
        if (outcome.status != 503) break;
        // Told to come again later, a phone comes again later (RFC 3261 §20.33).
        ++refusals;
        const auto later = in(kRetryAfter);
        while (port->receive(later)) continue;
    }
    const auto waited =
        std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - flooded);
    INFO(refusals << " times refused, status " << outcome.status << " " << outcome.problem
                  << " after " << waited.count() << " ms");
    CHECK(outcome.status == 200);
    CHECK(waited < kSoon);

    const auto state = run_imslab("state pcscf --json --out " + place.out);
    REQUIRE(state.status == 0);
    const auto shown = nlohmann::json::parse(state.text).at("transactions");
    CHECK(shown.at("refused").get<std::size_t>() > 0);
    CHECK(shown.at("max_pending").get<std::size_t>() > 0);
}
