// Reads SIP, Diameter and HTTP out of a capture: datagrams as they are, streams framed, ports and
// first octets as signs.
#include "lab/capture.h"

#include <algorithm>
#include <deque>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "http/message.h"
#include "http/message_size.h"
#include "lab/frames.h"
#include "lab/observation_parts.h"
#include "lab/roles.h"
#include "lab/tcp_streams.h"

namespace imslab::lab {
namespace {

constexpr std::uint16_t kDiameterPort = 3868;
constexpr std::size_t kMaxMessages = 500'000;

bool begins_like_sip(std::string_view octets) {
    if (octets.substr(0, 8) == "SIP/2.0 ") return true;
    const std::string_view line =
        octets.substr(0, std::min(octets.find_first_of("\r\n"), std::size_t{2048}));
    return line.size() > 12 && line.substr(line.size() - 8) == " SIP/2.0" && line[0] >= 'A' &&
           line[0] <= 'Z';
}

bool is_sip_port(std::uint16_t port) { return port == 5060 || port == 5061; }

bool begins_like_diameter(std::string_view octets) {
    return octets.size() >= 20 && octets[0] == '\x01' && octets[1] == 0 && (octets[4] & 0x0F) == 0;
}

bool begins_like_http(std::string_view octets) {
    const auto line = octets.substr(0, octets.find("\r\n"));
    return line.starts_with("HTTP/1.") || line.ends_with(" HTTP/1.1") ||
           line.ends_with(" HTTP/1.0");
}

class CaptureReader {
public:
    explicit CaptureReader(Network known) { observation_.network = std::move(known); }

    Observation run(const std::vector<Packet>& packets) {
        FrameReader frames;
        std::vector<std::pair<const Packet*, Segment>> segments;
        for (const auto& packet : packets) {
            if (auto segment = frames.read(packet))
                segments.emplace_back(&packet, std::move(*segment));
        }
        for (const auto& [packet, segment] : segments) note_shared_addresses(segment);
        for (const auto& [packet, segment] : segments) {
            if (observation_.messages.size() >= kMaxMessages) {
                observation_.remarks.emplace_back("only the first 500000 messages were read");
                break;
            }
            if (segment.tcp)
                on_segment(segment, packet->time_ns);
            else
                on_datagram(segment, packet->time_ns);
        }
        for (auto& message : observation_.messages) decode_message(message);
        recognise_roles(observation_);
        complete_observation(observation_);
        if (observation_.messages.empty())
            observation_.remarks.emplace_back("no SIP, Diameter or HTTP message is in the capture");
        remark_on_lone_responses();
        return std::move(observation_);
    }

private:
    // An address that talks to itself has several elements on it: there the port tells them apart.
    void note_shared_addresses(const Segment& segment) {
        if (segment.source.ip == segment.destination.ip) shared_.insert(segment.source.ip);
    }

    std::size_t participant(const Address& address, bool stream) {
        Network& network = observation_.network;
        if (const auto known = network.at(address)) {
            const bool exact = shared_.count(address.ip) == 0;
            bool same = false;
            for (const auto& [point, own] : network[*known].addresses)
                same = same || own == address;
            if (exact || same) return *known;
        }
        Address identity = address;
        if (shared_.count(address.ip) == 0 && !stream) return network.at_or_unknown(identity);
        return shared_.count(address.ip) != 0 ? exact_participant(address)
                                              : network.at_or_unknown(identity);
    }

    std::size_t exact_participant(const Address& address) {
        Network& network = observation_.network;
        const auto found = exact_.find(address);
        if (found != exact_.end()) return found->second;
        Participant unknown;
        unknown.id = unknown.name = address.to_string();
        unknown.kind = "unknown";
        unknown.addresses["?"] = address;
        network.participants.push_back(std::move(unknown));
        return exact_[address] = network.participants.size() - 1;
    }

    void add(const Segment& segment,
             std::int64_t time,
             trace::Protocol protocol,
             std::string bytes) {
        ObservedMessage message;
        message.protocol = protocol;
        message.transport = segment.inside.value_or(segment.tcp ? Transport::tcp : Transport::udp);
        message.source = segment.source;
        message.destination = segment.destination;
        message.from = participant(segment.source, segment.tcp);
        message.to = participant(segment.destination, segment.tcp);
        message.sent_ns = message.received_ns = time;
        message.bytes = std::move(bytes);
        observation_.messages.push_back(std::move(message));
    }

    void on_datagram(const Segment& segment, std::int64_t time) {
        const bool on_port =
            is_sip_port(segment.source.port) || is_sip_port(segment.destination.port);
        // Keep-alives (RFC 5626 §3.5.1, STUN) are no messages.
        const bool text =
            !segment.payload.empty() && segment.payload[0] >= 'A' && segment.payload[0] <= 'Z';
        if (begins_like_sip(segment.payload) || (on_port && text))
            add(segment, time, trace::Protocol::sip, segment.payload);
    }

    struct Stream {
        std::optional<trace::Protocol> protocol;
        sip::StreamFramer framer;
        std::string octets;                // Diameter, HTTP
        std::deque<std::string> answered;  // HTTP: the methods of what this direction answers
        bool broken = false;
    };

    void on_segment(const Segment& segment, std::int64_t time) {
        const std::string ready = streams_.push(segment);
        const auto key = std::make_pair(segment.source, segment.destination);
        if (streams_.take_gap(segment)) framed_.erase(key);
        if (ready.empty()) return;
        Stream& stream = framed_[key];
        if (!stream.protocol) stream.protocol = protocol_of(segment, ready);
        if (!stream.protocol || stream.broken) return;
        if (*stream.protocol == trace::Protocol::sip)
            read_sip(segment, time, ready, stream);
        else if (*stream.protocol == trace::Protocol::http)
            read_http(segment, time, ready, stream);
        else
            read_diameter(segment, time, ready, stream);
    }

    static std::optional<trace::Protocol> protocol_of(const Segment& segment,
                                                      std::string_view octets) {
        const bool diameter_port =
            segment.source.port == kDiameterPort || segment.destination.port == kDiameterPort;
        if (diameter_port || begins_like_diameter(octets)) return trace::Protocol::diameter;
        if (begins_like_sip(octets) || is_sip_port(segment.source.port) ||
            is_sip_port(segment.destination.port))
            return trace::Protocol::sip;
        if (begins_like_http(octets)) return trace::Protocol::http;
        return std::nullopt;
    }

    void cannot_go_on(const Segment& segment, Stream& stream, const std::string& why) {
        stream.broken = true;
        observation_.remarks.push_back(segment.source.to_string() + "→" +
                                       segment.destination.to_string() + ": " + why);
    }

    void read_sip(const Segment& segment,
                  std::int64_t time,
                  const std::string& ready,
                  Stream& stream) {
        stream.framer.push(ready);
        while (true) {
            auto next = stream.framer.next();
            if (!next) return cannot_go_on(segment, stream, next.error().reason);
            if (!*next) return;
            add(segment, time, trace::Protocol::sip, std::move(**next));
        }
    }

    void read_http(const Segment& segment,
                   std::int64_t time,
                   const std::string& ready,
                   Stream& stream) {
        stream.octets += ready;
        while (!stream.octets.empty()) {
            auto& answered = stream.answered;
            const bool to_head = !answered.empty() && answered.front() == "HEAD";
            const auto size = http::message_size(stream.octets, to_head);
            if (!size) return cannot_go_on(segment, stream, size.error());
            if (!*size) return;
            auto bytes = stream.octets.substr(0, **size);
            stream.octets.erase(0, **size);
            const auto head = http::parse(bytes);
            // RFC 9110 §7.8: another protocol from here on, WebSocket for one
            stream.broken = head && (head->status == 101 || head->fields.has("Upgrade"));
            if (stream.broken) return;
            if (head && head->is_request)
                framed_[{segment.destination, segment.source}].answered.push_back(head->method);
            else if (head && head->status >= 200 && !answered.empty())
                answered.pop_front();
            add(segment, time, trace::Protocol::http, std::move(bytes));
        }
    }

    void read_diameter(const Segment& segment,
                       std::int64_t time,
                       const std::string& ready,
                       Stream& stream) {
        stream.octets += ready;
        while (stream.octets.size() >= 20) {
            const auto octet = [&](std::size_t at) {
                return static_cast<std::size_t>(static_cast<std::uint8_t>(stream.octets[at]));
            };
            const std::size_t size = octet(1) << 16 | octet(2) << 8 | octet(3);
            if (octet(0) != 1 || size < 20 || size > diameter::kMaxMessageBytes)
                return cannot_go_on(segment, stream, "not Diameter any more");
            if (stream.octets.size() < size) return;
            add(segment, time, trace::Protocol::diameter, stream.octets.substr(0, size));
            stream.octets.erase(0, size);
        }
    }

    // A capture may begin in the middle: then nothing is wrong, but not everything was checked.
    void remark_on_lone_responses() {
        const auto lone = std::count_if(
            observation_.messages.begin(), observation_.messages.end(), [](const auto& message) {
                return !message.request && message.malformed.empty() && !message.answers;
            });
        if (lone == 0) return;
        observation_.remarks.push_back(
            std::to_string(lone) + (lone == 1 ? " response answers" : " responses answer") +
            " no request that is in the capture; what a response repeats of its request was not "
            "checked there");
    }

    Observation observation_;
    std::set<IpAddress> shared_;
    std::map<Address, std::size_t> exact_;
    TcpStreams streams_;
    std::map<std::pair<Address, Address>, Stream> framed_;
};

}  // namespace

namespace {

Observation observe_packets(const Packets& capture, Network known) {
    auto observation = CaptureReader(std::move(known)).run(capture.packets);
    if (!capture.torn.empty())
        observation.remarks.insert(observation.remarks.begin(), capture.torn);
    return observation;
}

}  // namespace

Result<Observation, std::string> observe_capture(std::string_view file, Network known) {
    const auto capture = read_packets(file);
    if (!capture) return failure(capture.error());
    return observe_packets(*capture, std::move(known));
}

Result<CaptureReport, std::string> check_capture(const std::string& path,
                                                 Network known,
                                                 const std::set<std::string>& departures) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) return failure(std::string("it cannot be read"));
    const std::string file{std::istreambuf_iterator<char>(stream), {}};
    const auto capture = read_packets(file);
    if (!capture) return failure(capture.error());
    CaptureReport report{observe_packets(*capture, std::move(known)), {}, !capture->torn.empty()};
    report.findings = RuleBook::built_in().apply(report.observation, departures);
    return report;
}

bool looks_like_capture(std::string_view first_octets) {
    const std::string_view magic = first_octets.substr(0, 4);
    return magic == "\x0A\x0D\x0D\x0A" || magic == "\xD4\xC3\xB2\xA1" ||
           magic == "\xA1\xB2\xC3\xD4" || magic == "\x4D\x3C\xB2\xA1" ||
           magic == "\xA1\xB2\x3C\x4D";
}

}  // namespace imslab::lab
