// RFC 5438 §6, §7.2.1.1, §11.
#include "as/messaging/imdn.h"

#include <algorithm>

#include "as/messaging/xml_body.h"
#include "core/xml_escape.h"
#include "sip/params.h"

namespace imslab::messaging {

namespace {

constexpr std::string_view kDocumentNamespace = "urn:ietf:params:xml:ns:imdn";

std::string_view element_of(DispositionNotification::Kind kind) {
    switch (kind) {
        case DispositionNotification::Kind::delivery:
            return "delivery-notification";
        case DispositionNotification::Kind::processing:
            return "processing-notification";
        case DispositionNotification::Kind::display:
            break;
    }
    return "display-notification";
}

void note(DispositionWish& wish, std::string_view value) {
    if (value == "positive-delivery") wish.positive_delivery = true;
    if (value == "negative-delivery") wish.negative_delivery = true;
    if (value == "processing") wish.processing = true;
    if (value == "display") wish.display = true;
}

}  // namespace

std::optional<DispositionWish> disposition_wish(const Cpim& message) {
    const auto wanted = message.get("Disposition-Notification", kImdnNamespace);
    const auto id = message.get("Message-ID", kImdnNamespace);
    if (!wanted || !id || id->empty()) return std::nullopt;
    // RFC 5438 §7.2.1: nobody is notified of a notification.
    if (message.content_type().starts_with("message/imdn+xml")) return std::nullopt;
    DispositionWish wish;
    wish.message_id = *id;
    wish.from = uri_in(message.get("From").value_or(""));
    wish.to = uri_in(message.get("To").value_or(""));
    wish.original_to = uri_in(message.get("Original-To", kImdnNamespace).value_or(""));
    wish.date_time = message.get("DateTime").value_or("");
    auto rest = *wanted;
    while (!rest.empty()) {
        const auto comma = std::min(rest.find(','), rest.size());
        note(wish, sip::trim(rest.substr(0, comma)));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return wish;
}

std::string write_notification(const DispositionNotification& notification) {
    const auto element = std::string(element_of(notification.kind));
    std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<imdn xmlns=\"" +
                      std::string(kDocumentNamespace) + "\">";
    const auto text = [&](const char* name, const std::string& value) {
        if (!value.empty())
            xml += std::string("<") + name + ">" + xml_escaped(value) + "</" + name + ">";
    };
    text("message-id", notification.message_id);
    text("datetime", notification.date_time);
    text("recipient-uri", notification.recipient);
    text("original-recipient-uri", notification.original_recipient);
    return xml + "<" + element + "><status><" + notification.status + "/></status></" + element +
           "></imdn>";
}

Result<DispositionNotification, std::string> read_notification(std::string_view xml) {
    pugi::xml_document document;
    if (auto problem = load_xml(document, xml)) return failure(std::move(*problem));
    const auto root = document.document_element();
    if (local_name(root) != "imdn" || namespace_of(root) != kDocumentNamespace)
        return failure(std::string("The document is no imdn"));
    DispositionNotification notification;
    bool has_status = false;
    for (const auto& child : root.children()) {
        const auto name = local_name(child);
        if (name == "message-id") notification.message_id = child.child_value();
        if (name == "datetime") notification.date_time = child.child_value();
        if (name == "recipient-uri") notification.recipient = child.child_value();
        if (name == "original-recipient-uri") notification.original_recipient = child.child_value();
        for (const auto kind : {DispositionNotification::Kind::delivery,
                                DispositionNotification::Kind::processing,
                                DispositionNotification::Kind::display}) {
            if (name != element_of(kind)) continue;
            notification.kind = kind;
            for (const auto& status : child.first_child().children()) {
                notification.status = local_name(status);
                has_status = true;
            }
        }
    }
    if (notification.message_id.empty()) return failure(std::string("imdn without a message-id"));
    if (!has_status) return failure(std::string("imdn without a status"));
    return notification;
}

std::string notification_body(const DispositionWish& wish,
                              DispositionNotification notification,
                              std::string own_message_id) {
    notification.message_id = wish.message_id;
    notification.recipient = wish.to;
    notification.original_recipient = wish.original_to.empty() ? wish.to : wish.original_to;
    if (!wish.date_time.empty()) notification.date_time = wish.date_time;
    Cpim cpim;
    cpim.headers.push_back({{}, "From", "<" + wish.to + ">"});
    cpim.headers.push_back({{}, "To", "<" + wish.from + ">"});
    cpim.headers.push_back({std::string(kImdnNamespace), "Message-ID", std::move(own_message_id)});
    cpim.content = write_notification(notification);
    cpim.content_header =
        "Content-type: message/imdn+xml\r\nContent-Disposition: notification\r\n"
        "Content-length: " +
        std::to_string(cpim.content.size()) + "\r\n";
    return write_cpim(cpim);
}

}  // namespace imslab::messaging
