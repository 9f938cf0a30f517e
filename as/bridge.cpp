// TS 24.229 §5.7.5; RFC 3261 §12.2, §14, §15.
#include "as/bridge.h"

#include <nlohmann/json.hpp>

#include "sip/headers.h"
#include "sip/next_hop.h"

namespace imslab::as {

using sip::HeaderId;

namespace {

// RFC 4028 §7.1, §9: of the option tags that one side names this one is between the two ends,
// whoever refreshes.
void copy_timer_tag(const sip::Message& from, sip::Message& to, HeaderId header) {
    if (from.has_token(header, "timer") && !to.has_token(header, "timer"))
        to.append(header, "timer");
}

}  // namespace

void Bridge::join(Call& one, Call& other) {
    one.peer = other.dialog.id();
    other.peer = one.dialog.id();
}

void Bridge::ask(sip::ServerId id, sip::Message request) {
    auto ways = services_.ways_to(request);
    if (ways.empty()) return services_.proxy().respond(id, 404);
    user_.edit_request(id, request);
    auto& pending = pending_[id];
    pending.sent = request;
    pending.tag = services_.entropy().token(8);
    pending.client = services_.proxy().send_invite(
        std::move(request), std::move(ways), [this, id](const sip::Message* response) {
            on_answer(id, response);
        });
}

void Bridge::on_answer(sip::ServerId id, const sip::Message* response) {
    const auto found = pending_.find(id);
    if (found == pending_.end()) return;
    auto& pending = found->second;
    const auto* request = services_.proxy().request_of(id);
    const int status = response == nullptr ? 408 : response->status();
    const bool invite = pending.sent.method() == sip::Method::invite;
    if (status < 300 && status >= 200 && invite) return on_accepted(id, *response);
    if (pending.orphan && status >= 200) {
        pending_.erase(found);
        return;
    }
    if (request == nullptr || pending.answered) return;
    auto answer = invite && status < 200
                      ? dialog_response(*request, status, services_.own_uri(enabler_), pending.tag)
                      : sip::Message::response_to(
                            *request, status, response == nullptr ? "" : response->reason());
    if (status > 100 && !sip::to_tag(answer)) sip::set_to_tag(answer, pending.tag);
    if (status / 100 == 2 && pending.sent.method() == sip::Method::update)
        refresh_target(*request, *response, answer);
    if (response != nullptr && !response->body().empty()) {
        const auto type = response->get(HeaderId::content_type).value_or("");
        auto* near = calls_.of_request(*request);
        answer.set_body(type,
                        near != nullptr ? near->body_for(type, response->body())
                                        : std::string(response->body()));
    }
    if (response != nullptr) {
        for (const auto header : {HeaderId::expires,
                                  HeaderId::retry_after,
                                  HeaderId::allow,
                                  HeaderId::warning,
                                  HeaderId::session_expires,
                                  HeaderId::min_se,
                                  HeaderId::p_asserted_identity,
                                  HeaderId::p_charging_vector}) {
            if (const auto value = response->get(header)) answer.set(header, *value);
        }
        copy_timer_tag(*response, answer, HeaderId::require);
    }
    if (status >= 200) pending.answered = true;
    if (status >= 300) user_.on_refused(id);
    services_.proxy().respond(id, std::move(answer));
}

// RFC 3311 §5.2, §5.3: a 2xx to an UPDATE says where its sender is, as one to an INVITE does.
void Bridge::refresh_target(const sip::Message& request,
                            const sip::Message& response,
                            sip::Message& answer) {
    answer.set(HeaderId::contact, "<" + services_.own_uri(enabler_) + ">");
    const auto* near = calls_.of_request(request);
    auto* far = near != nullptr && near->peer ? calls_.find(*near->peer) : nullptr;
    if (far != nullptr) far->dialog.refresh_target(response);
}

// A 2xx to an INVITE of ours: the legs belong together from now on. A repeated one is acknowledged
// again; one that comes too late is hung up.
void Bridge::on_accepted(sip::ServerId id, const sip::Message& response) {
    auto& pending = pending_.at(id);
    auto* far = calls_.established(pending.sent, response);
    if (far == nullptr) return;
    if (pending.answered) {
        if (far->peer) {
            calls_.acknowledge_again(*far);  // once the other side has acknowledged
        } else {
            calls_.acknowledge(*far);
            calls_.hang_up(far->dialog.id());
            if (pending.orphan) pending_.erase(id);
        }
        return;
    }
    const auto* request = services_.proxy().request_of(id);
    if (request == nullptr) return;
    pending.answered = true;
    const auto far_id = far->dialog.id();
    auto edited = response;
    user_.edit_answer(id, edited);
    auto* near = calls_.accept(id, *request, edited, services_.own_uri(enabler_), pending.tag);
    far = calls_.find(far_id);
    if (near == nullptr || far == nullptr) return;
    join(*near, *far);
    user_.on_connected(id, near->dialog.id(), far_id);
}

void Bridge::on_ack(const sip::Message& ack) {
    auto* near = calls_.on_ack(ack);
    auto* far = near != nullptr && near->peer ? calls_.find(*near->peer) : nullptr;
    if (far != nullptr)
        calls_.acknowledge(*far, ack.get(HeaderId::content_type).value_or(""), ack.body());
}

void Bridge::on_request_in_dialog(sip::ServerId id, sip::Message request) {
    auto* near = calls_.of_request(request);
    auto* far = near != nullptr && near->peer ? calls_.find(*near->peer) : nullptr;
    if (far == nullptr) return services_.proxy().respond(id, 481);
    if (!near->dialog.accept(request)) return services_.proxy().respond(id, 500);
    if (request.method() == sip::Method::bye) {
        const auto near_id = near->dialog.id();
        const auto far_id = far->dialog.id();
        services_.proxy().respond(id, 200);
        user_.on_released(near_id, far_id);
        calls_.forget(near_id);
        calls_.hang_up(far_id, request.get(HeaderId::reason).value_or(""));
        return;
    }
    if (request.method() == sip::Method::invite || request.method() == sip::Method::update)
        near->dialog.refresh_target(request);
    auto other = far->dialog.make_request(request.method_text());
    if (request.has(HeaderId::contact))
        other.set(HeaderId::contact, "<" + services_.own_uri(enabler_) + ">");
    for (const auto header : {HeaderId::info_package,
                              HeaderId::accept,
                              HeaderId::event,
                              HeaderId::session_expires,
                              HeaderId::min_se}) {
        if (const auto value = request.get(header)) other.set(header, *value);
    }
    copy_timer_tag(request, other, HeaderId::supported);
    copy_timer_tag(request, other, HeaderId::require);
    if (!request.body().empty()) {
        const auto type = request.get(HeaderId::content_type).value_or("");
        other.set_body(type, far->body_for(type, request.body()));
    }
    ask(id, std::move(other));
}

// Cancelled, or over: what still rings on the other side is cancelled too.
void Bridge::on_ended(sip::ServerId id) {
    const auto found = pending_.find(id);
    if (found == pending_.end()) return;
    auto& pending = found->second;
    if (!pending.answered && pending.sent.method() == sip::Method::invite) {
        pending.answered = pending.orphan = true;
        user_.on_refused(id);
        services_.proxy().cancel_request(pending.client);
        return;
    }
    services_.proxy().forget_request(pending.client);
    pending_.erase(found);
}

void Bridge::release(const sip::DialogId& leg, std::string_view reason) {
    auto* near = calls_.find(leg);
    if (near == nullptr) return;
    const auto far = near->peer;
    // RFC 3261 §13.2.2.4: a 2xx is acknowledged whatever comes then.
    auto* other = far ? calls_.find(*far) : nullptr;
    if (other != nullptr && near->accepted) calls_.acknowledge(*other);
    calls_.hang_up(leg, reason);
    if (far) calls_.hang_up(*far, reason);
}

// RFC 3261 §13.3.1.4: who does not acknowledge is not there; then nobody speaks with the other one.
void Bridge::on_unacknowledged(const sip::DialogId& leg) {
    const auto* near = calls_.find(leg);
    const auto id = leg;
    if (near != nullptr && near->peer) {
        const auto far = *near->peer;
        user_.on_released(id, far);
    }
    release(id, {});
}

nlohmann::ordered_json Bridge::state() const {
    nlohmann::ordered_json state;
    state["calls"] = calls_.state();
    state["pending"] = pending_.size();
    return state;
}

}  // namespace imslab::as
