// RFC 4660 §5.3.1, §5.3.2, RFC 4661 §3.5, §3.6: content and triggers.
#include "as/presence/filtering.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "as/xdm/xml_text.h"

namespace imslab::presence {

namespace {

// RFC 3863 §4.4, RFC 4479 §5, RFC 3858 §3: what these elements are nothing without.
struct Mandatory {
    std::string_view element;
    std::array<std::string_view, 3> attributes, children;
};
constexpr std::array kMandatory{
    Mandatory{"presence", {"entity"}, {}},
    Mandatory{"tuple", {"id"}, {"status"}},
    Mandatory{"dm:person", {"id"}, {}},
    Mandatory{"dm:device", {"id"}, {"dm:deviceID"}},
    Mandatory{"wi:watcherinfo", {"version", "state"}, {}},
    Mandatory{"wi:watcher-list", {"resource", "package"}, {}},
    Mandatory{"wi:watcher", {"id", "status", "event"}, {}},
};

const Mandatory* mandatory_of(const pugi::xml_node& node) {
    const auto found = std::find_if(kMandatory.begin(), kMandatory.end(), [&](const auto& one) {
        return one.element == node.name();
    });
    return found == kMandatory.end() ? nullptr : &*found;
}

bool has(const std::array<std::string_view, 3>& names, std::string_view name) {
    return !name.empty() && std::find(names.begin(), names.end(), name) != names.end();
}

// Of a schema that we do not have everything might be mandatory.
bool has_known_schema(std::string_view name) {
    const auto prefix = xdm::prefix_of(name);
    return prefix.empty() || prefix == "dm" || prefix == "rpid" || prefix == "c" || prefix == "wi";
}

bool is_mandatory(const pugi::xml_node& node) {
    const auto parent = node.parent();
    if (parent.type() != pugi::node_element) return true;  // the root
    const auto* of_parent = mandatory_of(parent);
    return of_parent != nullptr && has(of_parent->children, node.name());
}

bool is_mandatory(const pugi::xml_node& node, std::string_view attribute) {
    if (attribute.starts_with("xmlns")) return true;
    const auto* of_node = mandatory_of(node);
    return of_node != nullptr && has(of_node->attributes, attribute);
}

std::string_view namespace_of(const pugi::xml_node& node) {
    const auto prefix = xdm::prefix_of(node.name());
    const auto known = namespace_of_prefix(prefix);
    if (!known.empty()) return known;
    return node.attribute(("xmlns:" + std::string(prefix)).c_str()).value();
}

template <class Visit>
void for_each_element(const pugi::xml_node& node, Visit&& visit) {
    for (const auto& child : node.children()) {
        if (child.type() != pugi::node_element) continue;
        visit(child);
        for_each_element(child, visit);
    }
}

// What is selected is marked in the whole document first, so that a condition sees what another
// selection leaves out; then the document is gone through once.
class ContentFilter {
public:
    explicit ContentFilter(pugi::xml_document& document) : document_(document) {}

    bool apply(const What& what) {
        for (const auto& selection : what.excludes) exclude(selection);
        if (what.includes.empty()) {
            include(document_.document_element(), How::whole);
        } else {
            for (const auto& selection : what.includes) include(selection);
        }
        if (kept_.empty()) return false;
        prune(document_.document_element(), false);
        return true;
    }

private:
    // Why an element stays: something in it does, it is of a namespace, or all of it was selected.
    enum class How : std::uint8_t { ancestor, of_namespace, whole };

    // RFC 4661 §3.5.2: a step that would leave the document invalid is taken back.
    void exclude(const Selection& selection) {
        if (!selection.namespace_uri.empty()) {
            for_each_element(document_, [&](const pugi::xml_node& node) {
                if (namespace_of(node) == selection.namespace_uri && !is_mandatory(node))
                    excluded_.insert(node.hash_value());
            });
            return;
        }
        for (const auto& node : select(document_, selection.path)) {
            if (selection.path.attribute.empty()) {
                if (!is_mandatory(node)) excluded_.insert(node.hash_value());
                continue;
            }
            const auto attribute = attribute_of(node, selection.path.attribute);
            if (attribute && !is_mandatory(node, attribute.name()))
                excluded_attributes_.insert(attribute.hash_value());
        }
    }
    void include(const Selection& selection) {
        if (!selection.namespace_uri.empty()) {
            for_each_element(document_, [&](const pugi::xml_node& node) {
                if (namespace_of(node) == selection.namespace_uri) include(node, How::of_namespace);
            });
            return;
        }
        for (const auto& node : select(document_, selection.path)) {
            if (selection.path.attribute.empty()) {
                include(node, How::whole);
            } else if (const auto attribute = attribute_of(node, selection.path.attribute)) {
                if (excluded_attributes_.contains(attribute.hash_value())) continue;
                selected_attributes_.insert(attribute.hash_value());
                include(node, How::ancestor);
            }
        }
    }
    void include(const pugi::xml_node& node, How how) {
        for (auto at = node; at.type() == pugi::node_element; at = at.parent()) {
            if (excluded_.contains(at.hash_value())) return;
        }
        auto& kept = kept_[node.hash_value()];
        kept = std::max(kept, how);
        for (auto at = node.parent(); at.type() == pugi::node_element; at = at.parent())
            kept_.try_emplace(at.hash_value(), How::ancestor);
    }

    void prune(pugi::xml_node node, bool all) {
        const auto found = kept_.find(node.hash_value());
        const auto how = found == kept_.end() ? How::ancestor : found->second;
        all = all || how == How::whole;
        prune_attributes(node, all || how == How::of_namespace);
        for (auto child = node.first_child(); child;) {
            const auto next = child.next_sibling();
            if (child.type() == pugi::node_element) {
                const auto mark = child.hash_value();
                const bool selected = all || kept_.contains(mark);
                if (excluded_.contains(mark) || (!selected && !is_mandatory(child))) {
                    node.remove_child(child);
                } else {
                    prune(child, selected ? all : adopted(child));
                }
            }
            child = next;
        }
    }
    // An element that stays because its parent is nothing without it. Of a status its basic says
    // what it is, unless that was not wanted.
    bool adopted(const pugi::xml_node& node) {
        if (std::string_view(node.name()) != "status") return true;
        for (const auto& basic : node.children("basic")) {
            if (!excluded_.contains(basic.hash_value())) kept_[basic.hash_value()] = How::whole;
        }
        return false;
    }
    void prune_attributes(pugi::xml_node node, bool all) {
        all = all || !has_known_schema(node.name());
        for (auto attribute = node.first_attribute(); attribute;) {
            const auto next = attribute.next_attribute();
            const auto mark = attribute.hash_value();
            const bool stays = selected_attributes_.contains(mark) ||
                               is_mandatory(node, attribute.name()) ||
                               (all && !excluded_attributes_.contains(mark));
            if (!stays) node.remove_attribute(attribute);
            attribute = next;
        }
        drop_unused_declarations(node);
    }
    static void drop_unused_declarations(pugi::xml_node node) {
        std::set<std::string, std::less<>> used{std::string(xdm::prefix_of(node.name()))};
        for (const auto attribute : node.attributes())
            used.emplace(xdm::prefix_of(attribute.name()));
        for (auto attribute = node.first_attribute(); attribute;) {
            const auto next = attribute.next_attribute();
            const std::string_view name = attribute.name();
            if (name.starts_with("xmlns:") && !used.contains(name.substr(6)))
                node.remove_attribute(attribute);
            attribute = next;
        }
    }

    pugi::xml_document& document_;
    std::unordered_map<std::size_t, How> kept_;
    std::unordered_set<std::size_t> excluded_, excluded_attributes_, selected_attributes_;
};

// ---- triggers

// An element is the same one as before if its place is: by its id where it has one, else by its
// number among those of its name. A presentity is one person (RFC 4479 §3.1), whatever its id.
std::string place_of(const pugi::xml_node& node) {
    std::string place;
    for (auto at = node; at.type() == pugi::node_element; at = at.parent()) {
        const std::string_view name = at.name();
        place.append("/").append(name);
        const auto id = at.attribute("id");
        if (id && name != "dm:person") {
            place.append("#").append(id.value());
            continue;
        }
        std::size_t number = 0;
        for (auto before = at.previous_sibling(at.name()); before;
             before = before.previous_sibling(at.name()))
            ++number;
        place.append("[").append(std::to_string(number)).append("]");
    }
    return place;
}

struct Instance {
    std::string value;  // as text
    std::string all;    // with the elements in it
};
using Instances = std::map<std::string, Instance>;

Instances instances(const pugi::xml_document& document, const ElementPath& path) {
    Instances all;
    for (const auto& node : select(document, path)) {
        if (path.attribute.empty()) {
            all[place_of(node)] = {std::string(trimmed(string_value(node))),
                                   std::string(trimmed(text_of(node)))};
        } else if (const auto attribute = attribute_of(node, path.attribute)) {
            all[place_of(node)] = {attribute.value(), attribute.value()};
        }
    }
    return all;
}

// RFC 4661 §3.6.1.
bool has_changed(const Changed& changed, const Instance& was, const Instance& is) {
    if (was.all == is.all) return false;
    const bool restricted = changed.from || changed.to || changed.by;
    if (restricted && was.value == is.value) return false;
    if (!changed.by) {
        const auto equals = [](const std::optional<std::string>& wanted, const Instance& one) {
            return !wanted || trimmed(*wanted) == one.value;
        };
        return equals(changed.from, was) && equals(changed.to, is);
    }
    const auto before = decimal(was.value), now = decimal(is.value);
    if (!before || !now || std::abs(*now - *before) < std::abs(*changed.by)) return false;
    const auto equals = [](const std::optional<std::string>& wanted, double one) {
        return !wanted || decimal(trimmed(*wanted)) == one;
    };
    return equals(changed.from, *before) && equals(changed.to, *now);
}

class Occurrence {
public:
    Occurrence(const pugi::xml_document& before, const pugi::xml_document& now)
        : before_(before), now_(now) {}

    bool sets_off(const Trigger& trigger) const {
        const auto all = [](const auto& parts, const auto& happened) {
            return std::all_of(parts.begin(), parts.end(), happened);
        };
        return all(trigger.changed, [&](const Changed& one) { return changed(one); }) &&
               all(trigger.added,
                   [&](const ElementPath& path) { return is_new(path, before_, now_); }) &&
               all(trigger.removed,
                   [&](const ElementPath& path) { return is_new(path, now_, before_); });
    }

private:
    bool changed(const Changed& changed) const {
        const auto before = instances(before_, changed.path), now = instances(now_, changed.path);
        return std::any_of(now.begin(), now.end(), [&](const auto& one) {
            const auto was = before.find(one.first);
            return was != before.end() && has_changed(changed, was->second, one.second);
        });
    }
    // RFC 4661 §3.6.2, §3.6.3.
    static bool is_new(const ElementPath& path,
                       const pugi::xml_document& there,
                       const pugi::xml_document& here) {
        const auto known = instances(there, path), found = instances(here, path);
        return std::any_of(found.begin(), found.end(), [&](const auto& one) {
            return !known.contains(one.first);
        });
    }

    const pugi::xml_document& before_;
    const pugi::xml_document& now_;
};

// Our own text, composed of many that were each within the limits.
constexpr XmlLimits kComposed{.octets = 64'000'000, .nodes = 1'000'000, .depth = 32};

bool read_again(const PresenceDocument& document, pugi::xml_document& into) {
    return read_strictly(document.text(), into, kComposed).has_value();
}

}  // namespace

bool keep_selected(pugi::xml_document& document, const What& what) {
    return ContentFilter(document).apply(what);
}

bool fires(const std::vector<Trigger>& triggers,
           const pugi::xml_document& before,
           const pugi::xml_document& now) {
    const Occurrence occurrence(before, now);
    return std::any_of(triggers.begin(), triggers.end(), [&](const Trigger& trigger) {
        return occurrence.sets_off(trigger);
    });
}

std::optional<PresenceDocument> selected(const PresenceDocument& document, const Filter& filter) {
    if (!filter.what) return document;
    pugi::xml_document tree;
    if (!read_again(document, tree) || !keep_selected(tree, *filter.what)) return std::nullopt;
    auto kept = presence_in(tree);
    return kept ? std::optional(*std::move(kept)) : std::nullopt;
}

bool fires(const Filter& filter, const PresenceDocument& before, const PresenceDocument& now) {
    pugi::xml_document was, is;
    return !read_again(before, was) || !read_again(now, is) || fires(filter.triggers, was, is);
}

}  // namespace imslab::presence
