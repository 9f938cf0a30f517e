// RFC 3725 §4.1, §4.4, §6, §7.
#include "as/third_party_call.h"

#include <nlohmann/json.hpp>

#include "as/application_server.h"
#include "as/originating.h"
#include "core/deadline.h"
#include "sip/headers.h"
#include "sip/next_hop.h"

namespace imslab::as {

using sip::HeaderId;

namespace {

constexpr std::string_view kSdp = "application/sdp";

// RFC 3725 §6: why a leg is released, in the words of the other one's answer.
std::string reason_of(int status) {
    return "SIP;cause=" + std::to_string(status) + ";text=\"" +
           std::string(sip::reason_phrase(status)) + "\"";
}

}  // namespace

std::string_view to_string(Participant::Status status) {
    switch (status) {
        case Participant::Status::initial:
            return "initial";
        case Participant::Status::ringing:
            return "ringing";
        case Participant::Status::connected:
            return "connected";
        case Participant::Status::gone:
            return "gone";
    }
    return "?";
}

// ---- what is ordered

std::optional<ThirdPartyCallId> ThirdPartyCalls::begin(Order order, OnProgress on_progress) {
    if (calls_.size() >= settings_.max_calls) return std::nullopt;
    const auto id = ++last_id_;
    auto& call = calls_[id];
    call.id = id;
    call.icid = services_.entropy().token(16);
    call.first.participant.uri = order.first;
    call.second.participant.uri = order.second;
    call.order = std::move(order);
    call.on_progress = std::move(on_progress);
    call_first(call);
    return id;
}

// RFC 3725 §4.4: without media, so that nothing has to be known of the second one yet. §4.1:
// without a description, so that he offers himself.
void ThirdPartyCalls::call_first(Call& call) {
    call.stage = Stage::calling_first;
    if (call.order.second_answers_at_once) return invite(call, call.first, {}, {});
    invite(call, call.first, kSdp, OwnOrigin::kNoMedia);
}

bool ThirdPartyCalls::end(ThirdPartyCallId id) {
    const auto found = calls_.find(id);
    if (found == calls_.end()) return false;
    release(found->second.first, {});
    release(found->second.second, {});
    finish(found->second);
    return true;
}

// RFC 3725 §7: the new one is called without media, then who stays is asked for an offer.
bool ThirdPartyCalls::transfer(ThirdPartyCallId id, std::string_view leaves, std::string to) {
    const auto found = calls_.find(id);
    if (found == calls_.end() || found->second.stage != Stage::joined) return false;
    auto& call = found->second;
    if (call.first.participant.uri == leaves) {
        std::swap(call.first, call.second);
    } else if (call.second.participant.uri != leaves) {
        return false;
    }
    release(call.second, {});
    if (auto* stays = bridge_.calls().find(*call.first.dialog)) stays->peer.reset();
    call.second = std::exchange(call.first, Leg{});
    call.first.participant.uri = std::move(to);
    call.order.second_answers_at_once = false;
    call_first(call);
    return true;
}

// ---- what happens

// Inside a dialog the same one is asked again; outside, the first one is called by the service, the
// second one on behalf of the first (TS 24.229 §5.7.3).
void ThirdPartyCalls::invite(Call& call,
                             Leg& leg,
                             std::string_view content_type,
                             std::string_view body) {
    sip::Message request;
    auto* known = leg.dialog ? bridge_.calls().find(*leg.dialog) : nullptr;
    if (known != nullptr) {
        request = known->dialog.make_request("INVITE");
    } else if (&leg == &call.first) {
        request = originating_request(
            services_, "INVITE", leg.participant.uri, {call.order.service, false, call.icid});
    } else {
        request = originating_request(services_,
                                      "INVITE",
                                      leg.participant.uri,
                                      {call.first.participant.uri, true, call.icid});
    }
    request.set(HeaderId::contact, "<" + services_.own_uri(settings_.enabler) + ">");
    if (leg.inviting != 0) services_.proxy().forget_request(leg.inviting);
    leg.number = ++last_number_;
    if (known == nullptr) leg.origin.emplace(services_.config().address.ip.to_string(), leg.number);
    if (!body.empty())
        request.set_body(
            content_type,
            known != nullptr ? known->body_for(content_type, body) : leg.origin->of(body));
    set_deadline(call, settings_.ring_limit);
    auto ways = services_.ways_to(request);
    if (ways.empty()) {  // told with the next event, as everything else is
        leg.participant.why = 404;
        return set_deadline(call, Duration::zero());
    }
    auto sent = std::make_shared<const sip::Message>(request);
    leg.inviting = services_.proxy().send_invite(
        std::move(request),
        std::move(ways),
        [this, id = call.id, number = leg.number, sent](const sip::Message* response) {
            on_answer(id, number, *sent, response);
        });
}

ThirdPartyCalls::Leg* ThirdPartyCalls::leg_of(Call& call, std::uint64_t number) {
    if (call.first.number == number) return &call.first;
    return call.second.number == number ? &call.second : nullptr;
}

void ThirdPartyCalls::on_answer(ThirdPartyCallId id,
                                std::uint64_t number,
                                const sip::Message& invite,
                                const sip::Message* response) {
    const int status = response == nullptr ? 408 : response->status();
    const bool accepted = status >= 200 && status < 300;
    const auto found = calls_.find(id);
    auto* leg = found == calls_.end() ? nullptr : leg_of(found->second, number);
    if (leg == nullptr) {
        if (accepted) on_too_late(invite, *response);
        return;
    }
    auto& call = found->second;
    if (accepted) return on_accepted(call, *leg, invite, *response);
    if (status < 200) {
        if (status == 100 || leg->participant.status != Participant::Status::initial) return;
        leg->participant.status = Participant::Status::ringing;
        return tell(call);
    }
    leg->inviting = 0;
    // RFC 3261 §14.1: both ends asked at once; whoever made the Call-ID waits 2.1 s to 4 s.
    if (status == 491 && leg->dialog) {
        call.try_again = true;
        return set_deadline(call, std::chrono::milliseconds(2100));
    }
    fail(call, *leg, status);
}

void ThirdPartyCalls::on_accepted(Call& call,
                                  Leg& leg,
                                  const sip::Message& invite,
                                  const sip::Message& response) {
    auto* dialog = bridge_.calls().established(invite, response);
    if (dialog == nullptr) return fail(call, leg, 500);
    if (leg.dialog && *leg.dialog != dialog->dialog.id())  // another branch of a fork answers too
        return on_too_late(invite, response);
    if (dialog->ack) {
        bridge_.calls().acknowledge_again(*dialog);
        return;
    }
    if (leg.must_acknowledge) return;  // it has come again, and its ACK has to wait
    if (!dialog->origin) dialog->origin = leg.origin;
    leg.dialog = dialog->dialog.id();
    by_dialog_[*leg.dialog] = call.id;
    leg.participant.status = Participant::Status::connected;
    leg.content_type = response.get(HeaderId::content_type).value_or(kSdp);
    leg.body = response.body();
    leg.must_acknowledge = true;
    if (call.stage == Stage::calling_first) return on_first_accepted(call);
    if (call.stage == Stage::asking_second) return on_second_accepted(call);
    on_offer_accepted(call);
}

void ThirdPartyCalls::on_first_accepted(Call& call) {
    auto& first = call.first;
    call.stage = Stage::asking_second;
    if (call.order.second_answers_at_once) {
        invite(call, call.second, first.content_type, first.body);
    } else {
        bridge_.calls().acknowledge(*bridge_.calls().find(*first.dialog));
        first.must_acknowledge = false;
        invite(call, call.second, {}, {});
    }
    tell(call);
}

void ThirdPartyCalls::on_second_accepted(Call& call) {
    auto& first = call.first;
    auto& second = call.second;
    if (call.order.second_answers_at_once) {
        // RFC 3725 §4.1: his answer goes into the ACK that the first one waits for.
        bridge_.calls().acknowledge(*bridge_.calls().find(*second.dialog));
        second.must_acknowledge = false;
        first.content_type = second.content_type;
        first.body = second.body;
        return on_offer_accepted(call);
    }
    call.stage = Stage::offering_first;
    invite(call, first, second.content_type, second.body);
    tell(call);
}

// Each one has what the other described: they hear each other.
void ThirdPartyCalls::on_offer_accepted(Call& call) {
    auto& first = *bridge_.calls().find(*call.first.dialog);
    auto& second = *bridge_.calls().find(*call.second.dialog);
    if (call.second.must_acknowledge) {
        bridge_.calls().acknowledge(second, call.first.content_type, call.first.body);
        bridge_.calls().acknowledge(first);
    } else {
        bridge_.calls().acknowledge(first, call.first.content_type, call.first.body);
    }
    call.first.must_acknowledge = call.second.must_acknowledge = false;
    call.stage = Stage::joined;
    Bridge::join(first, second);
    clear_deadline(call);
    tell(call);
}

// It was cancelled, or belongs to a branch that lost: nobody needs it.
void ThirdPartyCalls::on_too_late(const sip::Message& invite, const sip::Message& response) {
    auto* late = bridge_.calls().established(invite, response);
    if (late == nullptr) return;
    bridge_.calls().acknowledge(*late);
    bridge_.calls().hang_up(late->dialog.id());
}

// RFC 3725 §6: the other one reads the reason in his BYE.
void ThirdPartyCalls::fail(Call& call, Leg& leg, int status) {
    leg.participant.why = status;
    release(leg, {});
    release(other(call, leg), reason_of(status));
    finish(call);
}

void ThirdPartyCalls::release(Leg& leg, std::string_view reason) {
    leg.participant.status = Participant::Status::gone;
    auto* dialog = leg.dialog ? bridge_.calls().find(*leg.dialog) : nullptr;
    if (leg.dialog) by_dialog_.erase(*leg.dialog);
    if (dialog == nullptr) {
        if (leg.inviting != 0) services_.proxy().cancel_request(leg.inviting);
        return;
    }
    if (leg.must_acknowledge) {
        auto& calls = bridge_.calls();
        const auto refused = leg.body.empty() ? std::string() : dialog->origin->refusing(leg.body);
        calls.acknowledge(*dialog, kSdp, refused);
    }
    bridge_.calls().hang_up(*leg.dialog, reason);
}

void ThirdPartyCalls::finish(Call& call) {
    clear_deadline(call);
    const auto ended = calls_.extract(call.id);
    tell(ended.mapped(), true);
}

void ThirdPartyCalls::on_request_in_dialog(sip::ServerId id, sip::Message request) {
    const auto dialog = sip::dialog_of_received(request);
    const auto found = dialog ? by_dialog_.find(*dialog) : by_dialog_.end();
    if (found == by_dialog_.end()) return services_.proxy().respond(id, 481);
    auto& call = calls_.at(found->second);
    auto& leg = call.first.dialog == dialog ? call.first : call.second;
    if (request.method() == sip::Method::bye) {
        services_.proxy().respond(id, 200);
        by_dialog_.erase(found);
        bridge_.calls().forget(*dialog);
        leg.participant.status = Participant::Status::gone;
        release(other(call, leg), request.get(HeaderId::reason).value_or(""));
        return finish(call);
    }
    if (call.stage == Stage::joined) return bridge_.on_request_in_dialog(id, std::move(request));
    const bool describes =
        request.method() == sip::Method::invite || request.method() == sip::Method::update;
    services_.proxy().respond(id, describes ? 491 : 405);  // RFC 3725 §6
}

// An offer of one of them was never acknowledged: the bridge hangs up both.
void ThirdPartyCalls::on_released(const sip::DialogId& one, const sip::DialogId& other) {
    const auto found = by_dialog_.find(one);
    if (found == by_dialog_.end()) return;
    auto& call = calls_.at(found->second);
    by_dialog_.erase(found);
    by_dialog_.erase(other);
    call.first.participant.status = call.second.participant.status = Participant::Status::gone;
    finish(call);
}

// ---- time

void ThirdPartyCalls::set_deadline(Call& call, Duration from_now) {
    clear_deadline(call);
    call.deadline = services_.now() + from_now;
    by_deadline_.emplace(call.deadline, call.id);
}

void ThirdPartyCalls::clear_deadline(Call& call) { by_deadline_.erase({call.deadline, call.id}); }

void ThirdPartyCalls::on_time(Time now) {
    bridge_.calls().on_time(now);
    while (!by_deadline_.empty() && by_deadline_.begin()->first <= now) {
        auto& call = calls_.at(by_deadline_.begin()->second);
        by_deadline_.erase(by_deadline_.begin());
        if (std::exchange(call.try_again, false)) {
            if (call.stage == Stage::asking_second) {
                invite(call, call.second, {}, {});
            } else {
                invite(call, call.first, call.second.content_type, call.second.body);
            }
            continue;
        }
        auto& silent = call.stage == Stage::asking_second ? call.second : call.first;
        fail(call, silent, silent.participant.why != 0 ? silent.participant.why : 408);
    }
}

std::optional<Time> ThirdPartyCalls::next_deadline() const {
    return earlier(bridge_.calls().next_deadline(), earliest(by_deadline_));
}

// ---- telling

void ThirdPartyCalls::tell(const Call& call, bool over) {
    if (!call.on_progress) return;
    const auto on_progress = call.on_progress;  // it may end the call
    on_progress({call.id,
                 call.first.participant,
                 call.second.participant,
                 !over && call.stage == Stage::joined,
                 over});
}

nlohmann::ordered_json ThirdPartyCalls::state() const {
    auto all = nlohmann::ordered_json::array();
    for (const auto& [id, call] : calls_) {
        nlohmann::ordered_json one;
        one["id"] = id;
        for (const auto* leg : {&call.first, &call.second}) {
            one["participants"].push_back(
                {{"uri", leg->participant.uri}, {"status", to_string(leg->participant.status)}});
        }
        one["joined"] = call.stage == Stage::joined;
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace imslab::as
