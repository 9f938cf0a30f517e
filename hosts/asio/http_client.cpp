// A request goes out on a connection that was kept, or on a new one; what was kept may have been
// closed meanwhile, so such a request is tried once more on a new one.
#include "hosts/asio/http_client.h"

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <utility>

#include "hosts/asio/sockaddr.h"

namespace imslab::host {

namespace {

namespace beast = boost::beast::http;
using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kIdleConnections = 64, kLargestAnswer = 64U << 20U, kChunk = 16'384;
constexpr std::chrono::seconds kPatience{10};

}  // namespace

class HttpClient::Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(std::shared_ptr<HttpClient> client, const Address& to)
        : client_(std::move(client)), to_(to), socket_(client_->io_) {}

    const Address& to() const { return to_; }
    void close() {
        error_code ignored;
        socket_.close(ignored);
    }

    void ask(http::Request request, Answer answer) {
        request_ = std::move(request);
        answer_ = std::move(answer);
        bytes_ = http::to_bytes(request_);
        if (socket_.is_open()) return write();
        error_code error;
        const tcp::endpoint here(to_asio(client_->from_), 0);
        socket_.open(here.protocol(), error);
        if (!error) socket_.bind(here, error);
        if (error) return fail("no connection: " + error.message());
        socket_.async_connect(
            {to_asio(to_.ip), to_.port}, [self = shared_from_this()](const error_code& failed) {
                if (failed)
                    return self->fail("no connection to " + self->to_.to_string() + ": " +
                                      failed.message());
                error_code ignored;
                self->socket_.set_option(tcp::no_delay(true), ignored);
                self->write();
            });
    }

private:
    void write() {
        record(trace::Direction::sent, bytes_);
        parser_.emplace();
        parser_->eager(true);
        parser_->body_limit(kLargestAnswer);
        if (request_.method == "HEAD") parser_->skip(true);
        raw_.clear();
        buffer_.clear();
        boost::asio::async_write(socket_,
                                 boost::asio::buffer(bytes_),
                                 [self = shared_from_this()](const error_code& error, std::size_t) {
                                     if (error) return self->broken(error);
                                     self->read();
                                 });
    }
    void read() {
        socket_.async_read_some(
            boost::asio::buffer(octets_),
            [self = shared_from_this()](const error_code& error, std::size_t size) {
                if (error) return self->broken(error);
                self->buffer_.append(self->octets_.data(), size);
                self->parse();
            });
    }
    void parse() {
        error_code error;
        while (!buffer_.empty() && !parser_->is_done() && !error) {
            const auto used = parser_->put(boost::asio::buffer(buffer_), error);
            raw_.append(buffer_, 0, used);
            buffer_.erase(0, used);
            if (used == 0) break;
        }
        if (error && error != beast::error::need_more)
            return fail("an answer that cannot be read: " + error.message());
        if (!parser_->is_done()) return read();
        finish();
    }
    void finish() {
        record(trace::Direction::received, raw_);
        auto& message = parser_->get();
        http::Response response;
        response.status = static_cast<int>(message.result_int());
        response.reason = std::string(message.reason());
        for (const auto& field : message)
            response.fields.add(std::string(field.name_string()), std::string(field.value()));
        response.body = std::move(message.body());
        used_ = true;
        const auto answer = std::exchange(answer_, {});
        if (parser_->keep_alive())
            client_->keep(shared_from_this());
        else
            close();
        answer(std::move(response));
    }
    // A kept connection whose other end had closed it: nothing of an answer came.
    void broken(const error_code& error) {
        if (used_ && raw_.empty() && buffer_.empty()) {
            close();
            used_ = false;
            return ask(std::move(request_), std::move(answer_));
        }
        fail("no whole answer from " + to_.to_string() + ": " + error.message());
    }
    void fail(std::string sentence) {
        close();
        if (const auto answer = std::exchange(answer_, {})) answer(failure(std::move(sentence)));
    }
    void record(trace::Direction direction, std::string_view bytes) {
        if (!client_->on_message_) return;
        error_code ignored;
        const auto local = local_address_of(socket_.native_handle());
        client_->on_message_(direction, Flow{Transport::tcp, local, to_, 0}, bytes);
    }

    std::shared_ptr<HttpClient> client_;
    const Address to_;
    tcp::socket socket_;
    http::Request request_;
    Answer answer_;
    std::string bytes_, buffer_, raw_;
    std::optional<beast::response_parser<beast::string_body>> parser_;
    std::array<char, kChunk> octets_;
    bool used_ = false;
};

void HttpClient::ask(http::Forward question, Answer answer) {
    auto& idle = idle_[question.to];
    std::shared_ptr<Connection> connection;
    if (idle.empty()) {
        connection = std::make_shared<Connection>(shared_from_this(), question.to);
    } else {
        connection = std::move(idle.back());
        idle.pop_back();
    }
    connection->ask(std::move(question.request), std::move(answer));
}

void HttpClient::keep(std::shared_ptr<Connection> connection) {
    auto& idle = idle_[connection->to()];
    if (stopped_ || idle.size() >= kIdleConnections) return connection->close();
    idle.push_back(std::move(connection));
}

void HttpClient::stop() {
    stopped_ = true;
    for (const auto& [to, connections] : idle_) {
        for (const auto& connection : connections) connection->close();
    }
    idle_.clear();
}

void provide_http_client(Loop& loop, IpAddress from) {
    HttpClient::OnMessage on_message;
    if (loop.recorder().is_on()) {
        on_message = [&loop](trace::Direction direction, const Flow& flow, std::string_view bytes) {
            loop.recorder().record(trace::Protocol::http, direction, flow, bytes);
        };
    }
    const auto client = std::make_shared<HttpClient>(loop.io(), from, std::move(on_message));
    loop.provide<http::Forward>(
        [client, &loop](AskId id, http::Forward question) {
            client->ask(std::move(question),
                        [id, &loop](Result<http::Response, std::string> answer) {
                            if (answer) return loop.answer(id, std::move(*answer));
                            loop.answer(id, AskFailed{AskFailed::Why::unreachable, answer.error()});
                        });
        },
        kPatience);
}

}  // namespace imslab::host
