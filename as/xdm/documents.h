// The XML documents of users and of everybody (RFC 4825), as the other enablers of the process see
// them: presence reads its rules and lists here and hears of every change. All on the node's
// thread.
#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace imslab::xdm {

// RFC 4825 §6.2: …/AUID/users/XUI/name or …/AUID/global/name.
struct DocumentPath {
    std::string auid;
    std::string xui;   // a canonical public identity; empty: the global tree
    std::string name;  // "index", "folder/index"

    auto operator<=>(const DocumentPath&) const = default;
};

struct Document {
    std::string etag;  // without quotes
    std::string body;  // well-formed, valid for its application usage
    std::string content_type;
};

class Documents {
public:
    virtual ~Documents() = default;

    // What is stored; nullptr: no such document. Valid until the next event of the node.
    virtual const Document* find(const DocumentPath& path) const = 0;
    // All documents of an application usage, ordered; of one user if `xui` is given.
    virtual std::vector<DocumentPath> list(std::string_view auid,
                                           std::optional<std::string_view> xui = {}) const = 0;

    // Called after each change has been stored: find() has the new document, or none any more.
    using Watch = std::function<void(const DocumentPath&)>;
    virtual void watch(Watch watch) = 0;

    // Puts a document there, or removes it (nullopt); its etag is made here. `on_stored` is called
    // once that is durable, with a sentence if it is not to be. Schemas are the caller's concern.
    using OnStored = std::function<void(Result<void, std::string>)>;
    virtual void store(DocumentPath path,
                       std::optional<Document> document,
                       OnStored on_stored = {}) = 0;

    // Reads and writes in one turn, so that nobody's change in between is lost. `edit` says what
    // becomes of what is there (nullptr: nothing is); nullopt: it stays as it is.
    using Edit = std::function<std::optional<Document>(const Document* current)>;
    virtual void update(DocumentPath path, Edit edit, OnStored on_stored = {}) {
        auto document = edit(find(path));
        if (document) return store(std::move(path), std::move(document), std::move(on_stored));
        if (on_stored) on_stored({});
    }
};

}  // namespace imslab::xdm
