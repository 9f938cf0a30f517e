// RFC 5261 §4.1: locating what an operation is about. Each step looks at the children of what the
// one before it has found, so a path costs no more than the document times its steps.
#include "as/presence/element_path.h"

#include <algorithm>

#include "as/xdm/xml_text.h"
#include "sip/params.h"

namespace imslab::presence {

namespace {

constexpr std::size_t kMostSteps = 24, kMostPredicates = 4;

bool is_of_name(char c) { return c == ':' || xdm::is_name_character(c, false); }

class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    std::optional<ElementPath> read() {
        ElementPath path;
        take("/");
        do {
            if (path.steps.size() == kMostSteps) return std::nullopt;
            if (!path.steps.empty() && take("@")) {
                path.attribute = name();
                return path.attribute.empty() || !rest_.empty() ? std::nullopt
                                                                : std::optional(std::move(path));
            }
            if (!path.steps.empty() && take("text()")) {
                take("[1]");
                path.is_text = true;
                return rest_.empty() ? std::optional(std::move(path)) : std::nullopt;
            }
            auto step = read_step();
            if (!step) return std::nullopt;
            path.steps.push_back(*std::move(step));
        } while (take("/"));
        if (!rest_.empty()) return std::nullopt;
        return path;
    }

private:
    bool take(std::string_view text) {
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }
    std::string name() {
        const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_of_name);
        std::string name(rest_.begin(), end);
        rest_.remove_prefix(name.size());
        // axes are none of it
        return name.find("::") == std::string::npos ? name : std::string();
    }
    std::optional<ElementPath::Step> read_step() {
        ElementPath::Step step;
        step.name = take("*") ? "*" : name();
        if (step.name.empty() || step.name == "." || step.name == "..") return std::nullopt;
        while (take("[")) {
            auto predicate = read_predicate();
            if (!predicate || !take("]") || step.predicates.size() == kMostPredicates)
                return std::nullopt;
            step.predicates.push_back(*std::move(predicate));
        }
        return step;
    }
    std::optional<ElementPath::Predicate> read_predicate() {
        ElementPath::Predicate predicate;
        const bool is_attribute = take("@");
        predicate.what = (is_attribute ? "@" : "") + name();
        const auto position = sip::to_number(predicate.what);
        if (position && *position > 0) {
            predicate.what.clear();
            predicate.position = *position;
            return predicate;
        }
        if (predicate.what.size() <= (is_attribute ? 1U : 0U) || !take("=") || rest_.empty())
            return std::nullopt;
        const char quote = rest_.front();
        const auto end = rest_.find(quote, 1);
        if ((quote != '"' && quote != '\'') || end == rest_.npos) return std::nullopt;
        predicate.value = rest_.substr(1, end - 1);
        rest_.remove_prefix(end + 1);
        return predicate;
    }

    std::string_view rest_;
};

bool holds(const pugi::xml_node& node, const ElementPath::Predicate& predicate) {
    const auto& what = predicate.what;
    if (what == ".") return node.text().get() == predicate.value;
    if (what[0] == '@') {
        const auto attribute = node.attribute(what.c_str() + 1);
        return attribute && attribute.value() == predicate.value;
    }
    const auto children = node.children(what.c_str());
    return std::any_of(children.begin(), children.end(), [&](const pugi::xml_node& child) {
        return child.text().get() == predicate.value;
    });
}

void filter(std::vector<pugi::xml_node>& nodes, const ElementPath::Predicate& predicate) {
    if (predicate.position != 0) {
        const auto wanted = predicate.position - 1;
        nodes = wanted < nodes.size() ? std::vector{nodes[wanted]} : std::vector<pugi::xml_node>{};
        return;
    }
    std::erase_if(nodes, [&](const pugi::xml_node& node) { return !holds(node, predicate); });
}

}  // namespace

std::optional<ElementPath> read_element_path(std::string_view text) { return Reader(text).read(); }

std::vector<pugi::xml_node> select(const pugi::xml_document& document, const ElementPath& path) {
    std::vector<pugi::xml_node> found{document};
    for (const auto& step : path.steps) {
        std::vector<pugi::xml_node> next;
        for (const auto& parent : found) {
            std::vector<pugi::xml_node> children;
            for (const auto& child : parent.children()) {
                if (child.type() == pugi::node_element &&
                    (step.name == "*" || step.name == child.name()))
                    children.push_back(child);
            }
            // a position counts among the children of one parent
            for (const auto& predicate : step.predicates) filter(children, predicate);
            next.insert(next.end(), children.begin(), children.end());
        }
        found = std::move(next);
    }
    return found;
}

}  // namespace imslab::presence
