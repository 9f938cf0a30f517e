// What the media side of a back-to-back user agent for MSRP is made of.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "as/messaging/msrp_switch.h"

namespace imslab::messaging {

using msrp::Continuation;
using msrp::FailureReport;
using msrp::Head;

// Of a message that somebody wants to look at, as far as it has come.
struct MsrpSwitch::Gathered {
    std::string content_type, content;
    bool is_whole = true;
};

struct MsrpSwitch::Leg {
    LegId id = 0, peer = 0;
    std::string session_id;
    bool secure = false;
    Side side;  // no path: not known yet
    std::optional<Flow> flow;
    std::map<std::string, msrp::IncomingMessage> incoming;  // by Message-ID
    std::size_t watched = 0;                                // octets of a message; 0: none
    std::map<std::string, Gathered> gathered;               // by Message-ID
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
    bool identified = true;      // false: of TLS, and whose certificate it is is being asked
    std::string certificate;     // in DER
    std::optional<Head> judged;  // whose end waits for what somebody says of the message
    std::string waiting;         // what came while it was held
    // Whole chunks that were read before the other side was connected.
    std::vector<std::pair<Chunk, Continuation>> unsent;

    Stream(MsrpSwitch& owner_given, const Flow& flow_given)
        : owner(owner_given),
          flow(flow_given),
          identified(flow_given.transport != Transport::tls) {}
    void on_head(Head head) override { owner.on_head(*this, std::move(head)); }
    void on_body(std::string_view piece) override { owner.on_body(*this, piece); }
    void on_end(Continuation continuation) override { owner.on_end(*this, continuation); }
};

}  // namespace imslab::messaging
