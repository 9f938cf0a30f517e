// A Diameter message as a value (RFC 6733 §3, §4): a header and a tree of AVPs, read from and
// written to octets. Knows no dictionary: which AVPs are grouped is told by dictionary.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace imslab::diameter {

inline constexpr std::uint32_t kVendor3gpp = 10415;
inline constexpr std::uint32_t kVendorEtsi = 13019;
inline constexpr std::uint32_t kApplicationCx = 16777216;
inline constexpr std::uint32_t kApplicationSh = 16777217;
inline constexpr std::uint32_t kApplicationZn = 16777220;
inline constexpr std::uint32_t kApplicationZh = 16777221;

struct Avp {
    std::uint32_t code = 0;
    std::uint32_t vendor = 0;  // 0: IETF
    bool mandatory = true;     // the M bit
    std::string data;          // octets; empty if grouped
    std::vector<Avp> group;    // members of a Grouped AVP
    bool grouped = false;

    static Avp text(std::uint32_t code,
                    std::uint32_t vendor,
                    std::string value,
                    bool mandatory = true);
    static Avp number(std::uint32_t code,
                      std::uint32_t vendor,
                      std::uint32_t value,
                      bool mandatory = true);
    static Avp of(std::uint32_t code,
                  std::uint32_t vendor,
                  std::vector<Avp> members,
                  bool mandatory = true);
    std::optional<std::uint32_t> as_number() const;                   // 4 octets, network order
    const Avp* find(std::uint32_t code, std::uint32_t vendor) const;  // among the members
};

struct Message {
    std::uint32_t command = 0;
    std::uint32_t application = 0;
    bool request = false;
    bool proxiable = true;
    bool error = false;          // the E bit
    bool retransmitted = false;  // the T bit
    std::uint32_t hop_by_hop = 0;
    std::uint32_t end_to_end = 0;
    std::vector<Avp> avps;

    const Avp* find(std::uint32_t code, std::uint32_t vendor = 0) const;
};

struct DecodeError {
    std::size_t position = 0;  // octet offset
    std::string reason;
};

// Bounded: at most `kMaxMessageBytes`, `kMaxAvps`, `kMaxDepth`.
inline constexpr std::size_t kMaxMessageBytes = 1 << 20;
inline constexpr std::size_t kMaxAvps = 4096;
inline constexpr std::size_t kMaxDepth = 8;
Result<Message, DecodeError> decode(std::string_view octets);
std::string encode(const Message& message);

// Result-Code or Experimental-Result: the same number means different things (TS 29.230 §8), so
// both are kept.
struct ResultCode {
    std::uint32_t vendor = 0;  // 0: Result-Code; 10415: 3GPP Experimental-Result-Code
    std::uint32_t code = 0;

    bool is_success() const { return code >= 2000 && code < 3000; }
    auto operator<=>(const ResultCode&) const = default;
};
std::optional<ResultCode> result_of(const Message& answer);

}  // namespace imslab::diameter
