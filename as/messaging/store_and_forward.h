// Deferred messages (RFC 3428 §7; TS 24.247): kept while their recipient is away, durable before
// anybody is told 202, delivered in order when he registers, reported when they could not be.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "as/enabler.h"
#include "as/messaging/imdn.h"
#include "as/messaging/message_store.h"
#include "core/task.h"

namespace imslab::messaging {

struct DeferralLimits {
    std::size_t messages = 100;        // of one recipient
    std::size_t octets = 1U << 20U;    // of one recipient, bodies
    std::size_t recipients = 100'000;  // who have any
    std::chrono::seconds lifetime = std::chrono::hours(72);
    // How often it is tried with somebody of whose registrations nobody tells; 0: never.
    std::chrono::seconds retry{0};
};

class StoreAndForward {
public:
    StoreAndForward(as::Services& services,
                    DeferralLimits limits,
                    const std::vector<StoredMessage>& stored);

    // Answers the request: 202 once the message is durable, else why not.
    void defer(sip::ServerId id, const sip::Message& request, StoredMessage message);
    void on_registration(const as::ThirdPartyRegistration& registration);
    void on_time(Time now);
    std::optional<Time> next_deadline() const;
    // A MESSAGE of ours on its second way through the server, by its Call-ID.
    bool is_delivery(std::string_view call_id) const { return under_way_.contains(call_id); }
    nlohmann::ordered_json state() const;

private:
    struct Mailbox {
        std::deque<StoredMessage> messages;
        std::size_t octets = 0;
        bool delivering = false;
    };
    std::optional<std::string> no_room(const StoredMessage& message) const;
    Task<void> store(sip::ServerId id, StoredMessage message);
    void keep(StoredMessage message);
    void deliver_next(const std::string& owner);
    void on_delivered(const std::string& owner,
                      std::uint64_t message,
                      const sip::Message* response);
    Task<void> forget(std::vector<std::uint64_t> ids);
    void drop(const StoredMessage& message, const char* status);
    void report(const StoredMessage& message,
                DispositionNotification::Kind kind,
                const char* status);
    void remove(const std::string& owner, std::uint64_t message);
    void expire(Time now);

    as::Services& services_;
    DeferralLimits limits_;
    std::map<std::string, Mailbox, std::less<>> mailboxes_;
    std::set<std::pair<std::int64_t, std::uint64_t>> by_expiry_;
    std::map<std::uint64_t, std::string> owners_;
    std::set<std::string, std::less<>> under_way_;
    std::map<std::string, std::size_t> being_stored_;  // by owner: room that is taken already
    Time next_try_{};
    std::uint64_t last_id_ = 0, delivered_ = 0, dropped_ = 0;
};

}  // namespace imslab::messaging
