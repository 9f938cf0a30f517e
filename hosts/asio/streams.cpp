// The table of connections: accepting, opening, reuse by remote (RFC 3261 §18.1.1), bounds.
#include "hosts/asio/streams.h"

#include <sys/resource.h>

#include <cerrno>

#include "core/transports.h"
#include "hosts/asio/sockaddr.h"
#include "hosts/asio/tcp_connection.h"
#include "hosts/asio/tls_connection.h"
#include "hosts/asio/tls_context.h"
#include "hosts/asio/web_socket_connection.h"

namespace imslab::host {

using boost::asio::ip::tcp;

namespace {

constexpr std::size_t kReadBuffer = 64U << 10U;

void allow_all_descriptors() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

struct Streams::Listener {
    tcp::acceptor acceptor;
    Transport transport;
    Address local;
    boost::asio::steady_timer pause;
};

Streams::Streams(boost::asio::io_context& io, StreamLimits limits, Happenings& happenings)
    : io_(io), limits_(limits), happenings_(happenings), sweeper_(io), buffer_(kReadBuffer) {
    allow_all_descriptors();
}

Streams::~Streams() = default;

Result<void, std::string> Streams::secure_with(const TlsFiles& files) {
    auto context = make_tls_context(files);
    if (!context) return failure(context.error());
    tls_ = std::move(*context);
    return {};
}

std::string Streams::certificate() const {
    return tls_ ? host::certificate_of(*tls_) : std::string();
}

std::string Streams::certificate_of(std::uint64_t connection) const {
    const auto found = connections_.find(connection);
    return found == connections_.end() ? std::string() : found->second->peer_certificate();
}

Result<Address, std::string> Streams::listen(const Address& address,
                                             Transport transport,
                                             bool octets) {
    if (is_secure(transport) && !tls_)
        return failure(std::string(to_string(transport)) + " on " + address.to_string() +
                       " needs a certificate: expected tls.certificate and tls.key in the "
                       "configuration");
    auto listener = std::make_unique<Listener>(
        Listener{tcp::acceptor(io_), transport, address, boost::asio::steady_timer(io_)});
    const tcp::endpoint endpoint(to_asio(address.ip), address.port);
    boost::system::error_code error;
    listener->acceptor.open(endpoint.protocol(), error);
    if (!error) listener->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) listener->acceptor.bind(endpoint, error);
    if (!error) listener->acceptor.listen(1024, error);
    if (!error) listener->acceptor.non_blocking(true, error);
    if (error) return failure(why_not_listening(address, "tcp", error.value()));
    const Address local = listener->local = local_address_of(listener->acceptor.native_handle());
    if (octets) octets_at_.insert(local);
    accept(*listener);
    listeners_.push_back(std::move(listener));
    return local;
}

void Streams::accept(Listener& listener) {
    listener.acceptor.async_accept([this, &listener](const boost::system::error_code& error,
                                                     tcp::socket socket) {
        if (error == boost::asio::error::operation_aborted) return;
        if (error) {
            // Out of descriptors, or of memory: the peer waits in the backlog.
            happenings_.noted(LogLevel::warning, "cannot accept: " + error.message());
            listener.pause.expires_after(std::chrono::milliseconds(100));
            listener.pause.async_wait([this, &listener](const boost::system::error_code& stopped) {
                if (!stopped) accept(listener);
            });
            return;
        }
        on_accepted(listener, std::move(socket));
        accept(listener);
    });
}

void Streams::on_accepted(const Listener& listener, tcp::socket socket) {
    if (connections_.size() >= limits_.connections) {
        return happenings_.noted(
            LogLevel::warning,
            "connection refused: " + std::to_string(limits_.connections) + " are open");
    }
    if (handshakes_ >= limits_.handshakes) {
        return happenings_.noted(LogLevel::warning,
                                 "connection refused: " + std::to_string(limits_.handshakes) +
                                     " handshakes are not finished");
    }
    const Flow flow{listener.transport,
                    listener.local,
                    remote_address_of(socket.native_handle()),
                    ++last_connection_};
    const auto connection = connection_on(std::move(socket), flow);
    connections_.emplace(flow.connection, connection);
    by_ends_.insert_or_assign(Ends{flow.local, flow.remote}, flow.connection);
    wait_to_sweep();
    connection->start_accepted();
}

std::shared_ptr<Streams::Connection> Streams::connection_on(tcp::socket socket, const Flow& flow) {
    switch (flow.transport) {
        case Transport::tls:
            return make_tls_connection(
                *this, std::move(socket), flow, *tls_, {true, octets_at_.contains(flow.local)});
        case Transport::ws:
            return make_web_socket_connection(*this, std::move(socket), flow, nullptr);
        case Transport::wss:
            return make_web_socket_connection(*this, std::move(socket), flow, tls_.get());
        case Transport::udp:
        case Transport::tcp:
            break;
    }
    return std::make_shared<TcpConnection>(*this, std::move(socket), flow, true);
}

std::shared_ptr<Streams::Connection> Streams::find(const Flow& flow) const {
    std::uint64_t id = flow.connection;
    if (id == 0) {
        const auto ends = by_ends_.find(Ends{flow.local, flow.remote});
        if (ends == by_ends_.end()) return nullptr;
        id = ends->second;
    }
    const auto found = connections_.find(id);
    return found == connections_.end() ? nullptr : found->second;
}

std::shared_ptr<Streams::Connection> Streams::open(const Flow& flow) {
    const bool by_tls = flow.transport == Transport::tls && octets_at_.contains(flow.local);
    // RFC 7118 §5.3; TS 33.203 Annex O: the UE connects.
    if (flow.transport != Transport::tcp && !by_tls) {
        happenings_.happened(SendFailed{
            flow, "a " + std::string(to_string(flow.transport)) + " connection is the UE's to open"});
        return nullptr;
    }
    if (connections_.size() >= limits_.connections) {
        happenings_.happened(SendFailed{flow, "too many connections are open"});
        return nullptr;
    }
    tcp::socket socket(io_);
    const tcp::endpoint from(to_asio(flow.local.ip), 0);
    boost::system::error_code error;
    socket.open(from.protocol(), error);
    if (!error) socket.bind(from, error);  // the peer sees the address of this reference point
    if (error) {
        happenings_.happened(SendFailed{flow, error.message()});
        return nullptr;
    }
    Flow named = flow;
    named.connection = ++last_connection_;
    std::shared_ptr<Connection> connection;
    if (by_tls)
        connection = make_tls_connection(*this, std::move(socket), named, *tls_, {false, true});
    else
        connection = std::make_shared<TcpConnection>(*this, std::move(socket), named, false);
    connections_.emplace(named.connection, connection);
    by_ends_.insert_or_assign(Ends{named.local, named.remote}, named.connection);
    wait_to_sweep();
    connection->start_connecting();
    return connection;
}

void Streams::send(const Flow& flow, std::string bytes) {
    auto connection = find(flow);
    if (!connection && flow.connection == 0) {
        connection = open(flow);
        if (!connection) return;
    }
    if (!connection) {
        happenings_.happened(SendFailed{flow, "the connection is closed"});
        return;
    }
    connection->write(std::move(bytes));
}

void Streams::read_on(const Flow& flow, bool wanted) {
    if (const auto connection = find(flow)) connection->read_on(wanted);
}

void Streams::close(const Flow& flow) {
    if (const auto connection = find(flow)) connection->close_when_written();
}

void Streams::forget(const Connection& connection) {
    const Flow& flow = connection.flow();
    const auto ends = by_ends_.find(Ends{flow.local, flow.remote});
    if (ends != by_ends_.end() && ends->second == flow.connection) by_ends_.erase(ends);
    connections_.erase(flow.connection);
}

void Streams::wait_to_sweep() {
    if (sweeping_) return;
    sweeping_ = true;
    sweeper_.expires_after(limits_.sweep);
    sweeper_.async_wait([this](const boost::system::error_code& stopped) {
        sweeping_ = false;
        if (!stopped) sweep();
    });
}

void Streams::sweep() {
    const auto now = Connection::Clock::now();
    std::vector<std::shared_ptr<Connection>> all;
    all.reserve(connections_.size());
    for (const auto& [id, connection] : connections_) all.push_back(connection);
    for (const auto& connection : all) connection->sweep(now);
    if (!connections_.empty()) wait_to_sweep();
}

void Streams::stop() {
    boost::system::error_code ignored;
    for (const auto& listener : listeners_) {
        listener->acceptor.close(ignored);
        listener->pause.cancel();
    }
    std::vector<std::shared_ptr<Connection>> all;
    for (const auto& [id, connection] : connections_) all.push_back(connection);
    for (const auto& connection : all) connection->end("this node stops");
    sweeper_.cancel();
}

}  // namespace imslab::host
