// The language of checks: a few words about one message, used by a scenario's pass criteria and by
// the rule book.
//   Message   REGISTER P-CSCF→I-CSCF | 2nd REGISTER alice->P-CSCF | last 200 (INVITE) | every
//   NOTIFY S-CSCF→alice Check     `Path` contains `sip:pcscf` | `WWW-Authenticate` has no `ck` |
//   has `Service-Route`
//             | `icid-value` of `P-Charging-Vector` same as in INVITE P-CSCF→S-CSCF |
//             `//reginfo/@state` is `full`
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "lab/mermaid.h"

namespace imslab::lab {

// Which message of a run is meant.
struct Selector {
    enum class Which : std::uint8_t {
        nth,
        last,
        every,
        its_request,
        hop_before,
        same_message
    } which = Which::nth;
    std::size_t nth = 1;
    std::vector<Label> labels;  // "INVITE or UPDATE"; none: any message
    enum class Kind : std::uint8_t { any, request, response } kind = Kind::any;
    std::string from, to;         // names as displayed; empty: anybody
    std::string reference_point;  // "… on Gm"; empty: any
    std::string text;
};

// What of a message is meant: a header field, one of its parameters, an AVP, SDP lines, an XPath, a
// part of the start line.
struct Subject {
    enum class Pick : std::uint8_t { any, first, last, count } pick = Pick::any;
    std::string field;      // "Path", "Server-Name", "a=curr", "//reginfo/@state", "Request-URI"
    std::string parameter;  // "icid-value"; empty: the whole value
    std::string text;       // as written
};

struct Check {
    enum class Operator : std::uint8_t {
        has,
        has_no,
        is,
        is_not,
        contains,
        contains_no,
        matches,
        matches_no,
        same_as,
        differs_from,
        less_than,
        at_most,
        at_least,
    } op = Operator::has;
    Subject subject;
    std::string argument;
    std::optional<Subject> other;  // same as `Y` in MESSAGE
    std::optional<Selector> other_message;
    std::string text;  // as written
};

struct Criterion {
    Selector message;
    Check check;
    std::string reference;  // "TS 24.229 §5.2.2.1"
    std::size_t line = 0, column = 0;
};

struct Wrong {
    std::size_t column = 1;  // within the cell
    std::string found, expected;
};
Result<Selector, Wrong> parse_selector(std::string_view text);
Result<Check, Wrong> parse_check(std::string_view text);

}  // namespace imslab::lab
