// RFC 4825 §8.1 to §8.5.
#include "as/xdm/xcap_server.h"

#include <algorithm>

#include "as/xdm/document_edit.h"
#include "core/xml_escape.h"
#include "http/conditions.h"

namespace imslab::xdm {

namespace {

using Kind = Conflict::Kind;
using Terminal = NodeSelector::Terminal;

constexpr std::string_view kElement = "application/xcap-el+xml";
constexpr std::string_view kAttribute = "application/xcap-att+xml";
constexpr std::string_view kNamespaces = "application/xcap-ns+xml";

http::Response refusal(int status, std::string sentence) {
    return http::Response::of(status, "text/plain; charset=utf-8", std::move(sentence) + "\n");
}

http::Response not_allowed(std::string methods) {
    auto response = refusal(405, "allowed here: " + methods);
    response.fields.add("Allow", std::move(methods));
    return response;
}

http::Response conflict(Kind kind, std::string phrase, std::string ancestor = {}) {
    return to_response(Conflict{kind, std::move(phrase), std::move(ancestor), {}});
}

http::Response conflict_of(const XmlFault& fault, Kind otherwise) {
    const auto kind = fault.not_utf8       ? Kind::not_utf_8
                      : fault.beyond_limit ? Kind::constraint_failure
                                           : otherwise;
    return conflict(kind, fault.what + " at octet " + std::to_string(fault.offset));
}

// §9: nobody in between keeps what its owner may change at any time.
void describe(http::Response& response, const std::string& etag) {
    response.fields.set("ETag", http::quoted_tag(etag));
    response.fields.set("Cache-Control", "no-cache");
}

bool has_type(const http::Request& request, std::string_view type) {
    return http::media_type(request.fields.get("Content-Type").value_or("")) == type;
}

// An AttValue as it is sent, in its quotes (XML 1.0, section 2.3); nullopt: it is none.
std::optional<std::string_view> unquoted_value(std::string_view body) {
    while (!body.empty() && (body.back() == '\n' || body.back() == '\r')) body.remove_suffix(1);
    if (body.size() < 2 || (body.front() != '"' && body.front() != '\'') ||
        body.back() != body.front())
        return std::nullopt;
    const auto value = body.substr(1, body.size() - 2);
    if (value.find(body.front()) != std::string_view::npos || !is_attribute_content(value))
        return std::nullopt;
    return value;
}

// §10: the element's name with all namespaces that are bound there.
std::string namespaces_of(const DocumentTree& tree, std::uint32_t element) {
    std::string text = "<" + std::string(tree.qualified_name(element));
    for (const auto& [prefix, space] : tree.bindings(element))
        text +=
            (prefix.empty() ? " xmlns" : " xmlns:" + prefix) + "=\"" + xml_escaped(space) + "\"";
    return text + "/>";
}

}  // namespace

struct XcapServer::Job {
    http::Request request;
    XcapUri uri;
    const ApplicationUsage* usage = nullptr;
    std::optional<NodeSelector> selector;
    Answer answer;
};

// ---- §8: the resource, then whether the client may

void XcapServer::handle(http::Request request, std::vector<std::string> identities, Answer answer) {
    auto uri = parse_xcap_uri(request.target, settings_.root);
    if (!uri) return answer(refusal(400, uri.error()));
    const auto* usage = find_usage(uri->document.auid);
    if (usage == nullptr) return answer(refusal(404, "no application usage " + uri->document.auid));
    const bool reads = request.method == "GET" || request.method == "HEAD";
    const bool writes = request.method == "PUT" || request.method == "DELETE";
    if (!reads && !writes) return answer(not_allowed("GET, HEAD, PUT, DELETE"));
    const auto& access = settings_.access;
    if (reads ? !access.may_read(*usage, uri->document, identities)
              : !access.may_write(*usage, uri->document, identities)) {
        services_.log(LogLevel::info,
                      {},
                      "RFC 4825 §5.7",
                      request.method + " of " + uri->selector + " is not for " +
                          (identities.empty() ? "nobody" : identities.front()));
        return answer(refusal(403, "that is another one's document"));
    }
    auto job = std::make_shared<Job>();
    job->usage = usage;
    if (uri->has_node) {
        auto selector = NodeSelector::parse(uri->node, uri->query, usage->default_namespace);
        if (!selector) return answer(refusal(400, selector.error()));
        // §8.2, §8.4: namespaces cannot be written.
        if (selector->terminal == Terminal::namespaces && writes)
            return answer(not_allowed("GET, HEAD"));
        job->selector = std::move(*selector);
    }
    job->request = std::move(request);
    job->uri = std::move(*uri);
    job->answer = std::move(answer);
    if (reads) {
        ++reads_;
        return job->answer(read(*job));
    }
    ++writes_;
    store_.take_turn(job->uri.document, [this, job] { services_.tasks().spawn(write(job)); });
}

// ---- §8.3

http::Response XcapServer::read(const Job& job) const {
    const auto* document = store_.find(job.uri.document);
    if (document == nullptr) return refusal(404, "no such document");
    if (const auto status = http::failed_condition(job.request, &document->etag)) {
        auto response = http::Response::of(*status);
        describe(response, document->etag);
        return response;
    }
    auto response = job.selector ? read_node(job, *document)
                                 : http::Response::of(200, document->content_type, document->body);
    if (response.status == 200) describe(response, document->etag);
    return response;
}

http::Response XcapServer::read_node(const Job& job, const Document& document) const {
    const auto tree = DocumentTree::parse(document.body, settings_.xml);
    const auto element =
        tree ? select(*tree, *job.selector, job.selector->steps.size()) : std::nullopt;
    if (!element) return refusal(404, "the document has no such element");
    switch (job.selector->terminal) {
        case Terminal::element:
            return http::Response::of(
                200, std::string(kElement), std::string(tree->source(*element)));
        case Terminal::namespaces:
            return http::Response::of(
                200, std::string(kNamespaces), namespaces_of(*tree, *element));
        case Terminal::attribute:
            break;
    }
    const auto found = tree->find_attribute(
        *element, {job.selector->attribute_space, job.selector->attribute_local});
    if (found == DocumentTree::kNone) return refusal(404, "the element has no such attribute");
    const auto& attribute = tree->attribute(found);
    return http::Response::of(
        200,
        std::string(kAttribute),
        std::string(tree->text().substr(attribute.value_begin - 1,
                                        attribute.value_end - attribute.value_begin + 2)));
}

// ---- §8.2, §8.4

Task<void> XcapServer::write(std::shared_ptr<Job> job) {
    auto decision = decide(*job);
    auto* change = std::get_if<Change>(&decision);
    if (change == nullptr) {
        store_.end_turn(job->uri.document);
        job->answer(std::get<http::Response>(std::move(decision)));
        co_return;
    }
    auto path = job->uri.document;
    const auto stored = co_await store_.commit(std::move(path), std::move(change->document));
    store_.end_turn(job->uri.document);
    if (stored) {
        job->answer(std::move(change->answer));
        co_return;
    }
    services_.log(LogLevel::error, {}, "RFC 4825 §8.2", "not stored: " + stored.error());
    auto response = refusal(503, "the database does not answer");
    response.fields.add("Retry-After", "5");
    job->answer(std::move(response));
}

XcapServer::Decision XcapServer::decide(const Job& job) {
    const auto* current = store_.find(job.uri.document);
    const bool puts = job.request.method == "PUT";
    if (!puts && current == nullptr) return refusal(404, "no such document");
    // §8.2.6: the tag is the document's. A conditional PUT that must create an element never does.
    if (const auto status =
            http::failed_condition(job.request, current != nullptr ? &current->etag : nullptr)) {
        auto response = refusal(*status, "the document is another one by now");
        if (current != nullptr) describe(response, current->etag);
        return response;
    }
    if (!puts) return remove(job, current);
    return job.selector ? put_node(job, current) : put_document(job, current);
}

XcapServer::Decision XcapServer::put_document(const Job& job, const Document* current) {
    const auto& usage = *job.usage;
    if (!has_type(job.request, usage.content_type))
        return refusal(415, "Content-Type must be " + std::string(usage.content_type));
    // §8.2.1: there are no folders within a user's, and none can be made.
    if (job.uri.in_subfolder) {
        auto home = job.uri.selector;
        for (auto folders =
                 std::count(job.uri.document.name.begin(), job.uri.document.name.end(), '/');
             folders >= 0;
             --folders)
            home.resize(home.rfind('/'));
        return conflict(Kind::no_parent, "there is no such folder", settings_.root + home + "/");
    }
    if (!usage.only_name.empty() && job.uri.document.name != usage.only_name)
        return conflict(Kind::constraint_failure,
                        "the document of this usage is called " + std::string(usage.only_name));
    const auto tree = DocumentTree::parse(job.request.body, settings_.xml);
    if (!tree) return conflict_of(tree.error(), Kind::not_well_formed);
    return changed(job, job.request.body, current == nullptr ? 201 : 200);
}

XcapServer::Decision XcapServer::put_node(const Job& job, const Document* current) {
    const bool of_element = job.selector->terminal == Terminal::element;
    const auto type = of_element ? kElement : kAttribute;
    if (!has_type(job.request, type))
        return refusal(415, "Content-Type must be " + std::string(type));
    if (current == nullptr) return conflict(Kind::no_parent, "no such document");
    const auto tree = DocumentTree::parse(current->body, settings_.xml);
    if (!tree) return refusal(500, "the document that is stored cannot be read");
    const auto base = settings_.root + job.uri.selector + "/~~/";
    Result<Edited, Conflict> edited{Edited{}};
    if (of_element) {
        edited = put_element(*tree, *job.selector, job.request.body, base, settings_.xml);
    } else {
        const auto value = unquoted_value(job.request.body);
        if (!value) {
            const auto whole = DocumentTree::parse("<a/>" + job.request.body, settings_.xml);
            const bool not_utf8 = !whole && whole.error().not_utf8;
            return conflict(not_utf8 ? Kind::not_utf_8 : Kind::not_xml_att_value,
                            "expected a value in quotes");
        }
        edited = put_attribute(*tree, *job.selector, *value, base, settings_.xml);
    }
    if (!edited) return to_response(edited.error());
    const int status = edited->created ? 201 : 200;
    return changed(job, std::move(edited->body), status);
}

XcapServer::Decision XcapServer::remove(const Job& job, const Document* current) {
    if (!job.selector) {
        Change change{std::nullopt, http::Response::of(200)};
        return change;
    }
    const auto tree = DocumentTree::parse(current->body, settings_.xml);
    const auto element =
        tree ? select(*tree, *job.selector, job.selector->steps.size()) : std::nullopt;
    if (!element) return refusal(404, "the document has no such element");
    if (job.selector->terminal == Terminal::element) {
        auto body = remove_element(*tree, *job.selector, *element, settings_.xml);
        if (!body) return to_response(body.error());
        return changed(job, std::move(*body), 200);
    }
    const auto attribute = tree->find_attribute(
        *element, {job.selector->attribute_space, job.selector->attribute_local});
    if (attribute == DocumentTree::kNone) return refusal(404, "the element has no such attribute");
    return changed(job, remove_attribute(*tree, attribute), 200);
}

// §8.2.5: it is what its usage wants, or nothing happens.
XcapServer::Decision XcapServer::changed(const Job& job, std::string body, int status) {
    const auto tree = DocumentTree::parse(body, settings_.xml);
    if (!tree) return conflict_of(tree.error(), Kind::constraint_failure);
    const Proposed proposed{job.uri.document, *tree, store_};
    if (const auto found = xdm::conflict_of(*job.usage, proposed)) return to_response(*found);
    Change change;
    change.answer = http::Response::of(status);
    auto tag = store_.fresh_tag();
    describe(change.answer, tag);
    change.document =
        Document{std::move(tag), std::move(body), std::string(job.usage->content_type)};
    return change;
}

}  // namespace imslab::xdm
