// An HTTP server with its loop, a node that answers as it is told to, and clients of it.
#pragma once

#include <optional>
#include <string>

#include "hosts/asio/http_service.h"
#include "tests/unit/hosts/secure_peer.h"

namespace imslab::host {

// Answers with the method, the target and the body.
inline void answer(const Event& event, Outbox& outbox, Time) {
    const auto* asked = std::get_if<Asked>(&event);
    if (asked == nullptr) return;
    const auto& request = std::any_cast<const http::Request&>(asked->request);
    outbox.emit(
        Reply{asked->id,
              http::Response::of(
                  200, "text/plain", request.method + " " + request.target + " " + request.body)});
}

class Serving {
public:
    explicit Serving(HttpLimits limits = {}, std::optional<trace::Writer> trace = {})
        : running({}, std::move(trace)),
          held(
              std::make_shared<HttpServer>(running.loop.io(), limits, http_handlers(running.loop))),
          server(*held) {
        running.node.on_event = answer;
        at = *server.listen(loopback(), Transport::tcp);
        REQUIRE(server.secure_with(certificates.files()));
        secure_at = *server.listen(loopback(), Transport::tls);
        running.loop.carry_at(at, held);
        running.loop.carry_at(secure_at, held);
        running.start();
    }
    ~Serving() {
        running.loop.inbox().run([this] { server.stop(); });
        running.stop();
    }

    Certificates certificates;
    RunningLoop running;
    std::shared_ptr<HttpServer> held;
    HttpServer& server;
    Address at, secure_at;
};

inline Peer connected(const Address& to) {
    Peer peer(SOCK_STREAM);
    peer.connect(to);
    return peer;
}

// The whole of one response that has a Content-Length.
template <class From>
std::string response(From& peer) {
    std::string bytes;
    while (true) {
        const auto end = bytes.find("\r\n\r\n");
        const auto length = bytes.find("Content-Length: ");
        if (end != std::string::npos && length != std::string::npos &&
            bytes.size() >= end + 4 + std::stoul(bytes.substr(length + 16)))
            return bytes;
        const auto more = peer.receive();
        if (more.empty()) return bytes;
        bytes += more;
    }
}

inline std::string body_of(const std::string& bytes) {
    return bytes.substr(bytes.find("\r\n\r\n") + 4);
}
inline int status_of(const std::string& bytes) {
    return bytes.size() < 12 ? 0 : std::stoi(bytes.substr(9, 3));
}

}  // namespace imslab::host
