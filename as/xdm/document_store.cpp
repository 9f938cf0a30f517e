// RFC 4825 §8.5 (one entity tag for a document), §12 (capabilities), RFC 4826 §4.4.8 (the index).
#include "as/xdm/document_store.h"

#include <algorithm>
#include <utility>

#include "as/xdm/xcap_uri.h"
#include "core/xml_escape.h"

namespace imslab::xdm {

namespace {

constexpr std::size_t kTagOctets = 8;
constexpr std::string_view kHead = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::string_view kDirectory = "org.openmobilealliance.xcap-directory";

// Of what the server computes: the same content, the same tag (FNV-1a).
std::string tag_of(std::string_view text) {
    std::uint64_t hash = 14695981039346656037ULL;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    std::string tag;
    for (int shift = 60; shift >= 0; shift -= 4)
        tag += "0123456789abcdef"[hash >> static_cast<unsigned>(shift) & 15U];
    return tag;
}

}  // namespace

std::string standing_alone(const DocumentTree& tree, std::uint32_t element) {
    const auto bound = tree.bindings(element);
    std::string declarations;
    for (const auto& [prefix, space] : bound) {
        const auto name = prefix.empty() ? std::string("xmlns") : "xmlns:" + prefix;
        const auto& own = tree.at(element);
        bool declared = false;
        for (auto i = own.attributes_begin; i < own.attributes_end; ++i) {
            const auto& attribute = tree.attribute(i);
            declared = declared || tree.text().substr(attribute.begin, attribute.name_size) == name;
        }
        if (!declared) declarations += " " + name + "=\"" + xml_escaped(space) + "\"";
    }
    std::string text(tree.source(element));
    return text.insert(1 + tree.at(element).name_size, declarations);
}

DocumentStore::DocumentStore(as::Services& services,
                             std::vector<StoredDocument> stored,
                             std::string root)
    : services_(services), root_(std::move(root)) {
    for (auto& one : stored) documents_.emplace(std::move(one.path), std::move(one.document));
}

std::string DocumentStore::fresh_tag() { return services_.entropy().token(kTagOctets); }

const Document* DocumentStore::find(const DocumentPath& path) const {
    const auto found = documents_.find(path);
    return found != documents_.end() ? &found->second : computed(path);
}

std::vector<DocumentPath> DocumentStore::list(std::string_view auid,
                                              std::optional<std::string_view> xui) const {
    std::vector<DocumentPath> paths;
    DocumentPath from;
    from.auid = auid;
    from.xui = xui.value_or(std::string_view());
    for (auto at = documents_.lower_bound(from);
         at != documents_.end() && at->first.auid == auid && (!xui || at->first.xui == *xui);
         ++at)
        paths.push_back(at->first);
    return paths;
}

// ---- changes

// What must be unique in all documents of a usage is looked at in one turn.
DocumentPath DocumentStore::turn_of(const DocumentPath& path) {
    const auto* usage = find_usage(path.auid);
    return usage != nullptr && usage->unique_in_server ? DocumentPath{path.auid, {}, {}} : path;
}

void DocumentStore::take_turn(const DocumentPath& path, std::function<void()> start) {
    const auto key = turn_of(path);
    turns_[key].waiting.push_back(std::move(start));
    run_turns(key);
}

void DocumentStore::end_turn(const DocumentPath& path) {
    const auto key = turn_of(path);
    turns_[key].taken = false;
    run_turns(key);
}

// Who ends his turn at once, or takes another one within it, comes back to this loop.
void DocumentStore::run_turns(const DocumentPath& key) {
    auto& turns = turns_[key];
    if (std::exchange(turns.running, true)) return;
    while (!turns.taken && !turns.waiting.empty()) {
        turns.taken = true;
        const auto start = std::move(turns.waiting.front());
        turns.waiting.pop_front();
        start();
    }
    turns.running = false;
    if (!turns.taken) turns_.erase(key);
}

Task<Result<void, std::string>> DocumentStore::commit(DocumentPath path,
                                                      std::optional<Document> document) {
    StoreRequest request = RemoveDocument{path};
    if (document) request = PutDocument{path, *document};
    const auto answer = co_await services_.asks().ask<StoreAnswer>(std::move(request));
    if (!answer) co_return failure(answer.error().reason);
    if (!answer->error.empty()) co_return failure(answer->error);
    if (document)
        documents_.insert_or_assign(path, *std::move(document));
    else
        documents_.erase(path);
    tell(path);
    co_return Result<void, std::string>();
}

void DocumentStore::tell(const DocumentPath& path) {
    const bool in_index = path.auid == "rls-services" && !path.xui.empty() && path.name == "index";
    if (in_index) computed_.erase(DocumentPath{path.auid, {}, "index"});
    for (const auto& watch : watches_) watch(path);
    if (!in_index) return;
    for (const auto& watch : watches_) watch(DocumentPath{path.auid, {}, "index"});
}

void DocumentStore::store(DocumentPath path, std::optional<Document> document, OnStored on_stored) {
    take_turn(path, [this, path, document = std::move(document), on_stored = std::move(on_stored)] {
        services_.tasks().spawn(store_in_turn(path, document, on_stored));
    });
}

void DocumentStore::update(DocumentPath path, Edit edit, OnStored on_stored) {
    take_turn(path, [this, path, edit = std::move(edit), on_stored = std::move(on_stored)] {
        auto document = edit(find(path));
        if (document)
            return services_.tasks().spawn(store_in_turn(path, std::move(document), on_stored));
        end_turn(path);
        if (on_stored) on_stored({});
    });
}

Task<void> DocumentStore::store_in_turn(DocumentPath path,
                                        std::optional<Document> document,
                                        OnStored on_stored) {
    if (document) document->etag = fresh_tag();
    auto stored = co_await commit(path, std::move(document));
    end_turn(path);
    if (on_stored) on_stored(std::move(stored));
}

// ---- what the server makes itself

const Document* DocumentStore::computed(const DocumentPath& path) const {
    const bool index = path.xui.empty() && path.name == "index";
    std::string body;
    if (path.auid == kDirectory && !path.xui.empty() && path.name == "directory.xml") {
        body = directory_of(path.xui);
    } else if (index && (path.auid == "xcap-caps" || path.auid == "rls-services")) {
        if (const auto known = computed_.find(path); known != computed_.end())
            return &known->second;
        body = path.auid == "xcap-caps" ? capabilities() : services_of_all();
    } else {
        return nullptr;
    }
    auto tag = tag_of(body);
    Document document{
        std::move(tag), std::move(body), std::string(find_usage(path.auid)->content_type)};
    return &computed_.insert_or_assign(path, std::move(document)).first->second;
}

std::string DocumentStore::capabilities() const {
    std::string auids, namespaces;
    std::vector<std::string_view> seen;
    for (const auto& usage : application_usages()) {
        auids += "<auid>" + std::string(usage.auid) + "</auid>";
        auto rest = usage.namespaces;
        while (!rest.empty()) {
            const auto one = rest.substr(0, rest.find(' '));
            rest.remove_prefix(std::min(one.size() + 1, rest.size()));
            if (std::find(seen.begin(), seen.end(), one) != seen.end()) continue;
            seen.push_back(one);
            namespaces += "<namespace>" + std::string(one) + "</namespace>";
        }
    }
    return std::string(kHead) + "<xcap-caps xmlns=\"urn:ietf:params:xml:ns:xcap-caps\"><auids>" +
           auids + "</auids><extensions/><namespaces>" + namespaces + "</namespaces></xcap-caps>";
}

std::string DocumentStore::services_of_all() const {
    std::string services;
    for (const auto& [path, document] : documents_) {
        if (path.auid != "rls-services" || path.xui.empty() || path.name != "index") continue;
        const auto tree = DocumentTree::parse(document.body);
        if (!tree) continue;
        for (auto child = tree->at(tree->root()).first_child; child != DocumentTree::kNone;
             child = tree->at(child).next_sibling)
            services += standing_alone(*tree, child);
    }
    return std::string(kHead) + "<rls-services xmlns=\"urn:ietf:params:xml:ns:rls-services\">" +
           services + "</rls-services>";
}

std::string DocumentStore::directory_of(const std::string& xui) const {
    std::string folders;
    for (const auto& usage : application_usages()) {
        std::string entries;
        for (const auto& path : list(usage.auid, xui)) {
            const auto& document = documents_.at(path);
            entries += "<entry uri=\"" + xml_escaped(root_ + selector_of(path)) + "\" etag=\"" +
                       document.etag + "\" size=\"" + std::to_string(document.body.size()) + "\"/>";
        }
        if (!entries.empty())
            folders += "<folder auid=\"" + std::string(usage.auid) + "\">" + entries + "</folder>";
    }
    return std::string(kHead) + "<xcap-directory xmlns=\"urn:oma:xml:xdm:xcap-directory\">" +
           folders + "</xcap-directory>";
}

}  // namespace imslab::xdm
