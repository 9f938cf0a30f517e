// The event loop asks and answers on freeDiameter's connections.
#include "hosts/diameter/service.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>

#include "diameter/cx.h"
#include "diameter/sh.h"
#include "diameter/zh.h"
#include "diameter/zn.h"
#include "hosts/diameter/endpoint.h"

namespace imslab::host {
namespace {

constexpr std::chrono::seconds kPatience{5};
constexpr std::chrono::microseconds kFirstLook{200}, kLastLook{10'000};

// Open comes a moment after the capabilities were exchanged, and is not told.
class Readiness : public std::enable_shared_from_this<Readiness> {
public:
    Readiness(Process& process, const DiameterEndpoint& endpoint)
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
    const DiameterEndpoint& endpoint_;
    boost::asio::steady_timer timer_;
    std::chrono::microseconds pause_ = kFirstLook;
};

DiameterEndpoint::Handlers handlers_for(Loop& loop) {
    DiameterEndpoint::Handlers handlers;
    handlers.on_answer = [&loop](AskId id, std::any answer) { loop.answer(id, std::move(answer)); };
    handlers.on_request = [&loop](
                              std::string peer, std::any request, DiameterEndpoint::Reply reply) {
        loop.ask(Question{std::move(peer), std::move(request), std::move(reply)});
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

Result<void, std::string> provide(Process& process,
                                  DiameterRole role,
                                  const std::string& reference_point,
                                  std::vector<const Application*> applications,
                                  Objection objection = {}) {
    const NodeConfig& config = process.config();
    const auto local = process.address(reference_point);
    if (!local) return failure(local.error());
    if (config.diameter_identity.empty())
        return failure(
            std::string("no Diameter identity: expected diameter.identity in the "
                        "configuration"));
    DiameterSettings settings;
    settings.identity = config.diameter_identity;
    settings.realm = config.diameter_realm;
    const auto carried = applications;
    settings.applications = std::move(applications);
    settings.objection = std::move(objection);
    settings.local = *local;
    settings.listens = role != DiameterRole::connects;
    settings.connects = role != DiameterRole::listens;
    settings.peers = config.diameter_peers;
    settings.verbose = process.loop().log().wants(LogLevel::debug);

    process.end_at_once();
    auto started = DiameterEndpoint::start(
        process.loop().io(), std::move(settings), handlers_for(process.loop()));
    if (!started) return failure(started.error());
    const std::shared_ptr<DiameterEndpoint> endpoint = std::move(*started);
    const auto carries = [&](const Application& application) {
        return std::find(carried.begin(), carried.end(), &application) != carried.end();
    };
    if (carries(cx_application())) {
        process.loop().provide<cx::Request>(
            [endpoint](AskId id, cx::Request request) {
                endpoint->ask(id, cx_application(), std::any(std::move(request)));
            },
            kPatience);
    }
    if (carries(sh_application())) {
        process.loop().provide<sh::Request>(
            [endpoint](AskId id, sh::Request request) {
                endpoint->ask(id, sh_application(), std::any(std::move(request)));
            },
            kPatience);
    }
    if (carries(zh_application())) {
        process.loop().provide<zh::Request>(
            [endpoint](AskId id, zh::Request request) {
                endpoint->ask(id, zh_application(), std::any(std::move(request)));
            },
            kPatience);
    }
    if (carries(zn_application())) {
        process.loop().provide<zn::Request>(
            [endpoint](AskId id, zn::Request request) {
                endpoint->ask(id, zn_application(), std::any(std::move(request)));
            },
            kPatience);
    }
    process.loop().after_each_look([endpoint] { endpoint->flush(); });
    process.on_stop([endpoint] { endpoint->stop(); });
    if (role != DiameterRole::listens) {
        process.not_yet();
        std::make_shared<Readiness>(process, *endpoint)->look();
    }
    return {};
}

}  // namespace

Result<void, std::string> provide_cx(Process& process, DiameterRole role) {
    return provide(process, role, "Cx", {&cx_application()});
}

Result<void, std::string> provide_sh(Process& process, DiameterRole role) {
    return provide(process, role, "Sh", {&sh_application(), &zh_application(), &zn_application()});
}

Result<void, std::string> provide_cx_and_sh(Process& process,
                                            DiameterRole role,
                                            Objection objection) {
    return provide(
        process,
        role,
        "Cx",
        {&cx_application(), &sh_application(), &zh_application()},
        std::move(objection));
}

}  // namespace imslab::host
