// Captures as files: pcapng written with one interface per reference point; pcapng and pcap read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "lab/observation.h"

namespace imslab::lab {

// Ethernet, IP, UDP and TCP headers are made up around the messages, with right checksums and
// sequence numbers; what came inside TLS or WebSocket is written as it was inside, the way
// Wireshark exports it. `comments`: of messages, by index; may be empty.
std::string to_pcapng(const Observation& observation,
                      const std::vector<std::string>& comments = {});
// The comments of a verdict: arrow, failed criteria, findings with their clauses.
struct Verdict;
struct Scenario;
std::vector<std::string> packet_comments(const Scenario& scenario,
                                         const Observation& observation,
                                         const Verdict& verdict);

struct Packet {
    std::int64_t time_ns = 0;
    std::uint32_t link_type = 1;  // 0 null, 1 Ethernet, 101 raw, 113 SLL, 252 exported, 276 SLL2 …
    std::string interface;        // if_name, or empty
    std::string octets;           // as captured
    std::uint32_t original_size = 0;
};
struct Packets {
    std::vector<Packet> packets;
    std::string
        torn;  // one sentence if the file ends in the middle of something; empty: it is whole
};
// Both byte orders, micro- and nanoseconds, several sections. A torn last block is left out.
Result<Packets, std::string> read_packets(std::string_view file);

}  // namespace imslab::lab
