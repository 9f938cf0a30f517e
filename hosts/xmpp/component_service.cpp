// The seam between a component's stream and the loop of a node.
#include "hosts/xmpp/component_service.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>

#include "xmpp/component.h"

namespace imslab::host {

namespace {

constexpr std::chrono::seconds kReadyAnyway{3};

void tell(Loop& loop, const std::string& peer, std::any what) {
    loop.ask(Question{peer, std::move(what), [](std::any) {}});
}

ComponentStream::Handlers handlers(Process& process,
                                   const std::string& peer,
                                   std::function<void()> on_first_open) {
    auto& loop = process.loop();
    ComponentStream::Handlers all;
    all.on_open = [&loop, peer, on_first_open = std::move(on_first_open)] {
        tell(loop, peer, xmpp::StreamOpened{});
        on_first_open();
    };
    all.on_closed = [&loop, peer](std::string reason) {
        tell(loop, peer, xmpp::StreamClosed{std::move(reason)});
    };
    all.on_stanza = [&loop, peer](xmpp::Element stanza) {
        tell(loop, peer, xmpp::StanzaArrived{std::move(stanza)});
    };
    all.on_note = [&loop](LogLevel level, const std::string& text) {
        loop.log().write(level, text);
    };
    if (loop.recorder().is_on()) {
        all.on_message =
            [&loop](trace::Direction direction, const Flow& flow, std::string_view octets) {
                loop.recorder().record(trace::Protocol::xmpp, direction, flow, octets);
            };
    }
    return all;
}

}  // namespace

void provide_component(Process& process, ComponentSettings settings) {
    auto& loop = process.loop();
    const auto patience = std::make_shared<boost::asio::steady_timer>(loop.io(), kReadyAnyway);
    const auto waits = std::make_shared<bool>(true);
    const auto ready = [&process, patience, waits] {
        if (!std::exchange(*waits, false)) return;
        patience->cancel();
        process.ready();
    };
    patience->async_wait([ready](const boost::system::error_code&) { ready(); });
    process.not_yet();
    const auto peer = settings.server.to_string();
    const auto stream = std::make_shared<ComponentStream>(
        loop.io(), std::move(settings), handlers(process, peer, ready));
    loop.provide<xmpp::SendStanza>([stream, &loop](AskId id, const xmpp::SendStanza& question) {
        if (stream->send(question.stanza)) return loop.answer(id, xmpp::Sent{});
        loop.answer(id, AskFailed{AskFailed::Why::unreachable, "the XMPP server is away"});
    });
    process.on_stop([stream, patience, waits] {
        *waits = false;
        patience->cancel();
        stream->stop();
    });
    boost::asio::post(loop.io(), [stream] { stream->start(); });
}

}  // namespace imslab::host
