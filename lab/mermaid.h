// The Mermaid sequenceDiagram of a scenario as an expectation: arrows between lifelines, and par,
// opt, alt and loop.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "lab/mistake.h"

namespace imslab::lab {

using Mistakes = std::vector<Mistake>;

// What an arrow's label asks of a message: "REGISTER", "401", "401 Unauthorized", "200 (INVITE)",
// "2xx", "UAR".
struct Label {
    std::string text;       // as drawn
    std::string method;     // a request's method or a Diameter command ("UAR"); empty: a response
    int status = 0;         // 401; 0: a request, or a class of responses
    int status_class = 0;   // 2 for "2xx"
    std::string of_method;  // "INVITE" in "200 (INVITE)"
    bool diameter = false;

    bool is_response() const { return status != 0 || status_class != 0; }
    static std::optional<Label> parse(std::string_view text);
};

struct Arrow {
    std::size_t id = 0;            // position among all arrows of the diagram, top to bottom
    std::size_t from = 0, to = 0;  // indices into Diagram::lifelines
    Label label;
    bool dashed = false;
    bool lost = false;  // drawn with a cross (-x): sent and never received
    std::size_t line = 0, column = 0;
    // For a response: the arrows of requests it may answer (same two lifelines, drawn above, still
    // open).
    std::vector<std::size_t> answers;
};

struct Element;
using Sequence = std::vector<Element>;

struct Element {
    enum class Kind { arrow, par, opt, alt, loop } kind = Kind::arrow;
    Arrow arrow;
    std::vector<Sequence> branches;     // opt and loop: one
    std::vector<std::string> captions;  // of each branch
    std::size_t at_least = 1, at_most = std::numeric_limits<std::size_t>::max();  // loop
    std::size_t line = 0;
};

struct Lifeline {
    std::string id, name;  // `participant P as P-CSCF`: P, P-CSCF
};

struct Diagram {
    std::vector<Lifeline> lifelines;
    Sequence body;
    std::size_t arrow_count = 0;
    std::string source;  // the Mermaid text

    std::vector<const Arrow*> arrows() const;  // all, top to bottom
};

// `first_line` is the line of the file on which `source` starts.
Result<Diagram, Mistakes> parse_mermaid(const std::string& file,
                                        std::string_view source,
                                        std::size_t first_line);

}  // namespace imslab::lab
