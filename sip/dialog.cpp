// Dialogs (RFC 3261 §12): how they come about, requests within them, sequence numbers, target
// refresh.
#include "sip/dialog.h"

#include <algorithm>

#include "sip/headers.h"
#include "sip/uri.h"

namespace imslab::sip {

namespace {

constexpr std::string_view kMaxForwards = "70";

std::string uri_in(const Message& message, HeaderId id) {
    return std::string(uri_of(message.first_value(id)).value_or(std::string_view{}));
}

std::vector<std::string> record_route(const Message& message) {
    const auto values = message.values(HeaderId::record_route);
    return {values.begin(), values.end()};
}

bool is_loose_router(std::string_view route) {
    const auto address = NameAddr::parse(route);
    const auto uri = address ? Uri::parse(address->uri) : std::nullopt;
    return uri && uri->is_loose_router();
}

std::string with_tag(std::string_view uri, std::string_view tag) {
    std::string value("<");
    value.append(uri).append(">");
    if (!tag.empty()) value.append(";tag=").append(tag);
    return value;
}

}  // namespace

std::optional<Dialog> Dialog::as_uac(const Message& request, const Message& response) {
    const auto remote_tag = to_tag(response);
    const auto local_tag = from_tag(request);
    const auto sequence = cseq(request);
    if (response.status() <= 100 || response.status() >= 300) return std::nullopt;
    if (!remote_tag || !local_tag || !sequence) return std::nullopt;

    Dialog dialog;
    dialog.id_ = {std::string(call_id(request)), std::string(*local_tag), std::string(*remote_tag)};
    dialog.local_uri_ = uri_in(request, HeaderId::from);
    dialog.remote_uri_ = uri_in(request, HeaderId::to);
    dialog.remote_target_ = uri_in(response, HeaderId::contact);
    if (dialog.remote_target_.empty()) dialog.remote_target_ = request.uri();
    dialog.route_set_ = record_route(response);
    std::reverse(dialog.route_set_.begin(), dialog.route_set_.end());
    dialog.local_cseq_ = sequence->number;
    dialog.early_ = response.status() < 200;
    return dialog;
}

std::optional<Dialog> Dialog::as_uas(const Message& request, const Message& response) {
    const auto local_tag = to_tag(response);
    const auto sequence = cseq(request);
    if (response.status() <= 100 || response.status() >= 300) return std::nullopt;
    if (!local_tag || !sequence) return std::nullopt;

    Dialog dialog;
    dialog.id_ = {
        std::string(call_id(request)),
        std::string(*local_tag),
        std::string(from_tag(request).value_or(std::string_view{}))};  // RFC 2543 peers have none
    dialog.local_uri_ = uri_in(request, HeaderId::to);
    dialog.remote_uri_ = uri_in(request, HeaderId::from);
    dialog.remote_target_ = uri_in(request, HeaderId::contact);
    dialog.route_set_ = record_route(request);
    dialog.remote_cseq_ = sequence->number;
    dialog.early_ = response.status() < 200;
    return dialog;
}

Message Dialog::make_request(std::string_view method) {
    const bool counts = method != to_string(Method::ack) && method != to_string(Method::cancel);
    if (counts) ++local_cseq_;
    // §12.2.1.1: a strict router that comes first takes the place of the target, which goes to the
    // end of the route.
    const bool strict = !route_set_.empty() && !is_loose_router(route_set_.front());
    const std::string target =
        strict ? std::string(uri_of(route_set_.front()).value_or(remote_target_)) : remote_target_;

    Message request = Message::request(method, target);
    request.append(HeaderId::max_forwards, kMaxForwards);
    for (std::size_t i = strict ? 1 : 0; i < route_set_.size(); ++i) {
        request.append(HeaderId::route, route_set_[i]);
    }
    if (strict) request.append(HeaderId::route, "<" + remote_target_ + ">");
    request.append(HeaderId::from, with_tag(local_uri_, id_.local_tag));
    request.append(HeaderId::to, with_tag(remote_uri_, id_.remote_tag));
    request.append(HeaderId::call_id, id_.call_id);
    request.append(HeaderId::cseq, std::to_string(local_cseq_).append(" ").append(method));
    return request;
}

// §13.2.2.4: the number of the INVITE that it acknowledges, whatever was sent since.
Message Dialog::make_ack(std::uint32_t invite_cseq) {
    Message ack = make_request(to_string(Method::ack));
    ack.set(HeaderId::cseq, std::to_string(invite_cseq) + " ACK");
    return ack;
}

bool Dialog::accept(const Message& request) {
    const auto sequence = cseq(request);
    if (!sequence) return false;
    if (request.method() == Method::ack || request.method() == Method::cancel) return true;
    if (remote_cseq_ && sequence->number < *remote_cseq_) return false;
    remote_cseq_ = sequence->number;
    return true;
}

void Dialog::refresh_target(const Message& message) {
    const std::string contact = uri_in(message, HeaderId::contact);
    if (!contact.empty()) remote_target_ = contact;
}

std::optional<DialogId> dialog_of_received(const Message& request) {
    const auto local_tag = to_tag(request);
    if (!local_tag) return std::nullopt;
    return DialogId{std::string(call_id(request)),
                    std::string(*local_tag),
                    std::string(from_tag(request).value_or(std::string_view{}))};
}

}  // namespace imslab::sip
