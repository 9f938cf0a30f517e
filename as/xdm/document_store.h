// The documents of this server: all in memory, each change durable in the host's database before
// anybody hears of it. Changes of one document, or of a usage whose documents depend on each other,
// take turns. What the server computes itself is found here too.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "as/enabler.h"
#include "as/xdm/application_usage.h"
#include "as/xdm/documents.h"
#include "core/task.h"

namespace imslab::xdm {

// ---- what is asked of the host; one question is one transaction
struct PutDocument {
    DocumentPath path;
    Document document;
};
struct RemoveDocument {
    DocumentPath path;
};
using StoreRequest = std::variant<PutDocument, RemoveDocument>;
struct StoreAnswer {
    std::string error;  // what a person reads; empty: it is durable
};

struct StoredDocument {
    DocumentPath path;
    Document document;
};

class DocumentStore final : public Documents {
public:
    // `stored`: what the database held; `root`: the XCAP root URI's path.
    DocumentStore(as::Services& services, std::vector<StoredDocument> stored, std::string root);

    const Document* find(const DocumentPath& path) const override;
    std::vector<DocumentPath> list(std::string_view auid,
                                   std::optional<std::string_view> xui = {}) const override;
    void watch(Watch watch) override { watches_.push_back(std::move(watch)); }
    void store(DocumentPath path, std::optional<Document> document, OnStored on_stored) override;
    void update(DocumentPath path, Edit edit, OnStored on_stored) override;

    // Runs `start` when it is its turn; it calls end_turn() once, now or later.
    void take_turn(const DocumentPath& path, std::function<void()> start);
    void end_turn(const DocumentPath& path);
    // Within a turn: stores it, tells the watchers. A sentence if the database would not.
    Task<Result<void, std::string>> commit(DocumentPath path, std::optional<Document> document);

    std::string fresh_tag();
    std::size_t size() const { return documents_.size(); }

private:
    struct Turns {
        std::deque<std::function<void()>> waiting;
        bool taken = false, running = false;
    };
    static DocumentPath turn_of(const DocumentPath& path);
    void run_turns(const DocumentPath& key);
    Task<void> store_in_turn(DocumentPath path,
                             std::optional<Document> document,
                             OnStored on_stored);
    void tell(const DocumentPath& path);
    const Document* computed(const DocumentPath& path) const;
    std::string capabilities() const;
    std::string services_of_all() const;  // RFC 4826 §4.4.8
    std::string directory_of(const std::string& xui) const;

    as::Services& services_;
    const std::string root_;
    std::map<DocumentPath, Document> documents_;
    std::vector<Watch> watches_;
    std::map<DocumentPath, Turns> turns_;
    mutable std::map<DocumentPath, Document> computed_;
};

// The element with the namespace declarations that it has from around it: it can stand alone.
std::string standing_alone(const DocumentTree& tree, std::uint32_t element);

}  // namespace imslab::xdm
