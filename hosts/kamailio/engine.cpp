// The event loop of hosts/asio with Kamailio for its transports. Only this thread calls Kamailio.
#include "hosts/kamailio/engine.h"

#include <sys/socket.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>
#include <memory>

#include "core/transports.h"
#include "hosts/asio/carrier.h"
#include "hosts/kamailio/arrival.h"
#include "hosts/kamailio/unreachable.h"
#include "hosts/nodes/assemble.h"

namespace imslab::kamailio {
namespace {

constexpr std::size_t kLargest = sizeof(Arrival) + 70'000;
constexpr int kDatagramsInARow = 32;
// Without an HSS requests are answered all the same, with what the node says then.
constexpr std::chrono::milliseconds kPatience{1500};

class KamailioCarrier final : public host::Carrier {
public:
    KamailioCarrier(host::Loop& loop,
                    const ims_kamailio& kamailio,
                    Shared& shared,
                    int arrivals)
        : loop_(loop),
          kamailio_(kamailio),
          shared_(shared),
          in_flight_(shared),
          arrivals_(loop.io(), arrivals),
          patience_(loop.io()),
          unreachable_(loop.io(), [this](const Flow& flow) { on_undelivered(flow); }),
          buffer_(kLargest) {
        patience_.expires_after(kPatience);
        patience_.async_wait([this](const boost::system::error_code& stopped) {
            if (stopped || reading_) return;
            loop_.log().write(LogLevel::warning,
                              "no HSS is connected yet; requests are answered without it");
            read();
        });
    }
    ~KamailioCarrier() override { arrivals_.release(); }  // the keeper's, and the next engine's

    void send(const Flow& flow, std::string_view bytes) override {
        in_flight_.on_response(bytes);
        if (is_opened_by_peer(flow.transport) && flow.connection == 0) {
            return loop_.deliver(SendFailed{
                flow,
                "a " + std::string(to_string(flow.transport)) + " connection is the UE's to open"});
        }
        const ims_flow to = flow_to(flow);
        const auto size = static_cast<unsigned>(bytes.size());
        if (kamailio_.send(&to, bytes.data(), size) == 0) return;
        const bool listens = kamailio_.listens(&to) != 0;
        loop_.deliver(SendFailed{flow,
                                 listens
                                     ? std::string("Kamailio could not send it")
                                     : "Kamailio has no " + std::string(to_string(flow.transport)) +
                                           " socket on " + flow.local.to_string()});
    }
    void close(const Flow& flow) override {
        const ims_flow to = flow_to(flow);
        kamailio_.close(&to);
    }
    void stop() override {
        boost::system::error_code ignored;
        arrivals_.cancel(ignored);
        patience_.cancel();
        unreachable_.stop();
    }

    // What came before waits in the socket.
    void read() {
        if (std::exchange(reading_, true)) return;
        patience_.cancel();
        wait();
    }

private:
    void wait() {
        arrivals_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                             [this](const boost::system::error_code& error) {
                                 if (error) return;
                                 on_readable();
                                 wait();
                             });
    }
    void on_readable() {
        for (int i = 0; i < kDatagramsInARow; ++i) {
            const auto size =
                ::recv(arrivals_.native_handle(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
            if (size < static_cast<ssize_t>(sizeof(Arrival))) return;
            on_arrival({buffer_.data(), static_cast<std::size_t>(size)});
        }
    }
    void on_arrival(std::string_view datagram) {
        Arrival arrival;
        std::memcpy(&arrival, datagram.data(), sizeof arrival);
        datagram.remove_prefix(sizeof arrival);
        Flow flow = flow_from(arrival.flow);
        if (arrival.what == Arrival::What::connection_closed)
            return loop_.deliver(ConnectionClosed{std::move(flow), "closed"});
        in_flight_.on_request(arrival.flow, datagram);
        loop_.deliver(Arrived{std::move(flow), std::string(datagram)});
    }

    // ICMP is about any datagram of this machine.
    void on_undelivered(const Flow& flow) {
        const ims_flow ours = flow_to(flow);
        if (kamailio_.listens(&ours) != 0) loop_.deliver(SendFailed{flow, "Connection refused"});
    }

    host::Loop& loop_;
    const ims_kamailio& kamailio_;
    Shared& shared_;
    InFlight in_flight_;
    boost::asio::posix::stream_descriptor arrivals_;
    boost::asio::steady_timer patience_;
    Unreachable unreachable_;
    std::vector<char> buffer_;
    bool reading_ = false;
};

Result<void, std::string> assemble(host::Process& process) {
    const std::string& kind = process.config().kind;
    if (kind == "pcscf") return host::assemble_pcscf(process);
    if (kind == "icscf") return host::assemble_icscf(process);
    return host::assemble_scscf(process);
}

}  // namespace

int run_engine(host::NodeConfig config,
               const ims_kamailio& kamailio,
               Shared& shared,
               int arrivals) {
    KamailioCarrier* carrier = nullptr;
    return host::run_node(
        std::move(config),
        [&](host::Process& process) {
            process.on_ready([&] {
                shared.ready = 1;
                carrier->read();
            });
            return assemble(process);
        },
        [&](host::Loop& loop) {
            auto made = std::make_unique<KamailioCarrier>(
                loop, kamailio, shared, arrivals);
            carrier = made.get();
            return made;
        });
}

}  // namespace imslab::kamailio
