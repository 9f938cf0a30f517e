// Listens, accepts, looks at the deadlines; what is pushed finds its connection.
#include "hosts/asio/http_server.h"

#include <array>
#include <ctime>
#include <utility>

#include "hosts/asio/http_connection.h"
#include "hosts/asio/sockaddr.h"
#include "hosts/asio/tls_context.h"

namespace imslab::host {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

std::string in_http(std::int64_t second) {
    const auto time = static_cast<std::time_t>(second);
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::array<char, 40> text{};
    const auto size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return {text.data(), size};
}

}  // namespace

struct HttpServer::Listener {
    tcp::acceptor acceptor;
    Transport transport;
    Address local;
    boost::asio::steady_timer pause;
};

// ---- the server

HttpServer::HttpServer(boost::asio::io_context& io, HttpLimits limits, Handlers handlers)
    : io_(io), limits_(limits), handlers_(std::move(handlers)), sweeper_(io) {}

HttpServer::~HttpServer() = default;

Result<void, std::string> HttpServer::secure_with(const TlsFiles& files) {
    auto context = make_tls_context(files);
    if (!context) return failure(context.error());
    tls_ = std::move(*context);
    return {};
}

Result<Address, std::string> HttpServer::listen(const Address& address, Transport transport) {
    if (transport == Transport::tls && !tls_)
        return failure("https on " + address.to_string() +
                       " needs a certificate: expected tls.certificate and tls.key in the "
                       "configuration");
    auto listener = std::make_unique<Listener>(
        Listener{tcp::acceptor(io_), transport, address, boost::asio::steady_timer(io_)});
    const tcp::endpoint endpoint(to_asio(address.ip), address.port);
    error_code error;
    listener->acceptor.open(endpoint.protocol(), error);
    if (!error) listener->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) listener->acceptor.bind(endpoint, error);
    if (!error) listener->acceptor.listen(1024, error);
    if (error) return failure(why_not_listening(address, "tcp", error.value()));
    const Address local = listener->local = local_address_of(listener->acceptor.native_handle());
    accept(*listener);
    listeners_.push_back(std::move(listener));
    return local;
}

void HttpServer::accept(Listener& listener) {
    listener.acceptor.async_accept([this, &listener](const error_code& error, tcp::socket socket) {
        if (error == boost::asio::error::operation_aborted) return;
        if (!error) {
            on_accepted(listener, std::move(socket));
            return accept(listener);
        }
        // Out of descriptors, or of memory: the client waits in the backlog.
        handlers_.on_note(LogLevel::warning, "cannot accept: " + error.message());
        listener.pause.expires_after(std::chrono::milliseconds(100));
        listener.pause.async_wait([this, &listener](const error_code& stopped) {
            if (!stopped) accept(listener);
        });
    });
}

void HttpServer::on_accepted(const Listener& listener, tcp::socket socket) {
    if (connections_.size() >= limits_.connections || handshakes_ >= limits_.handshakes)
        return handlers_.on_note(
            LogLevel::warning,
            "HTTP connection refused: " + std::to_string(connections_.size()) + " are open");
    const Flow flow{listener.transport,
                    listener.local,
                    remote_address_of(socket.native_handle()),
                    ++last_connection_};
    const auto connection = make_connection(
        flow, std::move(socket), listener.transport == Transport::tls ? tls_.get() : nullptr);
    connections_.emplace(flow.connection, connection);
    wait_to_sweep();
    connection->start();
}

void HttpServer::forget(const Connection& connection) {
    if (connection.is_stream()) --streams_;
    connections_.erase(connection.flow().connection);
}

void HttpServer::send(const Flow& flow, std::string_view bytes) {
    const auto found = connections_.find(flow.connection);
    if (found == connections_.end()) return;  // its end is told, or being told
    const auto connection = found->second;
    connection->push(std::string(bytes));
}

void HttpServer::close(const Flow& flow) {
    const auto found = connections_.find(flow.connection);
    if (found == connections_.end()) return;
    const auto connection = found->second;
    connection->finish();
}

// RFC 9110 §6.6.1
const std::string& HttpServer::date() {
    const auto second = std::chrono::duration_cast<std::chrono::seconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count();
    if (second != date_second_) date_ = in_http(date_second_ = second);
    return date_;
}

void HttpServer::wait_to_sweep() {
    if (std::exchange(sweeping_, true)) return;
    sweeper_.expires_after(limits_.sweep);
    sweeper_.async_wait([this](const error_code& stopped) {
        sweeping_ = false;
        if (stopped) return;
        const auto now = Connection::Clock::now();
        std::vector<std::shared_ptr<Connection>> all;
        for (const auto& [id, connection] : connections_) all.push_back(connection);
        for (const auto& connection : all) connection->sweep(now);
        if (!connections_.empty()) wait_to_sweep();
    });
}

void HttpServer::stop() {
    error_code ignored;
    for (const auto& listener : listeners_) {
        listener->acceptor.close(ignored);
        listener->pause.cancel();
    }
    std::vector<std::shared_ptr<Connection>> all;
    for (const auto& [id, connection] : connections_) all.push_back(connection);
    for (const auto& connection : all) connection->end("the server stops");
    sweeper_.cancel();
}

}  // namespace imslab::host
