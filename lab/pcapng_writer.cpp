// Writes a run as pcapng (draft-ietf-opsawg-pcapng): one interface per reference point, frames made
// up around messages.
#include <algorithm>
#include <array>
#include <map>

#include "core/transports.h"
#include "lab/pcapng.h"
#include "lab/scenario.h"
#include "lab/verdict.h"

namespace imslab::lab {
namespace {

constexpr std::uint16_t kLinkEthernet = 1;
constexpr std::uint16_t kLinkUpperPdu = 252;  // LINKTYPE_WIRESHARK_UPPER_PDU
constexpr std::size_t kMaxSegment = 60'000;

void little(std::string& out, std::uint64_t value, std::size_t octets) {
    for (std::size_t i = 0; i < octets; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}
void big(std::string& out, std::uint64_t value, std::size_t octets) {
    for (std::size_t i = octets; i-- > 0;) out += static_cast<char>(value >> (8 * i) & 0xFF);
}
void pad(std::string& out) {
    while (out.size() % 4 != 0) out += '\0';
}

void option(std::string& out, std::uint16_t code, std::string_view value) {
    if (value.size() > 0xFFFF) value = value.substr(0, 0xFFFF);
    little(out, code, 2);
    little(out, value.size(), 2);
    out += value;
    pad(out);
}

std::string block(std::uint32_t type, const std::string& body) {
    std::string out;
    little(out, type, 4);
    little(out, body.size() + 12, 4);
    out += body;
    little(out, body.size() + 12, 4);
    return out;
}

std::string section_header() {
    std::string body;
    little(body, 0x1A2B3C4D, 4);
    little(body, 1, 2);
    little(body, 0, 2);
    little(body, ~std::uint64_t{0}, 8);
    option(body, 4, "imslab");
    option(body, 0, "");
    return block(0x0A0D0D0A, body);
}

std::string interface_description(const std::string& name, std::uint16_t link) {
    std::string body;
    little(body, link, 2);
    little(body, 0, 2);
    little(body, 0, 4);  // no snap length
    option(body, 2, name);
    option(body, 9, std::string(1, '\x09'));  // nanoseconds
    option(body, 0, "");
    return block(1, body);
}

std::uint32_t sum(std::string_view octets, std::uint32_t start = 0) {
    std::uint32_t total = start;
    for (std::size_t i = 0; i < octets.size(); i += 2) {
        const auto high = static_cast<std::uint32_t>(static_cast<std::uint8_t>(octets[i])) << 8;
        const auto low = i + 1 < octets.size()
                             ? static_cast<std::uint32_t>(static_cast<std::uint8_t>(octets[i + 1]))
                             : 0U;
        total += high | low;
        total = (total & 0xFFFF) + (total >> 16);
    }
    return total;
}
std::uint16_t folded(std::uint32_t total) {
    while (total >> 16 != 0) total = (total & 0xFFFF) + (total >> 16);
    return static_cast<std::uint16_t>(~total & 0xFFFF);
}

struct Ends {
    Address source, destination;
};

std::string network_layer(const Ends& ends,
                          std::uint8_t protocol,
                          std::uint16_t id,
                          const std::string& payload) {
    std::string out;
    if (ends.source.ip.is_v6()) {
        big(out, 0x60000000, 4);
        big(out, payload.size(), 2);
        out += static_cast<char>(protocol);
        out += '\x40';
        out += ends.source.ip.octets();
        out += ends.destination.ip.octets();
        return out + payload;
    }
    out += "\x45";
    out += '\0';
    big(out, payload.size() + 20, 2);
    big(out, id, 2);
    big(out, 0x4000, 2);
    out += '\x40';
    out += static_cast<char>(protocol);
    big(out, 0, 2);
    out += ends.source.ip.octets();
    out += ends.destination.ip.octets();
    const std::uint16_t checksum = folded(sum(out));
    out[10] = static_cast<char>(checksum >> 8);
    out[11] = static_cast<char>(checksum & 0xFF);
    return out + payload;
}

// The checksum of UDP and TCP covers addresses, protocol and size too (RFC 768, RFC 9293 §3.1, RFC
// 8200 §8.1).
std::uint16_t transport_checksum(const Ends& ends,
                                 std::uint8_t protocol,
                                 const std::string& segment) {
    std::uint32_t total = sum(ends.source.ip.octets());
    total = sum(ends.destination.ip.octets(), total);
    total += protocol;
    total += static_cast<std::uint32_t>(segment.size());
    return folded(sum(segment, total));
}

std::string ethernet(const Ends& ends, const std::string& packet) {
    // Addresses that are locally administered and tell the IP address: 02:00 and its last four
    // octets.
    const auto mac = [](const IpAddress& ip) {
        const auto octets = ip.octets();
        return std::string("\x02\x00", 2) + std::string(octets.substr(octets.size() - 4));
    };
    std::string out = mac(ends.destination.ip) + mac(ends.source.ip);
    big(out, ends.source.ip.is_v6() ? 0x86DD : 0x0800, 2);
    return out + packet;
}

// What was inside TLS or WebSocket has no frame that could be made up around it: it is written as
// Wireshark exports it ("Export PDUs to File"), with the dissector's name and the real ends.
std::string exported_pdu(const Ends& ends, std::string_view name, const std::string& payload) {
    enum : std::uint16_t {
        end = 0,
        dissector = 12,
        ipv4_source = 20,
        ipv4_destination = 21,
        ipv6_source = 22,
        ipv6_destination = 23,
        port_type = 24,
        source_port = 25,
        destination_port = 26
    };
    constexpr std::uint32_t kTcp = 2;
    std::string out;
    const auto tag = [&out](std::uint16_t code, std::string value) {
        pad(value);
        big(out, code, 2);
        big(out, value.size(), 2);
        out += value;
    };
    const auto number = [&](std::uint16_t code, std::uint32_t value) {
        std::string octets;
        big(octets, value, 4);
        tag(code, octets);
    };
    const bool v6 = ends.source.ip.is_v6();
    tag(dissector, std::string(name));
    tag(v6 ? ipv6_source : ipv4_source, std::string(ends.source.ip.octets()));
    tag(v6 ? ipv6_destination : ipv4_destination, std::string(ends.destination.ip.octets()));
    number(port_type, kTcp);
    number(source_port, ends.source.port);
    number(destination_port, ends.destination.port);
    tag(end, "");
    return out + payload;
}

// Where a message is shown: as on the wire, or as it was inside.
std::string interface_of(const ObservedMessage& message) {
    if (!is_opened_by_peer(message.transport)) return message.reference_point;
    return message.reference_point + " inside " + std::string(to_string(message.transport));
}

// By its name in Wireshark.
const char* dissector_of(const ObservedMessage& message) {
    if (message.protocol == trace::Protocol::msrp) return "msrp";
    return message.protocol == trace::Protocol::http ? "http" : "sip";
}

class Writer {
public:
    Writer(const Observation& observation, const std::vector<std::string>& comments)
        : observation_(observation), comments_(comments) {}

    std::string run() {
        out_ = section_header();
        for (const auto& message : observation_.messages) {
            const auto index = interface(interface_of(message));
            if (is_opened_by_peer(message.transport)) links_[index] = kLinkUpperPdu;
        }
        for (const auto& [index, name] : names_) {
            const auto link = links_.find(index);
            out_ += interface_description(name, link == links_.end() ? kLinkEthernet : link->second);
        }
        for (const auto& message : observation_.messages) write(message);
        return std::move(out_);
    }

private:
    std::uint32_t interface(const std::string& point) {
        const auto [found, fresh] =
            interfaces_.try_emplace(point, static_cast<std::uint32_t>(interfaces_.size()));
        if (fresh) names_[found->second] = point;
        return found->second;
    }

    // What a trace could not know, an address or a port, is made up so that a dissector knows the
    // protocol.
    Address completed(Address address,
                      std::size_t participant,
                      const ObservedMessage& message) const {
        const Participant& who = observation_.network[participant];
        if (address.ip == IpAddress{} || address.ip.to_string() == "0.0.0.0") {
            const auto own = who.addresses.find(message.reference_point);
            if (own != who.addresses.end())
                address.ip = own->second.ip;
            else if (!who.addresses.empty())
                address.ip = who.addresses.begin()->second.ip;
        }
        if (address.port == 0) {
            const bool server = message.protocol == trace::Protocol::sip || who.kind == "hss";
            address.port = message.protocol == trace::Protocol::sip ? 5060
                           : server                                 ? 3868
                                    : static_cast<std::uint16_t>(40'000 + participant);
        }
        return address;
    }

    void write(const ObservedMessage& message) {
        Ends ends{completed(message.source, message.from, message),
                  completed(message.destination, message.to, message)};
        if (ends.source.ip.is_v6() != ends.destination.ip.is_v6()) return;
        const std::string comment =
            message.index < comments_.size() ? comments_[message.index] : std::string();
        const std::uint32_t on = interfaces_.at(interface_of(message));
        if (is_opened_by_peer(message.transport))
            return frame(on,
                         message.time_ns(),
                         exported_pdu(ends, dissector_of(message), message.bytes),
                         comment);
        if (message.transport == Transport::udp) {
            packet(on, message.time_ns(), ends, 17, datagram(ends, message.bytes), comment);
            return;
        }
        connect(on, message, ends);
        for (std::size_t at = 0; at < message.bytes.size(); at += kMaxSegment) {
            segment(on,
                    message.time_ns(),
                    ends,
                    0x18,
                    message.bytes.substr(at, kMaxSegment),
                    at == 0 ? comment : std::string());
        }
    }

    static bool is_http(const ObservedMessage& message) {
        return message.protocol == trace::Protocol::http;
    }

    static std::string datagram(const Ends& ends, const std::string& payload) {
        std::string out;
        const std::string_view body = std::string_view(payload).substr(0, 65'000);
        big(out, ends.source.port, 2);
        big(out, ends.destination.port, 2);
        big(out, body.size() + 8, 2);
        big(out, 0, 2);
        out += body;
        std::uint16_t checksum = transport_checksum(ends, 17, out);
        if (checksum == 0) checksum = 0xFFFF;
        out[6] = static_cast<char>(checksum >> 8);
        out[7] = static_cast<char>(checksum & 0xFF);
        return out;
    }

    std::uint32_t& next_sequence(const Address& from, const Address& to) {
        return sequences_.try_emplace({from, to}, 1000U).first->second;
    }

    // The handshake, so that a dissector follows the stream from its beginning.
    void connect(std::uint32_t on, const ObservedMessage& message, const Ends& ends) {
        const auto time = message.time_ns();
        if (sequences_.count({ends.source, ends.destination}) != 0 ||
            sequences_.count({ends.destination, ends.source}) != 0)
            return;
        const bool client_sends =
            is_http(message) ? message.request
                             : ends.destination.port == 3868 || ends.destination.port == 5060 ||
                                   ends.destination.port == 2855;
        const Ends there = client_sends ? ends : Ends{ends.destination, ends.source};
        const Ends back{there.destination, there.source};
        segment(on, time, there, 0x02, "", "");
        ++next_sequence(there.source, there.destination);
        segment(on, time, back, 0x12, "", "");
        ++next_sequence(back.source, back.destination);
        segment(on, time, there, 0x10, "", "");
    }

    void segment(std::uint32_t on,
                 std::int64_t time,
                 const Ends& ends,
                 std::uint8_t flags,
                 const std::string& payload,
                 const std::string& comment) {
        std::uint32_t& sequence = next_sequence(ends.source, ends.destination);
        const bool acknowledges = (flags & 0x10) != 0;
        std::string out;
        big(out, ends.source.port, 2);
        big(out, ends.destination.port, 2);
        big(out, sequence, 4);
        big(out, acknowledges ? next_sequence(ends.destination, ends.source) : 0, 4);
        out += '\x50';
        out += static_cast<char>(flags);
        big(out, 65'535, 2);
        big(out, 0, 4);
        out += payload;
        const std::uint16_t checksum = transport_checksum(ends, 6, out);
        out[16] = static_cast<char>(checksum >> 8);
        out[17] = static_cast<char>(checksum & 0xFF);
        next_sequence(ends.source, ends.destination) += static_cast<std::uint32_t>(payload.size());
        packet(on, time, ends, 6, out, comment);
    }

    void packet(std::uint32_t on,
                std::int64_t time,
                const Ends& ends,
                std::uint8_t protocol,
                const std::string& payload,
                const std::string& comment) {
        frame(on, time, ethernet(ends, network_layer(ends, protocol, ++id_, payload)), comment);
    }

    void frame(std::uint32_t on,
               std::int64_t time,
               const std::string& octets,
               const std::string& comment) {
        std::string body;
        const auto stamp = static_cast<std::uint64_t>(time);
        little(body, on, 4);
        little(body, stamp >> 32, 4);
        little(body, stamp & 0xFFFFFFFF, 4);
        little(body, octets.size(), 4);
        little(body, octets.size(), 4);
        body += octets;
        pad(body);
        if (!comment.empty()) {
            option(body, 1, comment);
            option(body, 0, "");
        }
        out_ += block(6, body);
    }

    const Observation& observation_;
    const std::vector<std::string>& comments_;
    std::string out_;
    std::map<std::string, std::uint32_t> interfaces_;
    std::map<std::uint32_t, std::string> names_;
    std::map<std::uint32_t, std::uint16_t> links_;  // those that are no Ethernet
    std::map<std::pair<Address, Address>, std::uint32_t> sequences_;
    std::uint16_t id_ = 0;
};

}  // namespace

std::string to_pcapng(const Observation& observation, const std::vector<std::string>& comments) {
    return Writer(observation, comments).run();
}

std::vector<std::string> packet_comments(const Scenario& scenario,
                                         const Observation& observation,
                                         const Verdict& verdict) {
    std::vector<std::string> comments(observation.messages.size());
    const auto add = [&](std::size_t message, const std::string& text) {
        if (message >= comments.size()) return;
        comments[message] += (comments[message].empty() ? "" : "\n") + text;
    };
    for (const auto& message : observation.messages) {
        const auto arrow = message.index < verdict.flow.arrow_of.size()
                               ? verdict.flow.arrow_of[message.index]
                               : std::nullopt;
        if (!arrow) continue;
        add(message.index,
            scenario.id + " line " + std::to_string(scenario.flow.arrows()[*arrow]->line));
    }
    if (verdict.flow.difference && verdict.flow.difference->observed)
        add(*verdict.flow.difference->observed, verdict.flow.difference->sentence);
    for (const auto& result : verdict.criteria) {
        if (!result.message) continue;
        const auto& criterion = scenario.criteria[result.criterion];
        add(*result.message,
            (result.holds ? "holds: " : "FAILS: ") + criterion.check.text + " (" +
                criterion.reference + ")");
    }
    for (const auto& finding : verdict.findings) {
        add(finding.message,
            finding.rule + " " + finding.clause +
                (finding.departure.empty() ? ": " : " (" + finding.departure + "): ") +
                finding.sentence);
    }
    return comments;
}

}  // namespace imslab::lab
