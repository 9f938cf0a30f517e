// Sh: UDRs a second of the HSS's one core, and how long a change takes to reach 1,000 subscriptions
// of one application server. The HSS is a process of its own with its database; this program is the
// application server, and for one request the S-CSCF, through freeDiameter.
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <string>

#include "bench/measured_node.h"
#include "diameter/cx.h"
#include "diameter/sh.h"
#include "hosts/diameter/endpoint.h"

using namespace imslab;
using namespace imslab::bench;
using std::chrono::steady_clock;

namespace {

const std::string kHome = "ims.mnc001.mcc001.3gppnetwork.org";
constexpr std::size_t kIdentities = 1'000, kWarmUp = 2'000, kRequests = 30'000, kInFlight = 32;
constexpr auto kPatience = std::chrono::seconds(60);

std::string identity(std::size_t index) { return "sip:user" + std::to_string(index) + "@" + kHome; }

// One user with a set of 1,000 identities.
std::string subscribers() {
    std::string xml =
        "<subscribers><subscriber imsi=\"001010000000001\" k=\"465b5ce8b199b49faa5f0a2ee238a6bc\" "
        "opc=\"cd63cb71954a9f4e48a5994e37a02baf\">";
    for (std::size_t i = 0; i < kIdentities; ++i) xml += "<public>" + identity(i) + "</public>";
    xml += "</subscriber>";
    for (std::size_t i = 0; i < kIdentities; ++i) {
        std::string number = std::to_string(100'000 + i);
        xml += "<subscriber imsi=\"001010000" + number +
               "\" k=\"465b5ce8b199b49faa5f0a2ee238a6bc\" "
               "opc=\"cd63cb71954a9f4e48a5994e37a02baf\"><public>sip:one" +
               std::to_string(i) + "@" + kHome + "</public><msisdn>4915" + number +
               "</msisdn></subscriber>";
    }
    return xml + "</subscribers>";
}

class ApplicationServer {
public:
    void start() {
        host::DiameterSettings settings;
        settings.identity = "as1." + kHome;
        settings.realm = kHome;
        settings.applications = {&host::sh_application(), &host::cx_application()};
        settings.local = *Address::parse("127.1.10.1:3868");
        settings.peers = {{"hss." + kHome, kHome, *Address::parse("127.1.4.1:3868")}};
        host::DiameterEndpoint::Handlers handlers;
        handlers.on_answer = [this](AskId, const std::any& answer) { on_answer(answer); };
        handlers.on_request = [this](const std::string&,
                                     const std::any& request,
                                     const host::DiameterEndpoint::Reply& reply) {
            const auto* told = std::any_cast<sh::Request>(&request);
            if (told == nullptr || !std::holds_alternative<sh::PushNotificationRequest>(*told))
                return;
            sh::Answer pna = sh::PushNotificationAnswer{sh::result::success};
            reply(std::any(std::move(pna)));
            ++notified_;
        };
        handlers.on_note = [](LogLevel, const std::string&) {};
        auto started = host::DiameterEndpoint::start(io_, std::move(settings), std::move(handlers));
        if (!started) give_up(started.error());
        endpoint_ = std::move(*started);
        run_until([this] { return endpoint_->is_connected(); });
    }

    // `in_flight` requests at a time until all are answered.
    template <class Make>
    void ask_all(std::size_t how_many, std::size_t in_flight, Make make) {
        const auto before = answered_;
        for (std::size_t i = 0; i < how_many;) {
            for (; i < how_many && i - (answered_ - before) < in_flight; ++i)
                endpoint_->ask(++last_ask_, host::sh_application(), std::any(sh::Request(make(i))));
            const auto seen = answered_;
            run_until([&] { return answered_ != seen; });
        }
        run_until([&] { return answered_ == before + how_many; });
    }
    void ask(const cx::Request& request) {
        endpoint_->ask(++last_ask_, host::cx_application(), std::any(request));
    }
    void await_notifications(std::size_t how_many) {
        run_until([&] { return notified_ >= how_many; });
    }
    std::size_t failed() const { return failed_; }

private:
    template <class Condition>
    void run_until(Condition condition) {
        const auto deadline = steady_clock::now() + kPatience;
        while (!condition()) {
            endpoint_->flush();
            if (steady_clock::now() > deadline) give_up("an answer did not come");
            io_.restart();
            io_.run_one_for(std::chrono::milliseconds(1));
            while (io_.poll_one() != 0) {
            }
        }
        endpoint_->flush();
    }
    void on_answer(const std::any& answer) {
        const auto* of_sh = std::any_cast<sh::Answer>(&answer);
        const auto* of_cx = std::any_cast<cx::Answer>(&answer);
        const auto is_success = [](const auto& one) { return one.result.is_success(); };
        const bool good = (of_sh != nullptr && std::visit(is_success, *of_sh)) ||
                          (of_cx != nullptr && std::visit(is_success, *of_cx));
        if (!good) ++failed_;
        ++answered_;
    }

    boost::asio::io_context io_{1};
    std::unique_ptr<host::DiameterEndpoint> endpoint_;
    std::size_t answered_ = 0, notified_ = 0, failed_ = 0;
    AskId last_ask_ = 0;
};

sh::UserDataRequest udr(std::size_t index) {
    sh::UserDataRequest request;
    request.user.public_identity = "sip:one" + std::to_string(index % kIdentities) + "@" + kHome;
    request.selection.references = {sh::DataReference::ims_public_identity,
                                    sh::DataReference::ims_user_state};
    return request;
}

}  // namespace

int main() {
    MeasuredNode hss(
        "subscribers: subscribers.xml\nnodes:\n  hss: {kind: hss, address: 127.1.4.1}\n"
        "  as1: {kind: sh_client, address: 127.1.10.1, external: true}\n",
        subscribers());
    ApplicationServer server;
    server.start();
    server.ask_all(kWarmUp, kInFlight, udr);
    const double cpu = cpu_seconds_of(hss.process()).all();
    const auto began = steady_clock::now();
    server.ask_all(kRequests, kInFlight, udr);
    const std::chrono::duration<double> took = steady_clock::now() - began;
    const double spent = cpu_seconds_of(hss.process()).all() - cpu;
    print("sh_udr_per_core_second", kRequests / spent, "1/s", 5'000);
    print("sh_udr_sustained", kRequests / took.count(), "1/s", 5'000);

    server.ask_all(kIdentities, kInFlight, [](std::size_t i) {
        sh::SubscribeNotificationsRequest snr;
        snr.user.public_identity = identity(i);
        snr.selection.references = {sh::DataReference::ims_user_state};
        return snr;
    });
    if (server.failed() != 0) give_up(std::to_string(server.failed()) + " requests failed");
    // One user registers, and with it the 1,000 identities of the set; then leaves, and so on.
    double slowest = 0;
    std::size_t told = 0;
    for (int round = 0; round < 6; ++round) {
        cx::ServerAssignmentRequest sar;
        sar.private_identity = "001010000000001@" + kHome;
        sar.public_identities = {identity(0)};
        sar.server_name = "sip:scscf." + kHome;
        sar.type = round % 2 == 0 ? cx::ServerAssignmentType::registration
                                  : cx::ServerAssignmentType::user_deregistration;
        sar.user_data_already_available = true;
        const auto changed = steady_clock::now();
        server.ask(sar);
        server.await_notifications(told += kIdentities);
        const std::chrono::duration<double, std::milli> reached = steady_clock::now() - changed;
        slowest = std::max(slowest, reached.count());
    }
    print("sh_change_to_1000_subscriptions", slowest, "ms", 100);
    if (server.failed() != 0) give_up(std::to_string(server.failed()) + " requests failed");
    hss.end();
    std::_Exit(0);  // freeDiameter cannot be taken down quickly
}
