// RFC 3261 §26.3.1 as of today: TLS 1.2 at least (RFC 8996); no compression, no renegotiation, no
// session tickets, so that a TLS session is one connection (TS 33.203 Annex O.2).
#include "hosts/asio/tls_context.h"

#include <openssl/ssl.h>

namespace imslab::host {

Result<std::unique_ptr<TlsContext>, std::string> make_tls_context(const TlsFiles& files) {
    auto context = std::make_unique<TlsContext>();
    auto& ssl = context->ssl;
    boost::system::error_code error;
    SSL_CTX_set_min_proto_version(ssl.native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_options(ssl.native_handle(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(ssl.native_handle(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(ssl.native_handle(), 0);
    SSL_CTX_set_options(ssl.native_handle(), SSL_OP_NO_TICKET);
    ssl.use_certificate_chain_file(files.certificate, error);
    if (error)
        return failure("cannot use the certificate " + files.certificate + ": " + error.message() +
                       "; expected a PEM file, the node's own certificate first");
    ssl.use_private_key_file(files.key, boost::asio::ssl::context::pem, error);
    if (error)
        return failure("cannot use the key " + files.key + ": " + error.message() +
                       "; expected a PEM file with the key of " + files.certificate);
    return context;
}

}  // namespace imslab::host
