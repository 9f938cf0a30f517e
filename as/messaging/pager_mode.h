// Pager mode (RFC 3428, TS 24.247): what the server does with a MESSAGE that passes through it, on
// the sender's side and on the recipient's.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "as/enabler.h"
#include "as/messaging/contact_list.h"
#include "as/messaging/content_filter.h"
#include "as/messaging/group_messages.h"
#include "as/messaging/history.h"
#include "as/messaging/messaging.h"
#include "as/messaging/store_and_forward.h"
#include "core/task.h"

namespace imslab::messaging {

class PagerMode {
public:
    PagerMode(as::Services& services,
              std::string name,
              const MessagingSettings& settings,
              const std::vector<StoredMessage>& stored);

    void on_message(sip::ServerId id, as::ServiceRequest request);
    as::Enabler::Verdict on_response(sip::ServerId id, sip::Message& response);
    void on_ended(sip::ServerId id) { forwarded_.erase(id); }
    void on_time(Time now);
    std::optional<Time> next_deadline() const;
    StoreAndForward& store_and_forward() { return store_and_forward_; }
    const StoreAndForward& store_and_forward() const { return store_and_forward_; }
    ContactList& block_list() { return block_list_; }
    History& history() { return history_; }
    ContentFilter& content_filter() { return filter_; }
    nlohmann::ordered_json state() const;

private:
    // What is on its way.
    struct Forwarded {
        std::optional<StoredMessage> if_away;      // to its recipient
        std::optional<HistoricMessage> if_passed;  // for the history of whose side this is
    };
    void pass_on(sip::ServerId id,
                 as::ServiceRequest request,
                 const std::string& owner,
                 std::optional<StoredMessage> if_away);
    bool is_list_service(std::string_view uri) const;
    void refuse(sip::ServerId id, const sip::Message& request, int status, const std::string& why);
    // Why the body is none that can be passed on; nullopt: nothing is wrong with it.
    std::optional<std::string> objection_to_body(const sip::Message& request) const;
    StoredMessage stored_form(const as::ServiceRequest& request,
                              const std::string& recipient,
                              const std::string& sender) const;
    Task<void> filter(sip::ServerId id, as::ServiceRequest request);
    // What is fit to be passed on.
    void on_admitted(sip::ServerId id, as::ServiceRequest request);
    void to_recipient(sip::ServerId id, as::ServiceRequest request, std::string recipient);

    as::Services& services_;
    std::string name_;
    MessagingSettings settings_;
    ContactList block_list_, consent_;
    GroupMessages group_messages_;
    StoreAndForward store_and_forward_;
    History history_;
    ContentFilter filter_;
    std::map<sip::ServerId, Forwarded> forwarded_;
    std::uint64_t refused_ = 0, passed_ = 0;
};

}  // namespace imslab::messaging
