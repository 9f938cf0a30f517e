// Requests and answers on freeDiameter's connections.
#include "hosts/diameter/endpoint.h"

#include <poll.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>

#include "hosts/diameter/callbacks.h"
#include "hosts/diameter/freediameter.h"

namespace imslab::host {
namespace {

constexpr std::uint32_t kSessionId = 263, kOriginHost = 264, kDestinationRealm = 283,
                        kDestinationHost = 293;

// RFC 6733 §5.6, as freeDiameter sees it: the watchdog has not lost this peer.
bool is_in_state_open(std::string identity) {
    peer_hdr* peer = nullptr;
    return fd_peer_getbyid(identity.data(), identity.size(), 0, &peer) == 0 && peer != nullptr &&
           fd_peer_get_state(peer) == STATE_OPEN;
}

bool serves(const DiameterPeer& peer, const Application& application) {
    return peer.serves.empty() ||
           std::find(peer.serves.begin(), peer.serves.end(), application.name) != peer.serves.end();
}

std::string text_of(const diameter::Message& message, std::uint32_t code) {
    const diameter::Avp* avp = message.find(code);
    return avp == nullptr ? std::string() : avp->data;
}

}  // namespace

DiameterEndpoint::DiameterEndpoint(boost::asio::io_context& io,
                                   DiameterSettings settings,
                                   Handlers handlers)
    : io_(io),
      settings_(std::move(settings)),
      handlers_(std::move(handlers)),
      sessions_(settings_.identity, std::chrono::system_clock::now()) {}

DiameterEndpoint::~DiameterEndpoint() { stop(); }

Result<std::unique_ptr<DiameterEndpoint>, std::string> DiameterEndpoint::start(
    boost::asio::io_context& io, DiameterSettings settings, Handlers handlers) {
    std::unique_ptr<DiameterEndpoint> endpoint(
        new DiameterEndpoint(io, std::move(settings), std::move(handlers)));
    const auto started = endpoint->start_library();
    if (!started) return failure(started.error());
    return endpoint;
}

// ---- connections

std::shared_ptr<Connection> DiameterEndpoint::adopt(int socket) {
    auto connection = Connection::adopt(io_, socket, *this);
    if (connection == nullptr) {
        note(LogLevel::error, "a Diameter connection cannot be read: no more open files?");
        return nullptr;
    }
    boost::asio::post(io_, [this, connection] {
        connections_.push_back(connection);
        connection->watch();
    });
    return connection;
}

void DiameterEndpoint::forget(Connection& connection) {
    std::erase_if(connections_, [&](const auto& known) { return known.get() == &connection; });
}

Connection* DiameterEndpoint::open_connection(const std::string& identity) const {
    for (const auto& connection : connections_) {
        if (connection->is_open() && connection->identity() == identity)
            return is_in_state_open(identity) ? connection.get() : nullptr;
    }
    return nullptr;
}

bool DiameterEndpoint::is_connected() const {
    return std::all_of(
        settings_.peers.begin(), settings_.peers.end(), [this](const DiameterPeer& peer) {
            return !connects_to(peer) || open_connection(peer.identity) != nullptr;
        });
}

void DiameterEndpoint::flush() {
    // one that breaks is forgotten
    for (std::size_t i = 0; i < connections_.size();) {
        const auto connection = connections_[i];
        connection->flush();
        i += i < connections_.size() && connections_[i] == connection;
    }
}

const Application* DiameterEndpoint::find_application(std::uint32_t id) const {
    for (const Application* application : settings_.applications) {
        if (application->id == id) return application;
    }
    return nullptr;
}

// ---- asking

// RTR, PPR and PNR name whom they are for; all else goes to the first HSS, or BSF, that is open.
Connection* DiameterEndpoint::choose_connection(const Application& application,
                                                const std::string& named,
                                                diameter::Envelope& envelope) {
    envelope.destination_realm = settings_.realm;
    for (const DiameterPeer& peer : settings_.peers) {
        if (!named.empty() && peer.identity != named) continue;
        if (named.empty() && !serves(peer, application)) continue;
        envelope.destination_host = peer.identity;
        envelope.destination_realm = peer.realm;
        if (Connection* open = open_connection(peer.identity)) return open;
    }
    if (named.empty()) return nullptr;
    envelope.destination_host = named;
    return open_connection(named);
}

void DiameterEndpoint::ask(AskId id, const Application& application, const std::any& request) {
    diameter::Envelope envelope{sessions_.next(), settings_.identity, settings_.realm, {}, {}};
    Connection* connection =
        choose_connection(application, application.destination_of(request), envelope);
    if (connection == nullptr)
        return answer_failed(
            id,
            AskFailed::Why::unreachable,
            "no Diameter connection with " + (envelope.destination_host.empty()
                                                  ? "a server of " + std::string(application.name)
                                                  : envelope.destination_host));
    diameter::Message message = application.write_request(request, envelope);
    message.end_to_end = fd_msg_eteid_get();
    std::string octets = diameter::encode(message);
    connection->ask(id, octets);
}

void DiameterEndpoint::answer_failed(AskId id, AskFailed::Why why, std::string reason) {
    handlers_.on_answer(id, AskFailed{why, std::move(reason)});
}

void DiameterEndpoint::on_lost(AskId id) {
    answer_failed(id, AskFailed::Why::unreachable, "the Diameter connection broke");
}

void DiameterEndpoint::on_answer(AskId id,
                                 const Application& application,
                                 std::string_view octets) {
    const auto message = diameter::decode(octets);
    if (!message)
        return answer_failed(
            id, AskFailed::Why::unreachable, "damaged answer: " + message.error().reason);
    auto value = application.read_answer(*message);
    if (!value)
        return answer_failed(
            id, AskFailed::Why::unreachable, "no valid answer: " + value.error().reason);
    handlers_.on_answer(id, std::move(*value));
}

// ---- answering

// A node that serves nobody on this application says so (RFC 6733 §7.1.3).
static diameter::Message reply_of(const Application& application,
                                  std::uint32_t command,
                                  const std::any& answer,
                                  const diameter::Envelope& envelope) {
    const auto* failed = std::any_cast<AskFailed>(&answer);
    if (failed == nullptr) return application.write_answer(answer, envelope);
    diameter::Message request;
    request.command = command;
    request.application = application.id;
    return diameter::refusal(
        application.id,
        request,
        diameter::CodecError{diameter::result::unable_to_deliver, failed->reason, {}},
        envelope);
}

// RFC 6733 §6.1.4: what is for somebody else is freeDiameter's to refuse. §6.2.1: the answer goes
// to the peer that the request came from.
bool DiameterEndpoint::on_request(Connection& connection,
                                  const Application& application,
                                  std::string_view octets) {
    const auto message = diameter::decode(octets);
    if (!message || message->error || text_of(*message, kDestinationRealm) != settings_.realm)
        return false;
    const diameter::Avp* host = message->find(kDestinationHost);
    if (host != nullptr && host->data != settings_.identity) return false;
    const diameter::Envelope envelope{
        text_of(*message, kSessionId), settings_.identity, settings_.realm, {}, {}};
    auto value = application.read_request(*message);
    if (value && settings_.objection) {
        if (auto objection = settings_.objection(*value)) value = failure(std::move(*objection));
    }
    if (!value) {
        note(LogLevel::warning, "request refused: " + value.error().reason);
        connection.answer(
            diameter::encode(diameter::refusal(application.id, *message, value.error(), envelope)));
        return true;
    }
    handlers_.on_request(text_of(*message, kOriginHost),
                         std::move(*value),
                         [came_on = connection.weak_from_this(),
                          &application,
                          envelope,
                          command = message->command,
                          end_to_end = message->end_to_end,
                          hop_by_hop = message->hop_by_hop](const std::any& answer) {
                             const auto back = came_on.lock();
                             if (back == nullptr) return;
                             diameter::Message reply =
                                 reply_of(application, command, answer, envelope);
                             reply.end_to_end = end_to_end;
                             reply.hop_by_hop = hop_by_hop;
                             back->answer(diameter::encode(reply));
                         });
    return true;
}

// ---- ending

void DiameterEndpoint::stop() {
    if (stopping_.exchange(true)) return;
    flush();
    fd_core_shutdown();
    // Until each peer has answered our DPR, or sent its own.
    const auto stays = [](const auto& connection) { return connection->is_open(); };
    const auto patience = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
    while (std::any_of(connections_.begin(), connections_.end(), stays) &&
           std::chrono::steady_clock::now() < patience) {
        std::vector<pollfd> watched;
        for (const auto& connection : connections_)
            watched.push_back({connection->descriptor(), POLLIN, 0});
        if (::poll(watched.data(), watched.size(), 1) <= 0) continue;
        for (const auto& connection : std::vector(connections_)) connection->read();
    }
}

}  // namespace imslab::host
