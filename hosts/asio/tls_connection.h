// SIP over TLS (RFC 3261 §26.2.1), as the side that is connected to: a UE has no certificate, so a
// node opens none itself (TS 33.203 Annex O).
#pragma once

#include <memory>

#include "hosts/asio/connection.h"

namespace imslab::host {

std::shared_ptr<Streams::Connection> make_tls_connection(Streams& streams,
                                                         boost::asio::ip::tcp::socket socket,
                                                         const Flow& flow,
                                                         TlsContext& context);

}  // namespace imslab::host
