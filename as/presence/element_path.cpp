// RFC 5261 §4.1, RFC 4661 §5: what a path finds. Each step looks at what is below of what the one
// before it has found, at each element once, so a path costs no more than the document times its
// steps and conditions.
#include "as/presence/element_path.h"

#include <algorithm>
#include <unordered_set>

#include "as/presence/strict_xml.h"
#include "as/xdm/xml_text.h"

namespace imslab::presence {

namespace {

using Nodes = std::vector<pugi::xml_node>;

bool is_named(const pugi::xml_node& node, const ElementPath::Name& name) {
    if (node.type() != pugi::node_element) return false;
    const std::string_view own = node.name();
    if (name.uri.empty()) return name.spelt == "*" || name.spelt == own;
    const auto prefix = xdm::prefix_of(own);
    if (prefix.empty() || xdm::local_of(own) != name.spelt) return false;
    return node.attribute(("xmlns:" + std::string(prefix)).c_str()).value() == name.uri;
}

void append_text(const pugi::xml_node& node, std::string& text) {
    for (const auto& child : node.children()) {
        if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata)
            text += child.value();
        append_text(child, text);
    }
}

bool compares(std::string_view found, const ElementPath::Comparison& comparison) {
    const auto text = trimmed(found);
    if (comparison.compare == '=' && !comparison.is_number)
        return found == comparison.value || text == comparison.value;
    const auto left = decimal(text), right = decimal(trimmed(comparison.value));
    if (!left || !right) return false;
    if (comparison.compare == '=') return *left == *right;
    return comparison.compare == '<' ? *left < *right : *left > *right;
}

Nodes take_step(const Nodes& from, const ElementPath::Step& step);

bool holds(const pugi::xml_node& node, const ElementPath::Comparison& comparison) {
    Nodes found{comparison.of_parent ? node.parent() : node};
    for (const auto& step : comparison.steps) found = take_step(found, step);
    return std::any_of(found.begin(), found.end(), [&](const pugi::xml_node& one) {
        if (comparison.attribute.empty()) return compares(string_value(one), comparison);
        const auto attribute = attribute_of(one, comparison.attribute);
        return attribute && compares(attribute.value(), comparison);
    });
}

// "and" binds closer than "or".
bool holds(const pugi::xml_node& node, const ElementPath::Predicate& predicate) {
    bool all = true;
    for (const auto& comparison : predicate.comparisons) {
        if (comparison.begins_alternative) {
            if (all) return true;
            all = true;
        }
        all = all && holds(node, comparison);
    }
    return all;
}

void filter(Nodes& nodes, const ElementPath::Predicate& predicate) {
    if (predicate.position != 0) {
        const auto wanted = predicate.position - 1;
        nodes = wanted < nodes.size() ? Nodes{nodes[wanted]} : Nodes{};
        return;
    }
    std::erase_if(nodes, [&](const pugi::xml_node& node) { return !holds(node, predicate); });
}

using Seen = std::unordered_set<std::size_t>;

void collect_below(const pugi::xml_node& node,
                   const ElementPath::Name& name,
                   Seen& seen,
                   Nodes& into) {
    for (const auto& child : node.children()) {
        if (child.type() != pugi::node_element || !seen.insert(child.hash_value()).second) continue;
        if (is_named(child, name)) into.push_back(child);
        collect_below(child, name, seen, into);
    }
}

Nodes take_step(const Nodes& from, const ElementPath::Step& step) {
    Nodes next;
    Seen seen;
    for (const auto& parent : from) {
        Nodes below;
        if (step.any_depth) {
            if (step.or_itself && parent.type() == pugi::node_element &&
                seen.insert(parent.hash_value()).second)
                below.push_back(parent);
            collect_below(parent, step.name, seen, below);
        } else {
            for (const auto& child : parent.children()) {
                if (is_named(child, step.name)) below.push_back(child);
            }
        }
        // a position counts among the children of one parent
        for (const auto& predicate : step.predicates) filter(below, predicate);
        next.insert(next.end(), below.begin(), below.end());
    }
    return next;
}

class Writer {
public:
    explicit Writer(PrefixBindings& bindings) : bindings_(bindings) {}

    std::string path(const ElementPath& path) {
        std::string text;
        for (const auto& step : path.steps) {
            text += step.any_depth ? "//" : "/";
            if (!step.or_itself) text += this->step(step);
        }
        if (path.attribute.empty()) return text;
        if (text.empty() || text.back() != '/') text += '/';
        return text + '@' + name(path.attribute, true);
    }

private:
    std::string step(const ElementPath::Step& step) {
        auto text = name(step.name, false);
        for (const auto& predicate : step.predicates) {
            text += '[';
            for (const auto& comparison : predicate.comparisons) {
                if (&comparison != &predicate.comparisons.front())
                    text += comparison.begins_alternative ? " or " : " and ";
                text += this->comparison(comparison);
            }
            text += ']';
        }
        return text;
    }
    std::string comparison(const ElementPath::Comparison& comparison) {
        std::string text;
        for (const auto& step : comparison.steps) {
            if (!text.empty()) text += '/';
            text += name(step.name, false);
        }
        if (!comparison.attribute.empty())
            text += (text.empty() ? "@" : "/@") + name(comparison.attribute, true);
        if (text.empty()) text = comparison.of_parent ? ".." : ".";
        text += comparison.compare;
        if (comparison.is_number) return text + comparison.value;
        const char quote = comparison.value.find('"') == std::string::npos ? '"' : '\'';
        return text + quote + comparison.value + quote;
    }
    std::string name(const ElementPath::Name& name, bool is_attribute) {
        if (!name.uri.empty()) return prefix_for(name.uri) + ":" + name.spelt;
        if (name.spelt == "*") return name.spelt;
        if (name.spelt[0] == ':') return name.spelt.substr(1);
        const auto prefix = xdm::prefix_of(name.spelt);
        if (prefix == "xml" || (prefix.empty() && is_attribute)) return name.spelt;
        const std::string own(prefix.empty() ? "pidf" : prefix);
        bindings_.emplace(own, namespace_of_prefix(prefix));
        return own + ":" + std::string(xdm::local_of(name.spelt));
    }
    // No customary prefix begins so.
    std::string prefix_for(const std::string& uri) {
        for (const auto& [prefix, bound] : bindings_) {
            if (bound == uri) return prefix;
        }
        auto prefix = "ns" + std::to_string(bindings_.size() + 1);
        bindings_.emplace(prefix, uri);
        return prefix;
    }

    PrefixBindings& bindings_;
};

}  // namespace

std::string filter_path_text(const ElementPath& path, PrefixBindings& bindings) {
    return Writer(bindings).path(path);
}

Nodes select(const pugi::xml_document& document, const ElementPath& path) {
    Nodes found{document};
    for (const auto& step : path.steps) found = take_step(found, step);
    return found;
}

pugi::xml_attribute attribute_of(const pugi::xml_node& node, const ElementPath::Name& name) {
    if (name.uri.empty()) return node.attribute(name.spelt.c_str());
    for (const auto attribute : node.attributes()) {
        const std::string_view own = attribute.name();
        const auto prefix = xdm::prefix_of(own);
        if (!prefix.empty() && xdm::local_of(own) == name.spelt &&
            node.attribute(("xmlns:" + std::string(prefix)).c_str()).value() == name.uri)
            return attribute;
    }
    return {};
}

std::string string_value(const pugi::xml_node& node) {
    std::string text;
    append_text(node, text);
    return text;
}

}  // namespace imslab::presence
