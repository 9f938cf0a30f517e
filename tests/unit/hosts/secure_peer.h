// The other end of TLS and of WebSocket, octet by octet: what a well-behaved library would never
// send is sent here too.
#pragma once

#include <openssl/ssl.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "hosts/authority/authority.h"
#include "tests/unit/hosts/running_loop.h"

namespace imslab::host {

// A certificate authority and a node's certificate, for as long as the test lasts.
class Certificates {
public:
    Certificates() {
        char folder[] = "/tmp/imslab-certificates-XXXXXX";
        REQUIRE(::mkdtemp(folder) != nullptr);
        folder_ = folder;
        const auto authority = Authority::create("test authority");
        REQUIRE(authority);
        REQUIRE(authority->write(authority_file()));
        const CertificateNames names{{"home.example"}, {"pcscf.home.example"}, {loopback().ip}};
        REQUIRE(authority->issue(names, files().certificate, files().key));
    }
    ~Certificates() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    TlsFiles files() const { return {folder_ + "/node.pem", folder_ + "/node.key"}; }
    std::string authority_file() const { return folder_ + "/authority.pem"; }

private:
    std::string folder_;
};

class TlsPeer {
public:
    explicit TlsPeer(const Address& to, const std::string& authority_file = "")
        : tcp_(SOCK_STREAM), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
        if (!authority_file.empty()) {
            REQUIRE(SSL_CTX_load_verify_file(context_.get(), authority_file.c_str()) == 1);
            SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
        }
        ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
        tcp_.connect(to);
        ssl_ = {SSL_new(context_.get()), SSL_free};
        SSL_set_fd(ssl_.get(), tcp_.descriptor());
    }
    bool shake_hands() { return SSL_connect(ssl_.get()) == 1; }
    bool send(std::string_view bytes) {
        return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) ==
               static_cast<int>(bytes.size());
    }
    std::string receive() {
        std::string bytes(70'000, '\0');
        const int size = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
        bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return bytes;
    }
    std::string receive_exactly(std::size_t size) {
        std::string bytes;
        for (std::string more = "-"; bytes.size() < size && !more.empty(); bytes += more)
            more = receive();
        return bytes;
    }
    void say_goodbye() { SSL_shutdown(ssl_.get()); }
    bool was_said_goodbye() { return SSL_get_error(ssl_.get(), 0) == SSL_ERROR_ZERO_RETURN; }
    Peer& tcp() { return tcp_; }
    SSL* ssl() { return ssl_.get(); }

private:
    Peer tcp_;
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
    std::unique_ptr<SSL, void (*)(SSL*)> ssl_{nullptr, SSL_free};
};

// ---- WebSocket, RFC 6455 §5.2

enum Opcode : unsigned char { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

struct FrameOptions {
    bool final = true;
    bool masked = true;  // as a client must
};

inline std::string frame(Opcode opcode, std::string_view payload, FrameOptions options = {}) {
    std::string bytes(1, static_cast<char>((options.final ? 0x80 : 0) | opcode));
    const char mask_bit = options.masked ? '\x80' : '\0';
    if (payload.size() < 126) {
        bytes += static_cast<char>(mask_bit | static_cast<char>(payload.size()));
    } else {
        bytes += static_cast<char>(mask_bit | 126);
        bytes += static_cast<char>(payload.size() >> 8U);
        bytes += static_cast<char>(payload.size() & 0xFF);
    }
    const std::string mask = "\x11\x22\x33\x44";
    if (options.masked) bytes += mask;
    for (std::size_t i = 0; i < payload.size(); ++i)
        bytes += options.masked ? static_cast<char>(payload[i] ^ mask[i % 4]) : payload[i];
    return bytes;
}

inline std::string handshake(const std::string& subprotocol = "sip", const std::string& more = "") {
    return "GET / HTTP/1.1\r\nHost: pcscf.home.example\r\nUpgrade: websocket\r\n"
           "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
           "Sec-WebSocket-Version: 13\r\n" +
           (subprotocol.empty() ? "" : "Sec-WebSocket-Protocol: " + subprotocol + "\r\n") + more +
           "\r\n";
}

// What a server sends: one frame, not masked.
struct Received {
    int opcode = -1;  // -1: the connection has ended
    std::string payload;
};

// Reads the answer to a handshake and the frames behind it from a Peer or a TlsPeer.
template <class Below>
class WebSocketReader {
public:
    explicit WebSocketReader(Below& below) : below_(below) {}

    // The header of the HTTP answer, up to and with the empty line.
    std::string answer() {
        std::size_t end = std::string::npos;
        while ((end = held_.find("\r\n\r\n")) == std::string::npos) {
            if (!fill(held_.size() + 1)) return take(held_.size());
        }
        return take(end + 4);
    }
    Received frame() {
        if (!fill(2)) return {};
        const auto head = take(2);
        std::size_t size = static_cast<unsigned char>(head[1]) & 0x7FU;
        if (size == 126 && fill(2)) {
            const auto more = take(2);
            size = static_cast<std::size_t>(static_cast<unsigned char>(more[0])) << 8U |
                   static_cast<unsigned char>(more[1]);
        }
        fill(size);
        return {static_cast<unsigned char>(head[0]) & 0x0F, take(size)};
    }
    std::string rest() {
        while (fill(held_.size() + 1)) {
        }
        return take(held_.size());
    }

private:
    bool fill(std::size_t size) {
        while (held_.size() < size) {
            const auto more = below_.receive();
            if (more.empty()) return false;
            held_ += more;
        }
        return true;
    }
    std::string take(std::size_t size) {
        auto taken = held_.substr(0, size);
        held_.erase(0, size);
        return taken;
    }

    Below& below_;
    std::string held_;
};

}  // namespace imslab::host
