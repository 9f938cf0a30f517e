// What lies between the nodes: datagrams and streams of SIP, Diameter requests and answers, the
// stores, and the record of all of it.
#include <algorithm>

#include "core/invariant.h"
#include "diameter/cx_codec.h"
#include "diameter/sh_codec.h"
#include "hosts/sim/slot.h"
#include "sip/message.h"

namespace imslab::sim {

Duration Simulator::delay() {
    const auto& network = options_.network;
    const auto spread = static_cast<std::uint64_t>((network.delay_max - network.delay_min).count());
    return network.delay_min + Duration(spread == 0 ? 0 : random_.below(spread + 1));
}

void Simulator::record(std::size_t index,
                       trace::Protocol protocol,
                       trace::Direction direction,
                       const Flow& flow,
                       std::string_view bytes) {
    ++messages_;
    if (!options_.trace) return;
    Slot& slot = *slots_[index];
    trace::Record line;
    line.time_ns = now_.time_since_epoch().count() * 1000;
    line.sequence = ++slot.sequence;
    line.protocol = protocol;
    line.direction = direction;
    line.flow = flow;
    line.bytes = bytes;
    trace_.push_back({slot.placement.name, std::move(line)});
}

// ---- SIP
// -----------------------------------------------------------------------------------------------------

void Simulator::send(std::size_t index, Send& send) {
    record(index, trace::Protocol::sip, trace::Direction::sent, send.flow, send.bytes);
    const auto found = by_address_.find(send.flow.remote);
    const bool stream = is_reliable(send.flow.transport);
    if (found == by_address_.end() || !slots_[found->second]->node) {
        // A datagram to nobody is lost without a word; a connection is refused.
        if (stream) push_event(now_ + delay(), index, SendFailed{send.flow, "connection refused"});
        return;
    }
    const std::size_t to = found->second;
    Flow seen{send.flow.transport, send.flow.remote, send.flow.local, 0};
    if (stream) {
        Time& last = stream_order_[{send.flow.local, send.flow.remote}];
        last = std::max(last + Duration(1), now_ + delay());
        return push_event(last, to, Arrived{seen, std::move(send.bytes)});
    }
    const auto& network = options_.network;
    if (random_.happens(network.loss_ppm)) return;
    if (random_.happens(network.duplicate_ppm))
        push_event(now_ + delay(), to, Arrived{seen, send.bytes});
    Duration transit = delay();
    if (random_.happens(network.reorder_ppm))
        transit += delay() * static_cast<std::int64_t>(random_.below(10));
    push_event(now_ + transit, to, Arrived{seen, std::move(send.bytes)});
}

// ---- Diameter and stores
// -------------------------------------------------------------------------------------

void Simulator::ask(std::size_t index, Ask& ask) {
    Slot& slot = *slots_[index];
    for (const auto& [type, service] : slot.placement.services) {
        if (type == ask.request.type())
            return push_event(now_, index, Answered{ask.id, service(std::move(ask.request))});
    }
    ask_peer(index, ask);
}

namespace {

// What a node asks another one: Cx or Sh.
template <class Request>
std::string host_named_by(const Request& request) {
    return std::visit(
        [](const auto& command) -> std::string {
            if constexpr (requires { command.destination_host; }) return command.destination_host;
            return {};
        },
        request);
}

// RTR, PPR and PNR name who they are for; the others go to the peer of the placement.
std::string destination_of(const std::any& request, const std::string& otherwise) {
    const auto* of_sh = std::any_cast<sh::Request>(&request);
    const auto* of_cx = std::any_cast<cx::Request>(&request);
    IMSLAB_INVARIANT(of_sh != nullptr || of_cx != nullptr);
    const auto named = of_sh != nullptr ? host_named_by(*of_sh) : host_named_by(*of_cx);
    return named.empty() ? otherwise : named;
}

diameter::Message message_of(const std::any& command, const diameter::Envelope& envelope) {
    if (const auto* one = std::any_cast<cx::Request>(&command))
        return cx::to_message(*one, envelope);
    if (const auto* one = std::any_cast<cx::Answer>(&command))
        return cx::to_message(*one, envelope);
    if (const auto* one = std::any_cast<sh::Request>(&command))
        return sh::to_message(*one, envelope);
    const auto* one = std::any_cast<sh::Answer>(&command);
    IMSLAB_INVARIANT(one != nullptr);
    return sh::to_message(*one, envelope);
}

Flow diameter_flow(const Simulator::Placement& local, const Simulator::Placement& remote) {
    return {Transport::tcp, local.diameter_address, remote.diameter_address, 0};
}

}  // namespace

void Simulator::ask_peer(std::size_t index, Ask& ask) {
    auto& request = ask.request;
    const Placement& from = slots_[index]->placement;
    const auto found = by_identity_.find(destination_of(request, from.diameter_peer));
    if (found == by_identity_.end() || !slots_[found->second]->node) {
        return push_event(
            now_,
            index,
            Answered{ask.id, AskFailed{AskFailed::Why::unreachable, "no open Diameter peer"}});
    }
    const Placement& to = slots_[found->second]->placement;
    const std::uint64_t key = ++last_ask_;
    OpenAsk open{
        index, slots_[index]->life, ask.id, found->second, {}, static_cast<std::uint32_t>(key)};
    if (options_.trace) {
        open.session = from.diameter_identity + ";" + std::to_string(key);
        auto message = message_of(
            request,
            {open.session, from.diameter_identity, from.realm, to.diameter_identity, to.realm});
        message.hop_by_hop = message.end_to_end = open.hop;
        const std::string bytes = diameter::encode(message);
        record(index,
               trace::Protocol::diameter,
               trace::Direction::sent,
               diameter_flow(from, to),
               bytes);
        push(now_ + delay(), [this, key, bytes, request = std::move(request)] {
            const auto waiting = asks_.find(key);
            if (waiting == asks_.end()) return;
            const std::size_t at = waiting->second.answerer;
            const Placement& asker = slots_[waiting->second.slot]->placement;
            record(at,
                   trace::Protocol::diameter,
                   trace::Direction::received,
                   diameter_flow(slots_[at]->placement, asker),
                   bytes);
            hand_over(at, Asked{key, asker.diameter_identity, request});
        });
    } else {
        messages_ += 2;
        push_event(
            now_ + delay(), found->second, Asked{key, from.diameter_identity, std::move(request)});
    }
    asks_.emplace(key, std::move(open));
    patience_.push_back({{now_ + options_.ask_timeout, ++order_, kNoAnswer}, key});
}

void Simulator::reply(std::size_t index, Reply& reply) {
    const auto found = asks_.find(reply.id);
    if (found == asks_.end()) return;  // the asker has given up
    const OpenAsk open = std::move(found->second);
    asks_.erase(found);
    Slot& asker = *slots_[open.slot];
    if (!options_.trace) {
        messages_ += 2;
        if (asker.node && asker.life == open.life) {
            push_event(now_ + delay(), open.slot, Answered{open.id, std::move(reply.answer)});
        }
        return;
    }
    const Placement& from = slots_[index]->placement;
    auto message =
        message_of(reply.answer, {open.session, from.diameter_identity, from.realm, {}, {}});
    message.hop_by_hop = message.end_to_end = open.hop;
    std::string bytes = diameter::encode(message);
    record(index,
           trace::Protocol::diameter,
           trace::Direction::sent,
           diameter_flow(from, asker.placement),
           bytes);
    push(now_ + delay(),
         [this, index, open, bytes = std::move(bytes), what = std::move(reply.answer)]() mutable {
             Slot& to = *slots_[open.slot];
             if (!to.node || to.life != open.life) return;
             record(open.slot,
                    trace::Protocol::diameter,
                    trace::Direction::received,
                    diameter_flow(to.placement, slots_[index]->placement),
                    bytes);
             hand_over(open.slot, Answered{open.id, std::move(what)});
         });
}

void Simulator::fail(std::uint64_t key, AskFailed::Why why, std::string reason) {
    const auto found = asks_.find(key);
    if (found == asks_.end()) return;
    const OpenAsk open = std::move(found->second);
    asks_.erase(found);
    const Slot& asker = *slots_[open.slot];
    if (!asker.node || asker.life != open.life) return;
    push_event(now_, open.slot, Answered{open.id, AskFailed{why, std::move(reason)}});
}

void Simulator::give_up_asking() {
    const std::uint64_t key = patience_.front().ask;
    patience_.pop_front();
    fail(key, AskFailed::Why::timed_out, "no answer in time");
}

// The answerer has crashed: its connection breaks, and who asked is told so.
void Simulator::fail_asks_to(std::size_t index) {
    std::vector<std::uint64_t> keys;
    for (const auto& [key, open] : asks_) {
        if (open.answerer == index) keys.push_back(key);
    }
    std::ranges::sort(keys);  // in the order of asking
    for (const auto key : keys) fail(key, AskFailed::Why::unreachable, "the Diameter peer is gone");
}

// ---- the record
// ----------------------------------------------------------------------------------------------

std::string Simulator::transcript() const {
    std::string text;
    for (const auto& [name, line] : trace_) {
        const std::string_view bytes = line.bytes;
        text += std::to_string(line.time_ns / 1000) + ' ' + name;
        text += line.direction == trace::Direction::sent ? " > " : " < ";
        text += line.flow.remote.to_string() + ' ';
        if (line.protocol == trace::Protocol::diameter) {
            text += "Diameter ";
            for (const char c : bytes) {
                constexpr std::string_view kDigits = "0123456789abcdef";
                text += kDigits[static_cast<std::uint8_t>(c) >> 4U];
                text += kDigits[static_cast<std::uint8_t>(c) & 15U];
            }
            text += '\n';
        } else {
            text.append(bytes).append("\n");
        }
    }
    return text;
}

}  // namespace imslab::sim
