// What a node saw, message by message, appended to a file of its own while it runs and merged
// afterwards by the lab. A record is binary, so that writing one costs a copy and no formatting.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.h"
#include "core/result.h"

namespace imslab::trace {

enum class Protocol : std::uint8_t { sip = 1, diameter = 2, http = 3, msrp = 4, xmpp = 5 };
enum class Direction : std::uint8_t { received = 0, sent = 1 };

struct Record {
    std::int64_t time_ns = 0;    // CLOCK_REALTIME; in the simulator virtual time since the epoch
    std::uint64_t sequence = 0;  // the node's own count: order on its lifeline
    Protocol protocol = Protocol::sip;
    Direction direction = Direction::received;
    Flow flow;          // local is the node's side
    std::string bytes;  // the message as on the wire

    bool operator==(const Record&) const = default;
};

// File: "IMSTRACE1\n", then records: u32 length of the rest, i64 time, u64 sequence, u8 protocol,
// u8 direction, u8 transport, two addresses (u8 v6, 4|16 octets, u16 port), bytes; all
// little-endian.
inline constexpr std::string_view kMagic = "IMSTRACE1\n";
void append_to(std::string& out,
               std::int64_t time_ns,
               std::uint64_t sequence,
               Protocol protocol,
               Direction direction,
               const Flow& flow,
               std::string_view bytes);

// Buffers in memory; written by flush() (the host calls it when idle, at most every 20 ms, and at
// exit). A whole record is written or none, so a killed node leaves a readable file.
class Writer {
public:
    // Goes on with the file of an earlier life of the same node, if there is one.
    static Result<Writer, std::string> create(const std::string& path);
    Writer(Writer&& other) noexcept;
    Writer& operator=(Writer&& other) noexcept;
    ~Writer();  // flushes

    void append(std::int64_t time_ns,
                Protocol protocol,
                Direction direction,
                const Flow& flow,
                std::string_view bytes);
    void flush();
    bool pending() const { return !buffer_.empty(); }

private:
    Writer() = default;
    int file_ = -1;
    std::uint64_t sequence_ = 0;
    std::string buffer_;
};

// Reads a whole file. A torn last record is left out; anything else wrong is an error with its
// offset.
Result<std::vector<Record>, std::string> read(const std::string& path);
Result<std::vector<Record>, std::string> parse(std::string_view octets);

}  // namespace imslab::trace
