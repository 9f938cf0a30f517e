// SIP over WebSocket, plain and inside TLS (RFC 7118): one SIP message is one WebSocket message. A
// browser cannot be connected to, so a node opens none itself (§5.3).
#pragma once

#include <memory>

#include "hosts/asio/connection.h"

namespace imslab::host {

// `context`: TLS below it; nullptr: none.
std::shared_ptr<Streams::Connection> make_web_socket_connection(Streams& streams,
                                                                boost::asio::ip::tcp::socket socket,
                                                                const Flow& flow,
                                                                TlsContext* context);

}  // namespace imslab::host
