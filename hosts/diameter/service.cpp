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

// What the node asks is carried by that application, if it is one of these.
template <class Request>
void provide_questions(Loop& loop,
                       const std::shared_ptr<DiameterEndpoint>& endpoint,
                       const std::vector<const Application*>& carried,
                       const Application& application) {
    if (std::find(carried.begin(), carried.end(), &application) == carried.end()) return;
    loop.provide<Request>(
        [endpoint, &application](AskId id, Request request) {
            endpoint->ask(id, application, std::any(std::move(request)));
        },
        kPatience);
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
    provide_questions<cx::Request>(process.loop(), endpoint, carried, cx_application());
    provide_questions<sh::Request>(process.loop(), endpoint, carried, sh_application());
    provide_questions<zh::Request>(process.loop(), endpoint, carried, zh_application());
    provide_questions<zn::Request>(process.loop(), endpoint, carried, zn_application());
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
