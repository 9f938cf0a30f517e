// RFC 3261 §12.1.1, §13.3.1.4, §15.1.1.
#include "as/calls.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/deadline.h"
#include "sip/headers.h"
#include "sip/next_hop.h"
#include "sip/params.h"

namespace imslab::as {

namespace {

using sip::HeaderId;

constexpr Duration kT1 = std::chrono::milliseconds(500);
constexpr Duration kT2 = std::chrono::seconds(4);

}  // namespace

std::string Call::body_for(std::string_view content_type, std::string_view body) {
    const auto type = sip::trim(content_type.substr(0, content_type.find(';')));
    const bool session = sip::equals_ignoring_case(type, "application/sdp");
    return origin && session ? origin->of(body) : std::string(body);
}

sip::Message dialog_response(const sip::Message& request,
                             int status,
                             std::string_view contact,
                             std::string_view tag) {
    auto response = sip::Message::response_to(request, status);
    if (!sip::to_tag(response)) sip::set_to_tag(response, tag);
    for (const auto route : request.values(HeaderId::record_route))
        response.append(HeaderId::record_route, route);
    response.set(HeaderId::contact, "<" + std::string(contact) + ">");
    return response;
}

Call* Calls::accept(sip::ServerId id,
                    const sip::Message& invite,
                    sip::Message response,
                    std::string_view contact,
                    std::string_view tag) {
    auto answer = dialog_response(invite, response.status(), contact, tag);
    for (const auto header :
         {HeaderId::p_asserted_identity, HeaderId::p_charging_vector, HeaderId::session_expires}) {
        if (const auto value = response.get(header)) answer.set(header, *value);
    }
    // RFC 4028 §9: who is to refresh is told that the other side counts on it.
    if (response.has_token(HeaderId::require, "timer")) answer.set(HeaderId::require, "timer");
    auto dialog = sip::Dialog::as_uas(invite, answer);
    if (!dialog) {
        services_.proxy().respond(id, 400, "INVITE makes no dialog");
        return nullptr;
    }
    const auto dialog_id = dialog->id();
    auto* call = find(dialog_id);
    if (call == nullptr) {
        call = &keep(*std::move(dialog), invite);
    } else {
        call->dialog.refresh_target(invite);  // a re-INVITE
    }
    if (!response.body().empty()) {
        const auto type = response.get(HeaderId::content_type).value_or("application/sdp");
        answer.set_body(type, call->body_for(type, response.body()));
    }
    call->invite = id;
    call->accepted = answer;
    call->repeat_after = kT1;
    repeat_at(*call, services_.now() + kT1);
    call->give_up_at = services_.now() + 64 * kT1;
    services_.proxy().respond(id, std::move(answer));
    return call;
}

Call* Calls::established(const sip::Message& invite, const sip::Message& response) {
    auto dialog = sip::Dialog::as_uac(invite, response);
    if (!dialog) return nullptr;
    const auto id = dialog->id();
    auto* call = find(id);
    if (call == nullptr) {
        call = &keep(*std::move(dialog), invite);
    } else {
        call->dialog.refresh_target(response);
    }
    const auto number = sip::cseq(invite).value_or(sip::CSeq{}).number;
    if (call->invite_cseq != number) call->ack.reset();
    call->invite_cseq = number;
    return call;
}

Call& Calls::keep(sip::Dialog dialog, const sip::Message& invite) {
    const auto id = dialog.id();
    Call made{std::move(dialog), {}, {}, {}, 0, {}, {}, 0, {}, {}, {}, {}};
    if (const auto vector =
            sip::ChargingVector::parse(invite.get(HeaderId::p_charging_vector).value_or("")))
        made.icid = vector->icid;
    return calls_.emplace(id, std::move(made)).first->second;
}

void Calls::repeat_at(Call& call, Time when) {
    by_repeat_.erase({call.repeat_at, call.dialog.id()});
    call.repeat_at = when;
    by_repeat_.emplace(when, call.dialog.id());
}

void Calls::stop_repeating(Call& call) {
    by_repeat_.erase({call.repeat_at, call.dialog.id()});
    call.accepted.reset();
}

Call* Calls::find(const sip::DialogId& id) {
    const auto found = calls_.find(id);
    return found == calls_.end() ? nullptr : &found->second;
}

Call* Calls::of_request(const sip::Message& request) {
    const auto id = sip::dialog_of_received(request);
    return id ? find(*id) : nullptr;
}

Call* Calls::on_ack(const sip::Message& ack) {
    auto* call = of_request(ack);
    if (call != nullptr) stop_repeating(*call);
    return call;
}

void Calls::acknowledge(Call& call, std::string_view content_type, std::string_view body) {
    auto ack = call.dialog.make_ack(call.invite_cseq);
    if (!body.empty()) ack.set_body(content_type, call.body_for(content_type, body));
    call.ack = std::move(ack);
    acknowledge_again(call);
}

bool Calls::acknowledge_again(const Call& call) {
    if (!call.ack) return false;
    if (const auto to = services_.flow_to(sip::next_hop_uri(*call.ack)))
        services_.proxy().transactions().send_stateless(*call.ack, *to);
    return true;
}

void Calls::forget(const sip::DialogId& id) {
    const auto found = calls_.find(id);
    if (found == calls_.end()) return;
    stop_repeating(found->second);
    calls_.erase(found);
}

// TS 24.229 §5.7.2, §5.7.3: what we send in it is charged as what began it.
void Calls::hang_up(const sip::DialogId& id, std::string_view reason) {
    auto* call = find(id);
    if (call == nullptr) return;
    auto bye = call->dialog.make_request("BYE");
    if (!reason.empty()) bye.append(HeaderId::reason, reason);
    if (!call->icid.empty()) {
        sip::ChargingVector vector;
        vector.icid = call->icid;
        bye.append(HeaderId::p_charging_vector, vector.to_string());
    }
    const auto to = services_.flow_to(sip::next_hop_uri(bye));
    forget(sip::DialogId(id));
    if (to) services_.proxy().send_request(std::move(bye), *to, [](const sip::Message*) {});
}

// RFC 3261 §13.3.1.4: repeated at growing intervals; after 64·T1 without an ACK it is ended by BYE.
void Calls::on_time(Time now) {
    while (!by_repeat_.empty() && by_repeat_.begin()->first <= now) {
        const auto id = by_repeat_.begin()->second;
        auto& call = calls_.at(id);
        if (call.give_up_at <= now) {
            by_repeat_.erase(by_repeat_.begin());
            if (on_unacknowledged_) {
                on_unacknowledged_(id);
            } else {
                hang_up(id);
            }
            continue;
        }
        services_.proxy().respond(call.invite, *call.accepted);
        call.repeat_after = std::min(2 * call.repeat_after, kT2);
        repeat_at(call, std::min(now + call.repeat_after, call.give_up_at));
    }
}

std::optional<Time> Calls::next_deadline() const { return earliest(by_repeat_); }

nlohmann::ordered_json Calls::state() const {
    auto all = nlohmann::ordered_json::array();
    for (const auto& [id, call] : calls_) {
        nlohmann::ordered_json one;
        one["call_id"] = id.call_id;
        one["with"] = call.served;
        one["acknowledged"] = !call.accepted;
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace imslab::as
