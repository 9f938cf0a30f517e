// From a captured frame to what it carries: link layers, IPv4 and IPv6 with fragments, UDP and TCP
// headers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "core/address.h"
#include "lab/pcapng.h"

namespace imslab::lab {

struct Segment {
    bool tcp = false;
    std::optional<Transport> inside;  // a whole message that came inside TLS or WebSocket
    Address source, destination;
    std::uint32_t sequence = 0;     // TCP
    bool syn = false, fin = false;  // fin: or RST
    std::string payload;
};

// Keeps fragments until a datagram is whole (RFC 791 §3.2, RFC 8200 §4.5); bounded.
class FrameReader {
public:
    // nullopt: nothing for us in it, or a fragment that is not the last one missing.
    std::optional<Segment> read(const Packet& packet);

private:
    struct Pending {
        std::map<std::size_t, std::string> parts;  // by offset
        std::size_t total = 0;                     // known once the last fragment has come
    };
    using FragmentKey = std::tuple<std::string, std::string, std::uint32_t, std::uint8_t>;

    std::optional<Segment> on_ipv4(std::string_view packet);
    std::optional<Segment> on_ipv6(std::string_view packet);
    std::optional<std::string> whole_datagram(const FragmentKey& key,
                                              std::size_t offset,
                                              bool more,
                                              std::string_view data);

    std::map<FragmentKey, Pending> pending_;
};

}  // namespace imslab::lab
