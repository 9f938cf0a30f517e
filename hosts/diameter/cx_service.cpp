// The event loop and freeDiameter's threads meet in the loop's inbox.
#include "hosts/diameter/cx_service.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>

#include "hosts/diameter/cx_endpoint.h"

namespace imslab::host {
namespace {

constexpr std::chrono::seconds kPatience{5};
constexpr std::chrono::microseconds kFirstLook{200}, kLastLook{10'000};

// Open comes a moment after the capabilities were exchanged, and is not told.
class Readiness : public std::enable_shared_from_this<Readiness> {
public:
    Readiness(Process& process, const CxEndpoint& endpoint)
        : process_(process), endpoint_(endpoint), timer_(process.loop().io()) {}

    void look() {
        if (endpoint_.is_connected()) return process_.ready();
        timer_.expires_after(pause_);
        pause_ = std::min(pause_ + pause_ / 16, kLastLook);
        timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (!error) self->look();
        });
    }

private:
    Process& process_;
    const CxEndpoint& endpoint_;
    boost::asio::steady_timer timer_;
    std::chrono::microseconds pause_ = kFirstLook;
};

CxEndpoint::Handlers handlers_for(Loop& loop) {
    CxEndpoint::Handlers handlers;
    Inbox& inbox = loop.inbox();
    handlers.on_answer = [&inbox](AskId id, std::any answer) {
        inbox.answer(id, std::move(answer));
    };
    handlers.on_request = [&inbox](std::string peer, cx::Request request, CxEndpoint::Reply reply) {
        inbox.ask(Question{std::move(peer),
                           std::any(std::move(request)),
                           [reply = std::move(reply)](std::any answer) {
                               if (const auto* value = std::any_cast<cx::Answer>(&answer))
                                   reply(*value);
                           }});
    };
    handlers.on_note = [&loop](LogLevel level, const std::string& text) {
        loop.log().write(level, {}, {}, text);
    };
    if (loop.recorder().is_on()) {
        handlers.on_message =
            [&loop](trace::Direction direction, const Flow& flow, std::string_view octets) {
                loop.recorder().record(trace::Protocol::diameter, direction, flow, octets);
            };
    }
    return handlers;
}

}  // namespace

Result<void, std::string> provide_cx(Process& process, CxRole role) {
    const NodeConfig& config = process.config();
    const auto local = process.address("Cx");
    if (!local) return failure(local.error());
    if (config.diameter_identity.empty())
        return failure(
            std::string("no Diameter identity: expected diameter.identity in the "
                        "configuration"));
    CxSettings settings;
    settings.identity = config.diameter_identity;
    settings.realm = config.diameter_realm;
    settings.local = *local;
    settings.listens = role == CxRole::listens;
    settings.peers = config.diameter_peers;
    settings.verbose = process.loop().log().wants(LogLevel::debug);

    process.end_at_once();
    auto started = CxEndpoint::start(std::move(settings), handlers_for(process.loop()));
    if (!started) return failure(started.error());
    const std::shared_ptr<CxEndpoint> endpoint = std::move(*started);
    process.loop().provide<cx::Request>(
        [endpoint](AskId id, const cx::Request& request) { endpoint->ask(id, request); },
        kPatience);
    process.on_stop([endpoint] { endpoint->stop(); });
    if (role == CxRole::connects) {
        process.not_yet();
        std::make_shared<Readiness>(process, *endpoint)->look();
    }
    return {};
}

}  // namespace imslab::host
