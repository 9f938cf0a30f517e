// RFC 3261 §26.3.1 as of today: TLS 1.2 at least (RFC 8996); no compression, no renegotiation, no
// session tickets, so that a TLS session is one connection (TS 33.203 Annex O.2).
#include "hosts/asio/tls_context.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace imslab::host {

namespace {

std::string in_der(const X509* certificate) {
    if (certificate == nullptr) return {};
    const int size = i2d_X509(certificate, nullptr);
    std::string octets(size > 0 ? static_cast<std::size_t>(size) : 0, '\0');
    auto* at = reinterpret_cast<unsigned char*>(octets.data());
    if (size > 0) i2d_X509(certificate, &at);
    return octets;
}

}  // namespace

std::string certificate_of(TlsContext& context) {
    return in_der(SSL_CTX_get0_certificate(context.ssl.native_handle()));
}

std::string peer_certificate_of(const SSL* connection) {
    return in_der(SSL_get0_peer_certificate(connection));
}

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
