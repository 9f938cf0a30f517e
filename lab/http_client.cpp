// Beast reads the responses, whatever their framing.
#include "lab/http_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

namespace imslab::lab {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using TlsStream = asio::ssl::stream<tcp::socket>;

constexpr std::size_t kLargestAnswer = 64U << 20U;

template <class Stream>
class Client final : public HttpClient {
public:
    Client() : tls_(asio::ssl::context::tls_client), stream_(make()) {}

    Result<void, std::string> open(const IpAddress& from,
                                   const Address& to,
                                   const std::string& host,
                                   const std::string& authority_file,
                                   Deadline deadline) {
        error_code error;
        const tcp::endpoint here(asio::ip::make_address(from.to_string()), 0);
        socket().open(here.protocol(), error);
        if (!error) socket().bind(here, error);
        if (error)
            return failure("no connection from " + from.to_string() + ": " + error.message());
        error = await(deadline, [&](auto done) {
            socket().async_connect({asio::ip::make_address(to.ip.to_string()), to.port},
                                   std::move(done));
        });
        if (error) return failure("no connection to " + to.to_string() + ": " + error.message());
        if constexpr (std::is_same_v<Stream, TlsStream>) {
            tls_.load_verify_file(authority_file, error);
            if (error) return failure("cannot read " + authority_file + ": " + error.message());
            stream_.set_verify_mode(asio::ssl::verify_peer);
            stream_.set_verify_callback(asio::ssl::host_name_verification(host));
            error = await(deadline, [&](auto done) {
                stream_.async_handshake(asio::ssl::stream_base::client, std::move(done));
            });
            if (error) return failure("no TLS with " + to.to_string() + ": " + error.message());
        }
        open_ = true;
        return {};
    }

    Result<http::Message, std::string> ask(const http::Request& request,
                                           Deadline deadline) override {
        const auto bytes = http::to_bytes(request);
        auto error = await(deadline, [&](auto done) {
            asio::async_write(stream_, asio::buffer(bytes), std::move(done));
        });
        if (error) return broken("cannot send the request: " + error.message());
        beast::response_parser<beast::string_body> parser;
        parser.body_limit(kLargestAnswer);
        if (request.method == "HEAD") parser.skip(true);
        error = await(deadline, [&](auto done) {
            beast::async_read(stream_, buffer_, parser, std::move(done));
        });
        if (error) return broken("no whole answer: " + error.message());
        open_ = parser.keep_alive();
        http::Message message;
        message.is_request = false;
        message.status = static_cast<int>(parser.get().result_int());
        message.reason = std::string(parser.get().reason());
        for (const auto& field : parser.get())
            message.fields.add(std::string(field.name_string()), std::string(field.value()));
        message.body = std::move(parser.get().body());
        return message;
    }

    bool is_open() const override { return open_; }
    std::uint16_t cipher_suite() override {
        if constexpr (std::is_same_v<Stream, TlsStream>) {
            const auto* cipher = SSL_get_current_cipher(stream_.native_handle());
            if (cipher != nullptr) return SSL_CIPHER_get_protocol_id(cipher);
        }
        return 0;
    }

private:
    Stream make() {
        if constexpr (std::is_same_v<Stream, TlsStream>)
            return TlsStream(io_, tls_);
        else
            return tcp::socket(io_);
    }
    tcp::socket& socket() {
        if constexpr (std::is_same_v<Stream, TlsStream>)
            return stream_.next_layer();
        else
            return stream_;
    }
    tl::unexpected<std::string> broken(std::string sentence) {
        open_ = false;
        return failure(std::move(sentence));
    }

    // Starts something and runs until it is done, or the deadline has passed.
    template <class Start>
    error_code await(Deadline deadline, Start start) {
        std::optional<error_code> result;
        start([&result](const error_code& error, auto&&...) { result = error; });
        io_.restart();
        while (!result && io_.run_one_until(deadline) != 0) {
        }
        if (result) return *result;
        error_code ignored;
        socket().close(ignored);
        io_.restart();
        io_.run();
        return asio::error::timed_out;
    }

    asio::io_context io_;
    asio::ssl::context tls_;
    Stream stream_;
    boost::beast::flat_buffer buffer_;
    bool open_ = false;
};

template <class Stream>
Result<std::unique_ptr<HttpClient>, std::string> opened(const IpAddress& from,
                                                        const Address& to,
                                                        const std::string& host,
                                                        const std::string& authority_file,
                                                        Deadline deadline) {
    auto client = std::make_unique<Client<Stream>>();
    if (auto done = client->open(from, to, host, authority_file, deadline); !done)
        return failure(done.error());
    return std::unique_ptr<HttpClient>(std::move(client));
}

}  // namespace

Result<std::unique_ptr<HttpClient>, std::string> HttpClient::connect(
    const IpAddress& from,
    const Address& to,
    const std::string& host,
    const std::string& authority_file,
    Deadline deadline) {
    if (authority_file.empty())
        return opened<tcp::socket>(from, to, host, authority_file, deadline);
    return opened<TlsStream>(from, to, host, authority_file, deadline);
}

}  // namespace imslab::lab
