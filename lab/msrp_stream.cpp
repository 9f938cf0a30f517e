// RFC 4975 §5.4, §14.4.
#include "lab/msrp_stream.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>

#include "hosts/asio/sockaddr.h"
#include "hosts/authority/authority.h"

namespace imslab::lab {

namespace {

constexpr std::size_t kRead = 65'536;

std::string in_der(const X509* certificate) {
    unsigned char* octets = nullptr;
    const int size = certificate == nullptr ? 0 : i2d_X509(certificate, &octets);
    std::string text(reinterpret_cast<const char*>(octets),
                     size > 0 ? static_cast<std::size_t>(size) : 0);
    OPENSSL_free(octets);
    return text;
}

struct FreeMemory {
    void operator()(BIO* memory) const { BIO_free(memory); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

std::unique_ptr<BIO, FreeMemory> memory_of(const std::string& text) {
    return std::unique_ptr<BIO, FreeMemory>(
        BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

}  // namespace

// ---- the certificate

Result<PhoneCertificate, std::string> PhoneCertificate::make(const std::string& identity) {
    const auto pair = host::self_signed(identity);
    if (!pair) return failure(pair.error());
    const std::unique_ptr<X509, FreeMemory> certificate(
        PEM_read_bio_X509(memory_of(pair->certificate).get(), nullptr, nullptr, nullptr));
    const std::unique_ptr<EVP_PKEY, FreeMemory> key(
        PEM_read_bio_PrivateKey(memory_of(pair->key).get(), nullptr, nullptr, nullptr));
    PhoneCertificate own;
    own.context_ = {SSL_CTX_new(TLS_method()), SSL_CTX_free};
    auto* context = own.context_.get();
    if (context == nullptr || SSL_CTX_use_certificate(context, certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context, key.get()) != 1)
        return failure(std::string("OpenSSL does not take the phone's certificate"));
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_num_tickets(context, 0);
    // Whose it is, the hash says; that one is shown is asked for.
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    return own;
}

msrp::Fingerprint PhoneCertificate::fingerprint() const {
    return msrp::Fingerprint::of(in_der(SSL_CTX_get0_certificate(context_.get())));
}

// ---- the connection

MsrpStream::~MsrpStream() {
    if (tls_) SSL_shutdown(tls_.get());
}

bool MsrpStream::is_ready(short what, Deadline deadline) const {
    pollfd watched{socket_.get(), what, 0};
    return poll(&watched, 1, milliseconds_until(deadline)) > 0;
}

template <class Act>
std::size_t MsrpStream::once_it_can(Deadline deadline, Act act) {
    for (;;) {
        const int done = act(tls_.get());
        if (done > 0) return static_cast<std::size_t>(done);
        const int why = SSL_get_error(tls_.get(), done);
        if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return 0;
        if (!is_ready(why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline)) return 0;
    }
}

Result<void, std::string> MsrpStream::secure(const PhoneCertificate& own,
                                             bool connected,
                                             const std::vector<msrp::Fingerprint>& expected,
                                             Deadline deadline) {
    begin_tls(own.context());
    const bool shaken = once_it_can(deadline, [connected](SSL* tls) {
                            return connected ? SSL_connect(tls) : SSL_accept(tls);
                        }) != 0;
    if (!shaken) return failure(std::string("there is no TLS on the MSRP connection"));
    if (!msrp::is_one_of(expected, in_der(SSL_get0_peer_certificate(tls_.get()))))
        return failure(std::string("the certificate is not that of the fingerprint"));
    return {};
}

Result<void, std::string> MsrpStream::secure_by_name(const std::string& host,
                                                     const std::string& authority_file,
                                                     Deadline deadline) {
    const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()),
                                                               SSL_CTX_free);
    if (SSL_CTX_load_verify_file(context.get(), authority_file.c_str()) != 1)
        return failure("cannot use the authority's certificate " + authority_file);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    begin_tls(context.get());  // which keeps it
    SSL_set_tlsext_host_name(tls_.get(), host.c_str());
    SSL_set1_host(tls_.get(), host.c_str());
    const bool shaken = once_it_can(deadline, [](SSL* tls) { return SSL_connect(tls); }) != 0;
    if (!shaken) return failure("there is no TLS with a certificate of " + host);
    return {};
}

void MsrpStream::begin_tls(ssl_ctx_st* context) {
    ::fcntl(socket_.get(), F_SETFL, ::fcntl(socket_.get(), F_GETFL) | O_NONBLOCK);
    tls_ = {SSL_new(context), SSL_free};
    SSL_set_fd(tls_.get(), socket_.get());
}

Result<std::unique_ptr<MsrpStream>, std::string> MsrpStream::connect(const Address& from,
                                                                     const Address& to) {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const host::SocketAddress own(from), other(to);
    if (!socket || ::bind(socket.get(), own.data(), own.size) != 0 ||
        ::connect(socket.get(), other.data(), other.size) != 0)
        return failure("cannot connect to " + to.to_string());
    return std::make_unique<MsrpStream>(std::move(socket));
}

std::size_t MsrpStream::put(std::string_view octets, Deadline deadline) {
    if (tls_)
        return once_it_can(deadline, [&](SSL* tls) {
            return SSL_write(tls, octets.data(), static_cast<int>(octets.size()));
        });
    if (!is_ready(POLLOUT, deadline)) return 0;
    const auto written = ::send(socket_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
    return written > 0 ? static_cast<std::size_t>(written) : 0;
}

bool MsrpStream::write(std::string_view octets, Deadline deadline) {
    while (!octets.empty()) {
        const auto written = put(octets, deadline);
        if (written == 0) return false;
        octets.remove_prefix(written);
    }
    return true;
}

std::size_t MsrpStream::get(std::string& buffer, Deadline deadline) {
    if (tls_)
        return once_it_can(deadline, [&](SSL* tls) {
            return SSL_read(tls, buffer.data(), static_cast<int>(buffer.size()));
        });
    if (!is_ready(POLLIN, deadline)) return 0;
    const auto size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    return size > 0 ? static_cast<std::size_t>(size) : 0;
}

std::optional<MsrpStream::Received> MsrpStream::read(Deadline deadline) {
    std::string buffer(kRead, '\0');
    while (whole_.empty()) {
        const auto size = get(buffer, deadline);
        if (size == 0 || !reader_.push({buffer.data(), size}, *this)) return std::nullopt;
    }
    auto first = std::move(whole_.front());
    whole_.erase(whole_.begin());
    return first;
}

}  // namespace imslab::lab
