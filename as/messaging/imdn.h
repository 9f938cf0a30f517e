// Instant Message Disposition Notification (RFC 5438): what a sender wants to hear of his message,
// and the notification itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "as/messaging/cpim.h"
#include "core/result.h"

namespace imslab::messaging {

// The header fields of RFC 5438 §6 in an instant message.
struct DispositionWish {
    std::string message_id;
    std::string from, to;  // URIs, as CPIM has them
    std::string original_to;
    std::string date_time;
    bool positive_delivery = false, negative_delivery = false, processing = false, display = false;
};
// nullopt: nothing is asked for, or there is no Message-ID to speak of.
std::optional<DispositionWish> disposition_wish(const Cpim& message);

// The <imdn> document (RFC 5438 §11).
struct DispositionNotification {
    enum class Kind : std::uint8_t { delivery, processing, display } kind = Kind::delivery;
    std::string status;  // "delivered", "failed", "stored", "displayed", …
    std::string message_id, date_time, recipient, original_recipient;
};
std::string write_notification(const DispositionNotification& notification);
// One sentence if it is none.
Result<DispositionNotification, std::string> read_notification(std::string_view xml);

// The notification as the body of a MESSAGE: message/cpim around message/imdn+xml (RFC 5438
// §7.2.1.1).
std::string notification_body(const DispositionWish& wish,
                              DispositionNotification notification,
                              std::string own_message_id);

}  // namespace imslab::messaging
