// RFC 5875 §4.4 (what is subscribed to), §4.6, §4.7 (what is told); RFC 5874 §3 (how it is
// written).
#include "as/xdm/xcap_diff.h"

#include <nlohmann/json.hpp>

#include "as/xdm/xcap_uri.h"
#include "core/xml_escape.h"
#include "http/uri.h"
#include "sip/headers.h"

namespace imslab::xdm {

namespace {

constexpr const char* kType = "application/xcap-diff+xml";
constexpr const char* kListType = "application/resource-lists+xml";
constexpr std::string_view kLists = "urn:ietf:params:xml:ns:resource-lists";
constexpr std::uint32_t kDefaultExpires = 3600;  // RFC 5875 §4.5
constexpr std::size_t kMostSelections = 200;

std::string attribute(std::string_view name, std::string_view value) {
    return " " + std::string(name) + "=\"" + xml_escaped(value) + "\"";
}

// RFC 4825 §6.1: relative to the root, or a whole URL of it.
std::string target_of(const std::string& uri, const XcapSettings& settings) {
    if (uri.starts_with("http://") || uri.starts_with("https://") || uri.starts_with('/'))
        return uri;
    return settings.root + "/" + uri;
}

sip::Notifier::Settings notifier_settings(const as::Services& services,
                                          const std::string& enabler) {
    sip::Notifier::Settings settings;
    settings.package = "xcap-diff";
    settings.contact = "<" + services.own_uri(enabler) + ">";
    settings.default_expires = kDefaultExpires;
    return settings;
}

}  // namespace

XcapDiff::XcapDiff(as::Services& services,
                   const DocumentStore& store,
                   const XcapSettings& settings,
                   const std::string& enabler)
    : services_(services),
      store_(store),
      settings_(settings),
      notifier_(notifier_settings(services, enabler),
                *this,
                {services.proxy(),
                 services.entropy(),
                 [&services](std::string_view uri) { return services.flow_to(uri); },
                 [&services](std::string_view call_id, std::string text) {
                     services.log(LogLevel::info, call_id, "RFC 5875 §4.7", std::move(text));
                 }}) {}

nlohmann::ordered_json XcapDiff::state() const { return notifier_.state(); }

// ---- subscribing

void XcapDiff::on_request(sip::ServerId id, const as::ServiceRequest& request) {
    auto& proxy = services_.proxy();
    const auto& message = request.message;
    if (message.method() != sip::Method::subscribe) return proxy.respond(id, 405);
    if (!sip::equals_ignoring_case(sip::event_package(message), "xcap-diff"))
        return proxy.respond(id, sip::bad_event(message, "xcap-diff"));
    if (!request.trusted || request.asserted.empty()) return proxy.respond(id, 403);
    if (message.has(sip::HeaderId::accept) && !sip::accepts(message, kType))
        return proxy.respond(id, 406);
    auto selections = selections_in(message);
    if (!selections) return proxy.respond(id, selections.error());
    auto watching = std::make_unique<Watching>();
    watching->selections = std::move(*selections);
    notifier_.subscribe(id,
                        message,
                        "documents",
                        request.asserted,
                        sip::SubscriptionEvent::accepted,
                        std::move(watching));
}

bool XcapDiff::on_request_in_dialog(sip::ServerId id, const sip::Message& request) {
    return request.method() == sip::Method::subscribe && notifier_.on_subscribe_inside(id, request);
}

// §4.4: the list may be another one from now on.
Result<void, sip::Message> XcapDiff::on_refresh(sip::Subscription& subscription,
                                                const sip::Message& request) {
    if (request.body().empty()) return {};
    auto selections = selections_in(request);
    if (!selections) return failure(sip::Message::response_to(request, selections.error()));
    static_cast<Watching&>(*subscription.context).selections = std::move(*selections);
    return {};
}

Result<std::vector<XcapDiff::Selected>, int> XcapDiff::selections_in(
    const sip::Message& request) const {
    const auto type = request.get(sip::HeaderId::content_type);
    if (request.body().empty()) return failure(400);
    if (!type || http::media_type(*type) != kListType) return failure(415);
    const auto tree = DocumentTree::parse(request.body(), settings_.xml);
    if (!tree) return failure(400);
    std::vector<Selected> selections;
    for (std::uint32_t element = 0; element < tree->size(); ++element) {
        if (tree->name(element) != ExpandedName{kLists, "entry"}) continue;
        const auto uri = tree->value(element, "uri");
        auto one = uri ? selected(*uri) : std::nullopt;
        if (!one) return failure(400);
        if (selections.size() >= kMostSelections) return failure(413);
        selections.push_back(std::move(*one));
    }
    if (selections.empty()) return failure(400);
    return selections;
}

std::optional<XcapDiff::Selected> XcapDiff::selected(const std::string& uri) const {
    Selected one;
    one.uri = uri;
    const auto target = target_of(uri, settings_);
    one.is_collection = uri.ends_with('/');
    // A collection is read as a document of it would be.
    auto parsed = parse_xcap_uri(target + (one.is_collection ? "x" : ""), settings_.root);
    if (!parsed && one.is_collection) {
        one.all_users = true;
        parsed = parse_xcap_uri(target + "users/x/x", settings_.root);
    }
    if (!parsed) return std::nullopt;
    const auto* usage = find_usage(parsed->document.auid);
    if (usage == nullptr) return std::nullopt;
    if (parsed->has_node) {
        auto selector = NodeSelector::parse(parsed->node, parsed->query, usage->default_namespace);
        if (!selector || selector->terminal == NodeSelector::Terminal::namespaces)
            return std::nullopt;
        one.selector = std::move(*selector);
    }
    one.where = std::move(parsed->document);
    if (one.is_collection) one.where.name.clear();
    return one;
}

// ---- telling

void XcapDiff::changed(const DocumentPath& path) {
    std::vector<sip::SubscriptionId> concerned;
    notifier_.for_each([&](const sip::Subscription& subscription) {
        const auto& watching = static_cast<const Watching&>(*subscription.context);
        for (const auto& selection : watching.selections) {
            if (concerns(selection, path)) return concerned.push_back(subscription.id);
        }
    });
    for (const auto id : concerned) {
        auto* subscription = notifier_.find(id);
        // What cannot be told now is told as a whole later: what is known must not move.
        if (!notifier_.may_tell_now(*subscription)) {
            notifier_.tell(id);
            continue;
        }
        std::string news;
        for (auto& selection : static_cast<Watching&>(*subscription->context).selections) {
            if (concerns(selection, path))
                news += news_of(selection, subscription->subscriber, false);
        }
        if (!news.empty()) notifier_.tell(id, document(news));
    }
}

bool XcapDiff::concerns(const Selected& selection, const DocumentPath& path) {
    if (selection.where.auid != path.auid) return false;
    if (selection.all_users) return true;
    if (selection.where.xui != path.xui) return false;
    return selection.is_collection || selection.where.name == path.name;
}

sip::EventDocument XcapDiff::whole_state(sip::Subscription& subscription) {
    std::string news;
    for (auto& selection : static_cast<Watching&>(*subscription.context).selections)
        news += news_of(selection, subscription.subscriber, true);
    return document(news);
}

sip::EventDocument XcapDiff::document(const std::string& content) const {
    return {kType,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xcap-diff "
            "xmlns=\"urn:ietf:params:xml:ns:xcap-diff\"" +
                attribute("xcap-root", settings_.root_uri) + ">" + content + "</xcap-diff>\n"};
}

std::string XcapDiff::news_of(Selected& selection,
                              const std::string& subscriber,
                              bool whole) const {
    return selection.selector ? news_of_component(selection, subscriber, whole)
                              : news_of_documents(selection, subscriber, whole);
}

// RFC 5874 §3: created has a new tag, changed both, removed the old one.
std::string XcapDiff::news_of_documents(Selected& selection,
                                        const std::string& subscriber,
                                        bool whole) const {
    const auto& usage = *find_usage(selection.where.auid);
    std::map<DocumentPath, std::string> now;
    const auto take = [&](const DocumentPath& path) {
        const auto* document = store_.find(path);
        if (document != nullptr && settings_.access.may_read(usage, path, {subscriber}))
            now[path] = document->etag;
    };
    if (!selection.is_collection) {
        take(selection.where);
    } else if (selection.all_users) {
        for (const auto& path : store_.list(usage.auid)) take(path);
    } else {
        for (const auto& path : store_.list(usage.auid, selection.where.xui)) take(path);
    }
    std::string news;
    const auto tell = [&](const DocumentPath& path, const std::string& attributes) {
        const auto sel = selection.is_collection ? selector_of(path).substr(1) : selection.uri;
        news += "<document" + attribute("sel", sel) + attributes + "/>";
    };
    for (const auto& [path, tag] : now) {
        const auto known = selection.tags.find(path);
        if (known == selection.tags.end())
            tell(path, attribute("new-etag", tag));
        else if (known->second != tag)
            tell(path, attribute("new-etag", tag) + attribute("previous-etag", known->second));
        else if (whole)
            tell(path, attribute("new-etag", tag));
    }
    for (const auto& [path, tag] : selection.tags) {
        if (!now.contains(path)) tell(path, attribute("previous-etag", tag));
    }
    selection.tags = std::move(now);
    return news;
}

// §4.7: what exists with its content; what was told of and is gone, as such.
std::string XcapDiff::news_of_component(Selected& selection,
                                        const std::string& subscriber,
                                        bool whole) const {
    const auto& usage = *find_usage(selection.where.auid);
    const auto& selector = *selection.selector;
    const bool is_attribute = selector.terminal == NodeSelector::Terminal::attribute;
    std::optional<std::string> now;
    const auto* document = store_.find(selection.where);
    if (document != nullptr && settings_.access.may_read(usage, selection.where, {subscriber})) {
        const auto tree = DocumentTree::parse(document->body, settings_.xml);
        const auto element = tree ? select(*tree, selector, selector.steps.size()) : std::nullopt;
        if (element && !is_attribute) now = standing_alone(*tree, *element);
        const auto found = element && is_attribute
                               ? tree->find_attribute(
                                     *element, {selector.attribute_space, selector.attribute_local})
                               : DocumentTree::kNone;
        if (found != DocumentTree::kNone) now = xml_escaped(tree->value(found));
    }
    if (!whole && now == selection.content) return {};
    const bool gone = !now && selection.content;
    selection.content = now;
    const std::string name = is_attribute ? "attribute" : "element";
    if (gone)
        return "<" + name + attribute("sel", selection.uri) + attribute("exists", "false") + "/>";
    if (!now) return {};
    return "<" + name + attribute("sel", selection.uri) + ">" + *now + "</" + name + ">";
}

}  // namespace imslab::xdm
