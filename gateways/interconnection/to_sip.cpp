// A stanza on its way to a SIP user (RFC 7572 §4): whose it may be, and what its sender is told.
#include <algorithm>

#include "as/application_server.h"
#include "as/originating.h"
#include "gateways/interconnection/addresses.h"
#include "gateways/interconnection/gateway.h"
#include "gateways/interconnection/single_message.h"
#include "sip/headers.h"

namespace imslab::interconnection {

using sip::HeaderId;
using xmpp::Condition;
using xmpp::Element;
using xmpp::Jid;
using xmpp::StanzaError;

namespace {

constexpr std::size_t kViaOctets = 100;  // what the transaction adds to a request

StanzaError wrong(Condition condition, std::string why) {
    return StanzaError::of(condition, std::move(why));
}

}  // namespace

void Gateway::on_stanza(Element stanza) {
    const auto type = stanza.get("type");
    if (stanza.name == "iq" && (type == "result" || type == "error"))
        return on_probe_answered(stanza);
    if (stanza.name == "message" && type == "error") return on_stanza_error(stanza);
    if (type == "error") return;
    if (stanza.name == "iq") return on_question(stanza);
    const auto passage = admit(stanza);
    if (!passage) {
        ++counts_.refused;
        if (passage.error()) send_error(stanza, *passage.error());
        return;
    }
    if (stanza.name == "message") return on_message(stanza, *passage);
    // RFC 8048: no presence passes yet, which whoever asks for it is told.
    if (type == "subscribe")
        send_error(stanza, wrong(Condition::feature_not_implemented, "No presence here"));
}

// Prosody vouches for a sender's address; that it is one that may pass here is for us to see. In
// the name of our own users nobody sends over there.
Result<Gateway::Passage, std::optional<StanzaError>> Gateway::admit(const Element& stanza) const {
    auto from = Jid::parse(stanza.get("from"));
    auto to = Jid::parse(stanza.get("to"));
    if (!from || from->local.empty() || from->domain == settings_.domain)
        return failure(std::optional<StanzaError>());
    if (!is_xmpp_domain(from->domain))
        return failure(std::optional(
            wrong(Condition::forbidden, from->domain + " may not send to " + settings_.domain)));
    if (!to) return failure(std::optional(wrong(Condition::jid_malformed, to.error())));
    if (to->domain != settings_.domain || to->local.empty())
        return failure(std::optional(wrong(Condition::service_unavailable, {})));
    return Passage{*std::move(from), *std::move(to)};
}

void Gateway::on_message(const Element& stanza, const Passage& passage) {
    const auto form = sip_form_of(stanza);
    if (!form) {
        ++counts_.refused;
        return send_error(stanza, form.error());
    }
    if (!*form) return;
    if (!(*form)->received_id.empty()) return on_receipt(passage.from, (*form)->received_id);
    if ((*form)->content_type.empty()) return;
    const auto from = uri_of(passage.from), to = uri_of(passage.to);
    const auto refuse_with = [&](const StanzaError& error) {
        ++counts_.refused;
        send_error(stanza, error);
    };
    if (!from || !to)
        return refuse_with(wrong(Condition::jid_malformed, !from ? from.error() : to.error()));
    if (sent_ >= settings_.max_open)
        return refuse_with(wrong(Condition::resource_constraint, "Too many messages at once"));
    auto request = request_for(passage, **form, *from, *to);
    const auto octets = request.to_bytes().size() + kViaOctets;
    // RFC 7572 §6.
    if (octets > settings_.max_message_octets)
        return refuse_with(wrong(Condition::policy_violation,
                                 "The message has " + std::to_string(octets) +
                                     " octets as SIP writes it, of which " +
                                     std::to_string(settings_.max_message_octets) + " may pass"));
    auto ways = services_.ways_to(request);
    if (ways.empty())
        return refuse_with(wrong(Condition::remote_server_not_found, "No way to " + *to));
    ++counts_.to_sip;
    ++sent_;
    services_.proxy().send_request(
        std::move(request),
        std::move(ways),
        [this, stanza, receipt = (*form)->wants_receipt](const sip::Message* response) {
            on_final(stanza, receipt, response);
        });
}

// RFC 7572 §4, table 1. The resource of a full JID is the GRUU of From; asserted is the user.
sip::Message Gateway::request_for(const Passage& passage,
                                  const FromXmpp& form,
                                  const std::string& from,
                                  const std::string& to) {
    as::Originator originator;
    originator.identity = *uri_of(passage.from.bare());
    originator.through_services = false;
    auto request = as::originating_request(services_, "MESSAGE", to, originator);
    request.set(HeaderId::from, "<" + from + ">;tag=" + services_.entropy().token(8));
    request.set(HeaderId::to, "<" + *uri_of(passage.to.bare()) + ">");
    request.set(HeaderId::max_forwards, std::to_string(form.max_forwards));
    if (!form.thread.empty()) request.set(HeaderId::call_id, form.thread);
    if (!form.subject.empty()) request.append(HeaderId::subject, form.subject);
    request.set_body(form.content_type, form.body);
    // RFC 7572 §8.
    if (!form.language.empty()) request.append(HeaderId::content_language, form.language);
    return request;
}

// nullptr: nobody answered.
void Gateway::on_final(const Element& stanza, bool wants_receipt, const sip::Message* response) {
    --sent_;
    if (response == nullptr) {
        ++counts_.failed;
        return send_error(stanza, wrong(Condition::remote_server_timeout, "No answer"));
    }
    if (response->status() >= 300) {
        ++counts_.failed;
        SipRefusal refusal{response->status(), std::string(response->reason()), {}};
        if (const auto contact = sip::uri_of(response->first_value(HeaderId::contact)))
            refusal.contact = *contact;
        return send_error(stanza, stanza_error(refusal));
    }
    // RFC 3428 §7: 200 is the device's own word, 202 somebody else's who will try. XEP-0184: only
    // who has an id can be told of it.
    if (!wants_receipt || response->status() != 200 || stanza.get("id").empty()) return;
    const auto sender = Jid::parse(stanza.get("from"));
    const auto recipient = Jid::parse(stanza.get("to"));
    auto receipt = xmpp::stanza(
        "message", recipient->bare(), *sender, stanza.get("type"), services_.entropy().token(8));
    receipt.add(Element("received", std::string(kReceipts))).set("id", stanza.get("id"));
    send(std::move(receipt));
}

// RFC 6120 §8.2.3: each question is answered. XEP-0030: what this is; XEP-0199: that it is there.
void Gateway::on_question(const Element& iq) {
    const auto type = iq.get("type");
    if (type != "get" && type != "set")
        return send_error(iq, wrong(Condition::bad_request, "No such type"));
    if (type == "get" && iq.child("ping", "urn:xmpp:ping") != nullptr)
        return send(xmpp::result_of(iq));
    static const std::string kInfo = "http://jabber.org/protocol/disco#info";
    const auto to = Jid::parse(iq.get("to"));
    if (type != "get" || iq.child("query", kInfo) == nullptr || !to || !to->local.empty())
        return send_error(iq, StanzaError::of(Condition::service_unavailable));
    auto answer = xmpp::result_of(iq);
    Element query("query", kInfo);
    auto& identity = query.add(Element("identity", kInfo));
    identity.set("category", "gateway");
    identity.set("type", "simple");
    identity.set("name", "IMS");
    for (const std::string_view feature :
         {std::string_view(kInfo), std::string_view("urn:xmpp:ping"), kReceipts, kChatStates})
        query.add(Element("feature", kInfo)).set("var", feature);
    answer.add(std::move(query));
    send(std::move(answer));
}

}  // namespace imslab::interconnection
