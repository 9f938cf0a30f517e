// What a node shows of itself in TLS: its certificate and the key that belongs to it.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "core/result.h"
#include "hosts/asio/streams.h"

namespace imslab::host {

struct TlsContext {
    boost::asio::ssl::context ssl{boost::asio::ssl::context::tls};
};

// One sentence that names the file if one cannot be used, or if the key is another certificate's.
Result<std::unique_ptr<TlsContext>, std::string> make_tls_context(const TlsFiles& files);
// Its certificate, in DER.
std::string certificate_of(TlsContext& context);
// Likewise, of the other side of a connection; empty: it has shown none.
std::string peer_certificate_of(const SSL* connection);

}  // namespace imslab::host
