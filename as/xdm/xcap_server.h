// XCAP (RFC 4825 §8): what a request does to documents, elements and attributes, for somebody whose
// identity is known.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "as/xdm/access.h"
#include "as/xdm/document_store.h"
#include "as/xdm/node_selector.h"
#include "as/xdm/xcap_uri.h"
#include "http/message.h"

namespace imslab::xdm {

struct XcapSettings {
    std::string root;      // the path of the XCAP root URI, without a slash at its end
    std::string root_uri;  // all of it, with a slash; empty: made of the server's name
    XmlLimits xml;
    Access access;
};

class XcapServer {
public:
    using Answer = std::function<void(http::Response)>;

    XcapServer(as::Services& services, DocumentStore& store, XcapSettings settings)
        : services_(services), store_(store), settings_(std::move(settings)) {}

    // `identities`: of who asks, canonical. The answer comes once, now or later.
    void handle(http::Request request, std::vector<std::string> identities, Answer answer);

    const XcapSettings& settings() const { return settings_; }
    std::uint64_t reads() const { return reads_; }
    std::uint64_t writes() const { return writes_; }

private:
    struct Job;
    // What a write comes to: an answer at once, or a change and the answer when it is durable.
    struct Change {
        std::optional<Document> document;  // nullopt: removed
        http::Response answer;
    };
    using Decision = std::variant<http::Response, Change>;

    http::Response read(const Job& job) const;
    http::Response read_node(const Job& job, const Document& document) const;
    Task<void> write(std::shared_ptr<Job> job);
    Decision decide(const Job& job);
    Decision put_document(const Job& job, const Document* current);
    Decision put_node(const Job& job, const Document* current);
    Decision remove(const Job& job, const Document* current);
    Decision changed(const Job& job, std::string body, int status);

    as::Services& services_;
    DocumentStore& store_;
    XcapSettings settings_;
    std::uint64_t reads_ = 0, writes_ = 0;
};

}  // namespace imslab::xdm
