// The messaging enabler of an application server (OMA SIMPLE IM, TS 24.247): pager mode, and
// session mode where the process listens for MSRP.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "as/enabler.h"
#include "as/messaging/history.h"
#include "as/messaging/message_store.h"
#include "as/messaging/session_mode.h"
#include "as/messaging/store_and_forward.h"
#include "core/result.h"

namespace imslab::messaging {

struct MessagingSettings {
    // Of a MESSAGE's body: what is larger belongs into a session (RFC 3428 §8).
    std::size_t max_message_bytes = 1300;
    std::size_t max_recipients = 100;
    std::string block_list = "oma_blockedcontacts";
    // The list of whom a user lets write to him by way of the URI-list service; empty: everybody.
    std::string consent_list;
    // Without an IMS a proxy sends what is for its users; nothing in the request names this server.
    bool any_recipient = false;
    std::vector<std::string> identities;  // of the URI-list service, beside the enabler's own
    // The path of clamd's socket; empty: contents are nobody's business.
    std::string content_filter;
    bool content_filter_required = false;         // what cannot be looked at is not passed on
    std::size_t max_filtered_bytes = 16U << 20U;  // of a message in a session
    DeferralLimits deferral;
    HistoryLimits history;
    MsrpLimits msrp;
    SessionTls session_tls = SessionTls::as_offered;  // towards the recipient
};

std::unique_ptr<as::Enabler> make_messaging(as::Services& services,
                                            std::string name,
                                            MessagingSettings settings,
                                            const std::vector<StoredMessage>& stored);

// {"max_message_bytes": 1300, "max_recipients": 100, "block_list": "oma_blockedcontacts",
// "consent_list": "", "identities": [URIs], "max_deferred": 100, "max_deferred_bytes": 1048576,
// "keep_seconds": 259200, "retry_seconds": 0, "any_recipient": false, "max_history": 100,
// "max_history_bytes": 1048576, "history_seconds": 2592000, "max_session_message_bytes":
// 1099511627776, "content_filter": "/run/clamav/clamd.ctl", "content_filter_required": false,
// "max_filtered_bytes": 16777216, "session_tls": "as offered" or "always" or "never"}. A sentence
// that begins with the key if something in it is wrong.
Result<MessagingSettings, std::string> read_messaging_settings(const nlohmann::json& settings);

}  // namespace imslab::messaging
