// Requests and answers through freeDiameter's queues.
#include "hosts/diameter/endpoint.h"

#include <poll.h>

#include <chrono>
#include <cstring>

#include "hosts/diameter/callbacks.h"
#include "hosts/diameter/freediameter.h"
#include "hosts/diameter/octets.h"
#include "hosts/diameter/overrides.h"
#include "hosts/diameter/short_way.h"

namespace imslab::host {
namespace {

constexpr std::uint32_t kSessionId = 263, kOriginHost = 264, kDestinationRealm = 283,
                        kDestinationHost = 293;

std::uint32_t seconds_since_epoch() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

peer_hdr* find_peer(const std::string& identity) {
    peer_hdr* peer = nullptr;
    std::string name = identity;
    if (fd_peer_getbyid(name.data(), name.size(), 0, &peer) != 0) return nullptr;
    return peer;
}

// Peers with which a connection is up.
std::size_t connected_peers() {
    std::size_t count = 0;
    pthread_rwlock_rdlock(&fd_g_peers_rw);
    for (fd_list* item = fd_g_peers.next; item != &fd_g_peers; item = item->next) {
        const int state = fd_peer_get_state(reinterpret_cast<peer_hdr*>(item));
        count += state == STATE_OPEN || state == STATE_OPEN_NEW;
    }
    pthread_rwlock_unlock(&fd_g_peers_rw);
    return count;
}

std::string text_of(const diameter::Message& message, std::uint32_t code) {
    const diameter::Avp* avp = message.find(code);
    return avp == nullptr ? std::string() : avp->data;
}

}  // namespace

DiameterEndpoint::DiameterEndpoint(DiameterSettings settings, Handlers handlers)
    : settings_(std::move(settings)),
      handlers_(std::move(handlers)),
      started_(seconds_since_epoch()) {}

DiameterEndpoint::~DiameterEndpoint() { stop(); }

Result<std::unique_ptr<DiameterEndpoint>, std::string> DiameterEndpoint::start(
    DiameterSettings settings, Handlers handlers) {
    std::unique_ptr<DiameterEndpoint> endpoint(
        new DiameterEndpoint(std::move(settings), std::move(handlers)));
    const auto started = endpoint->start_library();
    if (!started) return failure(started.error());
    return endpoint;
}

bool DiameterEndpoint::is_open(const std::string& identity) const {
    {
        const std::lock_guard lock(leaving_mutex_);
        if (leaving_.contains(identity)) return false;
    }
    peer_hdr* peer = find_peer(identity);
    return peer != nullptr && fd_peer_get_state(peer) == STATE_OPEN;
}

void DiameterEndpoint::on_connected(const std::string& identity) {
    const std::lock_guard lock(leaving_mutex_);
    leaving_.erase(identity);
}

// ---- asking

// RTR, PPR and PNR name who is to get them; all else goes to the first HSS that is open.
const DiameterPeer* DiameterEndpoint::choose_peer() const {
    for (const DiameterPeer& peer : settings_.peers) {
        if (is_open(peer.identity)) return &peer;
    }
    return nullptr;
}

const Application* DiameterEndpoint::find_application(std::uint32_t id) const {
    for (const Application* one : settings_.applications) {
        if (one->id == id) return one;
    }
    return nullptr;
}

void DiameterEndpoint::ask(AskId id, const Application& application, const std::any& request) {
    diameter::Envelope envelope{next_session_id(), settings_.identity, settings_.realm, {}, {}};
    const std::string named = application.destination_of(request);
    if (!named.empty()) {
        if (!is_open(named))
            return answer_failed(
                id, AskFailed::Why::unreachable, "no Diameter connection with " + named);
        envelope.destination_host = named;
        envelope.destination_realm = settings_.realm;
        for (const DiameterPeer& peer : settings_.peers) {
            if (peer.identity == named) envelope.destination_realm = peer.realm;
        }
    } else {
        const DiameterPeer* peer = choose_peer();
        if (peer == nullptr)
            return answer_failed(
                id, AskFailed::Why::unreachable, "no Diameter connection with an HSS");
        envelope.destination_host = peer->identity;
        envelope.destination_realm = peer->realm;
    }
    diameter::Message message = application.write_request(request, envelope);
    message.end_to_end = fd_msg_eteid_get();
    msg* outgoing = message_from_octets(diameter::encode(message));
    if (outgoing == nullptr)
        return answer_failed(id, AskFailed::Why::unreachable, "freeDiameter refuses the request");
    peer_hdr* to = find_peer(envelope.destination_host);
    if (to == nullptr ||
        fd_msg_anscb_associate(outgoing,
                               DiameterCallbacks::on_answer,
                               reinterpret_cast<void*>(id),
                               nullptr,
                               nullptr) != 0 ||
        !send_to_peer(outgoing, to)) {
        if (outgoing != nullptr) free_message(outgoing);
        answer_failed(id, AskFailed::Why::unreachable, "freeDiameter does not send");
    }
}

void DiameterEndpoint::answer_failed(AskId id, AskFailed::Why why, std::string reason) {
    handlers_.on_answer(id, AskFailed{why, std::move(reason)});
}

void DiameterEndpoint::on_answer(AskId id, msg* answer) {
    const auto message = decoded(answer);
    free_message(answer);
    if (!message)
        return answer_failed(
            id, AskFailed::Why::unreachable, "damaged answer: " + message.error().reason);
    // freeDiameter itself answers what it could not deliver (RFC 6733 §7.1.3: 3002).
    if (message->error && text_of(*message, kOriginHost) == settings_.identity)
        return answer_failed(id, AskFailed::Why::unreachable, "the Diameter connection broke");
    const Application* application = find_application(message->application);
    if (application == nullptr)
        return answer_failed(
            id, AskFailed::Why::unreachable, "an answer of no application of ours");
    auto value = application->read_answer(*message);
    if (!value)
        return answer_failed(
            id, AskFailed::Why::unreachable, "no valid answer: " + value.error().reason);
    handlers_.on_answer(id, std::move(*value));
}

// RFC 6733 §8.8: <DiameterIdentity>;<high 32 bits>;<low 32 bits>
std::string DiameterEndpoint::next_session_id() {
    return settings_.identity + ";" + std::to_string(started_) + ";" + std::to_string(++sessions_);
}

// ---- answering

// RFC 6733 §6.1.4: what is for somebody else is freeDiameter's to refuse.
bool DiameterEndpoint::on_arrived(msg* request) {
    const auto message = decoded(request);
    if (!message || text_of(*message, kDestinationRealm) != settings_.realm) return false;
    const diameter::Avp* host = message->find(kDestinationHost);
    if (host != nullptr && host->data != settings_.identity) return false;
    on_request(request, *message);
    return true;
}

void DiameterEndpoint::on_request(msg* request) {
    const auto message = decoded(request);
    if (message) return on_request(request, *message);
    handlers_.on_note(LogLevel::warning, "damaged request: " + message.error().reason);
    free_message(request);
}

void DiameterEndpoint::on_request(msg* request, const diameter::Message& message) {
    const diameter::Envelope envelope{
        text_of(message, kSessionId), settings_.identity, settings_.realm, {}, {}};
    const Application* application = find_application(message.application);
    if (application == nullptr) return free_message(request);
    auto value = application->read_request(message);
    if (!value) {
        handlers_.on_note(LogLevel::warning, "request refused: " + value.error().reason);
        return send_answer(
            request,
            diameter::encode(diameter::refusal(application->id, message, value.error(), envelope)));
    }
    handlers_.on_request(text_of(message, kOriginHost),
                         std::move(*value),
                         [this,
                          request,
                          application,
                          envelope,
                          end_to_end = message.end_to_end,
                          hop = message.hop_by_hop](const std::any& answer) {
                             diameter::Message reply = application->write_answer(answer, envelope);
                             reply.end_to_end = end_to_end;
                             reply.hop_by_hop = hop;
                             send_answer(request, diameter::encode(reply));
                         });
}

// RFC 6733 §6.2.1: to the peer that the request came from.
void DiameterEndpoint::send_answer(msg* request, const std::string& octets) {
    DiamId_t source = nullptr;
    std::size_t size = 0;
    fd_msg_source_get(request, &source, &size);
    peer_hdr* peer = source == nullptr ? nullptr : find_peer({source, size});
    const bool is_up = peer != nullptr && fd_peer_get_state(peer) == STATE_OPEN;
    msg* answer = stopping_ || !is_up ? nullptr : message_from_octets(octets);
    if (answer == nullptr) return free_message(request);
    if (fd_msg_answ_associate(answer, request) == 0 && send_to_peer(answer, peer)) return;
    if (answer != nullptr) free_message(answer);
    handlers_.on_note(LogLevel::error, "freeDiameter does not send the answer");
}

// ---- recording

Flow DiameterEndpoint::flow_of(msg* message, peer_hdr* peer, const char* connection) {
    Flow flow{Transport::tcp, settings_.local, {}, 0};
    if (!settings_.listens) {
        flow.local.port = diameter_source_port();
        for (const DiameterPeer& known : settings_.peers) {
            if (peer == nullptr || known.identity == peer->info.pi_diamid)
                flow.remote = known.address;
        }
        return flow;
    }
    // A connection without a peer brings a CER: it says who it is.
    const std::lock_guard lock(connections_mutex_);
    if (peer != nullptr) {
        flow.remote = connections_[peer->info.pi_diamid];
    } else if (connection != nullptr) {
        flow.remote = remote_of_connection(connection);
        if (const auto capabilities = decoded(message))
            connections_[text_of(*capabilities, kOriginHost)] = flow.remote;
    }
    return flow;
}

void DiameterEndpoint::on_message_seen(bool sent,
                                       msg* message,
                                       peer_hdr* peer,
                                       const char* connection) {
    msg_hdr* header = nullptr;
    if (!sent && fd_msg_hdr(message, &header) == 0 && header->msg_code == CC_DISCONNECT_PEER) {
        // A DPR, or the answer to ours: that peer is gone, or about to be.
        if (peer != nullptr) {
            const std::lock_guard lock(leaving_mutex_);
            leaving_.insert(peer->info.pi_diamid);
        }
    }
    if (!handlers_.on_message) return;
    const Flow flow = flow_of(message, peer, connection);
    handlers_.on_message(
        sent ? trace::Direction::sent : trace::Direction::received, flow, octets_of(message));
}

// ---- ending

bool DiameterEndpoint::is_connected() const {
    for (const DiameterPeer& peer : settings_.peers) {
        if (!is_open(peer.identity)) return false;
    }
    return true;
}

void DiameterEndpoint::stop() {
    if (stopping_.exchange(true)) return;
    const std::size_t gone = left_peers();  // before, and not back: not waited for
    const std::size_t open = connected_peers();
    fd_core_shutdown();
    // Until each peer has answered our DPR, or sent its own.
    const auto patience = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
    while (left_peers() < gone + open && std::chrono::steady_clock::now() < patience)
        ::poll(nullptr, 0, 1);
}

std::size_t DiameterEndpoint::left_peers() const {
    const std::lock_guard lock(leaving_mutex_);
    return leaving_.size();
}

}  // namespace imslab::host
