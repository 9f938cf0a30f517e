// Reads the language of checks: words and `quoted` names, one message, one check.
#include "lab/criterion.h"

#include <regex.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "sip/params.h"

namespace imslab::lab {
namespace {

constexpr std::string_view kArrowSign = "→";
constexpr std::string_view kOperators =
    "has, has no, is, is not, contains, contains no, matches, matches no, same as, differs from, "
    "less than, at most or at least";

struct Token {
    std::string text;
    bool quoted = false;
    std::size_t column = 1;
    std::size_t at = 0, end = 0;  // octets
};

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & '\xC0') != '\x80'; }));
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

Wrong wrong(std::size_t column, std::string found, std::string expected) {
    return {column, std::move(found), std::move(expected)};
}

Result<std::vector<Token>, Wrong> tokens_of(std::string_view text) {
    std::vector<Token> tokens;
    std::size_t at = 0;
    while (at < text.size()) {
        if (text[at] == ' ' || text[at] == '\t') {
            ++at;
            continue;
        }
        Token token;
        token.column = characters(text.substr(0, at)) + 1;
        token.at = at;
        token.quoted = text[at] == '`';
        std::size_t end = token.quoted ? text.find('`', at + 1) : text.find_first_of(" \t`", at);
        if (token.quoted && end == std::string_view::npos) {
            return failure(wrong(token.column, "a ` that is not closed", "a second `"));
        }
        end = std::min(end, text.size());
        token.text = token.quoted ? text.substr(at + 1, end - at - 1) : text.substr(at, end - at);
        token.end = token.quoted ? end + 1 : end;
        at = token.end;
        tokens.push_back(std::move(token));
    }
    return tokens;
}

// "2nd" -> 2, "first" -> 1
std::optional<std::size_t> ordinal(std::string_view word) {
    constexpr std::array<std::string_view, 5> kWords{"first", "second", "third", "fourth", "fifth"};
    for (std::size_t i = 0; i < kWords.size(); ++i) {
        if (word == kWords[i]) return i + 1;
    }
    if (word.size() < 3) return std::nullopt;
    const std::string_view suffix = word.substr(word.size() - 2);
    if (suffix != "st" && suffix != "nd" && suffix != "rd" && suffix != "th") return std::nullopt;
    const auto number = sip::to_number(word.substr(0, word.size() - 2));
    return number && *number > 0 ? std::optional<std::size_t>(*number) : std::nullopt;
}

// The tokens of a check, taken one after the other.
class CheckReader {
public:
    CheckReader(std::string_view text, std::vector<Token> tokens)
        : text_(text), tokens_(std::move(tokens)) {}

    Result<Check, Wrong> read() {
        Check check;
        check.text = trimmed(text_);
        if (!is_word("has")) {
            auto subject = read_subject();
            if (!subject) return failure(subject.error());
            check.subject = std::move(*subject);
        }
        take("must");
        if (auto operand = read_operator(check); !operand) return failure(operand.error());
        if (next_ < tokens_.size()) {
            return failure(
                wrong(column(), "'" + tokens_[next_].text + "'", "the end of the check"));
        }
        return check;
    }

private:
    bool is_word(std::string_view word) const {
        return next_ < tokens_.size() && !tokens_[next_].quoted && tokens_[next_].text == word;
    }
    bool take(std::string_view word) {
        if (!is_word(word)) return false;
        ++next_;
        return true;
    }
    std::size_t column() const {
        return next_ < tokens_.size() ? tokens_[next_].column : characters(text_) + 1;
    }
    std::string found() const {
        return next_ < tokens_.size() ? "'" + tokens_[next_].text + "'" : std::string("the end");
    }

    Result<std::string, Wrong> read_quoted(std::string_view what) {
        if (next_ >= tokens_.size() || !tokens_[next_].quoted) {
            return failure(wrong(column(), found(), std::string(what) + " in `backticks`"));
        }
        return tokens_[next_++].text;
    }

    Result<Subject, Wrong> read_subject() {
        Subject subject;
        const std::size_t start = next_;
        if (take("number")) {
            take("of");
            subject.pick = Subject::Pick::count;
        } else if (take("last")) {
            subject.pick = Subject::Pick::last;
        } else if (take("first")) {
            subject.pick = Subject::Pick::first;
        }
        if (take("body")) {
            subject.field = "body";
            subject.text = "body";
            return subject;
        }
        auto name = read_quoted("a header field, parameter, AVP, SDP line or XPath");
        if (!name) return failure(name.error());
        subject.field = std::move(*name);
        if (take("of")) {
            if (take("last")) subject.pick = Subject::Pick::last;
            if (take("first")) subject.pick = Subject::Pick::first;
            auto field = read_quoted("a header field");
            if (!field) return failure(field.error());
            subject.parameter = std::move(subject.field);
            subject.field = std::move(*field);
        }
        const std::size_t from = tokens_[start].at;
        subject.text = text_.substr(from, tokens_[next_ - 1].end - from);
        return subject;
    }

    // "in MESSAGE", or "`Y` in MESSAGE": the other side of a comparison between messages.
    Result<bool, Wrong> read_other(Check& check) {
        if (!is_word("in")) {
            auto other = read_subject();
            if (!other) return failure(other.error());
            check.other = std::move(*other);
        }
        if (!take("in")) return failure(wrong(column(), found(), "'in' and a message"));
        const std::size_t at = next_ < tokens_.size() ? tokens_[next_].at : text_.size();
        auto selector = parse_selector(text_.substr(at));
        if (!selector) {
            selector.error().column += characters(text_.substr(0, at));
            return failure(selector.error());
        }
        check.other_message = std::move(*selector);
        next_ = tokens_.size();
        return true;
    }

    Result<bool, Wrong> read_argument(Check& check) {
        auto argument = read_quoted("a value");
        if (!argument) return failure(argument.error());
        check.argument = std::move(*argument);
        return true;
    }

    Result<bool, Wrong> read_limit(Check& check, Check::Operator op) {
        check.op = op;
        const bool value = next_ < tokens_.size() && tokens_[next_].quoted &&
                           (next_ + 1 == tokens_.size() || tokens_[next_ + 1].text != "in");
        return value ? read_argument(check) : read_other(check);
    }

    Result<bool, Wrong> read_operator(Check& check) {
        using Operator = Check::Operator;
        if (take("has")) {
            check.op = take("no") ? Operator::has_no : Operator::has;
            auto argument = read_quoted("a header field, parameter or AVP");
            if (!argument) return failure(argument.error());
            if (check.subject.field.empty()) {
                check.subject.field = *argument;
                check.subject.text = "`" + *argument + "`";
                if (take("of")) return read_parameter_presence(check);
            } else {
                check.argument = std::move(*argument);
            }
            return true;
        }
        if (take("contains")) {
            check.op = take("no") ? Operator::contains_no : Operator::contains;
            return read_argument(check);
        }
        if (take("matches")) {
            check.op = take("no") ? Operator::matches_no : Operator::matches;
            return read_pattern(check);
        }
        if (take("same")) {
            check.op = Operator::same_as;
            if (!take("as")) return failure(wrong(column(), found(), "'as'"));
            return read_other(check);
        }
        if (take("differs")) {
            check.op = Operator::differs_from;
            if (!take("from")) return failure(wrong(column(), found(), "'from'"));
            return read_other(check);
        }
        if (take("exists")) {
            check.op = Operator::has;
            return presence_of_parameter(check);
        }
        const bool is = take("is");
        if (is && (is_word("present") || is_word("absent"))) {
            check.op = take("present") ? Operator::has : Operator::has_no;
            take("absent");
            return presence_of_parameter(check);
        }
        if (take("less")) {
            if (!take("than")) return failure(wrong(column(), found(), "'than'"));
            return read_limit(check, Operator::less_than);
        }
        if (take("at")) {
            if (take("most")) return read_limit(check, Operator::at_most);
            if (take("least")) return read_limit(check, Operator::at_least);
            return failure(wrong(column(), found(), "'most' or 'least'"));
        }
        if (is) {
            check.op = take("not") ? Operator::is_not : Operator::is;
            return read_argument(check);
        }
        return failure(wrong(column(), found(), std::string(kOperators)));
    }

    // `nonce` of `WWW-Authenticate` is absent: the same as `WWW-Authenticate` has no `nonce`
    Result<bool, Wrong> presence_of_parameter(Check& check) {
        if (check.subject.parameter.empty()) return true;
        check.argument = std::move(check.subject.parameter);
        check.subject.parameter.clear();
        check.subject.text = "`" + check.subject.field + "`";
        return true;
    }

    // has `nonce` of `WWW-Authenticate`
    Result<bool, Wrong> read_parameter_presence(Check& check) {
        auto field = read_quoted("a header field");
        if (!field) return failure(field.error());
        check.argument = std::move(check.subject.field);
        check.subject.field = std::move(*field);
        check.subject.text = "`" + check.subject.field + "`";
        return true;
    }

    Result<bool, Wrong> read_pattern(Check& check) {
        const std::size_t at = column();
        if (auto argument = read_argument(check); !argument) return failure(argument.error());
        regex_t compiled;
        if (const int code = regcomp(&compiled, check.argument.c_str(), REG_EXTENDED | REG_NOSUB);
            code != 0) {
            std::array<char, 128> reason{};
            regerror(code, &compiled, reason.data(), reason.size());
            return failure(wrong(at,
                                 "'" + check.argument + "' (" + reason.data() + ")",
                                 "a POSIX extended regular expression"));
        }
        regfree(&compiled);
        return true;
    }

    std::string_view text_;
    std::vector<Token> tokens_;
    std::size_t next_ = 0;
};

// Takes "FROM→TO" off the text; the words beside the arrow are the names.
Result<bool, Wrong> take_ends(std::string& text, Selector& selector) {
    std::size_t sign = text.find(kArrowSign);
    std::size_t size = kArrowSign.size();
    if (sign == std::string::npos) {
        sign = text.find("->");
        size = sign != std::string::npos && text.substr(sign, 3) == "->>" ? 3 : 2;
    }
    if (sign == std::string::npos) return true;
    const std::string_view before = trimmed(std::string_view(text).substr(0, sign));
    const std::string_view after = trimmed(std::string_view(text).substr(sign + size));
    const std::size_t space = before.find_last_of(" \t");
    const std::string_view from = before.substr(space == std::string_view::npos ? 0 : space + 1);
    const std::string_view to = after.substr(0, std::min(after.find_first_of(" \t"), after.size()));
    if (from.empty() || to.empty()) {
        return failure(wrong(
            characters(text.substr(0, sign)) + 1, "an arrow without a name beside it", "FROM→TO"));
    }
    selector.from = from;
    selector.to = to;
    std::string rest(space == std::string_view::npos ? std::string_view{}
                                                     : before.substr(0, space));
    rest += ' ';
    rest += after.substr(to.size());
    text = trimmed(rest);
    return true;
}

// "REGISTER", "INVITE or UPDATE", "message", "request", "response"
Result<bool, Wrong> read_labels(std::string_view text, Selector& selector) {
    if (text == "message" || text.empty()) return true;
    if (text == "request" || text == "response") {
        selector.kind = text == "request" ? Selector::Kind::request : Selector::Kind::response;
        return true;
    }
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(" or "), text.size());
        const std::string_view one = trimmed(text.substr(0, end));
        const auto label = Label::parse(one);
        if (!label) {
            return failure(
                wrong(1,
                      "'" + std::string(one) + "'",
                      "a message such as REGISTER, 401, 200 (INVITE) or UAR, then FROM→TO"));
        }
        selector.labels.push_back(*label);
        text.remove_prefix(std::min(end + 4, text.size()));
    }
    return true;
}

}  // namespace

Result<Selector, Wrong> parse_selector(std::string_view text) {
    Selector selector;
    selector.text = trimmed(text);
    if (selector.text.empty())
        return failure(wrong(1, "no message", "a message such as REGISTER P-CSCF→I-CSCF"));
    using Which = Selector::Which;
    for (const auto& [words, which] : std::initializer_list<std::pair<std::string_view, Which>>{
             {"its request", Which::its_request},
             {"the hop before", Which::hop_before},
             {"this message", Which::same_message}}) {
        if (selector.text != words) continue;
        selector.which = which;
        return selector;
    }
    std::string rest = selector.text;
    std::erase(rest, '`');
    if (auto ends = take_ends(rest, selector); !ends) return failure(ends.error());
    if (const std::size_t on = rest.rfind(" on "); on != std::string::npos) {
        selector.reference_point = trimmed(std::string_view(rest).substr(on + 4));
        rest = trimmed(std::string_view(rest).substr(0, on));
    }
    const std::size_t space = std::min(rest.find(' '), rest.size());
    const std::string first = rest.substr(0, space);
    bool taken = true;
    if (first == "every" || first == "each") {
        selector.which = Selector::Which::every;
    } else if (first == "last") {
        selector.which = Selector::Which::last;
    } else if (const auto number = ordinal(first)) {
        selector.nth = *number;
    } else {
        taken = false;
    }
    if (taken) rest = trimmed(std::string_view(rest).substr(space));
    if (auto labels = read_labels(rest, selector); !labels) return failure(labels.error());
    return selector;
}

Result<Check, Wrong> parse_check(std::string_view text) {
    auto tokens = tokens_of(text);
    if (!tokens) return failure(tokens.error());
    if (tokens->empty())
        return failure(wrong(1, "no check", "a check such as `Path` contains `sip:pcscf`"));
    return CheckReader(text, std::move(*tokens)).read();
}

}  // namespace imslab::lab
