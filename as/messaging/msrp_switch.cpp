// RFC 4975 §5.4: pairs of sessions, their connections, and who has to wait.
#include "as/messaging/msrp_switch.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "as/messaging/msrp_switch_parts.h"

namespace imslab::messaging {

MsrpSwitch::MsrpSwitch(
    MsrpPlaces places, Entropy& entropy, Emit emit, OnLost on_lost, MsrpLimits limits)
    : places_(places),
      entropy_(entropy),
      emit_(std::move(emit)),
      on_lost_(std::move(on_lost)),
      limits_(limits) {}
MsrpSwitch::~MsrpSwitch() = default;

// ---- legs

std::pair<MsrpSwitch::LegId, MsrpSwitch::LegId> MsrpSwitch::open_pair(bool near_is_secure,
                                                                      bool far_is_secure) {
    const LegId near = ++last_leg_, far = ++last_leg_;
    for (const auto& [id, peer] : {std::pair(near, far), std::pair(far, near)}) {
        auto leg = std::make_unique<Leg>();
        leg->id = id;
        leg->peer = peer;
        leg->secure = id == near ? near_is_secure : far_is_secure;
        leg->session_id = entropy_.token(16);
        by_session_[leg->session_id] = id;
        legs_[id] = std::move(leg);
    }
    return {near, far};
}

msrp::Uri MsrpSwitch::own_uri(LegId leg) const {
    const auto& owner = *legs_.at(leg);
    const auto& local = owner.secure ? *places_.secure : places_.plain;
    msrp::Uri uri;
    uri.secure = owner.secure;
    uri.host = local.ip.is_v6() ? "[" + local.ip.to_string() + "]" : local.ip.to_string();
    uri.port = local.port;
    uri.session_id = owner.session_id;
    uri.transport = "tcp";
    return uri;
}

bool MsrpSwitch::is_secure(LegId leg) const { return legs_.at(leg)->secure; }

MsrpSwitch::Leg& MsrpSwitch::other(const Leg& leg) { return *legs_.at(leg.peer); }

MsrpSwitch::Leg* MsrpSwitch::leg_at(const std::string& to_path) {
    const auto path = msrp::parse_path(to_path);
    if (!path || path->size() != 1) return nullptr;
    const auto found = by_session_.find(path->front().session_id);
    if (found == by_session_.end() || !path->front().equals(own_uri(found->second))) return nullptr;
    return legs_.at(found->second).get();
}

void MsrpSwitch::reach(LegId id, Side side, Time now) {
    now_ = now;
    const auto found = legs_.find(id);
    if (found == legs_.end()) return;
    auto& leg = *found->second;
    leg.side = std::move(side);
    if (leg.flow) {  // it has connected before its description came
        if (auto* stream = stream_of(*leg.flow)) is_who_was_meant(leg, *stream);
        return;
    }
    if (!leg.side.connect) return;
    // RFC 4975 §5.4: a connection that is there already serves for this session, too.
    for (const auto& [connection, stream] : streams_) {
        if (stream->flow.remote != *leg.side.connect || stream->broken ||
            (stream->flow.transport == Transport::tls) != leg.secure)
            continue;
        if (!stream->identified) return;
        if (!is_who_was_meant(leg, *stream)) return;
        introduce(leg, stream->flow);
        return bind(leg, stream->flow);
    }
    if (!leg.secure)
        return introduce(leg, Flow{Transport::tcp, places_.plain, *leg.side.connect, 0});
    // Nothing is said before it is known who is there.
    emit_(Send{Flow{Transport::tls, *places_.secure, *leg.side.connect, 0}, {}});
}

// RFC 4975 §5.4: who opens the connection says with its first request which session it is for; one
// without a body if there is nothing else to say.
void MsrpSwitch::introduce(Leg& leg, const Flow& flow) {
    Head head;
    head.transaction = entropy_.token(8);
    head.method = "SEND";
    head.to_path = msrp::write_path(leg.side.path);
    head.from_path = own_uri(leg.id).to_string();
    head.message_id = entropy_.token(8);
    head.range = msrp::ByteRange{1, 0, 0};
    head.failure_report = FailureReport::no;
    emit_(Send{flow, msrp::whole(head)});
}

void MsrpSwitch::watch(LegId id, std::size_t octets) {
    const auto found = legs_.find(id);
    if (found == legs_.end()) return;
    found->second->watched = other(*found->second).watched = octets;
}

void MsrpSwitch::bind(Leg& leg, const Flow& flow) {
    leg.flow = flow;
    // Whoever wrote to this side before it was there may go on.
    auto& from = other(leg);
    if (from.flow) resume(*from.flow);
}

void MsrpSwitch::close_pair(LegId id) {
    const auto found = legs_.find(id);
    if (found == legs_.end()) return;
    const auto peer = found->second->peer;
    std::vector<Flow> flows;
    for (const auto gone : {id, peer}) {
        const auto& leg = *legs_.at(gone);
        if (leg.flow) flows.push_back(*leg.flow);
        by_session_.erase(leg.session_id);
        for (const auto& [message, gathered] : leg.gathered) gathered_ -= gathered.content.size();
        for (auto& [connection, stream] : streams_) {
            if (stream->chunk && (stream->chunk->from == gone || stream->chunk->to == gone)) {
                interrupt(*stream);
                stream->chunk.reset();
                stream->judged.reset();
            }
        }
    }
    legs_.erase(id);
    legs_.erase(peer);
    for (const auto& flow : flows) close_if_unused(flow);
}

void MsrpSwitch::move(LegId id, Side side, Time now) {
    now_ = now;
    const auto found = legs_.find(id);
    if (found == legs_.end()) return;
    auto& leg = *found->second;
    if (leg.side.path == side.path) {
        leg.side.fingerprints = std::move(side.fingerprints);
        if (auto* stream = leg.flow ? stream_of(*leg.flow) : nullptr)
            is_who_was_meant(leg, *stream);
        return;
    }
    std::vector<Flow> writers;
    for (auto& [connection, stream] : streams_) {
        const bool writes = stream->chunk && stream->chunk->to == id;
        const bool is_read = stream->chunk && stream->chunk->from == id;
        if (writes || is_read) interrupt(*stream);
        if (writes) writers.push_back(stream->flow);
        if (!is_read) continue;
        stream->chunk.reset();
        stream->judged.reset();
    }
    const auto old = std::exchange(leg.flow, std::nullopt);
    for (const auto& flow : writers) hold(flow);
    reach(id, std::move(side), now);
    if (old) close_if_unused(*old);
}

// RFC 4975 §5.4: several sessions may share it; what it waited for may have been the one that left.
void MsrpSwitch::close_if_unused(const Flow& flow) {
    const bool used =
        std::ranges::any_of(legs_, [&](const auto& leg) { return leg.second->flow == flow; });
    if (used) return resume(flow);
    if (auto* stream = stream_of(flow)) stream->broken = true;  // nothing more is read of it
    emit_(Close{flow});
}

// ---- connections

MsrpSwitch::Stream* MsrpSwitch::stream_of(const Flow& flow) {
    const auto found = streams_.find(flow.connection);
    return found == streams_.end() ? nullptr : found->second.get();
}

void MsrpSwitch::deliver(Event& event, Time now) {
    now_ = now;
    if (auto* opened = std::get_if<ConnectionOpened>(&event)) {
        auto& stream = streams_[opened->flow.connection];
        stream = std::make_unique<Stream>(*this, opened->flow);
        if (stream->identified) return serve(*stream);
        if (on_secure_) on_secure_(opened->flow);
    } else if (auto* arrived = std::get_if<Arrived>(&event)) {
        auto* stream = stream_of(arrived->flow);
        if (stream == nullptr || stream->broken) return;
        if (stream->held || !stream->identified) {  // what was on its way when it was told to wait
            stream->waiting += arrived->bytes;
            return;
        }
        const auto read = stream->reader.push(arrived->bytes, *stream);
        if (read) stream->waiting = arrived->bytes.substr(*read);  // nothing, unless it was paused
        if (!read) {
            stream->broken = true;
            emit_(Log{LogLevel::warning,
                      {},
                      "RFC 4975 §9",
                      "from " + arrived->flow.remote.to_string() + ": " + read.error()});
            emit_(Close{arrived->flow});
        }
    } else if (auto* blocked = std::get_if<Blocked>(&event)) {
        if (auto* stream = stream_of(blocked->flow)) stream->blocked = true;
        for (const auto& [id, leg] : legs_) {
            if (leg->flow == blocked->flow && other(*leg).flow) hold(*other(*leg).flow);
        }
    } else if (auto* writable = std::get_if<Writable>(&event)) {
        if (auto* stream = stream_of(writable->flow)) stream->blocked = false;
        std::vector<Flow> waiting;
        for (const auto& [id, leg] : legs_) {
            if (leg->flow == writable->flow && other(*leg).flow)
                waiting.push_back(*other(*leg).flow);
        }
        for (const auto& flow : waiting) resume(flow);
    } else if (auto* closed = std::get_if<ConnectionClosed>(&event)) {
        lose(closed->flow);
    } else if (auto* failed = std::get_if<SendFailed>(&event)) {
        std::vector<LegId> lost;
        for (const auto& [id, leg] : legs_) {
            const bool connecting = !leg->flow && leg->side.connect == failed->flow.remote;
            if (connecting || (leg->flow && leg->flow->connection == failed->flow.connection))
                lost.push_back(id);
        }
        for (const auto id : lost) on_lost_(id, failed->reason);
    }
}

// Those who wait for a connection to where this one goes.
void MsrpSwitch::serve(Stream& stream) {
    for (auto& [id, leg] : legs_) {
        const bool waits = !leg->flow && leg->side.connect == stream.flow.remote &&
                           leg->secure == (stream.flow.transport == Transport::tls);
        if (!waits || !is_who_was_meant(*leg, stream)) continue;
        if (leg->secure) introduce(*leg, stream.flow);
        bind(*leg, stream.flow);
    }
}

void MsrpSwitch::identified(const Flow& flow, std::string certificate, Time now) {
    now_ = now;
    auto* stream = stream_of(flow);
    if (stream == nullptr || std::exchange(stream->identified, true)) return;
    stream->certificate = std::move(certificate);
    serve(*stream);
    if (stream->held || stream->waiting.empty()) return;
    Event again = Arrived{flow, std::exchange(stream->waiting, {})};
    deliver(again, now);
}

// RFC 4975 §14.4: if the certificate is not the one that the description has the hash of, the
// session is torn down.
bool MsrpSwitch::is_who_was_meant(Leg& leg, Stream& stream) {
    if (!leg.secure || leg.side.path.empty() ||
        msrp::is_one_of(leg.side.fingerprints, stream.certificate))
        return true;
    const std::string what = stream.certificate.empty()
                                 ? "no certificate was shown"
                                 : "the certificate has the fingerprint " +
                                       msrp::Fingerprint::of(stream.certificate).to_string();
    emit_(Log{LogLevel::warning,
              {},
              "RFC 4975 §14.4",
              "from " + stream.flow.remote.to_string() + ": " + what +
                  ", which the description of session " + leg.session_id + " does not have"});
    leg.flow.reset();
    leg.side.connect.reset();
    on_lost_(leg.id, "The certificate is not that of the fingerprint");
    close_if_unused(stream.flow);
    return false;
}

void MsrpSwitch::hold(const Flow& flow) {
    auto* stream = stream_of(flow);
    if (stream == nullptr || std::exchange(stream->held, true)) return;
    emit_(Reading{flow, false});
}

// Nobody that this connection writes to is blocked, or not there yet.
void MsrpSwitch::resume(const Flow& flow) {
    auto* stream = stream_of(flow);
    if (stream == nullptr || !stream->held || stream->judged || stream->broken) return;
    for (const auto& [id, leg] : legs_) {
        if (leg->flow != flow) continue;
        const auto& to = other(*leg).flow;
        const auto* reader = to ? stream_of(*to) : nullptr;
        if (reader == nullptr || reader->blocked) return;
    }
    stream->held = false;
    send_unsent(*stream);
    auto waiting = std::exchange(stream->waiting, {});
    emit_(Reading{flow, true});
    if (waiting.empty()) return;
    Event again = Arrived{flow, std::move(waiting)};
    deliver(again, now_);
}

void MsrpSwitch::send_unsent(Stream& stream) {
    auto open = std::exchange(stream.chunk, std::nullopt);
    for (auto& [chunk, continuation] : std::exchange(stream.unsent, {})) {
        stream.chunk = std::move(chunk);
        take_floor(stream);
        close_chunk(stream, continuation);
    }
    stream.chunk = std::move(open);
    if (stream.chunk && !stream.chunk->refused) take_floor(stream);
}

// The end of what is open on the other side; the chunk is gone.
void MsrpSwitch::close_chunk(Stream& stream, Continuation continuation) {
    const auto chunk = std::move(*stream.chunk);
    stream.chunk.reset();
    const auto to = legs_.find(chunk.to);
    if (!chunk.open || to == legs_.end() || !to->second->flow) return;
    if (auto* target = stream_of(*to->second->flow)) target->writer = nullptr;
    emit_(Send{*to->second->flow, msrp::end_line(chunk.head, continuation)});
    await_answer(*to->second, chunk);
}

void MsrpSwitch::lose(const Flow& flow) {
    std::vector<LegId> lost;
    for (auto& [id, leg] : legs_) {
        if (leg->flow && leg->flow->connection == flow.connection) {
            leg->flow.reset();
            lost.push_back(id);
        }
    }
    if (auto* stream = stream_of(flow)) {
        // What it was writing to somebody ends there; who was writing to it writes no more.
        if (stream->chunk) interrupt(*stream);
        for (auto& [connection, one] : streams_) {
            if (one->writer == stream) one->writer = nullptr;
        }
        if (stream->writer != nullptr && stream->writer->chunk) stream->writer->chunk->open = false;
    }
    streams_.erase(flow.connection);
    for (const auto id : lost) on_lost_(id, "The MSRP connection is lost");
}

nlohmann::ordered_json MsrpSwitch::state() const {
    return {{"sessions", legs_.size() / 2},
            {"connections", streams_.size()},
            {"messages", messages_},
            {"octets", octets_},
            {"refused", refused_},
            {"unanswered", sent_.size()}};
}

}  // namespace imslab::messaging
