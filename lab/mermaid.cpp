// Reads the subset of Mermaid's sequenceDiagram in which call flows are drawn.
#include "lab/mermaid.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sip/params.h"

namespace imslab::lab {
namespace {

constexpr std::array<std::string_view, 20> kSipMethods{"INVITE",
                                                       "ACK",
                                                       "BYE",
                                                       "CANCEL",
                                                       "REGISTER",
                                                       "OPTIONS",
                                                       "PRACK",
                                                       "UPDATE",
                                                       "MESSAGE",
                                                       "SUBSCRIBE",
                                                       "NOTIFY",
                                                       "PUBLISH",
                                                       "REFER",
                                                       "INFO",
                                                       "SEND",
                                                       "REPORT",
                                                       "AUTH"};

// Commands whose request ends in R and answer in A: Cx, Sh, Zn, Rf/Ro and the base protocol (RFC 6733
// §3.1).
constexpr std::array<std::string_view, 20> kDiameterCommands{"UA",
                                                             "SA",
                                                             "LI",
                                                             "MA",
                                                             "RT",
                                                             "PP",
                                                             "UD",
                                                             "PU",
                                                             "SN",
                                                             "PN",
                                                             "BI",
                                                             "AC",
                                                             "CC",
                                                             "CE",
                                                             "DW",
                                                             "DP",
                                                             "AA",
                                                             "RA",
                                                             "ST",
                                                             "AS"};

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (is_blank(text.front()) || text.front() == '\r')) text.remove_prefix(1);
    while (!text.empty() && (is_blank(text.back()) || text.back() == '\r')) text.remove_suffix(1);
    return text;
}

bool is_diameter_command(std::string_view word) {
    if (word.size() != 3 || (word[2] != 'R' && word[2] != 'A')) return false;
    return std::find(kDiameterCommands.begin(), kDiameterCommands.end(), word.substr(0, 2)) !=
           kDiameterCommands.end();
}

bool is_method(std::string_view word) {
    return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    });
}

struct ArrowSign {
    std::string_view sign;
    bool dashed, lost;
};
// Longest first, so that -->> is not read as -->.
constexpr std::array<ArrowSign, 8> kArrowSigns{{{"-->>", true, false},
                                                {"->>", false, false},
                                                {"--x", true, true},
                                                {"-x", false, true},
                                                {"--)", true, false},
                                                {"-)", false, false},
                                                {"-->", true, false},
                                                {"->", false, false}}};

class Reader {
public:
    Reader(const std::string& file, std::size_t first_line) : file_(file), line_(first_line) {}

    Result<Diagram, Mistakes> read(std::string_view source) {
        diagram_.source = source;
        stack_.push_back(Open{nullptr, &diagram_.body, 0, 0, {}});
        bool headed = false;
        std::string_view rest = source;
        while (!rest.empty() && mistakes_.size() < 20) {
            const std::size_t end = std::min(rest.find('\n'), rest.size());
            raw_ = rest.substr(0, end);
            rest.remove_prefix(std::min(end + 1, rest.size()));
            const std::string_view statement = without_comment(raw_);
            if (!statement.empty()) {
                if (!headed) {
                    headed = true;
                    if (statement != "sequenceDiagram")
                        mistake(statement, quoted(statement), "sequenceDiagram");
                } else {
                    on_statement(statement);
                }
            }
            ++line_;
        }
        if (!headed) mistake({}, "an empty diagram", "sequenceDiagram");
        if (stack_.size() > 1) {
            mistakes_.push_back({file_,
                                 stack_.back().line,
                                 stack_.back().column,
                                 "a " + stack_.back().word + " without its end",
                                 "end"});
        }
        if (!mistakes_.empty()) return failure(std::move(mistakes_));
        associate_answers();
        if (!mistakes_.empty()) name_undeclared();
        if (!mistakes_.empty()) return failure(std::move(mistakes_));
        return std::move(diagram_);
    }

private:
    struct Open {
        Element* element;  // nullptr: the diagram itself, or a rect/box, which groups nothing
        Sequence* sequence;
        std::size_t line, column;
        std::string word;
    };

    static std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

    static std::string_view without_comment(std::string_view line) {
        const std::string_view text = trimmed(line);
        return text.substr(0, 2) == "%%" ? std::string_view{} : text;
    }

    // `at` is a view into the current line.
    void mistake(std::string_view at, std::string found, std::string expected) {
        mistakes_.push_back({file_, line_, column_of(at), std::move(found), std::move(expected)});
    }

    std::size_t column_of(std::string_view at) const {
        if (at.data() == nullptr || at.data() < raw_.data() ||
            at.data() > raw_.data() + raw_.size())
            return 1;
        std::size_t column = 1;
        for (const char* c = raw_.data(); c < at.data(); ++c) column += (*c & '\xC0') != '\x80';
        return column;
    }

    void on_statement(std::string_view statement) {
        const std::size_t space = std::min(statement.find_first_of(" \t:"), statement.size());
        const std::string_view word = statement.substr(0, space);
        const std::string_view rest = trimmed(statement.substr(space));
        if (word == "participant" || word == "actor") return on_participant(rest);
        if (word == "autonumber" || word == "title" || word == "Note" || word == "note" ||
            word == "activate" || word == "deactivate") {
            return;
        }
        if (word == "par") return open(Element::Kind::par, word, rest);
        if (word == "opt") return open(Element::Kind::opt, word, rest);
        if (word == "alt") return open(Element::Kind::alt, word, rest);
        if (word == "loop") return open(Element::Kind::loop, word, rest);
        if (word == "and" || word == "else") return on_branch(word, rest);
        if (word == "rect" || word == "box") {
            stack_.push_back(
                {nullptr, stack_.back().sequence, line_, column_of(word), std::string(word)});
            return;
        }
        if (statement == "end") return on_end(statement);
        on_arrow(statement);
    }

    void on_participant(std::string_view rest) {
        const std::size_t as = rest.find(" as ");
        const std::string_view id = trimmed(rest.substr(0, as));
        const std::string_view name =
            as == std::string_view::npos ? id : trimmed(rest.substr(as + 4));
        if (id.empty() || name.empty())
            return mistake(rest, "no name", "participant NAME [as TEXT]");
        const auto known = std::find_if(
            diagram_.lifelines.begin(), diagram_.lifelines.end(), [&](const Lifeline& lifeline) {
                return lifeline.id == id;
            });
        if (known != diagram_.lifelines.end()) {
            return mistake(id,
                           "the participant " + quoted(id) + " a second time",
                           "each participant once, before its first arrow");
        }
        diagram_.lifelines.push_back({std::string(id), std::string(name)});
        if (declared_ + 1 == diagram_.lifelines.size()) ++declared_;
    }

    // A response without its request is mostly a lifeline with a slip in its name: then say that.
    void name_undeclared() {
        if (declared_ == 0 || declared_ == diagram_.lifelines.size()) return;
        std::string expected = "one of the participants";
        for (std::size_t i = 0; i < declared_; ++i)
            expected += (i == 0 ? " " : ", ") + diagram_.lifelines[i].name;
        Mistakes undeclared;
        for (std::size_t i = declared_; i < diagram_.lifelines.size(); ++i) {
            const auto arrows = diagram_.arrows();
            const auto first = std::find_if(arrows.begin(), arrows.end(), [&](const Arrow* arrow) {
                return arrow->from == i || arrow->to == i;
            });
            if (first == arrows.end()) continue;
            undeclared.push_back({file_,
                                  (*first)->line,
                                  (*first)->column,
                                  "the lifeline " + quoted(diagram_.lifelines[i].name),
                                  expected});
        }
        mistakes_.insert(mistakes_.begin(), undeclared.begin(), undeclared.end());
    }

    std::size_t lifeline(std::string_view id) {
        for (std::size_t i = 0; i < diagram_.lifelines.size(); ++i) {
            if (diagram_.lifelines[i].id == id) return i;
        }
        diagram_.lifelines.push_back({std::string(id), std::string(id)});
        return diagram_.lifelines.size() - 1;
    }

    void open(Element::Kind kind, std::string_view word, std::string_view caption) {
        Element element;
        element.kind = kind;
        element.line = line_;
        element.branches.emplace_back();
        element.captions.emplace_back(caption);
        if (kind == Element::Kind::loop) bounds_of(caption, element);
        Sequence& sequence = *stack_.back().sequence;
        sequence.push_back(std::move(element));
        Element* opened = &sequence.back();
        stack_.push_back(
            {opened, &opened->branches.back(), line_, column_of(word), std::string(word)});
    }

    // "3", "3 times", "2..4", "0..2 times"; anything else: once or more.
    static void bounds_of(std::string_view caption, Element& element) {
        const std::size_t end = std::min(caption.find(' '), caption.size());
        const std::string_view bounds = caption.substr(0, end);
        const std::size_t dots = bounds.find("..");
        const auto low = sip::to_number(bounds.substr(0, dots));
        if (!low) return;
        element.at_least = *low;
        element.at_most = *low;
        if (dots == std::string_view::npos) return;
        const auto high = sip::to_number(bounds.substr(dots + 2));
        element.at_most = high ? *high : std::numeric_limits<std::size_t>::max();
    }

    void on_branch(std::string_view word, std::string_view caption) {
        Element* element = stack_.back().element;
        const auto kind = word == "and" ? Element::Kind::par : Element::Kind::alt;
        if (element == nullptr || element->kind != kind) {
            return mistake(word,
                           quoted(word) + " outside of " + (word == "and" ? "par" : "alt"),
                           word == "and" ? "and inside par … end" : "else inside alt … end");
        }
        element->branches.emplace_back();
        element->captions.emplace_back(caption);
        stack_.back().sequence = &element->branches.back();
    }

    void on_end(std::string_view statement) {
        if (stack_.size() == 1)
            return mistake(
                statement, "an end that closes nothing", "par, opt, alt or loop before it");
        stack_.pop_back();
        // The branches vector may have grown since: the sequence of what is now on top is found
        // again.
        Open& top = stack_.back();
        if (top.element != nullptr) top.sequence = &top.element->branches.back();
    }

    void on_arrow(std::string_view statement) {
        constexpr std::string_view kStatement =
            "FROM->>TO: MESSAGE, participant, Note, par, and, opt, alt, else, loop or end";
        const std::size_t colon = statement.find(':');
        const std::string_view ends = statement.substr(0, colon);
        for (std::size_t at = 1; at < ends.size(); ++at) {
            for (const auto& sign : kArrowSigns) {
                if (ends.substr(at, sign.sign.size()) != sign.sign) continue;
                std::string_view from = trimmed(ends.substr(0, at));
                std::string_view to = trimmed(ends.substr(at + sign.sign.size()));
                if (!to.empty() && (to.front() == '+' || to.front() == '-'))
                    to = trimmed(to.substr(1));
                if (from.empty() || to.empty())
                    return mistake(statement, quoted(statement), std::string(kStatement));
                if (colon == std::string_view::npos)
                    return mistake(ends.substr(ends.size()),
                                   "an arrow without a message",
                                   "': MESSAGE' after it");
                return add_arrow(from, to, sign, statement, trimmed(statement.substr(colon + 1)));
            }
        }
        mistake(statement, quoted(statement), std::string(kStatement));
    }

    void add_arrow(std::string_view from,
                   std::string_view to,
                   const ArrowSign& sign,
                   std::string_view statement,
                   std::string_view text) {
        const auto label = Label::parse(text);
        if (!label) {
            return mistake(text,
                           text.empty() ? "an arrow without a message" : quoted(text),
                           "a SIP method, a status code such as 401 or 200 (INVITE), or a Diameter "
                           "command such as UAR");
        }
        Element element;
        element.line = line_;
        Arrow& arrow = element.arrow;
        arrow.id = diagram_.arrow_count++;
        arrow.from = lifeline(from);
        arrow.to = lifeline(to);
        arrow.label = *label;
        arrow.dashed = sign.dashed;
        arrow.lost = sign.lost;
        arrow.line = line_;
        arrow.column = column_of(statement);
        stack_.back().sequence->push_back(std::move(element));
    }

    // ---- which requests a response may answer

    using OpenRequests = std::vector<const Arrow*>;

    void associate_answers() {
        OpenRequests open;
        associate(diagram_.body, open);
    }

    void associate(Sequence& sequence, OpenRequests& open) {
        for (auto& element : sequence) {
            if (element.kind == Element::Kind::arrow) {
                if (element.arrow.label.is_response()) {
                    answer(element.arrow, open);
                } else if (is_diameter_answer(element.arrow.label)) {
                    look_for_request(element.arrow, open);
                } else {
                    open.push_back(&element.arrow);
                }
                continue;
            }
            // Each branch starts from what was open before; what any of them leaves open stays
            // open.
            OpenRequests after = element.kind == Element::Kind::opt ? open : OpenRequests{};
            for (auto& branch : element.branches) {
                OpenRequests own = open;
                associate(branch, own);
                for (const Arrow* arrow : own) {
                    if (std::find(after.begin(), after.end(), arrow) == after.end())
                        after.push_back(arrow);
                }
            }
            if (element.kind == Element::Kind::par) forget_answered(element, after);
            open = std::move(after);
        }
    }

    // In par every branch happens: a request that one of them answers is answered.
    static void forget_answered(const Element& par, OpenRequests& open) {
        std::vector<std::size_t> closed;
        for (const auto& branch : par.branches) {
            for (const auto& element : branch) {
                if (element.kind != Element::Kind::arrow || element.arrow.label.status < 200)
                    continue;
                closed.insert(
                    closed.end(), element.arrow.answers.begin(), element.arrow.answers.end());
            }
        }
        std::erase_if(open, [&](const Arrow* arrow) {
            return std::find(closed.begin(), closed.end(), arrow->id) != closed.end();
        });
    }

    // An ACK has no response; a CANCEL has no 487, the INVITE beside it has (RFC 3261 §9.2).
    static bool may_answer(const Label& response, const Label& request) {
        return request.method != "ACK" && (request.method != "CANCEL" || response.status != 487);
    }

    static bool is_diameter_answer(const Label& label) {
        return label.diameter && label.method.ends_with('A');
    }

    // RFC 6733 §3: an answer has the command code of its request.
    void look_for_request(const Arrow& answer, const OpenRequests& open) {
        const auto command = answer.label.method.substr(0, answer.label.method.size() - 1) + "R";
        const bool asked = std::any_of(open.begin(), open.end(), [&](const Arrow* request) {
            return request->from == answer.to && request->to == answer.from &&
                   request->label.method == command;
        });
        if (asked) return;
        const auto& from = diagram_.lifelines[answer.from].name;
        const auto& to = diagram_.lifelines[answer.to].name;
        mistakes_.push_back({file_,
                             answer.line,
                             answer.column,
                             quoted(answer.label.text) + " from " + from + " to " + to,
                             "above it " + command + " from " + to + " to " + from});
    }

    // The latest open request between the same two lifelines names the method; all open requests of
    // that method may be meant. A final response closes them when it is the only one it can close.
    void answer(Arrow& response, OpenRequests& open) {
        std::string method = response.label.of_method;
        for (auto request = open.rbegin(); request != open.rend() && method.empty(); ++request) {
            if ((*request)->from == response.to && (*request)->to == response.from &&
                !(*request)->label.diameter && may_answer(response.label, (*request)->label)) {
                method = (*request)->label.method;
            }
        }
        for (const Arrow* request : open) {
            if (request->from == response.to && request->to == response.from &&
                request->label.method == method) {
                response.answers.push_back(request->id);
            }
        }
        if (response.answers.empty()) {
            const auto& from = diagram_.lifelines[response.from].name;
            const auto& to = diagram_.lifelines[response.to].name;
            mistakes_.push_back(
                {file_,
                 response.line,
                 response.column,
                 quoted(response.label.text) + " from " + from + " to " + to,
                 "above it an unanswered " +
                     (response.label.of_method.empty() ? "request" : response.label.of_method) +
                     " from " + to + " to " + from});
            return;
        }
        const bool final = response.label.status >= 200 || response.label.status_class >= 2;
        if (final && response.answers.size() == 1) {
            std::erase_if(
                open, [&](const Arrow* arrow) { return arrow->id == response.answers.front(); });
        }
    }

    const std::string& file_;
    std::size_t line_;
    std::string_view raw_;
    Diagram diagram_;
    std::size_t declared_ = 0;  // lifelines by `participant`, above the first arrow
    std::vector<Open> stack_;
    Mistakes mistakes_;
};

void collect(const Sequence& sequence, std::vector<const Arrow*>& into) {
    for (const auto& element : sequence) {
        if (element.kind == Element::Kind::arrow) into.push_back(&element.arrow);
        for (const auto& branch : element.branches) collect(branch, into);
    }
}

}  // namespace

std::optional<Label> Label::parse(std::string_view text) {
    text = trimmed(text);
    if (text.empty()) return std::nullopt;
    Label label;
    label.text = text;
    // "200 (INVITE)", "200 OK (INVITE)": the method stands in the last parentheses.
    if (text.back() == ')') {
        const std::size_t open = text.rfind('(');
        if (open == std::string_view::npos || open == 0) return std::nullopt;
        const std::string_view inner = trimmed(text.substr(open + 1, text.size() - open - 2));
        const std::string_view before = trimmed(text.substr(0, open));
        auto outer = parse(before);
        if (!outer) return std::nullopt;
        if (outer->is_response() && is_method(inner)) outer->of_method = inner;
        outer->text = text;
        return outer;
    }
    const std::string_view word = text.substr(0, std::min(text.find_first_of(" \t"), text.size()));
    if (word.size() == 3 && word[0] >= '1' && word[0] <= '6') {
        if (sip::equals_ignoring_case(word.substr(1), "xx")) {
            label.status_class = word[0] - '0';
            return label;
        }
        if (const auto status = sip::to_number(word)) {
            label.status = static_cast<int>(*status);
            return label;
        }
        return std::nullopt;
    }
    if (!is_method(word)) return std::nullopt;
    const bool sip_method =
        std::find(kSipMethods.begin(), kSipMethods.end(), word) != kSipMethods.end();
    label.diameter = !sip_method && is_diameter_command(word);
    if (!sip_method && !label.diameter && word.size() < 3) return std::nullopt;
    label.method = word;
    return label;
}

std::vector<const Arrow*> Diagram::arrows() const {
    std::vector<const Arrow*> all;
    collect(body, all);
    return all;
}

Result<Diagram, Mistakes> parse_mermaid(const std::string& file,
                                        std::string_view source,
                                        std::size_t first_line) {
    return Reader(file, first_line).read(source);
}

}  // namespace imslab::lab
