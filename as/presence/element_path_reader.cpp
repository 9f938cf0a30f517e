// RFC 5261 §4.1, RFC 4661 §5: what a path may be.
#include <algorithm>
#include <charconv>
#include <utility>

#include "as/presence/element_path.h"
#include "as/presence/strict_xml.h"
#include "as/xdm/xml_text.h"
#include "sip/params.h"

namespace imslab::presence {

namespace {

constexpr std::size_t kMostSteps = 24, kMostPredicates = 4;
constexpr std::size_t kMostComparisons = 12;  // of all predicates of a path

bool is_of_name(char c) { return c == ':' || xdm::is_name_character(c, false); }

class Reader {
public:
    // Without bindings: a patch's path.
    Reader(std::string_view text, const PrefixBindings* bindings)
        : rest_(text), bindings_(bindings) {}

    std::optional<ElementPath> read() {
        ElementPath path;
        bool deep = false;
        // a filter begins at the document, a patch may begin at its root
        if (!separator(deep) && is_filter()) return refuse("it does not begin with /");
        do {
            if (path.steps.size() == kMostSteps) return refuse("it has too many steps");
            const bool may_end = deep || !path.steps.empty();
            if (may_end && take("@")) {
                if (deep) path.steps.push_back({{"*", {}}, true, true, {}});
                return read_attribute(path.attribute) && at_end() ? std::optional(std::move(path))
                                                                  : std::nullopt;
            }
            if (!is_filter() && may_end && take("text()")) {
                take("[1]");
                path.is_text = true;
                return at_end() ? std::optional(std::move(path)) : std::nullopt;
            }
            auto step = read_step(deep);
            if (!step) return std::nullopt;
            path.steps.push_back(*std::move(step));
        } while (separator(deep));
        return at_end() ? std::optional(std::move(path)) : std::nullopt;
    }
    const std::string& reason() const { return reason_; }

private:
    bool is_filter() const { return bindings_ != nullptr; }
    std::nullopt_t refuse(std::string reason) {
        if (reason_.empty()) reason_ = std::move(reason);
        return std::nullopt;
    }
    // White space may stand between any two words of a filter.
    bool take(std::string_view text) {
        if (is_filter()) {
            while (!rest_.empty() && xdm::is_xml_space(rest_.front())) rest_.remove_prefix(1);
        }
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }
    bool take_word(std::string_view word) {
        const auto before = rest_;
        if (take(word) && (rest_.empty() || !is_of_name(rest_.front()))) return true;
        rest_ = before;
        return false;
    }
    bool at_end() {
        take("");
        if (!rest_.empty()) refuse("found " + std::string(rest_.substr(0, 20)));
        return rest_.empty();
    }
    bool separator(bool& deep) {
        deep = is_filter() && take("//");
        return deep || take("/");
    }
    // RFC 4661 §5: a name without a prefix is in no namespace, as in XPath 1.0.
    std::optional<ElementPath::Name> read_name(bool is_attribute) {
        take("");
        const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_of_name);
        const std::string name(rest_.begin(), end);
        rest_.remove_prefix(name.size());
        // axes are none of it
        if (name.empty() || name == "." || name == ".." || name.find("::") != std::string::npos)
            return refuse("expected a name before " + std::string(rest_.substr(0, 20)));
        if (!is_filter()) return ElementPath::Name{name, {}};
        const std::string prefix(xdm::prefix_of(name)), local(xdm::local_of(name));
        const bool is_name = !local.empty() && xdm::is_name_character(local[0], true) &&
                             local.find(':') == std::string::npos && name[0] != ':';
        if (!is_name) return refuse(name + " is no name");
        if (prefix.empty()) return ElementPath::Name{is_attribute ? local : ":" + local, {}};
        const auto bound = bindings_->find(prefix);
        if (prefix != "xml" && bound == bindings_->end())
            return refuse("the prefix " + prefix + " is bound to no namespace");
        const auto uri = prefix == "xml" ? xdm::kXmlNamespace : std::string_view(bound->second);
        if (const auto* known = prefix_of_namespace(uri))
            return ElementPath::Name{known + local, {}};
        return ElementPath::Name{local, std::string(uri)};
    }
    bool read_attribute(ElementPath::Name& into) {
        auto name = read_name(true);
        if (name) into = *std::move(name);
        return name.has_value();
    }
    bool read_step_name(ElementPath::Name& into) {
        auto name = take("*") ? ElementPath::Name{"*", {}} : read_name(false);
        if (name) into = *std::move(name);
        return name.has_value();
    }
    std::optional<ElementPath::Step> read_step(bool deep) {
        ElementPath::Step step;
        step.any_depth = deep;
        if (!read_step_name(step.name)) return std::nullopt;
        while (take("[")) {
            auto predicate = read_predicate();
            if (!predicate) return std::nullopt;
            if (!take("]") || step.predicates.size() == kMostPredicates)
                return refuse("a condition does not end");
            step.predicates.push_back(*std::move(predicate));
        }
        return step;
    }
    std::optional<ElementPath::Predicate> read_predicate() {
        ElementPath::Predicate predicate;
        if (!is_filter()) {
            const auto end = std::find_if_not(
                rest_.begin(), rest_.end(), [](char c) { return c >= '0' && c <= '9'; });
            const std::string number(rest_.begin(), end);
            if (const auto position = sip::to_number(number)) {
                rest_.remove_prefix(number.size());
                predicate.position = *position;
                return *position > 0 ? std::optional(std::move(predicate)) : std::nullopt;
            }
        }
        bool begins_alternative = false;
        do {
            if (comparisons_++ == kMostComparisons) return refuse("it has too many conditions");
            auto comparison = read_comparison();
            if (!comparison) return std::nullopt;
            comparison->begins_alternative = begins_alternative;
            predicate.comparisons.push_back(*std::move(comparison));
        } while (is_filter() && ((begins_alternative = take_word("or")) || take_word("and")));
        return predicate;
    }
    std::optional<ElementPath::Comparison> read_comparison() {
        ElementPath::Comparison comparison;
        if (!read_operand(comparison)) return std::nullopt;
        for (const char c : {'=', '<', '>'}) {
            if ((c == '=' || is_filter()) && take(std::string_view(&c, 1))) {
                comparison.compare = c;
                return read_value(comparison) ? std::optional(std::move(comparison)) : std::nullopt;
            }
        }
        return refuse("expected a comparison before " + std::string(rest_.substr(0, 20)));
    }
    bool read_operand(ElementPath::Comparison& into) {
        if (is_filter() && take("..")) return into.of_parent = true;
        if (take(".")) return true;
        bool deep = false;
        do {
            if (!deep && take("@")) return read_attribute(into.attribute);
            if (into.steps.size() == kMostSteps) return false;
            // each condition is asked of many elements: it looks at a few places below them
            if (deep) return refuse("// stands in a condition"), false;
            ElementPath::Step step;
            if (!read_step_name(step.name)) return false;
            into.steps.push_back(std::move(step));
        } while (separator(deep));
        return true;
    }
    bool read_value(ElementPath::Comparison& into) {
        take("");
        const char quote = rest_.empty() ? ' ' : rest_.front();
        if (quote == '"' || quote == '\'') {
            const auto end = rest_.find(quote, 1);
            if (end == rest_.npos) return refuse("a value has no end"), false;
            into.value = rest_.substr(1, end - 1);
            rest_.remove_prefix(end + 1);
            return true;
        }
        double number = 0;
        const auto read = std::from_chars(
            rest_.data(), rest_.data() + rest_.size(), number, std::chars_format::fixed);
        if (!is_filter() || read.ec != std::errc())
            return refuse("expected a value before " + std::string(rest_.substr(0, 20))), false;
        const auto length = static_cast<std::size_t>(read.ptr - rest_.data());
        into.value = rest_.substr(0, length);
        into.is_number = true;
        rest_.remove_prefix(length);
        return true;
    }

    std::string_view rest_;
    const PrefixBindings* bindings_;
    std::size_t comparisons_ = 0;
    std::string reason_;
};

}  // namespace

std::optional<ElementPath> read_element_path(std::string_view text) {
    return Reader(text, nullptr).read();
}

Result<ElementPath, std::string> read_filter_path(std::string_view text,
                                                  const PrefixBindings& bindings) {
    Reader reader(text, &bindings);
    if (auto path = reader.read()) return *std::move(path);
    return failure("the expression " + std::string(text.substr(0, 80)) +
                   " is none that is understood: " + reader.reason());
}

}  // namespace imslab::presence
