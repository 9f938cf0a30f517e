// Reads packets out of pcapng (draft-ietf-opsawg-pcapng) and classic pcap files, in both byte
// orders.
#include <algorithm>
#include <array>

#include "lab/pcapng.h"

namespace imslab::lab {
namespace {

constexpr std::size_t kMaxPackets = 5'000'000;

class Octets {
public:
    Octets(std::string_view all, bool swapped) : all_(all), swapped_(swapped) {}
    std::uint32_t u32(std::size_t at) const { return number(at, 4); }
    std::uint16_t u16(std::size_t at) const { return static_cast<std::uint16_t>(number(at, 2)); }

private:
    std::uint32_t number(std::size_t at, std::size_t size) const {
        if (at > all_.size() || all_.size() - at < size) return 0;
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < size; ++i) {
            const std::size_t from = swapped_ ? at + i : at + size - 1 - i;
            value = value << 8 | static_cast<std::uint8_t>(all_[from]);
        }
        return value;
    }
    std::string_view all_;
    bool swapped_;  // the file is big-endian
};

struct Interface {
    std::uint32_t link_type = 1;
    std::string name;
    std::uint64_t ticks_per_second = 1'000'000;
};

std::int64_t nanoseconds(std::uint64_t ticks, std::uint64_t per_second) {
    const std::uint64_t seconds = ticks / per_second;
    const std::uint64_t rest = ticks % per_second;
    const auto fraction = static_cast<std::uint64_t>(static_cast<long double>(rest) * 1e9L /
                                                     static_cast<long double>(per_second));
    return static_cast<std::int64_t>(seconds * 1'000'000'000U + fraction);
}

std::string torn_at(std::size_t at, std::size_t there, std::string_view what) {
    return "the file is cut off: at octet " + std::to_string(at) + " " + std::string(what) +
           " begins, of which " + std::to_string(there) +
           (there == 1 ? " octet is there" : " octets are there");
}

class PcapngReader {
public:
    explicit PcapngReader(std::string_view file) : file_(file) {}

    Result<Packets, std::string> run() {
        std::size_t at = 0;
        while (at < file_.size() && packets_.packets.size() < kMaxPackets) {
            if (file_.size() - at < 12) {
                packets_.torn = torn_at(at, file_.size() - at, "a block");
                break;
            }
            if (file_.substr(at, 4) == std::string_view("\x0A\x0D\x0D\x0A", 4)) start_section(at);
            const Octets octets(file_, swapped_);
            const std::uint32_t size = octets.u32(at + 4);
            if (size < 12 || size % 4 != 0)
                return failure("found a block of " + std::to_string(size) + " octets at octet " +
                               std::to_string(at) + " of the capture");
            if (size > file_.size() - at) {
                packets_.torn = torn_at(
                    at, file_.size() - at, "a block of " + std::to_string(size) + " octets");
                break;
            }
            on_block(octets.u32(at), file_.substr(at + 8, size - 12));
            at += size;
        }
        return std::move(packets_);
    }

private:
    void start_section(std::size_t at) {
        swapped_ = file_.substr(at + 8, 4) == std::string_view("\x1A\x2B\x3C\x4D", 4);
        interfaces_.clear();
    }

    void on_block(std::uint32_t type, std::string_view body) {
        const Octets octets(body, swapped_);
        if (type == 1 && body.size() >= 8) {
            Interface interface;
            interface.link_type = octets.u16(0);
            read_options(body.substr(8), interface);
            interfaces_.push_back(std::move(interface));
        } else if (type == 6 && body.size() >= 20) {
            const std::uint64_t ticks =
                static_cast<std::uint64_t>(octets.u32(4)) << 32 | octets.u32(8);
            add(octets.u32(0), ticks, body.substr(20), octets.u32(12), octets.u32(16));
        } else if (type == 3 && body.size() >= 4) {
            add(0, 0, body.substr(4), static_cast<std::uint32_t>(body.size() - 4), octets.u32(0));
        }
    }

    void read_options(std::string_view options, Interface& interface) {
        const Octets octets(options, swapped_);
        for (std::size_t at = 0; options.size() - at >= 4;) {
            const std::uint16_t code = octets.u16(at);
            const std::size_t size = octets.u16(at + 2);
            if (code == 0 || size > options.size() - at - 4) return;
            const std::string_view value = options.substr(at + 4, size);
            if (code == 2) interface.name = value;
            if (code == 9 && size == 1)
                interface.ticks_per_second = resolution(static_cast<std::uint8_t>(value[0]));
            at += 4 + (size + 3) / 4 * 4;
            if (at > options.size()) return;
        }
    }

    static std::uint64_t resolution(std::uint8_t value) {
        const unsigned power = std::min<unsigned>(value & 0x7FU, (value & 0x80U) != 0 ? 63U : 18U);
        if ((value & 0x80U) != 0) return std::uint64_t{1} << power;
        std::uint64_t ticks = 1;
        for (unsigned i = 0; i < power; ++i) ticks *= 10;
        return ticks;
    }

    void add(std::uint32_t on,
             std::uint64_t ticks,
             std::string_view data,
             std::uint32_t captured,
             std::uint32_t original) {
        if (on >= interfaces_.size()) return;
        const Interface& interface = interfaces_[on];
        packets_.packets.push_back(
            {nanoseconds(ticks, interface.ticks_per_second),
             interface.link_type,
             interface.name,
             std::string(data.substr(0, std::min<std::size_t>(captured, data.size()))),
             original});
    }

    std::string_view file_;
    bool swapped_ = false;
    std::vector<Interface> interfaces_;
    Packets packets_;
};

struct PcapKind {
    std::string_view magic;
    bool swapped, nano;
};
constexpr std::array<PcapKind, 4> kPcapKinds{{{"\xD4\xC3\xB2\xA1", false, false},
                                              {"\xA1\xB2\xC3\xD4", true, false},
                                              {"\x4D\x3C\xB2\xA1", false, true},
                                              {"\xA1\xB2\x3C\x4D", true, true}}};

Packets read_pcap(std::string_view file, const PcapKind& kind) {
    Packets packets;
    const Octets octets(file, kind.swapped);
    const std::uint32_t link_type = octets.u32(20) & 0x0FFFFFFF;
    std::size_t at = 24;
    while (at < file.size() && packets.packets.size() < kMaxPackets) {
        const std::size_t rest = file.size() - at;
        const std::uint32_t captured = octets.u32(at + 8);
        if (rest < 16 || captured > rest - 16) {
            packets.torn = torn_at(at, rest, "a packet");
            break;
        }
        const std::int64_t fraction = octets.u32(at + 4);
        packets.packets.push_back({static_cast<std::int64_t>(octets.u32(at)) * 1'000'000'000 +
                                       (kind.nano ? fraction : fraction * 1000),
                                   link_type,
                                   {},
                                   std::string(file.substr(at + 16, captured)),
                                   octets.u32(at + 12)});
        at += 16 + captured;
    }
    return packets;
}

}  // namespace

Result<Packets, std::string> read_packets(std::string_view file) {
    if (file.empty())
        return failure(std::string("the file is empty, expected a pcap or pcapng file"));
    if (file.substr(0, 4) == std::string_view("\x0A\x0D\x0D\x0A", 4))
        return PcapngReader(file).run();
    for (const auto& kind : kPcapKinds) {
        if (file.substr(0, 4) != kind.magic) continue;
        if (file.size() < 24) return failure(torn_at(0, file.size(), "the head of a pcap file"));
        return read_pcap(file, kind);
    }
    return failure(std::string("found no capture, expected a pcap or pcapng file"));
}

}  // namespace imslab::lab
