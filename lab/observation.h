// What was seen in a run: the nodes' traces merged into one list of messages. A hop is seen by its
// sender and by its receiver; the two records become one message. UEs leave no trace: their
// neighbour's record stands for both ends.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "diameter/message.h"
#include "hosts/trace/trace.h"
#include "http/message.h"
#include "lab/network.h"
#include "msrp/message.h"
#include "sip/message.h"

namespace imslab::lab {

struct ObservedMessage {
    std::size_t index = 0;  // in Observation::messages
    trace::Protocol protocol = trace::Protocol::sip;
    std::size_t from = 0, to = 0;  // indices into Network::participants
    Transport transport = Transport::udp;
    Address source, destination;
    std::optional<std::int64_t> sent_ns, received_ns;
    std::optional<std::uint64_t> sent_sequence,
        received_sequence;  // place in the sender's and receiver's own trace
    std::string bytes;
    std::string reference_point;  // "Gm", "Mw", "Cx"

    std::shared_ptr<const sip::Message> sip;  // one of the four; none: malformed says why
    std::shared_ptr<const diameter::Message> diameter;
    std::shared_ptr<const msrp::Head> msrp;  // its body is in the bytes
    std::shared_ptr<const http::Message> http;
    std::string malformed;

    bool request = false;
    std::string method;  // of a response: its transaction's; Diameter: "UAR" for both
    int status = 0;      // SIP or HTTP response
    std::string label;   // "REGISTER", "401 Unauthorized", "UAR", "UAA"
    std::string dialog;  // Call-ID or Session-Id
    std::optional<std::size_t> answers;  // the request that this response belongs to (same hop)
    std::optional<std::size_t> retransmission_of;
    bool lost = false;  // sent to a traced participant and never received
    bool implied =
        false;  // 100, ACK to a failure, retransmission, Diameter base: need not be drawn

    std::int64_t time_ns() const { return sent_ns ? *sent_ns : received_ns.value_or(0); }
};

struct Observation {
    Network network;
    std::vector<ObservedMessage>
        messages;  // by time; on each lifeline in the order of its own trace
    std::int64_t start_ns = 0;
    std::vector<std::string> remarks;  // what could not be read

    const ObservedMessage* request_of(const ObservedMessage& response) const;
    // The same message one hop earlier: what the sender received before it sent this one on.
    const ObservedMessage* hop_before(const ObservedMessage& message) const;
};

struct NodeTrace {
    std::string participant;  // Participant::id
    std::vector<trace::Record> records;
};

// Only records inside the window are taken (a topology may serve several scenarios one after the
// other).
struct Window {
    std::int64_t from_ns = INT64_MIN, to_ns = INT64_MAX;
};
Observation merge(Network network, std::vector<NodeTrace> traces, Window window = {});

// A record is a folder: network.json, <participant id>.trace for each traced participant, and
// window.json where what came before (preconditions) and after (the stop) is no part of it.
bool save_network(const std::string& folder, const Network& network);
bool save_window(const std::string& folder, const Window& window);
Result<Observation, std::string> load_record(const std::string& folder);
Result<Observation, std::string> load_record(const std::string& folder, const Window& window);

}  // namespace imslab::lab
