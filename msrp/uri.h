// An MSRP URI (RFC 4975 §6): which session at which host.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imslab::msrp {

inline constexpr std::uint16_t kPort = 2855;

struct Uri {
    bool secure = false;  // msrps
    std::string user, host;
    std::uint16_t port = 0;  // 0: absent
    std::string session_id;
    std::string transport;   // "tcp"
    std::string parameters;  // the others, with their semicolons

    static std::optional<Uri> parse(std::string_view text);
    std::string to_string() const;
    // RFC 4975 §6.1.
    bool equals(const Uri& other) const;
    bool operator==(const Uri&) const = default;
};

// A To-Path, From-Path or path attribute: URIs with spaces between. nullopt: one of them is none.
std::optional<std::vector<Uri>> parse_path(std::string_view text);
std::string write_path(const std::vector<Uri>& path);

}  // namespace imslab::msrp
