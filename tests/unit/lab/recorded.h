// A run as the nodes' traces would have recorded it, told hop by hop, for tests of the analysis.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lab/observation.h"

namespace imslab::lab::test {

inline Address address(std::string_view text) { return *Address::parse(text); }

// alice and bob, P-CSCF (Gm and Mw side), I-CSCF, S-CSCF, HSS at the lab's usual addresses.
inline Network core_network() {
    Network network;
    network.participants = {
        {"alice", "alice", "ue", "", {{"Gm", address("127.1.100.1:5060")}}, false},
        {"pcscf",
         "P-CSCF",
         "pcscf",
         "pcscf.home",
         {{"Gm", address("127.1.1.1:5060")}, {"Mw", address("127.1.1.2:5060")}},
         true},
        {"icscf", "I-CSCF", "icscf", "icscf.home", {{"Mw", address("127.1.2.1:5060")}}, true},
        {"scscf", "S-CSCF", "scscf", "scscf.home", {{"Mw", address("127.1.3.1:5060")}}, true},
        {"hss", "HSS", "hss", "hss.home", {{"Cx", address("127.1.4.1:3868")}}, true},
        {"bob", "bob", "ue", "", {{"Gm", address("127.1.100.2:5060")}}, false},
    };
    return network;
}

class Recording {
public:
    explicit Recording(Network network = core_network()) : network_(std::move(network)) {}

    // One message from sender to receiver, a millisecond after the last one.
    Recording& hop(std::string_view from,
                   std::string_view to,
                   const std::string& bytes,
                   trace::Protocol protocol = trace::Protocol::sip) {
        send(from, to, bytes, protocol);
        return receive(from, to, bytes, protocol);
    }
    Recording& send(std::string_view from,
                    std::string_view to,
                    const std::string& bytes,
                    trace::Protocol protocol = trace::Protocol::sip) {
        time_ += 1'000'000;
        add(from, to, bytes, protocol, trace::Direction::sent, time_);
        return *this;
    }
    Recording& receive(std::string_view from,
                       std::string_view to,
                       const std::string& bytes,
                       trace::Protocol protocol = trace::Protocol::sip) {
        add(to, from, bytes, protocol, trace::Direction::received, time_ + 200'000);
        return *this;
    }
    Recording& diameter(std::string_view from, std::string_view to, const std::string& bytes) {
        return hop(from, to, bytes, trace::Protocol::diameter);
    }
    // The last `count` messages' clock steps are taken back: what follows happens at the same time.
    Recording& wait_ms(std::int64_t ms) {
        time_ += ms * 1'000'000;
        return *this;
    }

    Observation observation() const {
        std::vector<NodeTrace> traces;
        for (const auto& [participant, records] : records_)
            traces.push_back({participant, records});
        return merge(network_, traces);
    }
    const std::map<std::string, std::vector<trace::Record>>& records() const { return records_; }

private:
    const Participant& participant(std::string_view name) const {
        return network_[*network_.named(name)];
    }

    static Address side(const Participant& own, const Participant& peer) {
        if (own.kind == "pcscf") return own.addresses.at(peer.kind == "ue" ? "Gm" : "Mw");
        return own.addresses.begin()->second;
    }

    void add(std::string_view owner,
             std::string_view peer,
             const std::string& bytes,
             trace::Protocol protocol,
             trace::Direction direction,
             std::int64_t time) {
        const Participant& own = participant(owner);
        if (!own.traced) return;
        auto& records = records_[own.id];
        trace::Record record;
        record.time_ns = time;
        record.sequence = records.size() + 1;
        record.protocol = protocol;
        record.direction = direction;
        record.flow.transport = protocol == trace::Protocol::sip ? Transport::udp : Transport::tcp;
        record.flow.local = side(own, participant(peer));
        record.flow.remote = side(participant(peer), own);
        record.bytes = bytes;
        records.push_back(std::move(record));
    }

    Network network_;
    std::map<std::string, std::vector<trace::Record>> records_;
    std::int64_t time_ = 1'700'000'000'000'000'000;
};

// A request or response with the mandatory header fields; `more` are further lines, each ended by
// CRLF.
struct Text {
    std::string start_line;
    std::string branch = "z9hG4bK1";
    std::string cseq = "1 REGISTER";
    std::string to_tag = {};
    std::string more = {};
    std::string body = {};
    int max_forwards = 70;
    std::string via_host = "127.1.100.1:5060";

    operator std::string() const {
        const bool request = start_line.rfind("SIP/2.0", 0) != 0;
        std::string text =
            start_line + "\r\nVia: SIP/2.0/UDP " + via_host + ";branch=" + branch + "\r\n";
        if (request) text += "Max-Forwards: " + std::to_string(max_forwards) + "\r\n";
        text += "From: <sip:alice@home>;tag=a1\r\nTo: <sip:alice@home>" +
                (to_tag.empty() ? "" : ";tag=" + to_tag) + "\r\n";
        text += "Call-ID: call-1\r\nCSeq: " + cseq + "\r\n" + more;
        text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        return text;
    }
};

}  // namespace imslab::lab::test
