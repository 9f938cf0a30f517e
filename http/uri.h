// The request target (RFC 9112 §3.2) and percent-encoding (RFC 3986 §2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imslab::http {

struct Target {
    std::string_view path, query;  // still encoded; the query without its question mark
};
// Of the origin form "/a/b?c" or the absolute form "http://host/a/b?c"; nullopt: neither.
std::optional<Target> target_of(std::string_view request_target);

// nullopt: a percent sign without two hexadecimal digits, or an encoded NUL.
std::optional<std::string> percent_decoded(std::string_view text);
// What is not an unreserved character nor one of `also` becomes %XX.
std::string percent_encoded(std::string_view text, std::string_view also = {});

// "/a//b/" is "a", "", "b", "": still encoded.
std::vector<std::string_view> segments_of(std::string_view path);

}  // namespace imslab::http
