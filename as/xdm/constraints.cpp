// RFC 4826 §3.4.5, §4.4.5 and their likes.
#include "as/xdm/constraints.h"

#include <set>

#include "http/uri.h"
#include "sip/uri.h"

namespace imslab::xdm {

namespace {

using Kind = Conflict::Kind;
using Element = std::uint32_t;
constexpr auto kNone = DocumentTree::kNone;
constexpr std::string_view kResourceLists = "urn:ietf:params:xml:ns:resource-lists";

std::optional<Conflict> broken(std::string phrase) {
    return Conflict{Kind::constraint_failure, std::move(phrase), {}, {}};
}

// The node selector of an element, by positions: "a/b%5B2%5D"; prefixes stay as they are written.
std::string selector_of(const DocumentTree& tree, Element element) {
    const auto parent = tree.at(element).parent;
    const std::string name(tree.qualified_name(element));
    if (parent == kNone) return name;
    std::size_t position = 1;
    for (auto other = tree.at(parent).first_child; other != element;
         other = tree.at(other).next_sibling) {
        if (tree.qualified_name(other) == tree.qualified_name(element)) ++position;
    }
    return selector_of(tree, parent) + "/" + name + "%5B" + std::to_string(position) + "%5D";
}

Conflict::Exists exists(const DocumentTree& tree, Element element, std::string_view attribute) {
    return {selector_of(tree, element) + "/@" + std::string(attribute), {}};
}

template <class Each>
void each_child(const DocumentTree& tree, Element parent, Each each) {
    for (auto child = tree.at(parent).first_child; child != kNone;
         child = tree.at(child).next_sibling)
        each(child);
}

bool is_relative_reference(std::string_view uri) {
    const auto colon = uri.find(':');
    return !uri.empty() && uri.front() != '/' &&
           (colon == std::string_view::npos || uri.find('/') < colon);
}

bool is_http_uri(std::string_view uri) {
    return uri.starts_with("http://") || uri.starts_with("https://");
}

// The attribute by which the children of a list are told apart.
std::string_view key_of(std::string_view child) {
    if (child == "list") return "name";
    if (child == "entry") return "uri";
    if (child == "entry-ref") return "ref";
    if (child == "external") return "anchor";
    return {};
}

// One list and the lists in it.
std::optional<Conflict> list_conflict(const DocumentTree& tree, Element list) {
    std::set<std::pair<std::string, std::string>> seen;
    Conflict twice{Kind::uniqueness_failure, {}, {}, {}};
    std::optional<Conflict> found;
    each_child(tree, list, [&](Element child) {
        const auto name = tree.name(child);
        const auto key = key_of(name.local);
        if (found || name.space != kResourceLists || key.empty()) return;
        if (const auto value = tree.value(child, key)) {
            if (!seen.emplace(name.local, *value).second) {
                twice.exists.push_back(exists(tree, child, key));
                twice.phrase = "'" + *value + "' a second time";
            }
            if (name.local == "entry-ref" && !is_relative_reference(*value))
                found = broken("ref is '" + *value + "', which is no relative path");
            if (name.local == "external" && !is_http_uri(*value))
                found = broken("anchor is '" + *value + "', which is no absolute HTTP URI");
        }
        if (!found && name.local == "list") found = list_conflict(tree, child);
    });
    if (!found && !twice.exists.empty()) return twice;
    return found;
}

// sip:friends@home becomes sip:friends-2@home, or what is free after it.
std::string alternative(const std::string& uri, const std::set<std::string>& taken) {
    const auto at = uri.find('@');
    for (int number = 2;; ++number) {
        auto other = uri;
        other.insert(std::min(at, uri.size()), "-" + std::to_string(number));
        if (!taken.contains(other)) return other;
    }
}

std::string canonical(const std::string& uri) { return sip::canonical_identity(uri).value_or(uri); }

// A URI that names a service: nowhere else in the server, and nobody's own.
std::optional<Conflict> taken_uri(const Proposed& proposed,
                                  std::string_view element,
                                  std::string_view space) {
    std::set<std::string> taken;
    for (const auto& path : proposed.documents.list(proposed.path.auid)) {
        if (path == proposed.path || path.xui.empty()) continue;
        const auto* document = proposed.documents.find(path);
        const auto tree = document != nullptr ? DocumentTree::parse(document->body)
                                              : Result<DocumentTree, XmlFault>(failure(XmlFault{}));
        if (!tree) continue;
        each_child(*tree, tree->root(), [&](Element child) {
            if (const auto uri = tree->value(child, "uri")) taken.insert(canonical(*uri));
        });
    }
    Conflict conflict{Kind::uniqueness_failure, {}, {}, {}};
    const auto& tree = proposed.tree;
    each_child(tree, tree.root(), [&](Element child) {
        if (tree.name(child) != ExpandedName{space, element}) return;
        const auto uri = tree.value(child, "uri").value_or(std::string());
        if (taken.insert(canonical(uri)).second) return;
        auto one = exists(tree, child, "uri");
        one.alternatives.push_back(alternative(canonical(uri), taken));
        conflict.exists.push_back(std::move(one));
        conflict.phrase = uri + " is taken";
    });
    if (conflict.exists.empty()) return std::nullopt;
    return conflict;
}

// §4.4.5: an absolute URI into the same user's resource lists.
std::optional<Conflict> resource_list_uri_conflict(const DocumentPath& path,
                                                   const std::string& uri) {
    const auto target = is_http_uri(uri) ? http::target_of(uri) : std::nullopt;
    if (!target) return broken("resource-list is '" + uri + "', which is no absolute URI");
    const auto segments = http::segments_of(target->path);
    for (std::size_t i = 0; i < segments.size(); ++i) {
        if (segments[i] != "resource-lists") continue;
        if (path.xui.empty()) return std::nullopt;
        const bool users = i + 2 < segments.size() && segments[i + 1] == "users";
        const auto xui = users ? http::percent_decoded(segments[i + 2]) : std::nullopt;
        if (xui && canonical(*xui) == path.xui) return std::nullopt;
        return broken("resource-list is '" + uri + "', which is not in the tree of " + path.xui);
    }
    return broken("resource-list is '" + uri + "', which is in no resource-lists");
}

}  // namespace

std::optional<Conflict> resource_list_conflict(const Proposed& proposed) {
    return list_conflict(proposed.tree, proposed.tree.root());
}

std::optional<Conflict> rls_service_conflict(const Proposed& proposed) {
    constexpr std::string_view kServices = "urn:ietf:params:xml:ns:rls-services";
    if (auto conflict = taken_uri(proposed, "service", kServices)) return conflict;
    const auto& tree = proposed.tree;
    std::optional<Conflict> found;
    each_child(tree, tree.root(), [&](Element service) {
        each_child(tree, service, [&](Element part) {
            if (found || tree.name(part).space != kServices) return;
            if (tree.name(part).local == "resource-list")
                found = resource_list_uri_conflict(proposed.path, tree.character_data(part));
            if (tree.name(part).local == "list") found = list_conflict(tree, part);
        });
    });
    return found;
}

std::optional<Conflict> group_conflict(const Proposed& proposed) {
    constexpr std::string_view kGroups = "urn:oma:xml:poc:list-service";
    if (auto conflict = taken_uri(proposed, "list-service", kGroups)) return conflict;
    std::optional<Conflict> found;
    const auto& tree = proposed.tree;
    each_child(tree, tree.root(), [&](Element service) {
        each_child(tree, service, [&](Element part) {
            if (found || tree.name(part) != ExpandedName{kGroups, "list"}) return;
            std::set<std::string> seen;
            each_child(tree, part, [&](Element entry) {
                const auto uri = tree.value(entry, "uri");
                if (found || !uri || seen.insert(*uri).second) return;
                found = Conflict{Kind::uniqueness_failure,
                                 "'" + *uri + "' a second time",
                                 {},
                                 {exists(tree, entry, "uri")}};
            });
        });
    });
    return found;
}

// The profile is its owner's.
std::optional<Conflict> user_profile_conflict(const Proposed& proposed) {
    const auto& tree = proposed.tree;
    auto profile = tree.root();
    if (tree.name(profile).local == "user-profiles") profile = tree.at(profile).first_child;
    for (; profile != kNone; profile = tree.at(profile).next_sibling) {
        const auto uri = tree.value(profile, "uri").value_or(std::string());
        if (canonical(uri) != proposed.path.xui)
            return broken("uri is '" + uri + "', which is not " + proposed.path.xui);
    }
    return std::nullopt;
}

// RFC 4827 §7: the document is about the user in whose tree it lies.
std::optional<Conflict> presence_conflict(const Proposed& proposed) {
    auto entity = proposed.tree.value(proposed.tree.root(), "entity").value_or(std::string());
    auto identity = entity;
    if (identity.starts_with("pres:")) identity.replace(0, 5, "sip:");
    if (canonical(identity) == proposed.path.xui) return std::nullopt;
    return broken("entity is '" + entity + "', which is not " + proposed.path.xui);
}

// OMA IM XDM: what was said is the server's to write down. Its owner begins an empty list, and
// takes away what he likes.
std::optional<Conflict> history_conflict(const Proposed& proposed) {
    std::set<std::string, std::less<>> kept;
    if (const auto* current = proposed.documents.find(proposed.path)) {
        if (const auto tree = DocumentTree::parse(current->body)) {
            each_child(
                *tree, tree->root(), [&](Element history) { kept.emplace(tree->source(history)); });
        }
    }
    std::optional<Conflict> found;
    const auto& tree = proposed.tree;
    each_child(tree, tree.root(), [&](Element history) {
        if (tree.name(history).local == "history" && !kept.contains(tree.source(history)))
            found = broken("a history that the server has not written");
    });
    return found;
}

}  // namespace imslab::xdm
