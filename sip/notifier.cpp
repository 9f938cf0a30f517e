// RFC 6665 §4.2: what every notifier does.
#include "sip/notifier.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/deadline.h"
#include "sip/headers.h"
#include "sip/next_hop.h"

namespace imslab::sip {

namespace {

constexpr std::uint32_t kBusyRetrySeconds = 10;
constexpr std::size_t kMostShown = 1000;
constexpr Duration kLongestInterval = std::chrono::hours(1);

// RFC 6665 §4.2.2: with these the subscription is gone; so it is when nobody answers on its behalf.
bool ends_subscription(int status) {
    static constexpr std::array kStatus{
        404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604};
    return std::find(kStatus.begin(), kStatus.end(), status) != kStatus.end();
}

std::uint32_t seconds_until(Time then, Time now) {
    if (then <= now) return 0;
    return static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(then - now).count());
}

}  // namespace

std::string_view event_package(const Message& message) {
    const auto event = message.get(HeaderId::event).value_or("");
    return trim(event.substr(0, event.find(';')));
}

std::string_view event_param(const Message& message, std::string_view name) {
    const auto event = message.get(HeaderId::event).value_or("");
    const auto at = event.find(';');
    if (at == std::string_view::npos) return {};
    return Params(event.substr(at + 1)).get(name).value_or("");
}

Message bad_event(const Message& request, std::string_view packages) {
    auto response = Message::response_to(request, 489);
    response.append(HeaderId::allow_events, packages);
    return response;
}

bool accepts(const Message& request, std::string_view content_type) {
    if (!request.has(HeaderId::accept)) return false;
    const auto slash = content_type.find('/');
    for (const auto value : request.values(HeaderId::accept)) {
        const auto type = trim(value.substr(0, value.find(';')));
        if (type == "*/*" || equals_ignoring_case(type, content_type)) return true;
        if (type.ends_with("/*") &&
            equals_ignoring_case(type.substr(0, type.size() - 2), content_type.substr(0, slash)))
            return true;
    }
    return false;
}

Notifier::Notifier(Settings settings, EventPackage& package, Element element)
    : settings_(std::move(settings)), package_(package), element_(std::move(element)) {}

// ---- SUBSCRIBE

// RFC 6665 §4.2.1.1: shortened, never lengthened; too short a time is refused.
std::optional<std::uint32_t> Notifier::granted(ServerId id, const Message& request) {
    const auto wanted = expires(request).value_or(settings_.default_expires);
    if (wanted != 0 && wanted < settings_.min_expires) {
        auto refusal = Message::response_to(request, 423);
        if (to_tag(refusal).value_or("").empty()) set_to_tag(refusal, element_.entropy.token(8));
        refusal.append(HeaderId::min_expires, std::to_string(settings_.min_expires));
        element_.proxy.respond(id, std::move(refusal));
        return std::nullopt;
    }
    return std::min(wanted, settings_.max_expires);
}

Message Notifier::response(const Subscription& subscription,
                           const Message& request,
                           std::uint32_t seconds) {
    auto response = Message::response_to(request, 200);
    for (const auto route : request.values(HeaderId::record_route))
        response.append(HeaderId::record_route, route);
    response.set(HeaderId::contact, settings_.contact);
    response.set(HeaderId::expires, std::to_string(seconds));
    package_.add_fields(subscription, response);
    return response;
}

Subscription* Notifier::subscribe(ServerId id,
                                  const Message& request,
                                  std::string resource,
                                  std::string subscriber,
                                  SubscriptionEvent how,
                                  std::unique_ptr<SubscriptionContext> context) {
    const auto seconds = granted(id, request);
    if (!seconds) return nullptr;
    if (all_.size() >= settings_.max_subscriptions) {
        auto refusal = Message::response_to(request, 503);
        set_to_tag(refusal, element_.entropy.token(8));
        refusal.append(HeaderId::retry_after, std::to_string(kBusyRetrySeconds));
        element_.proxy.respond(id, std::move(refusal));
        return nullptr;
    }
    Subscription subscription;
    subscription.context = std::move(context);
    auto answer = response(subscription, request, *seconds);
    set_to_tag(answer, element_.entropy.token(8));
    auto dialog = Dialog::as_uas(request, answer);
    if (!dialog || dialog->remote_target().empty()) {
        element_.proxy.respond(id, 400, "SUBSCRIBE makes no dialog");
        return nullptr;
    }
    subscription.id = ++last_id_;
    subscription.dialog = *std::move(dialog);
    subscription.resource = std::move(resource);
    subscription.subscriber = std::move(subscriber);
    subscription.event_id = event_param(request, "id");
    subscription.min_interval = settings_.min_interval;
    read_rate(subscription, request);
    auto& kept = all_.emplace(subscription.id, std::move(subscription)).first->second;
    by_dialog_.insert(&kept);
    by_resource_[kept.resource].push_back(kept.id);
    kept.expires = element_.proxy.now() + std::chrono::seconds(*seconds);
    by_expiry_.emplace(kept.expires, kept.id);
    element_.proxy.respond(id, std::move(answer));
    happen_to(kept, how);
    const auto kept_id = kept.id;
    if (*seconds == 0) happen_to(kept, SubscriptionEvent::fetched);
    auto document = package_.whole_state(kept);
    send(kept, std::move(document), "timeout", 0);
    return find(kept_id);
}

bool Notifier::on_subscribe_inside(ServerId id, const Message& request) {
    const auto dialog_id = dialog_of_received(request);
    if (!dialog_id) return false;
    const auto found = by_dialog_.find(*dialog_id);
    if (found == by_dialog_.end() || (*found)->is_over()) return false;
    auto& subscription = all_.at((*found)->id);
    // §4.5.2: another package, or another id, would be another usage of this dialog
    if (!equals_ignoring_case(event_package(request), settings_.package) ||
        event_param(request, "id") != subscription.event_id) {
        element_.proxy.respond(id, bad_event(request, settings_.package));
        return true;
    }
    if (!subscription.dialog.accept(request)) {
        element_.proxy.respond(id, 500, "CSeq is out of order");
        return true;
    }
    const auto seconds = granted(id, request);
    if (!seconds) return true;
    if (auto taken = package_.on_refresh(subscription, request); !taken) {
        element_.proxy.respond(id, std::move(taken.error()));
        return true;
    }
    subscription.dialog.refresh_target(request);
    read_rate(subscription, request);
    set_expires(subscription, element_.proxy.now() + std::chrono::seconds(*seconds));
    element_.proxy.respond(id, response(subscription, request, *seconds));
    happen_to(subscription,
              *seconds == 0 ? SubscriptionEvent::fetched : SubscriptionEvent::refreshed);
    subscription.not_before = Time{};  // §4.2.1.2: at once, whatever the rate is
    subscription.whole = true;
    tell(subscription.id);
    return true;
}

// RFC 6446 §5: max-rate, notifications a second, of Event.
void Notifier::read_rate(Subscription& subscription, const Message& request) const {
    const auto text = event_param(request, "max-rate");
    double rate = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), rate);
    if (text.empty() || read.ec != std::errc() || rate <= 0) return;
    const auto interval = std::chrono::duration<double>(
        std::min(1 / rate, std::chrono::duration<double>(kLongestInterval).count()));
    subscription.min_interval =
        std::max(settings_.min_interval, std::chrono::duration_cast<Duration>(interval));
}

void Notifier::happen_to(Subscription& subscription, SubscriptionEvent event) {
    const auto next = kSubscriptionTransitions.next(subscription.state, event);
    if (!next) return;
    subscription.state = *next;
    subscription.last = event;
}

void Notifier::set_expires(Subscription& subscription, Time expires) {
    by_expiry_.erase({subscription.expires, subscription.id});
    subscription.expires = expires;
    by_expiry_.emplace(expires, subscription.id);
}

// ---- NOTIFY

void Notifier::tell(SubscriptionId id, std::optional<EventDocument> change) {
    auto* subscription = find(id);
    if (subscription == nullptr) return;
    if (!subscription->is_over() && must_wait(*subscription)) return;
    if (subscription->last_notify) return;
    if (!change || subscription->whole) change = package_.whole_state(*subscription);
    if (subscription->is_over()) {
        send_last(*subscription, *std::move(change), "timeout", 0);
    } else {
        send(*subscription, *std::move(change), "timeout", 0);
    }
}

// RFC 6665 §4.2.2: not before the last one is answered, nor more often than agreed.
bool Notifier::must_wait(Subscription& subscription) {
    if (subscription.in_flight) {
        subscription.behind = true;
        return true;
    }
    if (element_.proxy.now() >= subscription.not_before) return false;
    subscription.behind = true;
    postponed_.emplace(subscription.not_before, subscription.id);
    return true;
}

bool Notifier::may_tell_now(const Subscription& subscription) const {
    return !subscription.is_over() && !subscription.in_flight && !subscription.whole &&
           subscription.not_before <= element_.proxy.now();
}

void Notifier::tell_watchers(std::string_view resource) {
    for (const auto id : watchers_of(resource)) tell(id);
}

void Notifier::consent(SubscriptionId id) {
    auto* subscription = find(id);
    if (subscription == nullptr) return;
    happen_to(*subscription, SubscriptionEvent::consented);
    subscription->whole = true;
    tell(id);
}

void Notifier::end(SubscriptionId id,
                   std::string_view reason,
                   std::optional<EventDocument> last,
                   std::uint32_t retry_after_seconds) {
    auto* subscription = find(id);
    if (subscription == nullptr || subscription->is_over()) return;
    happen_to(*subscription, SubscriptionEvent::ended);
    send_last(
        *subscription, std::move(last).value_or(EventDocument{}), reason, retry_after_seconds);
}

// It waits for the answer to the one before it, which it could overtake.
void Notifier::send_last(Subscription& subscription,
                         EventDocument document,
                         std::string_view reason,
                         std::uint32_t retry_after_seconds) {
    by_expiry_.erase({subscription.expires, subscription.id});
    if (!subscription.in_flight)
        return send(subscription, std::move(document), reason, retry_after_seconds);
    subscription.last_notify =
        std::make_unique<LastNotify>(LastNotify{std::move(document.content_type),
                                                std::move(document.body),
                                                std::string(reason),
                                                retry_after_seconds});
}

// RFC 6665 §4.2.2. After the last one nothing is kept.
void Notifier::send(Subscription& subscription,
                    EventDocument document,
                    std::string_view reason,
                    std::uint32_t retry_after_seconds) {
    const auto id = subscription.id;
    const auto now = element_.proxy.now();
    auto request = subscription.dialog.make_request("NOTIFY");
    std::string event = settings_.package;
    if (!subscription.event_id.empty()) event += ";id=" + subscription.event_id;
    request.set(HeaderId::event, event);
    std::string state(to_string(subscription.state));
    if (subscription.is_over()) {
        state.append(";reason=").append(reason);
        if (retry_after_seconds != 0)
            state.append(";retry-after=").append(std::to_string(retry_after_seconds));
    } else {
        state.append(";expires=").append(std::to_string(seconds_until(subscription.expires, now)));
    }
    request.set(HeaderId::subscription_state, state);
    request.set(HeaderId::contact, settings_.contact);
    if (!document.body.empty()) request.set_body(document.content_type, document.body);
    package_.add_fields(subscription, request);
    ++subscription.version;
    const bool over = subscription.is_over();
    const auto to = element_.way_to(next_hop_uri(request));
    if (!to) {
        element_.log(subscription.dialog.id().call_id, "no way to the subscriber");
        happen_to(subscription, SubscriptionEvent::subscriber_gone);
        package_.on_subscription_ended(subscription);
        return erase(id);
    }
    subscription.in_flight = true;
    subscription.behind = subscription.whole = false;
    subscription.not_before = now + subscription.min_interval;
    element_.proxy.send_request(std::move(request), *to, [this, id](const Message* final_response) {
        on_answered(id, final_response);
    });
    if (!over) return;
    package_.on_subscription_ended(subscription);
    erase(id);
}

// RFC 6665 §4.2.2: a subscriber who does not know of it, or is silent, has none; one who is busy is
// told again later.
void Notifier::on_answered(SubscriptionId id, const Message* response) {
    auto* subscription = find(id);
    if (subscription == nullptr) return;
    subscription->in_flight = false;
    if (const auto last = std::move(subscription->last_notify))
        return send(*subscription,
                    {last->content_type, last->body},
                    last->reason,
                    last->retry_after_seconds);
    const int status = response == nullptr ? 408 : response->status();
    if (ends_subscription(status)) {
        happen_to(*subscription, SubscriptionEvent::subscriber_gone);
        element_.log(subscription->dialog.id().call_id, "the subscriber is gone");
        package_.on_subscription_ended(*subscription);
        return erase(id);
    }
    if (status >= 300) {
        subscription->whole = true;
        const auto value = response->get(HeaderId::retry_after).value_or("");
        if (const auto seconds = to_number(trim(value.substr(0, value.find_first_of(" (;"))))) {
            subscription->not_before = element_.proxy.now() + std::chrono::seconds(*seconds);
            subscription->behind = true;
        }
    }
    if (subscription->behind) tell(id);
}

void Notifier::on_time(Time now) {
    while (!postponed_.empty() && postponed_.begin()->first <= now) {
        const auto id = postponed_.begin()->second;
        postponed_.erase(postponed_.begin());
        const auto* subscription = find(id);
        if (subscription != nullptr && subscription->behind) tell(id);
    }
    while (!by_expiry_.empty() && by_expiry_.begin()->first <= now) {
        const auto id = by_expiry_.begin()->second;
        auto& subscription = all_.at(id);
        happen_to(subscription, SubscriptionEvent::expired);
        send_last(subscription, package_.whole_state(subscription), "timeout", 0);
    }
}

std::optional<Time> Notifier::next_deadline() const {
    return earlier(earliest(by_expiry_), earliest(postponed_));
}

// ---- what is kept

Subscription* Notifier::find(SubscriptionId id) {
    const auto found = all_.find(id);
    return found == all_.end() ? nullptr : &found->second;
}

std::vector<SubscriptionId> Notifier::watchers_of(std::string_view resource) const {
    const auto found = by_resource_.find(resource);
    return found == by_resource_.end() ? std::vector<SubscriptionId>{} : found->second;
}

void Notifier::erase(SubscriptionId id) {
    const auto found = all_.find(id);
    if (found == all_.end()) return;
    const auto& subscription = found->second;
    by_dialog_.erase(&subscription);
    by_expiry_.erase({subscription.expires, id});
    if (const auto watched = by_resource_.find(subscription.resource);
        watched != by_resource_.end()) {
        std::erase(watched->second, id);
        if (watched->second.empty()) by_resource_.erase(watched);
    }
    all_.erase(found);
}

nlohmann::ordered_json Notifier::state() const {
    auto all = nlohmann::ordered_json::array();
    for (const auto& [id, subscription] : all_) {
        if (all.size() == kMostShown) break;
        nlohmann::ordered_json one;
        one["identity"] = subscription.resource;
        one["subscriber"] = subscription.subscriber;
        one["state"] = to_string(subscription.state);
        one["version"] = subscription.version;
        one["last_notify"] = subscription.in_flight ? "under way" : "delivered";
        one["expires_seconds"] = seconds_until(subscription.expires, element_.proxy.now());
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace imslab::sip
