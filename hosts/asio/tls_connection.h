// SIP over TLS (RFC 3261 §26.2.1), as the side that is connected to: a UE has no certificate, so a
// node opens none itself (TS 33.203 Annex O). MSRP over TLS (RFC 4975 §14.4), from either side:
// both show a certificate, and it is for the node to say whether it is the right one.
#pragma once

#include <memory>

#include "hosts/asio/connection.h"

namespace imslab::host {

struct TlsRole {
    bool accepted = true;
    bool asks_for_certificate = false;
};

std::shared_ptr<Streams::Connection> make_tls_connection(Streams& streams,
                                                         boost::asio::ip::tcp::socket socket,
                                                         const Flow& flow,
                                                         TlsContext& context,
                                                         TlsRole role);

}  // namespace imslab::host
