// A MESSAGE on its way to an XMPP user (RFC 7572 §5): who may send it, what he is answered, what he
// is told later. XMPP says nothing of a stanza that went well. So a question to the server
// (XEP-0199) follows each message: a stream is read in its order (RFC 6120 §10.1), and an error
// that the server knows of has come before that answer.
#include <algorithm>

#include "as/application_server.h"
#include "as/messaging/outgoing_message.h"
#include "gateways/interconnection/addresses.h"
#include "gateways/interconnection/gateway.h"
#include "gateways/interconnection/single_message.h"
#include "sip/headers.h"

namespace imslab::interconnection {

using sip::HeaderId;
using xmpp::Element;
using xmpp::Jid;

namespace {

constexpr std::string_view kPing = "urn:xmpp:ping";
constexpr std::string_view kProbe = "after-";

SipRefusal refusal(int status, std::string why) { return {status, std::move(why), {}}; }

// RFC 3261 §21.4.2, §21.4.8: a 401 and a 407 carry a challenge, of which XMPP has none.
SipRefusal sayable(SipRefusal refusal) {
    if (refusal.status == 401 || refusal.status == 407) refusal.status = 403;
    return refusal;
}

}  // namespace

// The identity that the network asserts (RFC 3325); where nobody asserts any, the From that a
// trusted proxy let pass.
Result<std::string, SipRefusal> Gateway::sender_of(const as::ServiceRequest& request) const {
    const auto& message = request.message;
    if (!request.trusted) return failure(refusal(403, "Nobody vouches for the sender"));
    for (const auto value : message.values(HeaderId::p_asserted_identity)) {
        const auto uri = sip::uri_of(value);
        const auto parsed = uri ? sip::Uri::parse(*uri) : std::nullopt;
        if (parsed && parsed->is_sip()) return std::string(*uri);
    }
    if (message.has(HeaderId::p_asserted_identity))
        return failure(refusal(403, "The sender has no SIP URI"));
    const auto from = sip::uri_of(message.get(HeaderId::from));
    if (!from) return failure(refusal(400, "From holds no URI"));
    return std::string(*from);
}

Result<Gateway::Passage, SipRefusal> Gateway::admit(const as::ServiceRequest& request) const {
    const auto& message = request.message;
    const auto to_uri = sip::uri_of(message.get(HeaderId::to)).value_or("");
    const auto is_secure = [](std::string_view uri) {
        return sip::equals_ignoring_case(uri.substr(0, 5), "sips:");
    };
    // RFC 7247 §8: XMPP cannot promise what sips promises.
    if (is_secure(message.uri()) || is_secure(to_uri))
        return failure(refusal(416, "No SIPS towards XMPP"));
    const auto sender = sender_of(request);
    if (!sender) return failure(sender.error());
    // RFC 5079 §5: an XMPP user would see who it is.
    for (const auto value : message.values(HeaderId::privacy)) {
        if (value.find("id") != std::string_view::npos ||
            value.find("user") != std::string_view::npos)
            return failure(refusal(433, {}));
    }
    auto to = jid_of(message.uri());
    if (!to) return failure(refusal(404, "No XMPP address: " + to.error()));
    if (to->local.empty() || !is_xmpp_domain(to->domain))
        return failure(refusal(404, "No user of an XMPP domain"));
    auto from = jid_of(*sender);
    if (!from) return failure(refusal(403, "The sender has no XMPP address: " + from.error()));
    // RFC 7247 §8: what XMPP has sent does not go back there.
    if (is_xmpp_domain(from->domain)) return failure(refusal(482, {}));
    if (from->domain != settings_.domain || from->local.empty())
        return failure(refusal(403, "XMPP users see " + settings_.domain + " alone"));
    // RFC 7572 §5, note 1: a public GRUU of the sender is a full JID.
    if (const auto said = sip::uri_of(message.get(HeaderId::from))) {
        const auto device = jid_of(*said);
        if (device && device->bare() == from->bare()) from->resource = device->resource;
    }
    if (waiting_ >= settings_.max_open) return failure(refusal(503, {}));
    if (!open_) return failure(refusal(504, "The XMPP server is away"));
    return Passage{*std::move(from), *std::move(to)};
}

// What RFC 3261 has beside a status: §21.3.2 (Contact), §21.4.6 (Allow), §21.4.13 (Accept).
void Gateway::respond(sip::ServerId id, sip::Message response, const SipRefusal& refusal) {
    const auto said = sayable(refusal);
    response.set_status(said.status, said.reason);
    sip::set_to_tag(response, services_.entropy().token(8));
    if (said.status == 405) response.append("Allow", "OPTIONS");
    if (said.status == 415) response.append(HeaderId::accept, kAcceptedTypes);
    if (said.status == 503) response.append(HeaderId::retry_after, "5");
    if (!said.contact.empty()) response.append(HeaderId::contact, "<" + said.contact + ">");
    note(LogLevel::info,
         sip::call_id(response),
         "RFC 7247 §7",
         "refused with " + std::to_string(said.status) + " " + said.reason);
    services_.proxy().respond(id, std::move(response));
}

void Gateway::refuse(sip::ServerId id, const sip::Message& request, const SipRefusal& why) {
    ++counts_.refused;
    respond(id, sip::Message::response_to(request, why.status), why);
}

Task<void> Gateway::deliver(Delivery delivery, Element stanza) {
    const std::string id(stanza.get("id"));
    auto ping = xmpp::stanza("iq",
                             delivery.passage.from,
                             Jid{{}, delivery.passage.to.domain, {}},
                             "get",
                             std::string(kProbe) + id);
    ping.add(Element("ping", std::string(kPing)));
    ++waiting_;
    ++counts_.to_xmpp;
    auto& kept = deliveries_[id] = std::move(delivery);
    schedule(id, kept, services_.now() + settings_.patience);
    xmpp::SendStanza message{std::move(stanza)}, question{std::move(ping)};
    auto sent = co_await services_.asks().ask<xmpp::Sent>(std::move(message));
    if (sent) sent = co_await services_.asks().ask<xmpp::Sent>(std::move(question));
    const auto found = deliveries_.find(id);
    if (sent || found == deliveries_.end() || found->second.answered) co_return;
    const auto away = refusal(504, "The XMPP server is away");
    answer(id, found->second, &away);
}

// nullptr: the server has taken it.
void Gateway::answer(const std::string& id, Delivery& delivery, const SipRefusal* why) {
    delivery.answered = true;
    --waiting_;
    if (why == nullptr) {
        // RFC 7572 §5: 200, though RFC 3428 §7 would have a gateway say 202.
        services_.proxy().respond(delivery.request, 200);
        delivery.response = {};
        return schedule(id, delivery, services_.now() + settings_.memory);
    }
    ++counts_.failed;
    respond(delivery.request, std::move(delivery.response), *why);
    forget(id);
}

void Gateway::on_probe_answered(const Element& iq) {
    const auto id = iq.get("id");
    if (!id.starts_with(kProbe)) return;
    const auto found = deliveries_.find(id.substr(kProbe.size()));
    if (found == deliveries_.end() || found->second.answered ||
        iq.get("from") != found->second.passage.to.domain)
        return;
    answer(found->first, found->second, nullptr);
}

void Gateway::on_stanza_error(const Element& stanza) {
    const auto from = Jid::parse(stanza.get("from"));
    const auto error = xmpp::error_of(stanza);
    const auto found = deliveries_.find(stanza.get("id"));
    // Nobody but whom it went to, or a server on the way there, knows what became of it.
    if (found == deliveries_.end() || !from || !error ||
        from->domain != found->second.passage.to.domain)
        return;
    auto& delivery = found->second;
    const auto id = found->first;
    if (!delivery.answered) {
        const auto refusal = sip_refusal(*error, delivery.passage.to.is_full());
        return answer(id, delivery, &refusal);
    }
    ++counts_.failed;
    tell_failure(delivery, *error);
    forget(id);
}

// XEP-0184: once, and only from whom the message was for.
void Gateway::on_receipt(const Jid& from, const std::string& id) {
    const auto found = deliveries_.find(id);
    if (found == deliveries_.end() || found->second.passage.to.bare() != from.bare()) return;
    auto& delivery = found->second;
    if (!delivery.answered) answer(found->first, delivery, nullptr);
    if (!delivery.wish || !delivery.wish->positive_delivery) return;
    tell_disposition(delivery, "delivered");
    delivery.wish.reset();
}

// After the sender has had his 200: in a notification if he wanted one, else in words. Never of a
// message that is itself such a word: it was not sent by a user.
void Gateway::tell_failure(const Delivery& delivery, const xmpp::StanzaError& error) {
    if (delivery.wish && delivery.wish->negative_delivery)
        return tell_disposition(delivery, "failed");
    tell(delivery,
         "text/plain",
         "Not delivered: " +
             (error.text.empty() ? std::string(to_string(error.condition)) : error.text));
}

// RFC 5438 §7.2.1.1.
void Gateway::tell_disposition(const Delivery& delivery, std::string status) {
    messaging::DispositionNotification notification;
    notification.status = std::move(status);
    tell(delivery,
         "message/cpim",
         messaging::notification_body(
             *delivery.wish, std::move(notification), services_.entropy().token(12)));
}

// In the name of whom his message was for.
void Gateway::tell(const Delivery& delivery, const char* content_type, std::string body) {
    const auto recipient = uri_of(delivery.passage.to.bare());
    messaging::OutgoingMessage message;
    message.from = "<" + *recipient + ">";
    message.asserted = *recipient;
    message.to = delivery.asserted;
    message.parts.push_back({content_type, {}, {}, std::move(body)});
    messaging::send_message(services_, std::move(message), [](const sip::Message*) {});
}

void Gateway::schedule(const std::string& id, Delivery& delivery, Time until) {
    by_time_.erase({delivery.until, id});
    delivery.until = until;
    by_time_.emplace(until, id);
}

void Gateway::forget(const std::string& id) {
    const auto found = deliveries_.find(id);
    if (found == deliveries_.end()) return;
    by_time_.erase({found->second.until, found->first});
    deliveries_.erase(found);
}

}  // namespace imslab::interconnection
