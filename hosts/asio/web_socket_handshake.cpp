// A refusal says what was expected: its body is what a developer sees who has come to the wrong
// door.
#include "hosts/asio/web_socket_handshake.h"

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <string>

namespace imslab::host {
namespace {

namespace http = boost::beast::http;

UpgradeRefusal refusal(const UpgradeRequest& request, http::status status, std::string why) {
    UpgradeRefusal response{status, request.version()};
    response.set(http::field::content_type, "text/plain; charset=utf-8");
    response.set(http::field::connection, "close");
    response.body() = std::move(why) + "\n";
    response.prepare_payload();
    return response;
}

bool offers_sip(const UpgradeRequest& request) {
    for (auto [at, end] = request.equal_range(http::field::sec_websocket_protocol); at != end;
         ++at) {
        for (const auto offered : http::token_list(at->value())) {
            if (offered == kSipSubprotocol) return true;
        }
    }
    return false;
}

}  // namespace

std::optional<UpgradeRefusal> refusal_of(const UpgradeRequest& request) {
    if (!http::token_list(request[http::field::upgrade]).exists("websocket")) {
        auto response = refusal(request,
                                http::status::upgrade_required,
                                "Here is SIP over WebSocket (RFC 7118): no Upgrade: websocket came");
        response.set(http::field::upgrade, "websocket");
        return response;
    }
    if (request[http::field::sec_websocket_version] != "13") {
        auto response = refusal(request,
                                http::status::upgrade_required,
                                "Only version 13 of WebSocket (RFC 6455) is spoken here");
        response.set(http::field::sec_websocket_version, "13");
        return response;
    }
    if (!boost::beast::websocket::is_upgrade(request))
        return refusal(request, http::status::bad_request, "No WebSocket handshake (RFC 6455 §4.1)");
    if (!offers_sip(request)) {
        const auto offered = std::string(request[http::field::sec_websocket_protocol]);
        return refusal(request,
                       http::status::bad_request,
                       "Expected the subprotocol sip (RFC 7118 §4), found " +
                           (offered.empty() ? std::string("none") : offered));
    }
    return std::nullopt;
}

}  // namespace imslab::host
