// HTTP for a node process: requests reach the node as Asked{http::Request}, its Reply holds an
// http::Response. Where that makes a stream of the connection, the node sends to the request's
// flow, closes it, and hears of its end; so it does of a client that waits no longer for its
// answer.
#pragma once

#include <string>

#include "hosts/asio/http_server.h"
#include "hosts/asio/process.h"

namespace imslab::host {

// Requests become questions to the loop's node, messages lines of its trace.
HttpServer::Handlers http_handlers(Loop& loop);

// Listens at the address of that reference point, by TCP, and by TLS at the port that the
// configuration's transports have for it.
Result<Address, std::string> provide_http(Process& process,
                                          const std::string& reference_point,
                                          HttpLimits limits = {});

}  // namespace imslab::host
