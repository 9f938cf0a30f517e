// RFC 4975 §8, RFC 6135 §4.2.2: both descriptions say that the other side is here.
#include "as/messaging/session_mode.h"

#include <nlohmann/json.hpp>

#include "core/deadline.h"
#include "sip/headers.h"
#include "sip/uri.h"

namespace imslab::messaging {

namespace {

using sip::HeaderId;

// Where a side listens: what its description's lines say with RFC 6714, else the first of its path.
std::optional<Address> address_of(const msrp::Media& media) {
    const auto& first = media.path.front();
    const auto host = media.cema ? media.address : first.host;
    const auto port = media.cema || first.port == 0 ? media.port : first.port;
    const auto ip = IpAddress::parse(host);
    if (!ip || port == 0) return std::nullopt;
    return Address{*ip, port};
}

}  // namespace

SessionMode::SessionMode(as::Services& services,
                         const std::string& name,
                         MsrpPlaces places,
                         std::string certificate,
                         SessionTls session_tls,
                         MsrpLimits limits,
                         MessageServices message_services)
    : BackToBack(services, name),
      places_(places),
      certificate_(std::move(certificate)),
      session_tls_(session_tls),
      message_services_(message_services),
      switch_(
          places,
          services.entropy(),
          [this](Effect effect) { services_.emit(std::move(effect)); },
          [this](MsrpSwitch::LegId leg, std::string why) { lost_.emplace(leg, std::move(why)); },
          limits) {
    switch_.on_secure([this](const Flow& flow) { services_.tasks().spawn(identify(flow)); });
    switch_.on_whole([this](const MsrpSwitch::WholeMessage& message) { return on_whole(message); });
}

bool SessionMode::is_for_it(const sip::Message& request) {
    if (request.method() != sip::Method::invite) return false;
    const auto body = request.body();
    return body.find("m=message ") != std::string_view::npos &&
           body.find("/MSRP") != std::string_view::npos;
}

msrp::Media SessionMode::place_of(MsrpSwitch::LegId leg, msrp::Setup setup) const {
    msrp::Media place;
    place.secure = switch_.is_secure(leg);
    const auto& here = place.secure ? *places_.secure : places_.plain;
    place.address = here.ip.to_string();
    place.port = here.port;
    place.path = {switch_.own_uri(leg)};
    place.setup = setup;
    if (place.secure) place.fingerprints = {msrp::Fingerprint::of(certificate_)};
    return place;
}

// What is wrong with an offer of TLS; empty: nothing.
std::string SessionMode::objection_to(const msrp::Media& offer) const {
    if (!offer.secure) return {};
    if (!places_.secure) return "MSRP without TLS is what goes by this server";
    // RFC 4975 §14.4: without the hash of it nobody knows whose certificate it is.
    if (offer.fingerprints.empty()) return "MSRP over TLS is offered without a=fingerprint";
    return {};
}

void SessionMode::reach(MsrpSwitch::LegId leg,
                        const msrp::Media& media,
                        bool we_connect,
                        bool moves) {
    // RFC 3264 §6: what was offered is what is answered.
    if (media.secure != switch_.is_secure(leg))
        lost_.emplace(leg,
                      media.secure ? "TLS is answered, and was not offered"
                                   : "TLS is offered, and was not answered");
    MsrpSwitch::Side side{media.path, {}, media.fingerprints};
    if (we_connect && !lost_.contains(leg)) side.connect = address_of(media);
    if (moves) return switch_.move(leg, std::move(side), services_.now());
    switch_.reach(leg, std::move(side), services_.now());
}

// RFC 4975 §14.4: the host knows what was shown in TLS.
Task<void> SessionMode::identify(Flow flow) {
    msrp::WhoIsThere question{flow.connection};
    auto answer = co_await services_.asks().ask<msrp::PeerCertificate>(question);
    switch_.identified(
        flow, answer ? std::move(answer->certificate) : std::string(), services_.now());
}

// ---- setting it up

void SessionMode::on_request(sip::ServerId id, as::ServiceRequest request) {
    const auto refuse = [&](int status, const std::string& why) {
        services_.log(LogLevel::info, sip::call_id(request.message), "RFC 4975 §8", why);
        services_.proxy().respond(id, status, why);
    };
    if (!request.trusted) return refuse(403, "Not from the core network");
    auto offer = msrp::read_media(request.message.body());
    if (!offer) return refuse(400, offer.error());
    if (const auto why = objection_to(*offer); !why.empty()) return refuse(488, why);
    auto& blocked = message_services_.block_list;
    if (!request.is_originating() && blocked.contains(request.served_user, request.asserted))
        return refuse(403, "The recipient does not want messages from this sender");
    Session session;
    session.offer = std::move(*offer);
    const bool to_recipient = session_tls_ == SessionTls::as_offered
                                  ? session.offer.secure
                                  : session_tls_ == SessionTls::always;
    std::tie(session.near, session.far) = switch_.open_pair(session.offer.secure, to_recipient);
    watch(session, request);
    being_set_up_[id] = std::move(session);
    BackToBack::on_request(id, std::move(request));
}

void SessionMode::edit_request(sip::ServerId id, sip::Message& request) {
    if (const auto changed = changes_.find(id); changed != changes_.end()) {
        if (!changed->second.offer) return;
        const auto place = place_of(changed->second.other, msrp::Setup::actpass);
        return request.set_body("application/sdp", msrp::redirected(request.body(), place));
    }
    const auto found = being_set_up_.find(id);
    if (found == being_set_up_.end()) return;
    const auto place = place_of(found->second.far, msrp::Setup::actpass);
    request.set_body("application/sdp", msrp::redirected(request.body(), place));
}

void SessionMode::edit_answer(sip::ServerId id, sip::Message& response) {
    if (const auto changed = changes_.find(id); changed != changes_.end()) {
        const auto change = std::move(changed->second);
        changes_.erase(changed);
        if (change.offer) return answer_change(response, change);
        return offer_in_answer(id, response, change);
    }
    const auto found = being_set_up_.find(id);
    if (found == being_set_up_.end()) return;
    const auto& session = found->second;
    const auto answer = msrp::read_media(response.body());
    if (!answer || answer->port == 0) return;  // the medium is refused: so it is for the other side
    const bool we_connect = msrp::offerer_connects(msrp::Setup::actpass, answer->setup);
    reach(session.far, *answer, we_connect, false);
    const auto role = msrp::answer_to(session.offer.setup);
    const bool they_connect = msrp::offerer_connects(session.offer.setup, role);
    response.set_body("application/sdp",
                      msrp::redirected(response.body(), place_of(session.near, role)));
    reach(session.near, session.offer, !they_connect, false);
}

void SessionMode::on_connected(sip::ServerId id,
                               const sip::DialogId& near,
                               const sip::DialogId& far) {
    const auto found = being_set_up_.find(id);
    if (found == being_set_up_.end()) return;
    auto session = std::move(found->second);
    being_set_up_.erase(found);
    session.near_dialog = near;
    by_dialog_[near] = session;
    by_dialog_[far] = std::move(session);
}

void SessionMode::on_refused(sip::ServerId id) {
    if (changes_.erase(id) != 0) return;
    const auto found = being_set_up_.find(id);
    if (found == being_set_up_.end()) return;
    close(found->second);
    being_set_up_.erase(found);
}

// ---- afterwards

void SessionMode::on_request_in_dialog(sip::ServerId id, sip::Message request) {
    const bool updates = request.method() == sip::Method::update && !request.body().empty();
    if (updates)
        return services_.proxy().respond(id, 488, "It is INVITE that changes a session here");
    if (request.method() == sip::Method::invite) {
        auto change = change_for(id, request);
        if (!change) return;
        changes_[id] = std::move(*change);
    }
    BackToBack::on_request_in_dialog(id, std::move(request));
}

// What is wrong with it is answered: then nothing changes.
std::optional<SessionMode::Change> SessionMode::change_for(sip::ServerId id,
                                                           const sip::Message& request) {
    const auto refuse = [&](int status, const std::string& why) {
        services_.log(LogLevel::info, sip::call_id(request), "RFC 4975 §8.4", why);
        services_.proxy().respond(id, status, why);
        return std::nullopt;
    };
    const auto dialog = sip::dialog_of_received(request);
    const auto found = dialog ? by_dialog_.find(*dialog) : by_dialog_.end();
    if (found == by_dialog_.end()) return refuse(481, "No such session");
    const auto& session = found->second;
    Change change;
    change.asker = session.near_dialog == dialog ? session.near : session.far;
    change.other = session.near_dialog == dialog ? session.far : session.near;
    // RFC 3261 §14.2: one at a time.
    for (const auto& [other, under_way] : changes_) {
        if (under_way.asker == change.asker || under_way.other == change.asker)
            return refuse(491, "The session is being changed already");
    }
    if (request.body().empty()) return change;
    auto offer = msrp::read_media(request.body());
    if (!offer) return refuse(400, offer.error());
    if (offer->port == 0) return refuse(488, "Who wants no medium any more ends the session");
    if (const auto why = objection_to(*offer); !why.empty()) return refuse(488, why);
    if (offer->secure != switch_.is_secure(change.asker))
        return refuse(488, "A session stays with TLS, or without");
    change.offer = std::move(*offer);
    return change;
}

// Both sides' paths as they are now; who is where he was keeps his connection.
void SessionMode::answer_change(sip::Message& response, const Change& change) {
    const auto answer = msrp::read_media(response.body());
    if (!answer || answer->port == 0) return;
    const bool we_connect = msrp::offerer_connects(msrp::Setup::actpass, answer->setup);
    reach(change.other, *answer, we_connect, true);
    const auto role = msrp::answer_to(change.offer->setup);
    const bool they_connect = msrp::offerer_connects(change.offer->setup, role);
    response.set_body("application/sdp",
                      msrp::redirected(response.body(), place_of(change.asker, role)));
    reach(change.asker, *change.offer, !they_connect, true);
}

// RFC 3261 §14.1: nobody has offered; the other side does, and is answered in the ACK.
void SessionMode::offer_in_answer(sip::ServerId id, sip::Message& response, Change change) {
    auto offer = msrp::read_media(response.body());
    const auto* request = services_.proxy().request_of(id);
    const auto dialog = request != nullptr ? sip::dialog_of_received(*request) : std::nullopt;
    if (!offer || !dialog) return;
    response.set_body(
        "application/sdp",
        msrp::redirected(response.body(), place_of(change.asker, msrp::Setup::actpass)));
    change.offer = std::move(*offer);
    answered_by_ack_[*dialog] = std::move(change);
}

void SessionMode::on_ack(sip::Message ack) {
    const auto dialog = sip::dialog_of_received(ack);
    const auto found = dialog ? answered_by_ack_.find(*dialog) : answered_by_ack_.end();
    if (found != answered_by_ack_.end()) {
        auto change = std::move(found->second);
        answered_by_ack_.erase(found);
        std::swap(change.asker, change.other);
        answer_change(ack, change);
    }
    BackToBack::on_ack(std::move(ack));
}

// What the bridge has not answered may have been refused before it came there.
void SessionMode::on_ended(sip::ServerId id) {
    on_refused(id);
    BackToBack::on_ended(id);
}

void SessionMode::on_released(const sip::DialogId& one, const sip::DialogId& other) {
    if (const auto found = by_dialog_.find(one); found != by_dialog_.end()) close(found->second);
    by_dialog_.erase(one);
    by_dialog_.erase(other);
    answered_by_ack_.erase(one);
    answered_by_ack_.erase(other);
}

void SessionMode::close(const Session& session) {
    watched_.erase(session.near);
    watched_.erase(session.far);
    switch_.close_pair(session.near);
}

// ---- what is said in it

void SessionMode::watch(const Session& session, const as::ServiceRequest& request) {
    const auto& services = message_services_;
    const auto to = request.is_originating()
                        ? sip::canonical_identity(request.message.uri()).value_or("")
                        : request.served_user;
    const auto owner = request.is_originating() ? request.asserted : request.served_user;
    std::size_t octets = 0;
    if (services.history.is_kept_for(owner)) octets = services.history.most_octets();
    if (services.filter.is_used()) octets = services.most_filtered;
    if (octets == 0) return;
    switch_.watch(session.near, octets);
    const std::string call_id(sip::call_id(request.message));
    watched_[session.near] = {owner, request.asserted, to, call_id};
    watched_[session.far] = {owner, to, request.asserted, call_id};
}

bool SessionMode::on_whole(const MsrpSwitch::WholeMessage& message) {
    const auto found = watched_.find(message.from);
    if (found == watched_.end()) return false;
    if (message_services_.filter.is_used()) {
        services_.tasks().spawn(judge(message, found->second));
        return true;
    }
    remember(message, found->second);
    return false;
}

// RFC 4975 §10.3: the action is not allowed; §10.5: no more of this message, please.
Task<void> SessionMode::judge(MsrpSwitch::WholeMessage message, Parties parties) {
    auto& filter = message_services_.filter;
    std::optional<ContentFilter::Objection> objection;
    if (message.is_whole) {
        auto contents = contents_of(message.content_type, message.content);
        auto call_id = parties.call_id;
        objection = co_await filter.look_at(std::move(contents), std::move(call_id));
    } else {
        objection = filter.unseen(parties.call_id, "it is too large, or came in no order");
    }
    msrp::IncomingMessage::Refusal refusal;
    if (objection) refusal = {objection->is_infected ? 403 : 413, objection->why};
    if (objection)
        services_.log(LogLevel::info, parties.call_id, "RFC 4975 §10.3", objection->why);
    else
        remember(message, parties);
    switch_.decide(message.from, message.id, refusal, services_.now());
}

void SessionMode::remember(const MsrpSwitch::WholeMessage& message, const Parties& parties) {
    if (!message.is_whole) return;
    message_services_.history.keep(
        {parties.owner, parties.from, parties.to, message.content_type, message.content});
}

// ---- when the media ends

// The media is gone, and with it the session: both sides hear of it by BYE, once what is going on
// is over.
void SessionMode::on_time(Time now) {
    for (const auto& [leg, why] : std::exchange(lost_, {})) {
        std::optional<sip::DialogId> near, far;
        for (const auto& [dialog, session] : by_dialog_) {
            if (session.near != leg && session.far != leg) continue;
            near = session.near_dialog;
            if (dialog != *near) far = dialog;
        }
        if (!near || !far) continue;
        on_released(*near, *far);
        release(*near, "SIP ;cause=503 ;text=\"" + why + "\"");
    }
    switch_.on_time(now);
    BackToBack::on_time(now);
}

std::optional<Time> SessionMode::next_deadline() const {
    if (!lost_.empty()) return services_.now();
    return earlier(BackToBack::next_deadline(), switch_.next_deadline());
}

nlohmann::ordered_json SessionMode::state() const {
    auto state = BackToBack::state();
    state["msrp"] = switch_.state();
    return state;
}

}  // namespace imslab::messaging
