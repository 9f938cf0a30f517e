// What comes in from either side, and to whom it is handed (RFC 7247 §4).
#include "gateways/interconnection/gateway.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "as/application_server.h"
#include "core/deadline.h"
#include "gateways/interconnection/single_message.h"
#include "sip/headers.h"

namespace imslab::interconnection {

using sip::HeaderId;

Gateway::Gateway(as::Services& services, std::string name, Settings settings)
    : Enabler(services, std::move(name)), settings_(std::move(settings)) {
    if (settings_.domain.empty()) settings_.domain = services_.config().domains.front();
}

bool Gateway::is_xmpp_domain(std::string_view domain) const {
    return std::any_of(settings_.domains.begin(), settings_.domains.end(), [&](const auto& one) {
        return sip::equals_ignoring_case(one, domain);
    });
}

bool Gateway::takes(const sip::Message& request) const {
    const auto uri = sip::Uri::parse(request.uri());
    return uri && uri->is_sip() && is_xmpp_domain(uri->host);
}

void Gateway::on_request(sip::ServerId id, as::ServiceRequest request) {
    if (request.message.method() == sip::Method::options) return services_.proxy().respond(id, 200);
    if (request.message.method() != sip::Method::message) {
        auto response = sip::Message::response_to(request.message, 405);
        sip::set_to_tag(response, services_.entropy().token(8));
        response.append("Allow", "MESSAGE, OPTIONS");
        return services_.proxy().respond(id, std::move(response));
    }
    auto passage = admit(request);
    if (!passage) return refuse(id, request.message, passage.error());
    auto sender = sender_of(request);
    Delivery delivery;
    delivery.request = id;
    delivery.response = sip::Message::response_to(request.message, 200);
    delivery.passage = *std::move(passage);
    delivery.asserted = *std::move(sender);
    const auto via = sip::top_via(request.message);
    // RFC 7572 §5, table 2: the transaction's identifier is the stanza's.
    std::string stanza_id(via ? via->branch() : std::string_view());
    if (stanza_id.empty() || deliveries_.contains(stanza_id))
        stanza_id += services_.entropy().token(8);
    auto form = stanza_of(request.message, delivery.passage.from, delivery.passage.to, stanza_id);
    if (!form) return refuse(id, request.message, form.error());
    delivery.wish = std::move(form->wish);
    services_.tasks().spawn(deliver(std::move(delivery), std::move(form->stanza)));
}

// There are no dialogs here.
void Gateway::on_request_in_dialog(sip::ServerId id, sip::Message) {
    services_.proxy().respond(id, 481);
}

bool Gateway::on_asked(Asked& asked) {
    if (std::any_cast<xmpp::StreamOpened>(&asked.request) != nullptr) {
        open_ = true;
    } else if (std::any_cast<xmpp::StreamClosed>(&asked.request) != nullptr) {
        open_ = false;
        // RFC 7247 §7: what was not taken before is answered now, not when its time is over.
        const SipRefusal away{504, "The XMPP server is away", {}};
        std::vector<std::string> lost;
        for (const auto& [id, delivery] : deliveries_) {
            if (!delivery.answered) lost.push_back(id);
        }
        for (const auto& id : lost) answer(id, deliveries_.at(id), &away);
    } else if (auto* arrived = std::any_cast<xmpp::StanzaArrived>(&asked.request)) {
        on_stanza(std::move(arrived->stanza));
    } else {
        return false;
    }
    services_.reply(asked.id, xmpp::Taken{});
    return true;
}

void Gateway::on_time(Time now) {
    const SipRefusal late{504, "The XMPP server does not answer", {}};
    while (!by_time_.empty() && by_time_.begin()->first <= now) {
        const auto id = by_time_.begin()->second;
        auto& delivery = deliveries_.at(id);
        if (delivery.answered)
            forget(id);
        else
            answer(id, delivery, &late);
    }
}

std::optional<Time> Gateway::next_deadline() const { return earliest(by_time_); }

nlohmann::ordered_json Gateway::state() const {
    nlohmann::ordered_json state;
    state["domain"] = settings_.domain;
    state["xmpp_server"] = settings_.server.to_string();
    state["stream"] = open_ ? "open" : "closed";
    state["waiting_to_xmpp"] = waiting_;
    state["waiting_to_sip"] = sent_;
    state["remembered"] = deliveries_.size();
    state["to_xmpp"] = counts_.to_xmpp;
    state["to_sip"] = counts_.to_sip;
    state["refused"] = counts_.refused;
    state["failed"] = counts_.failed;
    state["forged"] = counts_.forged;
    return state;
}

void Gateway::note(LogLevel level,
                   std::string_view call_id,
                   const char* clause,
                   std::string text) const {
    services_.log(level, call_id, clause, std::move(text));
}

// ---- what both directions send over the stream

void Gateway::send(xmpp::Element stanza) { services_.tasks().spawn(send_later(std::move(stanza))); }

Task<void> Gateway::send_later(xmpp::Element stanza) {
    xmpp::SendStanza question{std::move(stanza)};
    const auto sent = co_await services_.asks().ask<xmpp::Sent>(std::move(question));
    if (!sent) note(LogLevel::warning, {}, "RFC 7247 §7", "lost: " + sent.error().reason);
}

void Gateway::send_error(const xmpp::Element& stanza, const xmpp::StanzaError& error) {
    if (auto reply = xmpp::error_reply(stanza, error)) send(*std::move(reply));
}

}  // namespace imslab::interconnection
