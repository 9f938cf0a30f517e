// The seam between an HTTP server and the loop of a node.
#include "hosts/asio/http_service.h"

#include "core/transports.h"

namespace imslab::host {

namespace {

http::Response response_from(std::any answer) {
    if (auto* response = std::any_cast<http::Response>(&answer)) return std::move(*response);
    return http::Response::of(503);
}

}  // namespace

HttpServer::Handlers http_handlers(Loop& loop) {
    HttpServer::Handlers handlers;
    handlers.on_request = [&loop](http::Request request, HttpServer::Answer answer) {
        auto peer = request.flow.remote.to_string();
        loop.ask(Question{
            std::move(peer), std::move(request), [answer = std::move(answer)](std::any reply) {
                answer(response_from(std::move(reply)));
            }});
    };
    handlers.on_note = [&loop](LogLevel level, const std::string& text) {
        loop.log().write(level, text);
    };
    handlers.on_heard = [&loop](const Flow& flow, std::string message) {
        loop.deliver(Arrived{flow, std::move(message)});
    };
    handlers.on_gone = [&loop](const Flow& flow, const std::string& reason) {
        loop.deliver(ConnectionClosed{flow, reason});
    };
    if (loop.recorder().is_on()) {
        handlers.on_message =
            [&loop](trace::Direction direction, const Flow& flow, std::string_view bytes) {
                loop.recorder().record(trace::Protocol::http, direction, flow, bytes);
            };
    }
    return handlers;
}

Result<Address, std::string> provide_http(Process& process,
                                          const std::string& reference_point,
                                          HttpLimits limits) {
    const auto wanted = process.address(reference_point);
    if (!wanted) return wanted;
    auto& loop = process.loop();
    const auto server = std::make_shared<HttpServer>(loop.io(), limits, http_handlers(loop));
    const auto bound = server->listen(*wanted, Transport::tcp);
    if (!bound) return bound;
    loop.carry_at(*bound, server);
    for (const auto& [transport, port] : process.ports(reference_point)) {
        if (transport != Transport::tls)
            return failure(reference_point + " by " + std::string(to_string(transport)) +
                           "; expected tls: HTTP goes by TCP and TLS");
        if (const auto secured = server->secure_with(process.config().tls); !secured)
            return failure(secured.error());
        const auto there = server->listen(Address{wanted->ip, port}, transport);
        if (!there) return there;
        loop.carry_at(*there, server);
    }
    process.on_stop([server] { server->stop(); });
    return bound;
}

}  // namespace imslab::host
