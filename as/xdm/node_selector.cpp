// RFC 4825 §6.3: the grammar of node selectors, and what they select.
#include "as/xdm/node_selector.h"

#include <algorithm>
#include <charconv>

#include "http/uri.h"

namespace imslab::xdm {

namespace {

constexpr std::size_t kMostSteps = 100;

bool is_ncname(std::string_view name) {
    if (name.empty()) return false;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const auto c = static_cast<unsigned char>(name[i]);
        const bool letter =
            (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c >= 0x80;
        const bool inner = (c >= '0' && c <= '9') || c == '-' || c == '.';
        if (!letter && !(i > 0 && inner)) return false;
    }
    return true;
}

// A name's prefix replaced by its namespace.
Result<std::pair<std::string, std::string>, std::string> expanded(
    std::string_view name,
    const DocumentTree::Bindings& bindings,
    std::string_view without_prefix) {
    const auto colon = name.find(':');
    const auto local = colon == std::string_view::npos ? name : name.substr(colon + 1);
    if (!is_ncname(local) || (colon != std::string_view::npos && !is_ncname(name.substr(0, colon))))
        return failure("'" + std::string(name) + "', which is no name");
    if (colon == std::string_view::npos)
        return std::pair(std::string(without_prefix), std::string(local));
    const auto bound = bindings.find(name.substr(0, colon));
    if (bound == bindings.end())
        return failure("the prefix '" + std::string(name.substr(0, colon)) +
                       "' without an xmlns() in the query");
    return std::pair(bound->second, std::string(local));
}

// What stands between the slashes, which may also stand in quotes.
std::vector<std::string_view> steps_in(std::string_view text) {
    std::vector<std::string_view> steps;
    char quote = '\0';
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (quote != '\0') {
            if (text[i] == quote) quote = '\0';
        } else if (text[i] == '"' || text[i] == '\'') {
            quote = text[i];
        } else if (text[i] == '/') {
            steps.push_back(text.substr(begin, i - begin));
            begin = i + 1;
        }
    }
    steps.push_back(text.substr(begin));
    return steps;
}

class StepReader {
public:
    StepReader(std::string_view text,
               const DocumentTree::Bindings& bindings,
               std::string_view default_namespace)
        : rest_(text), bindings_(bindings), default_namespace_(default_namespace) {}

    Result<Step, std::string> read() {
        Step step;
        const auto bracket = std::min(rest_.find('['), rest_.size());
        const auto name = rest_.substr(0, bracket);
        rest_.remove_prefix(bracket);
        if (name == "*") {
            step.any = true;
        } else {
            auto own = expanded(name, bindings_, default_namespace_);
            if (!own) return failure(own.error());
            std::tie(step.space, step.local) = std::move(*own);
        }
        if (auto position = read_position(step); !position) return failure(position.error());
        if (auto attribute = read_attribute(step); !attribute) return failure(attribute.error());
        if (!rest_.empty())
            return failure("'" + std::string(rest_) +
                           "'; expected [position], [@name=\"value\"], or both in that order");
        return step;
    }

private:
    Result<void, std::string> read_position(Step& step) {
        if (rest_.size() < 2 || rest_[0] != '[' || rest_[1] < '0' || rest_[1] > '9') return {};
        const auto end = rest_.find(']');
        const auto digits = rest_.substr(1, end == std::string_view::npos ? end : end - 1);
        std::uint32_t value = 0;
        const auto [stopped, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (end == std::string_view::npos || error != std::errc() ||
            stopped != digits.data() + digits.size() || value == 0)
            return failure("the position '" + std::string(digits) + "'; expected a number from 1");
        step.position = value;
        rest_.remove_prefix(end + 1);
        return {};
    }

    Result<void, std::string> read_attribute(Step& step) {
        if (!rest_.starts_with("[@")) return {};
        const auto equals = rest_.find('=');
        if (equals == std::string_view::npos || equals + 1 >= rest_.size())
            return failure(std::string("a predicate without a value"));
        auto name = expanded(rest_.substr(2, equals - 2), bindings_, {});
        if (!name) return failure(name.error());
        const char quote = rest_[equals + 1];
        const auto end =
            quote == '"' || quote == '\'' ? rest_.find(quote, equals + 2) : std::string_view::npos;
        if (end == std::string_view::npos || rest_.substr(end + 1, 1) != "]")
            return failure(std::string("a predicate whose value is not in quotes"));
        auto value = with_references_replaced(rest_.substr(equals + 2, end - equals - 2));
        if (!value) return failure(std::string("a predicate with an unknown entity"));
        step.attribute.emplace();
        std::tie(step.attribute->space, step.attribute->local) = std::move(*name);
        step.attribute->value = std::move(*value);
        rest_.remove_prefix(end + 2);
        return {};
    }

    std::string_view rest_;
    const DocumentTree::Bindings& bindings_;
    std::string_view default_namespace_;
};

}  // namespace

// A circumflex escapes a parenthesis or itself (XPointer Framework, section 3.1).
Result<DocumentTree::Bindings, std::string> namespace_bindings(std::string_view query) {
    DocumentTree::Bindings bindings;
    const auto decoded = http::percent_decoded(query);
    if (!decoded) return failure(std::string("a query that is not percent-encoded rightly"));
    std::string_view rest = *decoded;
    while (true) {
        while (rest.starts_with(' ')) rest.remove_prefix(1);
        if (rest.empty()) return bindings;
        const auto open = rest.find('(');
        if (open == std::string_view::npos || open == 0)
            return failure("the query '" + std::string(rest) + "'; expected xmlns(prefix=URI)");
        const auto scheme = rest.substr(0, open);
        std::string data;
        std::size_t at = open + 1, depth = 1;
        for (; at < rest.size(); ++at) {
            const char c = rest[at];
            if (c == '^' && at + 1 < rest.size()) {
                data += rest[++at];
                continue;
            }
            if (c == '(') ++depth;
            if (c == ')' && --depth == 0) break;
            data += c;
        }
        if (depth != 0) return failure(std::string("a query whose parentheses do not close"));
        rest.remove_prefix(at + 1);
        if (scheme != "xmlns") continue;
        const auto equals = data.find('=');
        auto prefix = data.substr(0, std::min(equals, data.size()));
        while (!prefix.empty() && prefix.back() == ' ') prefix.pop_back();
        if (equals == std::string::npos || !is_ncname(prefix))
            return failure("'xmlns(" + data + ")'; expected xmlns(prefix=URI)");
        auto space = data.substr(equals + 1);
        space.erase(0, std::min(space.find_first_not_of(' '), space.size()));
        bindings.insert_or_assign(std::move(prefix), std::move(space));
    }
}

Result<NodeSelector, std::string> NodeSelector::parse(std::string_view encoded,
                                                      std::string_view query,
                                                      std::string_view default_namespace) {
    const auto bindings = namespace_bindings(query);
    if (!bindings) return failure(bindings.error());
    const auto decoded = http::percent_decoded(encoded);
    if (!decoded)
        return failure(std::string("a node selector that is not percent-encoded rightly"));
    NodeSelector selector;
    auto steps = steps_in(*decoded);
    if (steps.size() > kMostSteps) return failure(std::string("a node selector of too many steps"));
    if (steps.back() == "namespace::*") {
        selector.terminal = Terminal::namespaces;
        steps.pop_back();
    } else if (steps.back().starts_with('@')) {
        selector.terminal = Terminal::attribute;
        selector.attribute_name = steps.back().substr(1);
        auto name = expanded(selector.attribute_name, *bindings, {});
        if (!name) return failure(name.error());
        std::tie(selector.attribute_space, selector.attribute_local) = std::move(*name);
        steps.pop_back();
    }
    if (steps.empty()) return failure(std::string("a node selector without an element"));
    for (const auto text : steps) {
        auto step = StepReader(text, *bindings, default_namespace).read();
        if (!step) return failure(step.error());
        selector.steps.push_back(std::move(*step));
        selector.written.push_back(http::percent_encoded(text, "@=:*'!$&()+,;"));
    }
    return selector;
}

std::vector<std::uint32_t> selected_children(const DocumentTree& tree,
                                             std::uint32_t parent,
                                             const Step& step) {
    std::vector<std::uint32_t> found;
    std::uint32_t position = 0;
    auto child = parent == DocumentTree::kNone ? tree.root() : tree.at(parent).first_child;
    for (; child != DocumentTree::kNone; child = tree.at(child).next_sibling) {
        if (!step.matches_name(tree.name(child))) continue;
        ++position;
        if (step.position && position != *step.position) continue;
        if (step.attribute) {
            const auto& [space, local, value] = *step.attribute;
            const auto attribute = tree.find_attribute(child, {space, local});
            if (attribute == DocumentTree::kNone || tree.value(attribute) != value) continue;
        }
        found.push_back(child);
    }
    return found;
}

std::optional<std::uint32_t> select(const DocumentTree& tree,
                                    const NodeSelector& selector,
                                    std::size_t count) {
    auto context = DocumentTree::kNone;
    for (std::size_t i = 0; i < count; ++i) {
        const auto found = selected_children(tree, context, selector.steps[i]);
        if (found.size() != 1) return std::nullopt;
        context = found.front();
    }
    return context;
}

}  // namespace imslab::xdm
