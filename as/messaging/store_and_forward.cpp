// RFC 3428 §7: a message relay answers 202; RFC 5438 §8: what it reports of a message.
#include "as/messaging/store_and_forward.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "as/messaging/outgoing_message.h"
#include "core/deadline.h"
#include "sip/headers.h"

namespace imslab::messaging {

namespace {

using sip::HeaderId;

constexpr std::size_t kMostShown = 200;

// He is not there, or something on the way is: worth another try.
bool is_away(const sip::Message* response) {
    if (response == nullptr) return true;
    const int status = response->status();
    return status == 408 || status == 430 || status == 480 || status == 503 || status == 504;
}

}  // namespace

StoreAndForward::StoreAndForward(as::Services& services,
                                 DeferralLimits limits,
                                 const std::vector<StoredMessage>& stored)
    : services_(services), limits_(limits) {
    for (const auto& message : stored) {
        last_id_ = std::max(last_id_, message.id);
        keep(message);
    }
}

// ---- keeping

std::optional<std::string> StoreAndForward::no_room(const StoredMessage& message) const {
    const auto found = mailboxes_.find(message.owner);
    const auto stored = being_stored_.find(message.owner);
    const auto waiting = stored == being_stored_.end() ? 0 : stored->second;
    if (found == mailboxes_.end()) {
        if (mailboxes_.size() >= limits_.recipients) return "No room for deferred messages";
        return message.body.size() > limits_.octets ? std::optional("Deferred message too large")
                                                    : std::nullopt;
    }
    if (found->second.messages.size() + waiting >= limits_.messages)
        return "No more than " + std::to_string(limits_.messages) + " deferred messages are kept";
    if (found->second.octets + message.body.size() > limits_.octets)
        return "No more than " + std::to_string(limits_.octets) +
               " octets of deferred messages are kept";
    return std::nullopt;
}

void StoreAndForward::defer(sip::ServerId id, const sip::Message& request, StoredMessage message) {
    const auto now = unix_seconds(services_.now());
    const auto lifetime = limits_.lifetime.count();
    const auto asked = sip::expires(request);
    // RFC 3428 §7: a message that has expired already is not kept.
    if (asked && *asked == 0) return services_.proxy().respond(id, 480);
    if (const auto problem = no_room(message)) {
        services_.log(LogLevel::warning, sip::call_id(request), "RFC 3428 §7", *problem);
        return services_.proxy().respond(id, 480, *problem);
    }
    message.id = ++last_id_;
    message.stored_at = now;
    message.expires_at = now + (asked ? std::min<std::int64_t>(*asked, lifetime) : lifetime);
    ++being_stored_[message.owner];
    services_.tasks().spawn(store(id, std::move(message)));
}

Task<void> StoreAndForward::store(sip::ServerId id, StoredMessage message) {
    std::any question{StoreRequest(PutMessage{message})};
    auto stored = co_await services_.asks().ask<StoreAnswer>(std::move(question));
    if (--being_stored_[message.owner] == 0) being_stored_.erase(message.owner);
    const auto error = stored ? stored->error : stored.error().reason;
    if (!error.empty()) {
        services_.log(
            LogLevel::error, {}, "RFC 3428 §7", "a deferred message was not kept: " + error);
        services_.proxy().respond(id, 500, "The message could not be stored");
        co_return;
    }
    services_.proxy().respond(id, 202);
    const auto owner = message.owner;
    report(message, DispositionNotification::Kind::processing, "stored");
    keep(std::move(message));
    // He may have come while the database wrote.
    if (services_.registration_of(owner) != nullptr) deliver_next(owner);
}

void StoreAndForward::keep(StoredMessage message) {
    if (mailboxes_.empty()) next_try_ = services_.now() + limits_.retry;
    auto& mailbox = mailboxes_[message.owner];
    mailbox.octets += message.body.size();
    by_expiry_.emplace(message.expires_at, message.id);
    owners_.emplace(message.id, message.owner);
    mailbox.messages.push_back(std::move(message));
}

// ---- delivering: one after the other, in the order in which they came

void StoreAndForward::on_registration(const as::ThirdPartyRegistration& registration) {
    if (registration.expires_seconds != 0) deliver_next(registration.identity);
}

void StoreAndForward::deliver_next(const std::string& owner) {
    const auto found = mailboxes_.find(owner);
    if (found == mailboxes_.end() || found->second.delivering) return;
    const auto& message = found->second.messages.front();
    OutgoingMessage outgoing;
    outgoing.from = message.from;
    outgoing.asserted = message.peer;
    outgoing.to = owner;
    outgoing.date = sip_date(message.stored_at);
    outgoing.parts = {BodyPart{message.content_type, message.disposition, {}, message.body}};
    outgoing.headers.emplace_back("Expires",
                                  std::to_string(std::max<std::int64_t>(
                                      1, message.expires_at - unix_seconds(services_.now()))));
    found->second.delivering = true;
    const auto call = std::make_shared<std::string>();
    const auto answered = [this, owner, id = message.id, call](const sip::Message* response) {
        under_way_.erase(*call);
        on_delivered(owner, id, response);
    };
    *call = send_message(services_, std::move(outgoing), answered);
    if (call->empty()) return on_delivered(owner, message.id, nullptr);
    under_way_.insert(*call);
}

void StoreAndForward::on_delivered(const std::string& owner,
                                   std::uint64_t message,
                                   const sip::Message* response) {
    const auto found = mailboxes_.find(owner);
    if (found == mailboxes_.end()) return;
    auto& mailbox = found->second;
    mailbox.delivering = false;
    if (is_away(response)) return;
    const auto kept = std::ranges::find(mailbox.messages, message, &StoredMessage::id);
    if (kept != mailbox.messages.end()) {
        if (response->status() < 300)
            ++delivered_;
        else
            drop(*kept, response->status() == 403 ? "forbidden" : "failed");
        services_.tasks().spawn(forget({message}));
        remove(owner, message);
    }
    deliver_next(owner);
}

// Forgotten here at once; if the database does not follow, the message comes twice after a restart,
// which is better than never.
Task<void> StoreAndForward::forget(std::vector<std::uint64_t> ids) {
    std::any question{StoreRequest(RemoveMessages{std::move(ids)})};
    auto answer = co_await services_.asks().ask<StoreAnswer>(std::move(question));
    const auto error = answer ? answer->error : answer.error().reason;
    if (!error.empty())
        services_.log(
            LogLevel::error, {}, "RFC 3428 §7", "a delivered message was not removed: " + error);
}

void StoreAndForward::remove(const std::string& owner, std::uint64_t message) {
    const auto found = mailboxes_.find(owner);
    if (found == mailboxes_.end()) return;
    auto& mailbox = found->second;
    const auto kept = std::ranges::find(mailbox.messages, message, &StoredMessage::id);
    if (kept == mailbox.messages.end()) return;
    by_expiry_.erase({kept->expires_at, kept->id});
    owners_.erase(kept->id);
    mailbox.octets -= kept->body.size();
    mailbox.messages.erase(kept);
    if (mailbox.messages.empty()) mailboxes_.erase(found);
}

void StoreAndForward::drop(const StoredMessage& message, const char* status) {
    ++dropped_;
    services_.log(LogLevel::info,
                  {},
                  "RFC 3428 §7",
                  "a deferred message for " + message.owner + " was dropped: " + status);
    report(message, DispositionNotification::Kind::delivery, status);
}

// RFC 5438 §8.1, §8.2: "stored" if processing was asked for, "failed" if negative delivery was.
void StoreAndForward::report(const StoredMessage& message,
                             DispositionNotification::Kind kind,
                             const char* status) {
    if (media_type(message.content_type) != "message/cpim") return;
    const auto cpim = read_cpim(message.body);
    const auto wish = cpim ? disposition_wish(*cpim) : std::nullopt;
    if (!wish) return;
    const bool processing = kind == DispositionNotification::Kind::processing;
    if (processing ? !wish->processing : !wish->negative_delivery) return;
    DispositionNotification notification;
    notification.kind = kind;
    notification.status = status;
    notification.date_time = internet_date(unix_seconds(services_.now()));
    OutgoingMessage outgoing;
    outgoing.from = "<" + message.owner + ">";
    outgoing.asserted = message.owner;
    outgoing.to = message.peer;
    const auto own_id = services_.entropy().token(8);
    outgoing.parts = {
        BodyPart{"message/cpim", {}, {}, notification_body(*wish, notification, own_id)}};
    if (!message.peer.empty())
        send_message(services_, std::move(outgoing), [](const sip::Message*) {});
}

// ---- time

void StoreAndForward::expire(Time now) {
    std::vector<std::uint64_t> gone;
    while (!by_expiry_.empty() && by_expiry_.begin()->first <= unix_seconds(now)) {
        const auto id = by_expiry_.begin()->second;
        const auto owner = owners_.at(id);
        auto& messages = mailboxes_.at(owner).messages;
        drop(*std::ranges::find(messages, id, &StoredMessage::id), "failed");
        remove(owner, id);
        gone.push_back(id);
    }
    if (!gone.empty()) services_.tasks().spawn(forget(std::move(gone)));
}

void StoreAndForward::on_time(Time now) {
    expire(now);
    if (limits_.retry.count() == 0) return;
    if (now < next_try_) return;
    next_try_ = now + limits_.retry;
    std::vector<std::string> all;
    for (const auto& [owner, mailbox] : mailboxes_) all.push_back(owner);
    for (const auto& owner : all) deliver_next(owner);
}

std::optional<Time> StoreAndForward::next_deadline() const {
    std::optional<Time> deadline;
    if (!by_expiry_.empty())
        deadline = Time(
            std::chrono::duration_cast<Duration>(std::chrono::seconds(by_expiry_.begin()->first)));
    const bool tries = limits_.retry.count() != 0 && !mailboxes_.empty();
    return tries ? earlier(deadline, next_try_) : deadline;
}

nlohmann::ordered_json StoreAndForward::state() const {
    nlohmann::ordered_json state;
    auto shown = nlohmann::ordered_json::array();
    for (const auto& [owner, mailbox] : mailboxes_) {
        for (const auto& message : mailbox.messages) {
            if (shown.size() == kMostShown) break;
            shown.push_back({{"for", owner},
                             {"from", message.peer},
                             {"content_type", message.content_type},
                             {"expires_at", internet_date(message.expires_at)}});
        }
    }
    state["messages"] = std::move(shown);
    state["delivered"] = delivered_;
    state["dropped"] = dropped_;
    return state;
}

}  // namespace imslab::messaging
