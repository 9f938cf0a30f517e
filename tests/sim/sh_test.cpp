// An application server beside the core, on the virtual clock: what it subscribed to outlives a
// crash of the HSS, and ends at its time.
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "diameter/sh.h"
#include "diameter/sh_data.h"
#include "hosts/sim/core_network.h"

using namespace imslab;
using namespace imslab::sim;
using std::chrono::seconds;

namespace {

const std::string kServer = "as1." + std::string(CoreNetwork::kHome);

// Asks what it is told to, keeps what it is answered and notified of.
class Server final : public Node {
public:
    void deliver(Event event, Time) override {
        if (auto* asked = std::get_if<Asked>(&event)) {
            const auto& request = std::any_cast<const sh::Request&>(asked->request);
            if (const auto* pnr = std::get_if<sh::PushNotificationRequest>(&request)) {
                told.push_back(*sh::read_sh_data(pnr->user_data));
                sh::Answer pna = sh::PushNotificationAnswer{sh::result::success};
                outbox_.emit(Reply{asked->id, std::any(std::move(pna))});
            } else {
                outbox_.emit(Ask{outbox_.next_ask_id(), std::move(asked->request)});
            }
        } else if (auto* answered = std::get_if<Answered>(&event)) {
            if (const auto* answer = std::any_cast<sh::Answer>(&answered->answer))
                results.push_back(std::visit([](const auto& one) { return one.result; }, *answer));
        }
    }
    std::optional<Time> next_deadline() const override { return std::nullopt; }
    nlohmann::ordered_json state() const override { return {}; }

    std::vector<sh::ShData> told;
    std::vector<sh::ResultCode> results;
};

void add_server(Simulator& simulator) {
    Simulator::Placement place;
    place.name = "AS1";
    place.diameter_identity = kServer;
    place.diameter_address = *Address::parse("127.1.10.1:3868");
    place.diameter_peer = "hss." + std::string(CoreNetwork::kHome);
    place.realm = CoreNetwork::kHome;
    simulator.add(std::move(place), [](Entropy&) { return std::make_unique<Server>(); });
}

void subscribe(Simulator& simulator, std::uint32_t until) {
    sh::SubscribeNotificationsRequest snr;
    snr.user.public_identity = CoreNetwork::identity(0);
    snr.selection.references = {sh::DataReference::ims_user_state};
    snr.expiry_time = until;
    simulator.deliver("AS1", Asked{0, "test", std::any(sh::Request(snr))});
    simulator.run_for(seconds(1));
}

}  // namespace

TEST_CASE(
    "TS 29.328 §6.1.4: in the simulator a registration is told, also after the HSS has crashed") {
    CoreNetwork core({});
    auto& simulator = core.simulator();
    add_server(simulator);
    subscribe(simulator, 100);
    auto& server = simulator.node_as<Server>("AS1");
    REQUIRE(server.results == std::vector<sh::ResultCode>{sh::result::success});

    simulator.crash("HSS");
    simulator.restart("HSS");
    core.tell(0, Register{});
    simulator.run_for(seconds(5));
    REQUIRE(core.registered_phones() == 1);
    REQUIRE(server.told.size() == 2);
    CHECK(server.told[0].user_state == sh::ImsUserState::authentication_pending);
    CHECK(server.told[1].user_state == sh::ImsUserState::registered);
}

TEST_CASE("TS 29.328 §6.1.3: in the simulator a subscription ends at its time") {
    CoreNetwork core({});
    auto& simulator = core.simulator();
    add_server(simulator);
    subscribe(simulator, 10);
    simulator.run_for(seconds(15));
    CHECK(simulator.node("HSS").state().dump().find("nobody is subscribed") != std::string::npos);
    core.tell(0, Register{});
    simulator.run_for(seconds(5));
    CHECK(simulator.node_as<Server>("AS1").told.empty());
}
