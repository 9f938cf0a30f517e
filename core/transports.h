// What the transports of SIP (RFC 3261 §18, RFC 7118 §5) have in common and what not.
#pragma once

#include "core/address.h"

namespace imslab {

inline bool is_secure(Transport transport) {
    return transport == Transport::tls || transport == Transport::wss;
}
inline bool is_web_socket(Transport transport) {
    return transport == Transport::ws || transport == Transport::wss;
}
// Only the peer can open such a connection: it has no certificate to show (TS 33.203 Annex O), or
// is a browser (RFC 7118 §5.3).
inline bool is_opened_by_peer(Transport transport) {
    return is_secure(transport) || is_web_socket(transport);
}

}  // namespace imslab
