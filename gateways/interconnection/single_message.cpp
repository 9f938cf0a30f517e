// RFC 7572 §4, §5, §7, §8; RFC 7573 §6, §7; RFC 7247 §8 (loops).
#include "gateways/interconnection/single_message.h"

#include <algorithm>

#include "as/messaging/body_parts.h"
#include "as/messaging/cpim.h"
#include "as/messaging/is_composing.h"
#include "sip/headers.h"
#include "xmpp/characters.h"

namespace imslab::interconnection {

using sip::HeaderId;
using xmpp::Condition;
using xmpp::Element;
using xmpp::StanzaError;

namespace {

constexpr std::uint32_t kMaxForwards = 70;
constexpr std::string_view kImdnType = "message/imdn+xml";

SipRefusal refusal(int status, std::string why) { return {status, std::move(why), {}}; }

// UTF-8 and what is part of it; SIP's default is UTF-8 (RFC 3261 §7.4.1).
bool is_utf8_charset(std::string_view content_type) {
    const auto semicolon = content_type.find(';');
    if (semicolon == std::string_view::npos) return true;
    const auto charset = sip::Params(content_type.substr(semicolon + 1)).get("charset");
    if (!charset) return true;
    const auto name = sip::unquote(sip::trim(*charset));
    return sip::equals_ignoring_case(name, "utf-8") || sip::equals_ignoring_case(name, "us-ascii");
}

// What a body says: text, or one of the payloads that XMPP has for it.
struct Content {
    std::optional<std::string> text;
    std::optional<Element> payload;
};
using Read = Result<Content, SipRefusal>;

Read read_composing(std::string_view body) {
    const auto status = messaging::read_is_composing(body);
    if (!status) return failure(refusal(400, status.error()));
    // RFC 7573 §6, table 3.
    return Content{std::nullopt,
                   Element(status->active ? "composing" : "active", std::string(kChatStates))};
}

Read read_notification(std::string_view body) {
    const auto said = messaging::read_notification(body);
    if (!said) return failure(refusal(400, said.error()));
    using Kind = messaging::DispositionNotification::Kind;
    const bool came = (said->kind == Kind::delivery && said->status == "delivered") ||
                      (said->kind == Kind::display && said->status == "displayed");
    Content content;
    if (!came) return content;
    content.payload = Element("received", std::string(kReceipts));
    content.payload->set("id", said->message_id);
    return content;
}

Read read_content(std::string_view content_type, std::string_view body) {
    const auto type = messaging::media_type(content_type);
    if (type == messaging::kIsComposingType) return read_composing(body);
    if (type == kImdnType) return read_notification(body);
    // RFC 7572 §7: text/plain is what must be understood.
    if ((type != "text/plain" && !type.empty()) || !is_utf8_charset(content_type))
        return failure(refusal(415, {}));
    if (!xmpp::is_xml_text(body))
        return failure(refusal(400, "The body is no text that XML can hold"));
    return Content{std::string(body), std::nullopt};
}

// RFC 7247 §8 names the way: how often a message may still cross is said in a stanza header
// (XEP-0131), which servers leave alone.
Element hops_left(std::uint32_t count) {
    Element headers("headers", std::string(kStanzaHeaders));
    headers.add(Element("header", std::string(kStanzaHeaders), std::to_string(count)))
        .set("name", "Max-Forwards");
    return headers;
}

std::optional<std::uint32_t> hops_of(const Element& message) {
    const auto* headers = message.child("headers", kStanzaHeaders);
    if (headers == nullptr) return std::nullopt;
    for (const auto& header : headers->children) {
        if (header.get("name") != "Max-Forwards") continue;
        return sip::to_number(sip::trim(header.text)).value_or(0);
    }
    return std::nullopt;
}

// Of several the one without a language of its own, which has the stanza's (RFC 6121 §5.2.3).
const Element* body_of(const Element& message) {
    const Element* chosen = nullptr;
    for (const auto& child : message.children) {
        if (child.name != "body" || !child.ns.empty()) continue;
        const bool plain = child.get("xml:lang").empty();
        if (chosen == nullptr || (plain && !chosen->get("xml:lang").empty())) chosen = &child;
    }
    return chosen;
}

// RFC 3261 §25.1: word ["@" word].
bool is_call_id(std::string_view text) {
    constexpr std::string_view kAlso = "-.!%*_+`'~()<>:\\\"/[]?{}@";
    return !text.empty() && text.size() <= 255 && std::count(text.begin(), text.end(), '@') <= 1 &&
           text.front() != '@' && text.back() != '@' &&
           std::all_of(text.begin(), text.end(), [&](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      kAlso.find(c) != std::string_view::npos;
           });
}

// RFC 3066: letters, digits and hyphens.
std::string language_of(std::string_view tag) {
    const bool is_tag = tag.size() <= 35 && std::all_of(tag.begin(), tag.end(), [](char c) {
                            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                   (c >= 'A' && c <= 'Z') || c == '-';
                        });
    return is_tag ? std::string(tag) : std::string();
}

std::string one_line(std::string text) {
    for (auto& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    }
    return std::string(sip::trim(text));
}

// RFC 7573 §6, table 4; empty: there is none.
std::string composing_state(const Element& message) {
    for (const auto& child : message.children) {
        if (child.ns != kChatStates) continue;
        if (child.name == "composing") return "active";
        for (const auto* idle : {"active", "inactive", "paused", "gone"}) {
            if (child.name == idle) return "idle";
        }
    }
    return {};
}

std::string composing_document(const std::string& state) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
           "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>" +
           state + "</state><contenttype>text/plain</contenttype></isComposing>\r\n";
}

}  // namespace

// RFC 7572 §5, table 2. No type is said: it is "normal".
Result<FromSip, SipRefusal> stanza_of(const sip::Message& request,
                                      const xmpp::Jid& from,
                                      const xmpp::Jid& to,
                                      std::string_view id) {
    if (const auto encoding = request.get(HeaderId::content_encoding);
        encoding && !sip::equals_ignoring_case(sip::trim(*encoding), "identity"))
        return failure(refusal(415, {}));
    FromSip result{xmpp::stanza("message", from, to, {}, id), std::nullopt};
    const std::string content_type(request.get(HeaderId::content_type).value_or("text/plain"));
    auto content = Read();
    std::string subject(request.get(HeaderId::subject).value_or(""));
    if (messaging::media_type(content_type) == "message/cpim") {
        const auto cpim = messaging::read_cpim(request.body());
        if (!cpim) return failure(refusal(400, cpim.error()));
        result.wish = messaging::disposition_wish(*cpim);
        if (const auto inside = cpim->get("Subject")) subject = *inside;
        content = read_content(cpim->content_type(), cpim->content);
    } else {
        content = read_content(content_type, request.body());
    }
    if (!content) return failure(content.error());
    auto& stanza = result.stanza;
    // §8: the language of what is said.
    const auto language =
        language_of(sip::trim(request.first_value(HeaderId::content_language).value_or("")));
    if (!language.empty()) stanza.set("xml:lang", language);
    if (content->text) {
        if (!subject.empty()) stanza.add(Element("subject", {}, xmpp::as_xml_text(subject)));
        stanza.add(Element("body", {}, *content->text));
    }
    stanza.add(Element("thread", {}, xmpp::as_xml_text(sip::call_id(request))));
    if (content->payload) stanza.add(*std::move(content->payload));
    if (content->text && result.wish && result.wish->positive_delivery)
        stanza.add(Element("request", std::string(kReceipts)));
    const auto hops = sip::to_number(sip::trim(request.get(HeaderId::max_forwards).value_or("")))
                          .value_or(kMaxForwards);
    stanza.add(hops_left(std::min(hops, kMaxForwards) - (hops == 0 ? 0 : 1)));
    return result;
}

// RFC 7572 §4, table 1.
Result<std::optional<FromXmpp>, StanzaError> sip_form_of(const Element& message) {
    // RFC 7702 would have a conference for it.
    if (message.get("type") == "groupchat")
        return failure(StanzaError::of(Condition::service_unavailable, "No such room"));
    FromXmpp form;
    form.max_forwards = std::min(hops_of(message).value_or(kMaxForwards), kMaxForwards);
    if (const auto* received = message.child("received", kReceipts)) {
        form.received_id = received->get("id");
        return form;
    }
    const auto* body = body_of(message);
    if (body == nullptr) {
        const auto state = composing_state(message);
        if (state.empty()) return std::nullopt;
        form.content_type = messaging::kIsComposingType;
        form.body = composing_document(state);
    } else {
        form.content_type = "text/plain";
        form.body = body->text;
        const auto own = body->get("xml:lang");
        form.language = language_of(own.empty() ? message.get("xml:lang") : own);
        if (const auto* subject = message.child("subject")) form.subject = one_line(subject->text);
        form.wants_receipt = message.child("request", kReceipts) != nullptr;
    }
    if (const auto* thread = message.child("thread"); thread && is_call_id(thread->text))
        form.thread = thread->text;
    // RFC 7247 §8: as 483 is said.
    if (form.max_forwards == 0)
        return failure(StanzaError::of(Condition::not_acceptable, "Too Many Hops"));
    return form;
}

}  // namespace imslab::interconnection
