// RFC 4826 §3.1 (lists), §3.4.5 (references), §4.1 (the list of a service).
#include "as/presence/resource_lists.h"

#include <map>
#include <set>

#include "as/presence/strict_xml.h"
#include "sip/params.h"
#include "sip/uri.h"

namespace imslab::presence {

namespace {

constexpr std::size_t kMostEntries = 10'000;
constexpr unsigned kDeepest = 8;  // references to lists that refer to lists

std::string unescaped_percent(std::string_view text) {
    return sip::unescape(text).value_or(std::string(text));
}

class Collector {
public:
    Collector(const xdm::Documents& documents, std::string_view owner)
        : documents_(documents), owner_(owner) {}

    void list(const pugi::xml_node& node, unsigned depth) {
        if (depth > kDeepest) return;
        // again only from nearer than before: lists may refer to one another, and to themselves
        const auto [walked, first] = nearest_.try_emplace(node, depth);
        if (!first && walked->second <= depth) return;
        walked->second = depth;
        for (const auto& child : node.children()) {
            const std::string_view name = child.name();
            if (name == "rl:entry") {
                add(child);
            } else if (name == "rl:list") {
                list(child, depth + 1);
            } else if (name == "rl:external") {
                external(child.attribute("anchor").value(), depth + 1);
            } else if (name == "rl:entry-ref") {
                reference(child.attribute("ref").value());
            }
        }
    }
    std::vector<ListEntry> take() { return std::move(entries_); }

    void external(std::string_view uri, unsigned depth) {
        const auto anchor = read_list_anchor(uri);
        // a list of somebody else is none of this user's to use
        if (!anchor || anchor->document.xui != owner_ || depth > kDeepest) return;
        if (const auto node = open(*anchor)) list(node, depth);
    }
    // The list that the anchor names; null: there is none.
    pugi::xml_node open(const ListAnchor& anchor) {
        auto node = document_at(anchor.document).document_element();
        if (std::string_view(node.name()) != "rl:resource-lists") return {};
        for (const auto& name : anchor.names) {
            node = node.find_child([&](const pugi::xml_node& child) {
                return std::string_view(child.name()) == "rl:list" &&
                       name == child.attribute("name").value();
            });
        }
        return node;
    }

private:
    // Read once; empty: there is none that can be read.
    const pugi::xml_document& document_at(const xdm::DocumentPath& path) {
        const auto [opened, first] = opened_.try_emplace(path);
        auto& document = opened->second;
        if (!first) return document;
        const auto* stored = documents_.find(path);
        if (stored == nullptr || !read_strictly(stored->body, document, kListDocument))
            document.reset();
        return document;
    }
    // The first entry of each URI that stands in the list itself.
    using Entries = std::map<std::string, pugi::xml_node>;
    const Entries& by_uri(const pugi::xml_node& list) {
        const auto [known, first] = by_uri_.try_emplace(list);
        if (!first) return known->second;
        for (const auto& child : list.children("rl:entry")) {
            if (auto uri = sip::canonical_identity(child.attribute("uri").value()))
                known->second.emplace(*std::move(uri), child);
        }
        return known->second;
    }
    void add(const pugi::xml_node& entry) {
        const auto uri = sip::canonical_identity(entry.attribute("uri").value());
        if (!uri || entries_.size() >= kMostEntries || !known_.insert(*uri).second) return;
        entries_.push_back({*uri, entry.child("rl:display-name").text().get()});
    }
    // RFC 4826 §3.4.5: a path below the XCAP root: resource-lists/users/sip:a@h/index/~~/…/entry[…]
    void reference(std::string_view path) {
        auto text = unescaped_percent(path);
        const auto entry = text.rfind("/entry[@uri=");
        if (entry == std::string::npos) return;
        const auto open_quote = text.find_first_of("\"'", entry);
        const auto close = open_quote == text.npos ? text.npos
                                                   : text.find(text[open_quote], open_quote + 1);
        if (close == text.npos) return;
        const auto wanted =
            sip::canonical_identity(text.substr(open_quote + 1, close - open_quote - 1));
        const auto anchor = read_list_anchor("/" + text.substr(0, entry));
        if (!wanted || !anchor || anchor->document.xui != owner_) return;
        const auto& entries = by_uri(open(*anchor));
        if (const auto found = entries.find(*wanted); found != entries.end()) add(found->second);
    }

    const xdm::Documents& documents_;
    std::string owner_;
    std::map<xdm::DocumentPath, pugi::xml_document> opened_;
    std::map<pugi::xml_node, unsigned> nearest_;  // the depth at which a list was walked
    std::map<pugi::xml_node, Entries> by_uri_;
    std::set<std::string> known_;
    std::vector<ListEntry> entries_;
};

}  // namespace

std::optional<ListAnchor> read_list_anchor(std::string_view uri) {
    constexpr std::string_view kUsers = "/resource-lists/users/";
    const auto text = unescaped_percent(uri);
    const auto users = text.find(kUsers);
    if (users == std::string::npos) return std::nullopt;
    auto rest = std::string_view(text).substr(users + kUsers.size());
    const auto slash = rest.find('/');
    if (slash == rest.npos) return std::nullopt;
    ListAnchor anchor;
    anchor.document.auid = "resource-lists";
    const auto user = rest.substr(0, slash);
    anchor.document.xui = sip::canonical_identity(user).value_or(std::string(user));
    rest.remove_prefix(slash + 1);
    const auto node = rest.find("/~~");
    anchor.document.name = rest.substr(0, node);
    if (node == rest.npos) return anchor;
    rest.remove_prefix(node);
    constexpr std::string_view kList = "list[@name=";
    for (auto at = rest.find(kList); at != rest.npos; at = rest.find(kList)) {
        rest.remove_prefix(at + kList.size());
        if (rest.empty() || (rest[0] != '"' && rest[0] != '\'')) return std::nullopt;
        const auto close = rest.find(rest[0], 1);
        if (close == rest.npos) return std::nullopt;
        anchor.names.emplace_back(rest.substr(1, close - 1));
        rest.remove_prefix(close);
    }
    return anchor;
}

Result<std::vector<ListEntry>, std::string> entries_of(const xdm::Documents& documents,
                                                       const ListAnchor& anchor) {
    Collector collector(documents, anchor.document.xui);
    const auto node = collector.open(anchor);
    if (!node) return failure(std::string("there is no such resource list"));
    collector.list(node, 0);
    return collector.take();
}

Result<std::vector<ListEntry>, std::string> entries_in(const xdm::Documents& documents,
                                                       std::string_view owner,
                                                       std::string_view list_xml) {
    pugi::xml_document document;
    const auto text = "<rl:list xmlns:rl=\"" + std::string(namespace_of_prefix("rl")) + "\">" +
                      std::string(list_xml) + "</rl:list>";
    if (auto read = read_strictly(text, document, kListDocument); !read)
        return failure(std::move(read.error()));
    Collector collector(documents, owner);
    collector.list(document.document_element(), 0);
    return collector.take();
}

}  // namespace imslab::presence
