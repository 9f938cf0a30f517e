// RFC 3428 §7, §8; TS 24.247: sizes, block lists, who is away.
#include "as/messaging/pager_mode.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "as/messaging/body_parts.h"
#include "as/messaging/content_filter.h"
#include "as/messaging/is_composing.h"
#include "core/deadline.h"
#include "sip/headers.h"
#include "sip/uri.h"

namespace imslab::messaging {

namespace {

using sip::HeaderId;

std::string canonical(std::string_view uri) {
    return sip::canonical_identity(uri).value_or(std::string(uri));
}

// Who sent it: as the core says; in a network without an IMS, as the proxy lets From pass.
std::string sender_of(const as::ServiceRequest& request) {
    if (!request.asserted.empty() || request.session_case) return request.asserted;
    return canonical(sip::uri_of(request.message.get(HeaderId::from)).value_or(""));
}

bool says_away(int status) { return status == 408 || status == 430 || status == 480; }

}  // namespace

PagerMode::PagerMode(as::Services& services,
                     std::string name,
                     const MessagingSettings& settings,
                     const std::vector<StoredMessage>& stored)
    : services_(services),
      name_(std::move(name)),
      settings_(settings),
      block_list_(services, settings.block_list),
      consent_(services, settings.consent_list),
      group_messages_(
          services, settings.max_recipients, settings.consent_list.empty() ? nullptr : &consent_),
      store_and_forward_(services, settings.deferral, stored),
      history_(services, settings.history),
      filter_(services, !settings.content_filter.empty(), settings.content_filter_required) {}

bool PagerMode::is_list_service(std::string_view uri) const {
    if (sip::equal(uri, services_.own_uri(name_))) return true;
    const auto identity = canonical(uri);
    return std::ranges::any_of(settings_.identities,
                               [&](const std::string& one) { return canonical(one) == identity; });
}

void PagerMode::refuse(sip::ServerId id,
                       const sip::Message& request,
                       int status,
                       const std::string& why) {
    ++refused_;
    services_.log(LogLevel::info, sip::call_id(request), "RFC 3428 §7", why);
    services_.proxy().respond(id, status, why);
}

std::optional<std::string> PagerMode::objection_to_body(const sip::Message& request) const {
    const auto type = media_type(request.get(HeaderId::content_type).value_or(""));
    if (type == kIsComposingType) {
        const auto status = read_is_composing(request.body());
        return status ? std::nullopt : std::optional(status.error());
    }
    if (type.starts_with("multipart/")) {
        const auto parts = parts_of(*request.get(HeaderId::content_type), request.body());
        return parts ? std::nullopt : std::optional(parts.error());
    }
    if (type != "message/cpim") return std::nullopt;
    const auto cpim = read_cpim(request.body());
    if (!cpim) return cpim.error();
    if (media_type(cpim->content_type()) != "message/imdn+xml") return std::nullopt;
    const auto notification = read_notification(cpim->content);
    return notification ? std::nullopt : std::optional(notification.error());
}

StoredMessage PagerMode::stored_form(const as::ServiceRequest& request,
                                     const std::string& recipient,
                                     const std::string& sender) const {
    const auto& message = request.message;
    StoredMessage stored;
    stored.owner = recipient;
    stored.peer = sender;
    stored.from = sip::without_param(message.get(HeaderId::from).value_or(""), "tag");
    stored.content_type = message.get(HeaderId::content_type).value_or("text/plain");
    stored.disposition = message.get(HeaderId::content_disposition).value_or("");
    stored.body = message.body();
    return stored;
}

void PagerMode::on_message(sip::ServerId id, as::ServiceRequest request) {
    auto& message = request.message;
    if (store_and_forward_.is_delivery(sip::call_id(message))) {
        const auto owner = request.served_user;
        return pass_on(id, std::move(request), owner, {});
    }
    if (!request.trusted) return refuse(id, message, 403, "Not from the core network");
    if (message.body().size() > settings_.max_message_bytes)
        return refuse(id,
                      message,
                      413,
                      "A body of " + std::to_string(message.body().size()) +
                          " octets, no more than " + std::to_string(settings_.max_message_bytes) +
                          " go by pager mode");
    if (const auto problem = objection_to_body(message)) return refuse(id, message, 400, *problem);
    if (!filter_.is_used()) return on_admitted(id, std::move(request));
    services_.tasks().spawn(filter(id, std::move(request)));
}

Task<void> PagerMode::filter(sip::ServerId id, as::ServiceRequest request) {
    auto contents = contents_of(request.message.get(HeaderId::content_type).value_or(""),
                                request.message.body());
    std::string call_id(sip::call_id(request.message));
    const auto objection = co_await filter_.look_at(std::move(contents), std::move(call_id));
    if (!objection) {
        on_admitted(id, std::move(request));
        co_return;
    }
    if (objection->is_infected)
        refuse(id, request.message, 403, objection->why);
    else
        services_.proxy().respond(id, 500, objection->why);
}

void PagerMode::on_admitted(sip::ServerId id, as::ServiceRequest request) {
    auto& message = request.message;
    const auto sender = sender_of(request);
    // On the sender's side it goes on, and comes back as the service's.
    if (!request.is_originating() && is_list_service(message.uri()))
        return group_messages_.distribute(id, message, sender);
    if (request.is_originating()) {
        ++passed_;
        return pass_on(id, std::move(request), sender, {});
    }
    auto recipient = request.served_user.empty() ? canonical(message.uri()) : request.served_user;
    if (block_list_.contains(recipient, sender))
        return refuse(id, message, 403, "The recipient does not want messages from this sender");
    to_recipient(id, std::move(request), std::move(recipient));
}

void PagerMode::to_recipient(sip::ServerId id, as::ServiceRequest request, std::string recipient) {
    const auto type = media_type(request.message.get(HeaderId::content_type).value_or(""));
    // RFC 3994 §4: that somebody was writing then is of no use to anybody.
    const bool passing = type == kIsComposingType;
    auto stored = stored_form(request, recipient, sender_of(request));
    const bool away = request.session_case == cx::SessionCase::terminating_unregistered;
    if (away && passing) return refuse(id, request.message, 480, "The recipient is away");
    if (away) return store_and_forward_.defer(id, request.message, std::move(stored));
    ++passed_;
    std::optional<StoredMessage> if_away;
    if (!passing) if_away = std::move(stored);
    pass_on(id, std::move(request), recipient, std::move(if_away));
}

void PagerMode::pass_on(sip::ServerId id,
                        as::ServiceRequest request,
                        const std::string& owner,
                        std::optional<StoredMessage> if_away) {
    Forwarded forwarded;
    forwarded.if_away = std::move(if_away);
    const auto& message = request.message;
    if (history_.is_kept_for(owner))
        forwarded.if_passed =
            HistoricMessage{owner,
                            sender_of(request),
                            request.is_originating() ? canonical(message.uri()) : owner,
                            std::string(message.get(HeaderId::content_type).value_or("text/plain")),
                            std::string(message.body())};
    if (forwarded.if_away || forwarded.if_passed) forwarded_.emplace(id, std::move(forwarded));
    services_.proxy_on(id, std::move(request.message));
}

as::Enabler::Verdict PagerMode::on_response(sip::ServerId id, sip::Message& response) {
    using Verdict = as::Enabler::Verdict;
    const auto found = forwarded_.find(id);
    if (found == forwarded_.end()) return Verdict::relay;
    auto& forwarded = found->second;
    if (response.status() / 100 == 2 && forwarded.if_passed)
        history_.keep(*std::exchange(forwarded.if_passed, std::nullopt));
    if (!says_away(response.status()) || !forwarded.if_away) return Verdict::relay;
    const auto* request = services_.proxy().request_of(id);
    if (request == nullptr) return Verdict::relay;
    auto message = std::move(*forwarded.if_away);
    forwarded_.erase(found);
    store_and_forward_.defer(id, *request, std::move(message));
    return Verdict::absorb;
}

void PagerMode::on_time(Time now) {
    store_and_forward_.on_time(now);
    history_.on_time(now);
}

std::optional<Time> PagerMode::next_deadline() const {
    return earlier(store_and_forward_.next_deadline(), history_.next_deadline());
}

nlohmann::ordered_json PagerMode::state() const {
    nlohmann::ordered_json state;
    state["passed"] = passed_;
    state["refused"] = refused_;
    state["infected"] = filter_.infected();
    state["unfiltered"] = filter_.unfiltered();
    state["deferred"] = store_and_forward_.state();
    state["groups"] = group_messages_.state();
    state["history"] = history_.state();
    return state;
}

}  // namespace imslab::messaging
