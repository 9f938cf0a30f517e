// The simulated UE's sessions and messages (TS 24.229 §5.1.3, §5.1.4; RFC 3261 §13, §15).
#include "hosts/sim/phone.h"
#include "sip/headers.h"

namespace imslab::sim {

using sip::HeaderId;
using sip::Message;
using sip::Method;

// TS 24.229 §5.1.2A.1: the route set is the P-CSCF and the Service-Route.
Message Phone::outgoing(Method method, const std::string& to) {
    Message request = Message::request(method, to);
    request.append(HeaderId::max_forwards, "70");
    request.append(HeaderId::route, "<sip:" + config_.p_cscf.to_string() + ";lr>");
    for (const auto& route : service_route_) request.append(HeaderId::route, route);
    request.append(HeaderId::from, "<" + config_.public_identity + ">;tag=" + entropy_.token(4));
    request.append(HeaderId::to, "<" + to + ">");
    request.append(HeaderId::call_id, entropy_.token(8));
    request.append(HeaderId::cseq, "1 " + std::string(sip::to_string(method)));
    if (method == Method::invite) {
        request.append(HeaderId::contact, "<sip:" + config_.address.to_string() + ">");
        request.append(HeaderId::supported, "100rel");
    }
    request.append(HeaderId::p_preferred_identity, "<" + config_.public_identity + ">");
    return request;
}

void Phone::on_invite_answer(sip::ClientId id, const Open& open, const Message& response) {
    seen_.last_status = response.status();
    if (response.status() >= 300) {
        ++seen_.calls_failed;
        open_.erase(id);
        return;
    }
    auto dialog = sip::Dialog::as_uac(open.request, response);
    if (!dialog) return;
    const auto known = sessions_.find(dialog->id());
    if (known != sessions_.end()) {  // the 200 once more: the ACK was lost
        outbox_.emit(Send{flow(), known->second.ack_bytes});
        return;
    }
    dialog->confirm();
    Message ack = dialog->make_ack(sip::cseq(open.request)->number);
    ack.prepend(
        HeaderId::via,
        "SIP/2.0/UDP " + config_.address.to_string() + ";branch=z9hG4bK" + entropy_.token(8));
    Session session{*dialog, id, now_ + open.duration, {}, {}, {}, {}, {}, ack.to_bytes()};
    outbox_.emit(Send{flow(), session.ack_bytes});
    sessions_.emplace(dialog->id(), std::move(session));
    ++seen_.calls_answered;
}

bool Phone::forget(const sip::DialogId& id) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return false;
    open_.erase(found->second.invite);
    sessions_.erase(found);
    return true;
}

void Phone::hang_up(const sip::DialogId& id) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return;
    Message bye = found->second.dialog.make_request("BYE");
    forget(id);
    send(std::move(bye), Purpose::bye);
}

void Phone::on_request(sip::ServerId id, Message request, const Flow& flow) {
    switch (request.method()) {
        case Method::invite:
            return on_invite(id, request, flow);
        case Method::bye:
            return on_bye(id, request);
        case Method::message:
            seen_.messages.emplace_back(request.body());
            [[fallthrough]];
        default: {
            Message ok = Message::response_to(request, 200);
            sip::set_to_tag(ok, entropy_.token(4));
            transactions_.respond(id, std::move(ok));
        }
    }
}

void Phone::on_invite(sip::ServerId id, const Message& request, const Flow& flow) {
    const std::string tag = entropy_.token(4);
    const auto answer = [&](int status) {
        Message response = Message::response_to(request, status);
        sip::set_to_tag(response, tag);
        for (const auto route : request.values(HeaderId::record_route))
            response.append(HeaderId::record_route, route);
        response.append(HeaderId::contact, "<sip:" + config_.address.to_string() + ">");
        return response;
    };
    transactions_.respond(id, answer(180));
    Message ok = answer(200);
    ok.set_body("application/sdp",
                "v=0\r\no=- 2 1 IN IP4 " + config_.address.ip.to_string() + "\r\ns=-\r\nc=IN IP4 " +
                    config_.address.ip.to_string() + "\r\nt=0 0\r\nm=audio 49180 RTP/AVP 0\r\n");
    auto dialog = sip::Dialog::as_uas(request, ok);
    if (!dialog) return;
    dialog->confirm();
    Session session{*dialog,
                    0,
                    std::nullopt,
                    ok.to_bytes(),
                    flow,
                    now_ + config_.timers.t1,
                    config_.timers.t1,
                    now_ + 64 * config_.timers.t1,
                    {}};
    sessions_.emplace(dialog->id(), std::move(session));
    transactions_.respond(id, std::move(ok));
}

void Phone::on_ack(Message ack, const Flow&) {
    const auto id = sip::dialog_of_received(ack);
    const auto found = id ? sessions_.find(*id) : sessions_.end();
    if (found == sessions_.end() || !found->second.repeat_at) return;
    found->second.repeat_at.reset();
    ++seen_.calls_taken;
}

void Phone::on_bye(sip::ServerId id, const Message& request) {
    const auto dialog = sip::dialog_of_received(request);
    const bool known = dialog && forget(*dialog);
    Message response = Message::response_to(request, known ? 200 : 481);
    sip::set_to_tag(response, sip::to_tag(request).value_or("x"));
    transactions_.respond(id, std::move(response));
}

// The callee answers at once, so a CANCEL always comes too late.
void Phone::on_cancel(sip::ServerId, const Message&) {}

}  // namespace imslab::sim
