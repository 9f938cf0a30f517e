// RFC 4975 §5.4, §7: from leg to leg. Towards each side we are an endpoint: we answer it, with its
// paths, and what we send on has a transaction of our own and may be interrupted.
#include "as/messaging/msrp_switch.h"

#include "core/deadline.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace imslab::messaging {

using msrp::Continuation;
using msrp::FailureReport;
using msrp::Head;

struct MsrpSwitch::Leg {
    LegId id = 0, peer = 0;
    std::string session_id;
    std::vector<msrp::Uri> path;  // of that side; empty: not known yet
    std::optional<Address> connect;
    std::optional<Flow> flow;
    std::map<std::string, msrp::IncomingMessage> incoming;  // by Message-ID
    std::size_t awaited = 0;
};

// A chunk on its way through.
struct MsrpSwitch::Chunk {
    Head head;  // as we write it
    LegId from = 0, to = 0;
    std::string message_id;
    std::uint64_t start = 0, at = 0;  // of what is open on the other side, octets from 0
    std::optional<std::uint64_t> total;
    bool open = false;     // its head is written there
    bool refused = false;  // the rest of it is not wanted
    std::string backlog;   // read before the other side was connected: at most one piece
};

// A connection, what is being read of it and what is being written to it.
struct MsrpSwitch::Stream final : msrp::Sink {
    MsrpSwitch& owner;
    Flow flow;
    msrp::Reader reader;
    std::optional<Head> request;  // that is being read, as it came
    std::optional<Chunk> chunk;   // of a SEND with a body
    Stream* writer = nullptr;     // whose chunk is open here
    bool blocked = false, held = false, broken = false;
    std::string waiting;  // what came while it was held
    // Whole chunks that were read before the other side was connected.
    std::vector<std::pair<Chunk, Continuation>> unsent;

    Stream(MsrpSwitch& owner_given, const Flow& flow_given)
        : owner(owner_given), flow(flow_given) {}
    void on_head(Head head) override { owner.on_head(*this, std::move(head)); }
    void on_body(std::string_view piece) override { owner.on_body(*this, piece); }
    void on_end(Continuation continuation) override { owner.on_end(*this, continuation); }
};

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
        for (auto& [connection, stream] : streams_) {
            if (stream->chunk && (stream->chunk->from == gone || stream->chunk->to == gone)) {
                interrupt(*stream);
                stream->chunk.reset();
            }
        }
    }
    legs_.erase(id);
    legs_.erase(peer);
    for (const auto& flow : flows) {
        const bool used =
            std::ranges::any_of(legs_, [&](const auto& leg) { return leg.second->flow == flow; });
        if (!used) emit_(Close{flow});
    }
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
        if (const auto read = stream->reader.push(arrived->bytes, *stream); !read) {
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
    if (stream == nullptr || !stream->held) return;
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

// ---- requests and responses

void MsrpSwitch::on_head(Stream& stream, Head head) {
    if (!head.is_request()) return on_response(head);
    stream.request = head;
    stream.chunk.reset();
    on_request(stream, std::move(head));
}

void MsrpSwitch::on_request(Stream& stream, Head head) {
    auto* leg = leg_at(head.to_path);
    // RFC 4975 §7.3: a session of ours, and on its own connection.
    if (leg == nullptr) return refuse(stream, {481, {}});
    if (leg->flow && leg->flow->connection != stream.flow.connection)
        return refuse(stream, {506, {}});
    if (!leg->flow) bind(*leg, stream.flow);
    if (head.method == "SEND") return on_send(stream, *leg, std::move(head));
    if (head.method == "REPORT") return forward_report(other(*leg), std::move(head));
    refuse(stream, {501, {}});
}

void MsrpSwitch::on_send(Stream& stream, Leg& leg, Head head) {
    if (!head.has_body) return;  // it only says which session this is
    if (head.message_id.empty()) return refuse(stream, {400, "Message-ID is missing"});
    auto known = leg.incoming.find(head.message_id);
    if (known == leg.incoming.end()) {
        if (leg.incoming.size() >= limits_.open_messages)
            return refuse(stream, {413, "Too many messages are begun and not ended"});
        known = leg.incoming.emplace(head.message_id, msrp::IncomingMessage(limits_.message_octets))
                    .first;
    }
    auto& to = other(leg);
    Chunk chunk;
    chunk.from = leg.id;
    chunk.to = to.id;
    chunk.message_id = head.message_id;
    if (const auto refusal = known->second.begin(head)) {
        leg.incoming.erase(known);
        return refuse(stream, refusal);
    }
    chunk.start = chunk.at = known->second.position();
    chunk.total = head.range ? head.range->total : std::nullopt;
    chunk.head = std::move(head);
    chunk.head.from_path = own_uri(to.id).to_string();
    stream.chunk = std::move(chunk);
    if (!to.flow) return hold(stream.flow);  // until that side is connected
    take_floor(stream);
}

// The chunk of this connection is the one that is written to the other side; whichever was before
// is interrupted (RFC 4975 §7.1.1) and goes on later.
void MsrpSwitch::take_floor(Stream& stream) {
    auto& chunk = *stream.chunk;
    const auto to = legs_.find(chunk.to);
    if (to == legs_.end() || !to->second->flow) return;
    auto* target = stream_of(*to->second->flow);
    if (target == nullptr || (target->writer == &stream && chunk.open)) return;
    if (target->writer != nullptr) interrupt(*target->writer);
    chunk.head.transaction = entropy_.token(8);
    chunk.head.to_path = msrp::write_path(to->second->path);
    chunk.head.range = msrp::ByteRange{chunk.at + 1, std::nullopt, chunk.total};
    chunk.start = chunk.at;
    chunk.open = true;
    target->writer = &stream;
    emit_(Send{target->flow, chunk.head.to_bytes()});
    if (chunk.backlog.empty()) return;
    chunk.at += chunk.backlog.size();
    emit_(Send{target->flow, std::exchange(chunk.backlog, {})});
}

void MsrpSwitch::interrupt(Stream& stream) {
    if (!stream.chunk || !stream.chunk->open) return;
    auto& chunk = *stream.chunk;
    chunk.open = false;
    const auto to = legs_.find(chunk.to);
    if (to == legs_.end() || !to->second->flow) return;
    if (auto* target = stream_of(*to->second->flow)) target->writer = nullptr;
    emit_(Send{*to->second->flow, msrp::end_line(chunk.head, Continuation::more)});
    await_answer(*to->second, chunk);
}

void MsrpSwitch::on_body(Stream& stream, std::string_view piece) {
    if (!stream.chunk || stream.chunk->refused) return;
    const auto leg = legs_.find(stream.chunk->from);
    if (leg == legs_.end()) return;
    const auto known = leg->second->incoming.find(stream.chunk->message_id);
    if (known == leg->second->incoming.end()) return;
    if (const auto refusal = known->second.body(piece.size())) {
        leg->second->incoming.erase(known);
        return refuse(stream, refusal);
    }
    take_floor(stream);
    auto& chunk = *stream.chunk;
    octets_ += piece.size();
    if (!chunk.open) {
        chunk.backlog += piece;
        return;
    }
    chunk.at += piece.size();
    emit_(Send{*legs_.at(chunk.to)->flow, std::string(piece)});
}

void MsrpSwitch::on_end(Stream& stream, Continuation continuation) {
    if (!stream.request) return;
    const auto request = std::exchange(stream.request, std::nullopt);
    if (!stream.chunk) {
        // A SEND without a body, or one that was refused already.
        const bool bare = request->method == "SEND" && !request->has_body;
        if (bare && leg_at(request->to_path) != nullptr &&
            request->failure_report == FailureReport::yes)
            write_small(stream.flow, msrp::whole(msrp::response_to(*request, 200)));
        return;
    }
    if (stream.chunk->refused) return stream.chunk.reset();
    const auto leg = legs_.find(stream.chunk->from);
    if (leg == legs_.end()) return stream.chunk.reset();
    take_floor(stream);
    continuation = answer_chunk(stream, *leg->second, *request, continuation);
    if (stream.chunk->open) return close_chunk(stream, continuation);
    stream.unsent.emplace_back(std::move(*stream.chunk), continuation);
    stream.chunk.reset();
}

// Our own answer to a chunk that is whole; how it ends on the other side.
Continuation MsrpSwitch::answer_chunk(Stream& stream,
                                      Leg& leg,
                                      const Head& request,
                                      Continuation continuation) {
    const auto known = leg.incoming.find(request.message_id);
    if (known == leg.incoming.end()) return continuation;
    const auto refusal = known->second.end(continuation);
    const bool over = continuation != Continuation::more;
    if (refusal || over) leg.incoming.erase(known);
    if (over) ++messages_;
    if (refusal) ++refused_;
    const auto wanted = refusal ? request.failure_report != FailureReport::no
                                : request.failure_report == FailureReport::yes;
    const int status = refusal ? refusal.status : 200;
    if (wanted)
        write_small(stream.flow, msrp::whole(msrp::response_to(request, status, refusal.comment)));
    return refusal ? Continuation::aborted : continuation;
}

// What is wrong with a request is said to who sent it, unless he does not want to know; what was
// passed on of it is taken back.
void MsrpSwitch::refuse(Stream& stream, const msrp::IncomingMessage::Refusal& refusal) {
    ++refused_;
    if (stream.request && stream.request->failure_report != FailureReport::no &&
        stream.request->method != "REPORT")
        write_small(
            stream.flow,
            msrp::whole(msrp::response_to(*stream.request, refusal.status, refusal.comment)));
    if (!stream.chunk) return;
    auto& chunk = *stream.chunk;
    chunk.refused = true;
    const auto to = legs_.find(chunk.to);
    if (std::exchange(chunk.open, false) && to != legs_.end() && to->second->flow) {
        if (auto* target = stream_of(*to->second->flow)) target->writer = nullptr;
        emit_(Send{*to->second->flow, msrp::end_line(chunk.head, Continuation::aborted)});
    }
}

void MsrpSwitch::write_small(const Flow& flow, std::string bytes) {
    auto* stream = stream_of(flow);
    if (stream != nullptr && stream->writer != nullptr) interrupt(*stream->writer);
    emit_(Send{flow, std::move(bytes)});
}

// ---- reports

void MsrpSwitch::forward_report(Leg& to, Head head) {
    if (!to.flow || head.has_body) return;
    head.transaction = entropy_.token(8);
    head.to_path = msrp::write_path(to.path);
    head.from_path = own_uri(to.id).to_string();
    write_small(*to.flow, msrp::whole(head));
}

void MsrpSwitch::await_answer(Leg& to, const Chunk& chunk) {
    if (chunk.head.failure_report == FailureReport::no || to.awaited >= limits_.transactions)
        return;
    const auto until = now_ + std::chrono::duration_cast<Duration>(limits_.transaction);
    ++to.awaited;
    sent_[chunk.head.transaction] = Sent{to.id, chunk.message_id, chunk.start + 1, chunk.at, until};
    by_deadline_.emplace(until, chunk.head.transaction);
}

void MsrpSwitch::on_response(const Head& head) {
    const auto found = sent_.find(head.transaction);
    if (found == sent_.end()) return;
    const auto sent = std::move(found->second);
    by_deadline_.erase({sent.until, found->first});
    sent_.erase(found);
    const auto leg = legs_.find(sent.leg);
    if (leg == legs_.end()) return;
    --leg->second->awaited;
    if (head.status != 200) report_failure(sent, head.status);
}

// RFC 4975 §7.1.4: who sent it has our 200 already, so he hears of it by REPORT.
void MsrpSwitch::report_failure(const Sent& sent, int status) {
    const auto leg = legs_.find(sent.leg);
    if (leg == legs_.end()) return;
    auto& from = other(*leg->second);
    if (!from.flow) return;
    Head report;
    report.transaction = entropy_.token(8);
    report.method = "REPORT";
    report.to_path = msrp::write_path(from.path);
    report.from_path = own_uri(from.id).to_string();
    report.message_id = sent.message_id;
    report.range = msrp::ByteRange{sent.start, sent.end, std::nullopt};
    report.report_status =
        "000 " + std::to_string(status) + " " + std::string(msrp::comment_for(status));
    write_small(*from.flow, msrp::whole(report));
}

void MsrpSwitch::on_time(Time now) {
    now_ = now;
    while (!by_deadline_.empty() && by_deadline_.begin()->first <= now) {
        const auto transaction = by_deadline_.begin()->second;
        by_deadline_.erase(by_deadline_.begin());
        const auto sent = std::move(sent_.at(transaction));
        sent_.erase(transaction);
        const auto leg = legs_.find(sent.leg);
        if (leg != legs_.end()) --leg->second->awaited;
        report_failure(sent, 408);
    }
}

std::optional<Time> MsrpSwitch::next_deadline() const { return earliest(by_deadline_); }

nlohmann::ordered_json MsrpSwitch::state() const {
    return {{"sessions", legs_.size() / 2},
            {"connections", streams_.size()},
            {"messages", messages_},
            {"octets", octets_},
            {"refused", refused_},
            {"unanswered", sent_.size()}};
}

}  // namespace imslab::messaging
