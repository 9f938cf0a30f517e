// RFC 4661 §3, §7: reading a filter-set strictly, and writing one.
#include "as/presence/event_filter.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "core/xml_escape.h"
#include "sip/uri.h"

namespace imslab::presence {

namespace {

constexpr std::size_t kMostParts = 40;  // RFC 4660 §8

class Reader {
public:
    Result<FilterSet, std::string> read(const pugi::xml_node& root) {
        if (std::string_view(root.name()) != "sf:filter-set")
            return failure("found the element " + std::string(root.name()) +
                           ", expected filter-set");
        FilterSet set;
        set.package = root.attribute("package").value();
        attributes(root, {"package"});
        bool bound = false;
        for_elements(root, [&](const pugi::xml_node& child, std::string_view name) {
            if (name == "sf:ns-bindings" && !bound && set.changes.empty()) {
                bound = true;
                return bindings(child);
            }
            if (name != "sf:filter")
                return refuse("the element " + said(name) + " is out of place");
            set.changes.push_back(filter(child));
        });
        if (set.changes.empty()) refuse("there is no filter");
        if (!reason_.empty()) return failure(std::move(reason_));
        return set;
    }

private:
    void refuse(std::string reason) {
        if (reason_.empty()) reason_ = std::move(reason);
    }
    // Without the prefix that nobody has written.
    static std::string said(std::string_view name) {
        return std::string(name.starts_with("sf:") ? name.substr(3) : name);
    }
    template <class Visit>
    void for_elements(const pugi::xml_node& parent, Visit&& visit) {
        for (const auto& child : parent.children()) {
            if (!reason_.empty()) return;
            if (child.type() == pugi::node_element) {
                visit(child, child.name());
            } else if (child.type() == pugi::node_pcdata && !trimmed(child.value()).empty()) {
                refuse("text stands in " + said(parent.name()));
            }
        }
    }
    // Attributes of other namespaces are for those who know them.
    void attributes(const pugi::xml_node& node, const std::set<std::string_view>& known) {
        for (const auto attribute : node.attributes()) {
            const std::string_view name = attribute.name();
            if (name.find(':') == name.npos && !known.contains(name))
                refuse(said(node.name()) + " has an attribute " + std::string(name));
        }
    }
    bool boolean(const pugi::xml_node& node, const char* name, bool otherwise) {
        const auto attribute = node.attribute(name);
        if (!attribute) return otherwise;
        const auto value = trimmed(attribute.value());
        const bool yes = value == "true" || value == "1";
        if (!yes && value != "false" && value != "0")
            refuse(std::string(name) + " is " + std::string(value) + ", expected true or false");
        return yes;
    }
    void bindings(const pugi::xml_node& node) {
        attributes(node, {});
        for_elements(node, [&](const pugi::xml_node& child, std::string_view name) {
            const std::string prefix = child.attribute("prefix").value();
            const std::string urn(trimmed(child.attribute("urn").value()));
            if (name != "sf:ns-binding" || prefix.empty() || urn.empty() || child.first_child())
                return refuse("an ns-binding has not one prefix and one urn");
            attributes(child, {"prefix", "urn"});
            if (!bindings_.emplace(prefix, urn).second)
                refuse("the prefix " + prefix + " is bound twice");
        });
        if (bindings_.empty()) refuse("ns-bindings has no ns-binding");
    }

    FilterChange filter(const pugi::xml_node& node) {
        FilterChange change;
        auto& filter = change.filter;
        attributes(node, {"id", "uri", "domain", "remove", "enabled"});
        filter.id = node.attribute("id").value();
        if (filter.id.empty()) refuse("a filter has no id");
        if (!ids_.insert(filter.id).second) refuse("the id " + filter.id + " stands twice");
        change.remove = boolean(node, "remove", false);
        filter.enabled = boolean(node, "enabled", true);
        target(node, filter);
        bool is_extended = false;
        for_elements(node, [&](const pugi::xml_node& child, std::string_view name) {
            if (!name.starts_with("sf:") && name.find(':') != name.npos) {
                is_extended = true;
            } else if (name == "sf:what" && !filter.what && filter.triggers.empty() &&
                       !is_extended) {
                // RFC 4660 §5.4: an empty element is none
                if (auto found = what(child); !found.includes.empty() || !found.excludes.empty())
                    filter.what = std::move(found);
            } else if (name == "sf:trigger" && !is_extended) {
                if (auto found = trigger(child); parts_of(found) != 0)
                    filter.triggers.push_back(std::move(found));
            } else {
                refuse("the element " + said(name) + " is out of place");
            }
        });
        return change;
    }
    void target(const pugi::xml_node& node, Filter& filter) {
        const auto uri = node.attribute("uri"), domain = node.attribute("domain");
        if (uri && domain) return refuse("filter " + filter.id + " has a uri and a domain");
        if (uri) {
            const std::string text(trimmed(uri.value()));
            filter.of = Filter::Of::uri;
            filter.target = sip::canonical_identity(text).value_or(text);
        } else if (domain) {
            filter.of = Filter::Of::domain;
            filter.target = trimmed(domain.value());
        }
        if (filter.of != Filter::Of::resource && filter.target.empty())
            refuse("filter " + filter.id + " is for an empty uri or domain");
    }
    static std::size_t parts_of(const Trigger& trigger) {
        return trigger.changed.size() + trigger.added.size() + trigger.removed.size();
    }

    What what(const pugi::xml_node& node) {
        What what;
        attributes(node, {});
        for_elements(node, [&](const pugi::xml_node& child, std::string_view name) {
            const bool includes = name == "sf:include";
            if (!includes && name != "sf:exclude") return extension(name);
            if (includes && !what.excludes.empty())
                return refuse("an include stands behind an exclude");
            attributes(child, {"type"});
            (includes ? what.includes : what.excludes).push_back(selection(child));
        });
        return what;
    }
    Selection selection(const pugi::xml_node& node) {
        Selection selection;
        const auto type = node.attribute("type");
        const std::string_view value = type ? trimmed(type.value()) : "xpath";
        if (value == "xpath") {
            selection.path = path(node);
        } else if (value == "namespace") {
            selection.namespace_uri = text(node);
        } else {
            refuse("a type is " + std::string(value) + ", expected xpath or namespace");
        }
        return selection;
    }
    Trigger trigger(const pugi::xml_node& node) {
        Trigger trigger;
        attributes(node, {});
        for_elements(node, [&](const pugi::xml_node& child, std::string_view name) {
            if (name == "sf:changed") {
                if (!trigger.added.empty() || !trigger.removed.empty())
                    return refuse("changed stands behind added or removed");
                trigger.changed.push_back(changed(child));
            } else if (name == "sf:added") {
                if (!trigger.removed.empty()) return refuse("added stands behind removed");
                attributes(child, {});
                trigger.added.push_back(reference(child));
            } else if (name == "sf:removed") {
                attributes(child, {});
                trigger.removed.push_back(reference(child));
            } else {
                extension(name);
            }
        });
        return trigger;
    }
    Changed changed(const pugi::xml_node& node) {
        Changed changed;
        attributes(node, {"from", "to", "by"});
        if (const auto from = node.attribute("from")) changed.from = from.value();
        if (const auto to = node.attribute("to")) changed.to = to.value();
        if (const auto by = node.attribute("by")) {
            changed.by = decimal(trimmed(by.value()));
            if (!changed.by) refuse("by is " + std::string(by.value()) + ", expected a number");
            // RFC 4661 §3.6.1.4
            for (const auto& other : {changed.from, changed.to}) {
                if (other && !decimal(trimmed(*other)))
                    refuse("by stands beside " + *other + ", expected a number");
            }
        }
        changed.path = reference(node);
        return changed;
    }
    void extension(std::string_view name) {
        if (name.starts_with("sf:") || name.find(':') == name.npos)
            refuse("the element " + said(name) + " is out of place");
    }

    std::string text(const pugi::xml_node& node) {
        if (++parts_ > kMostParts)
            refuse("there are more than " + std::to_string(kMostParts) + " expressions");
        for (const auto& child : node.children()) {
            if (child.type() == pugi::node_element)
                refuse(said(node.name()) + " has an element in it");
        }
        const auto value = string_value(node);
        const auto inside = trimmed(value);
        if (inside.empty()) refuse(said(node.name()) + " is empty");
        return std::string(inside);
    }
    ElementPath path(const pugi::xml_node& node) {
        const auto expression = text(node);
        if (!reason_.empty()) return {};
        auto path = read_filter_path(expression, bindings_);
        if (path) return *std::move(path);
        refuse(std::move(path.error()));
        return {};
    }
    // RFC 4661 §5: of "reference" there are no conditions.
    ElementPath reference(const pugi::xml_node& node) {
        auto found = path(node);
        if (std::any_of(found.steps.begin(), found.steps.end(), [](const ElementPath::Step& step) {
                return !step.predicates.empty();
            }))
            refuse(said(node.name()) + " has a condition in its expression");
        return found;
    }

    PrefixBindings bindings_;
    std::set<std::string> ids_;
    std::size_t parts_ = 0;
    std::string reason_;
};

class Writer {
public:
    std::string write(const FilterSet& set) {
        std::string inside;
        for (const auto& change : set.changes) inside += filter(change);
        std::string text =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<filter-set xmlns=\"urn:ietf:params:xml:ns:simple-filter\"";
        if (!set.package.empty()) text += attribute("package", set.package);
        text += '>';
        if (!bindings_.empty()) {
            text += "<ns-bindings>";
            for (const auto& [prefix, uri] : bindings_)
                text += "<ns-binding" + attribute("prefix", prefix) + attribute("urn", uri) + "/>";
            text += "</ns-bindings>";
        }
        return text + inside + "</filter-set>\n";
    }

private:
    static std::string attribute(std::string_view name, std::string_view value) {
        return " " + std::string(name) + "=\"" + xml_escaped(value) + "\"";
    }
    static std::string element(std::string_view name,
                               const std::string& attributes,
                               const std::string& value) {
        return "<" + std::string(name) + attributes + ">" + xml_escaped(value) + "</" +
               std::string(name) + ">";
    }
    std::string filter(const FilterChange& change) {
        const auto& filter = change.filter;
        std::string text = "<filter" + attribute("id", filter.id);
        if (filter.of == Filter::Of::uri) text += attribute("uri", filter.target);
        if (filter.of == Filter::Of::domain) text += attribute("domain", filter.target);
        if (change.remove) text += " remove=\"true\"";
        if (!filter.enabled) text += " enabled=\"false\"";
        text += '>';
        if (filter.what) {
            text += "<what>";
            for (const auto& one : filter.what->includes) text += selection("include", one);
            for (const auto& one : filter.what->excludes) text += selection("exclude", one);
            text += "</what>";
        }
        for (const auto& one : filter.triggers) text += trigger(one);
        return text + "</filter>";
    }
    std::string selection(std::string_view name, const Selection& selection) {
        if (!selection.namespace_uri.empty())
            return element(name, " type=\"namespace\"", selection.namespace_uri);
        return element(name, {}, filter_path_text(selection.path, bindings_));
    }
    std::string trigger(const Trigger& trigger) {
        std::string text = "<trigger>";
        for (const auto& one : trigger.changed) {
            std::string attributes;
            if (one.from) attributes += attribute("from", *one.from);
            if (one.to) attributes += attribute("to", *one.to);
            if (one.by) attributes += attribute("by", number(*one.by));
            text += element("changed", attributes, filter_path_text(one.path, bindings_));
        }
        for (const auto& one : trigger.added)
            text += element("added", {}, filter_path_text(one, bindings_));
        for (const auto& one : trigger.removed)
            text += element("removed", {}, filter_path_text(one, bindings_));
        return text + "</trigger>";
    }
    // xs:decimal has no exponent.
    static std::string number(double value) {
        char text[512];
        const auto written =
            std::to_chars(text, text + sizeof text, value, std::chars_format::fixed);
        return {text, written.ptr};
    }

    PrefixBindings bindings_;
};

}  // namespace

Result<FilterSet, std::string> read_filter_set(std::string_view text) {
    pugi::xml_document document;
    if (auto read = read_strictly(text, document, kFilterDocument); !read)
        return failure(std::move(read.error()));
    return Reader().read(document.document_element());
}

std::string filter_set_text(const FilterSet& set) { return Writer().write(set); }

}  // namespace imslab::presence
