// A message/cpim body as a value (RFC 3862): the header fields about a message, and the message.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace imslab::messaging {

struct CpimHeader {
    std::string space;  // the namespace's URI; empty: CPIM's own
    std::string name;
    std::string value;  // escapes resolved (RFC 3862 §2.3)
};

struct Cpim {
    std::vector<CpimHeader> headers;
    std::string content_header;  // MIME header fields of the content, as whole lines
    std::string content;

    std::optional<std::string_view> get(std::string_view name, std::string_view space = {}) const;
    std::string content_type() const;  // its field's value; text/plain if there is none
};

inline constexpr std::string_view kImdnNamespace = "urn:ietf:params:imdn";

// Linear in the size. One sentence if it is none: no empty line, a header field without a colon, a
// prefix that no NS declares, a header that must be understood and is not.
Result<Cpim, std::string> read_cpim(std::string_view body);
// Prefixes are declared as needed.
std::string write_cpim(const Cpim& message);

// What stands between the angle brackets of a From or To.
std::string_view uri_in(std::string_view value);

}  // namespace imslab::messaging
