// RFC 5365 §7; RFC 5363 §5: only users whom the core vouches for, and no more recipients than the
// settings allow, so that nobody is an amplifier.
#include "as/messaging/group_messages.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "as/messaging/cpim.h"
#include "as/messaging/outgoing_message.h"
#include "as/messaging/recipient_list.h"
#include "sip/headers.h"

namespace imslab::messaging {

namespace {

using sip::HeaderId;

bool is_list(const BodyPart& part) {
    return media_type(part.type) == kResourceListsType &&
           disposition_type(part.disposition) == "recipient-list";
}

// RFC 5438 §8: the recipient of each copy is the member; what stood there before is kept, if
// somebody wants to be notified.
std::string readdressed(const std::string& body, const std::string& to) {
    auto cpim = read_cpim(body);
    if (!cpim) return body;
    const auto found = std::ranges::find_if(cpim->headers, [](const CpimHeader& header) {
        return header.space.empty() && sip::equals_ignoring_case(header.name, "To");
    });
    if (found == cpim->headers.end()) return body;
    const auto before = std::exchange(found->value, "<" + to + ">");
    const bool wanted = cpim->get("Disposition-Notification", kImdnNamespace).has_value();
    if (wanted && !cpim->get("Original-To", kImdnNamespace))
        cpim->headers.push_back({std::string(kImdnNamespace), "Original-To", before});
    return write_cpim(*cpim);
}

// What URI parameters and headers a list holds is not to steer the request (RFC 5365 §7.3).
std::string target_of(const Recipient& recipient) {
    return sip::canonical_identity(recipient.uri).value_or(recipient.uri);
}

std::string from_without_tag(const sip::Message& request) {
    return sip::without_param(request.get(HeaderId::from).value_or(""), "tag");
}

}  // namespace

std::string GroupMessages::without_consent(const std::vector<Recipient>& recipients,
                                           const std::string& sender) const {
    std::string missing;
    if (consent_ == nullptr) return missing;
    for (const auto& recipient : recipients) {
        const auto target = target_of(recipient);
        if (target == sender || consent_->contains(target, sender)) continue;
        missing += (missing.empty() ? "<" : ", <") + target + ">";
    }
    return missing;
}

void GroupMessages::distribute(sip::ServerId id,
                               const sip::Message& request,
                               const std::string& sender) {
    const auto refuse = [&](int status, const std::string& reason) {
        services_.log(LogLevel::info, sip::call_id(request), "RFC 5365 §7", reason);
        services_.proxy().respond(id, status, reason);
    };
    if (sender.empty()) return refuse(403, "Nobody vouches for the sender");
    auto parts = parts_of(request.get(HeaderId::content_type).value_or(""), request.body());
    if (!parts) return refuse(400, parts.error());
    const auto list = std::ranges::find_if(*parts, is_list);
    if (list == parts->end()) return refuse(400, "No recipient list in the message");
    const auto recipients = read_recipient_list(list->content, most_recipients_);
    if (!recipients) return refuse(400, recipients.error());
    parts->erase(list);
    if (parts->empty()) return refuse(400, "A recipient list, and no message for it");
    // RFC 5360 §5.9.1: all of them, or nobody gets it.
    if (const auto missing = without_consent(*recipients, sender); !missing.empty()) {
        services_.log(
            LogLevel::info, sip::call_id(request), "RFC 5360 §5.9.1", "no consent of " + missing);
        auto response = sip::Message::response_to(request, 470, "Consent Needed");
        sip::set_to_tag(response, services_.entropy().token(8));
        response.append("Permission-Missing", missing);
        return services_.proxy().respond(id, std::move(response));
    }
    services_.proxy().respond(id, 202);
    ++distributed_;
    const auto history = write_recipient_history(*recipients);
    if (!history.empty())
        parts->push_back({std::string(kResourceListsType),
                          "recipient-list-history; handling=optional",
                          {},
                          history});
    const bool is_private = request.has(HeaderId::privacy);
    for (const auto& recipient : *recipients) {
        OutgoingMessage copy;
        copy.from = from_without_tag(request);
        copy.asserted = sender;
        copy.to = target_of(recipient);
        copy.parts = *parts;
        for (auto& part : copy.parts) {
            if (media_type(part.type) == "message/cpim")
                part.content = readdressed(part.content, copy.to);
        }
        if (is_private) copy.headers.emplace_back("Privacy", *request.get(HeaderId::privacy));
        ++copies_;
        const auto call =
            send_message(services_, std::move(copy), [this](const sip::Message* answer) {
                ++(answer != nullptr && answer->status() < 300 ? delivered_ : failed_);
            });
        if (call.empty()) ++failed_;
    }
}

nlohmann::ordered_json GroupMessages::state() const {
    return {{"distributed", distributed_},
            {"copies", copies_},
            {"delivered", delivered_},
            {"failed", failed_}};
}

}  // namespace imslab::messaging
