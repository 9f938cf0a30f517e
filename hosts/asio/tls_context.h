// What a node shows of itself in TLS: its certificate and the key that belongs to it.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "core/result.h"
#include "hosts/asio/streams.h"

namespace imslab::host {

struct TlsContext {
    boost::asio::ssl::context ssl{boost::asio::ssl::context::tls_server};
};

// One sentence that names the file if one cannot be used, or if the key is another certificate's.
Result<std::unique_ptr<TlsContext>, std::string> make_tls_context(const TlsFiles& files);

}  // namespace imslab::host
