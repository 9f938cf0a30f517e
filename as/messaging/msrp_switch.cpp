// RFC 4975 §5.4: pairs of sessions, their connections, and who has to wait.
#include "as/messaging/msrp_switch.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "as/messaging/msrp_switch_parts.h"

namespace imslab::messaging {

MsrpSwitch::MsrpSwitch(
    Address local, Entropy& entropy, Emit emit, OnLost on_lost, MsrpLimits limits)
    : local_(local),
      entropy_(entropy),
      emit_(std::move(emit)),
      on_lost_(std::move(on_lost)),
      limits_(limits) {}
MsrpSwitch::~MsrpSwitch() = default;

// ---- legs

std::pair<MsrpSwitch::LegId, MsrpSwitch::LegId> MsrpSwitch::open_pair() {
    const LegId near = ++last_leg_, far = ++last_leg_;
    for (const auto& [id, peer] : {std::pair(near, far), std::pair(far, near)}) {
        auto leg = std::make_unique<Leg>();
        leg->id = id;
        leg->peer = peer;
        leg->session_id = entropy_.token(16);
        by_session_[leg->session_id] = id;
        legs_[id] = std::move(leg);
    }
    return {near, far};
}

msrp::Uri MsrpSwitch::own_uri(LegId leg) const {
    msrp::Uri uri;
    uri.host = local_.ip.is_v6() ? "[" + local_.ip.to_string() + "]" : local_.ip.to_string();
    uri.port = local_.port;
    uri.session_id = legs_.at(leg)->session_id;
    uri.transport = "tcp";
    return uri;
}

MsrpSwitch::Leg& MsrpSwitch::other(const Leg& leg) { return *legs_.at(leg.peer); }

MsrpSwitch::Leg* MsrpSwitch::leg_at(const std::string& to_path) {
    const auto path = msrp::parse_path(to_path);
    if (!path || path->size() != 1) return nullptr;
    const auto found = by_session_.find(path->front().session_id);
    if (found == by_session_.end() || !path->front().equals(own_uri(found->second))) return nullptr;
    return legs_.at(found->second).get();
}

// RFC 4975 §5.4: who opens the connection says with its first request which session it is for; one
// without a body if there is nothing else to say.
void MsrpSwitch::reach(LegId id,
                       std::vector<msrp::Uri> path,
                       std::optional<Address> connect,
                       Time now) {
    now_ = now;
    const auto found = legs_.find(id);
    if (found == legs_.end()) return;
    auto& leg = *found->second;
    leg.path = std::move(path);
    leg.connect = connect;
    if (!connect || leg.flow) return;
    Head head;
    head.transaction = entropy_.token(8);
    head.method = "SEND";
    head.to_path = msrp::write_path(leg.path);
    head.from_path = own_uri(id).to_string();
    head.message_id = entropy_.token(8);
    head.range = msrp::ByteRange{1, 0, 0};
    head.failure_report = FailureReport::no;
    emit_(Send{Flow{Transport::tcp, local_, *connect, 0}, msrp::whole(head)});
    // A connection that is there already is the one that this has gone by.
    for (const auto& [connection, stream] : streams_) {
        if (stream->flow.remote == *connect && !stream->broken) return bind(leg, stream->flow);
    }
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

void MsrpSwitch::move(LegId id,
                      std::vector<msrp::Uri> path,
                      std::optional<Address> connect,
                      Time now) {
    now_ = now;
    const auto found = legs_.find(id);
    if (found == legs_.end() || found->second->path == path) return;
    auto& leg = *found->second;
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
    reach(id, std::move(path), connect, now);
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
        streams_[opened->flow.connection] = std::make_unique<Stream>(*this, opened->flow);
        for (auto& [id, leg] : legs_) {
            if (!leg->flow && leg->connect == opened->flow.remote) bind(*leg, opened->flow);
        }
    } else if (auto* arrived = std::get_if<Arrived>(&event)) {
        auto* stream = stream_of(arrived->flow);
        if (stream == nullptr || stream->broken) return;
        if (stream->held) {  // what was on its way when it was told to wait
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
            const bool connecting = !leg->flow && leg->connect == failed->flow.remote;
            if (connecting || (leg->flow && leg->flow->connection == failed->flow.connection))
                lost.push_back(id);
        }
        for (const auto id : lost) on_lost_(id);
    }
}

void MsrpSwitch::hold(const Flow& flow) {
    auto* stream = stream_of(flow);
    if (stream == nullptr || std::exchange(stream->held, true)) return;
    emit_(Reading{flow, false});
}

// Nobody that this connection writes to is blocked, or not there yet.
void MsrpSwitch::resume(const Flow& flow) {
    auto* stream = stream_of(flow);
    if (stream == nullptr || !stream->held || stream->judged) return;
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
    for (const auto id : lost) on_lost_(id);
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
