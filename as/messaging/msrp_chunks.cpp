// RFC 4975 §7: from leg to leg. Towards each side we are an endpoint: we answer it, with its paths,
// and what we send on has a transaction of our own and may be interrupted.
#include "as/messaging/msrp_switch_parts.h"

namespace imslab::messaging {

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
    // RFC 4975 §6: msrps is TLS, and nothing else is.
    if (leg->secure != (stream.flow.transport == Transport::tls))
        return refuse(stream, {403, leg->secure ? "msrps goes by TLS" : "msrp goes without TLS"});
    if (!leg->flow) {
        if (!is_who_was_meant(*leg, stream)) return stream.request.reset();
        bind(*leg, stream.flow);
    }
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
        forget_gathered(leg, head.message_id);
        return refuse(stream, refusal);
    }
    chunk.start = chunk.at = known->second.position();
    chunk.total = head.range ? head.range->total : std::nullopt;
    if (leg.watched != 0) gather(leg, chunk, head.content_type());
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
    chunk.head.to_path = msrp::write_path(to->second->side.path);
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
        forget_gathered(*leg->second, stream.chunk->message_id);
        return refuse(stream, refusal);
    }
    if (leg->second->watched != 0) gather(*leg->second, stream.chunk->message_id, piece);
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
    if (leg->second->watched != 0 && continuation == Continuation::complete &&
        is_judged(stream, *leg->second, *request))
        return;
    finish_chunk(stream, *leg->second, *request, continuation, {});
}

void MsrpSwitch::finish_chunk(Stream& stream,
                              Leg& leg,
                              const Head& request,
                              Continuation continuation,
                              const msrp::IncomingMessage::Refusal& refusal) {
    take_floor(stream);
    continuation = answer_chunk(stream, leg, request, continuation, refusal);
    if (stream.chunk->open) return close_chunk(stream, continuation);
    stream.unsent.emplace_back(std::move(*stream.chunk), continuation);
    stream.chunk.reset();
}

// Our own answer to a chunk that is whole; how it ends on the other side.
Continuation MsrpSwitch::answer_chunk(Stream& stream,
                                      Leg& leg,
                                      const Head& request,
                                      Continuation continuation,
                                      msrp::IncomingMessage::Refusal refusal) {
    const auto known = leg.incoming.find(request.message_id);
    if (known == leg.incoming.end()) return continuation;
    if (!refusal) refusal = known->second.end(continuation);
    const bool over = continuation != Continuation::more;
    if (refusal || over) {
        leg.incoming.erase(known);
        forget_gathered(leg, request.message_id);
    }
    if (over) ++messages_;
    if (refusal) ++refused_;
    const auto wanted = refusal ? request.failure_report != FailureReport::no
                                : request.failure_report == FailureReport::yes;
    const int status = refusal ? refusal.status : 200;
    if (wanted)
        write_small(stream.flow, msrp::whole(msrp::response_to(request, status, refusal.comment)));
    return refusal ? Continuation::aborted : continuation;
}

// ---- what somebody looks at

void MsrpSwitch::gather(Leg& leg, const Chunk& chunk, std::string content_type) {
    auto& gathered = leg.gathered[chunk.message_id];
    if (chunk.start == 0) gathered.content_type = std::move(content_type);
    if (chunk.start != gathered.content.size()) gathered.is_whole = false;
}

void MsrpSwitch::gather(Leg& leg, const std::string& message_id, std::string_view piece) {
    auto& gathered = leg.gathered[message_id];
    if (gathered.content.size() + piece.size() > leg.watched ||
        gathered_ + piece.size() > limits_.gathered_octets)
        gathered.is_whole = false;
    if (!gathered.is_whole) return;
    gathered.content += piece;
    gathered_ += piece.size();
}

// Until somebody has decided nothing more is read of the connection.
bool MsrpSwitch::is_judged(Stream& stream, Leg& leg, const Head& request) {
    const auto found = leg.gathered.find(request.message_id);
    if (found == leg.gathered.end() || !on_whole_) return false;
    gathered_ -= found->second.content.size();
    const WholeMessage message{leg.id,
                               request.message_id,
                               std::move(found->second.content_type),
                               std::move(found->second.content),
                               found->second.is_whole};
    leg.gathered.erase(found);
    stream.judged = request;
    if (!on_whole_(message)) {
        stream.judged.reset();
        return false;
    }
    if (!stream.judged) return true;  // that was decided at once
    stream.reader.pause();
    hold(stream.flow);
    return true;
}

void MsrpSwitch::decide(LegId from,
                        const std::string& message_id,
                        const msrp::IncomingMessage::Refusal& refusal,
                        Time now) {
    now_ = now;
    const auto leg = legs_.find(from);
    auto* stream =
        leg != legs_.end() && leg->second->flow ? stream_of(*leg->second->flow) : nullptr;
    if (stream == nullptr || !stream->judged || !stream->chunk ||
        stream->judged->message_id != message_id)
        return;  // the session is over
    const auto request = *std::exchange(stream->judged, std::nullopt);
    finish_chunk(*stream, *leg->second, request, Continuation::complete, refusal);
    resume(stream->flow);
}

void MsrpSwitch::forget_gathered(Leg& leg, const std::string& message_id) {
    const auto found = leg.gathered.find(message_id);
    if (found == leg.gathered.end()) return;
    gathered_ -= found->second.content.size();
    leg.gathered.erase(found);
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

}  // namespace imslab::messaging
