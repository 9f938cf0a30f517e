// What a relay is made of.
#pragma once

#include "as/application_server.h"
#include "as/messaging/msrp_relay.h"

namespace imslab::messaging {

using msrp::Continuation;
using msrp::FailureReport;
using msrp::Head;

// A chunk on its way through.
struct MsrpRelay::Passage {
    Head request;  // as it came
    Head head;     // as it goes on
    LinkId from = 0, to = 0;
    std::uint64_t start = 1, at = 1;  // of what is open on the other side; the next octet
    std::optional<std::uint64_t> total;
    bool open = false;  // its head is written there
};

// A connection, or one that is being made.
struct MsrpRelay::Link final : msrp::Sink {
    MsrpRelay& owner;
    LinkId id = 0;
    Flow flow;
    std::string host;                // that we connect to; empty: it has connected to us
    bool open = false;               // and it is known who is there
    std::vector<std::string> names;  // of a certificate that somebody vouches for
    std::string queue;               // to be written once it is open
    msrp::Reader reader;
    std::optional<Head> request;  // that is being read
    std::optional<Passage> passage;
    Link* writer = nullptr;  // whose passage is open here
    bool blocked = false, broken = false;
    LinkId held_for = 0;   // that one is blocked, or not open yet
    std::string waiting;   // what came meanwhile
    bool trusted = false;  // a request of it was good (RFC 4976 §6.1)
    std::size_t failures = 0;

    Link(MsrpRelay& owner_given, LinkId id_given, const Flow& flow_given)
        : owner(owner_given), id(id_given), flow(flow_given) {}
    void on_head(Head head) override { owner.on_head(*this, std::move(head)); }
    void on_body(std::string_view piece) override { owner.on_body(*this, piece); }
    void on_end(Continuation continuation) override { owner.on_end(*this, continuation); }
};

}  // namespace imslab::messaging
