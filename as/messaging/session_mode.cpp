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
                         Address msrp,
                         MsrpLimits limits,
                         BlockList& block_list)
    : BackToBack(services, name),
      msrp_(msrp),
      block_list_(block_list),
      switch_(
          msrp,
          services.entropy(),
          [this](Effect effect) { services_.emit(std::move(effect)); },
          [this](MsrpSwitch::LegId leg) { on_lost(leg); },
          limits) {}

bool SessionMode::is_for_it(const sip::Message& request) {
    if (request.method() != sip::Method::invite) return false;
    const auto body = request.body();
    return body.find("m=message ") != std::string_view::npos &&
           body.find("/MSRP") != std::string_view::npos;
}

msrp::Media SessionMode::place_of(MsrpSwitch::LegId leg, msrp::Setup setup) const {
    msrp::Media place;
    place.address = msrp_.ip.to_string();
    place.port = msrp_.port;
    place.path = {switch_.own_uri(leg)};
    place.setup = setup;
    return place;
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
    if (offer->secure) return refuse(488, "MSRP without TLS is what goes by this server");
    if (!request.is_originating() && block_list_.is_blocked(request.served_user, request.asserted))
        return refuse(403, "The recipient does not want messages from this sender");
    Session session;
    session.offer = std::move(*offer);
    std::tie(session.near, session.far) = switch_.open_pair();
    being_set_up_[id] = std::move(session);
    BackToBack::on_request(id, std::move(request));
}

void SessionMode::edit_request(sip::ServerId id, sip::Message& request) {
    const auto found = being_set_up_.find(id);
    if (found == being_set_up_.end()) return;
    const auto place = place_of(found->second.far, msrp::Setup::actpass);
    request.set_body("application/sdp", msrp::redirected(request.body(), place));
}

void SessionMode::edit_answer(sip::ServerId id, sip::Message& response) {
    const auto found = being_set_up_.find(id);
    if (found == being_set_up_.end()) return;
    const auto& session = found->second;
    const auto answer = msrp::read_media(response.body());
    if (!answer || answer->port == 0) return;  // the medium is refused: so it is for the other side
    const auto now = services_.now();
    const bool we_connect = msrp::offerer_connects(msrp::Setup::actpass, answer->setup);
    switch_.reach(session.far,
                  answer->path,
                  we_connect ? address_of(*answer) : std::optional<Address>(),
                  now);
    const auto role = msrp::answer_to(session.offer.setup);
    const bool they_connect = msrp::offerer_connects(session.offer.setup, role);
    response.set_body("application/sdp",
                      msrp::redirected(response.body(), place_of(session.near, role)));
    switch_.reach(session.near,
                  session.offer.path,
                  they_connect ? std::optional<Address>() : address_of(session.offer),
                  now);
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
    const auto found = being_set_up_.find(id);
    if (found == being_set_up_.end()) return;
    switch_.close_pair(found->second.near);
    being_set_up_.erase(found);
}

// ---- afterwards

// RFC 4975 §8.4: a session is not moved; who wants another one sets it up.
void SessionMode::on_request_in_dialog(sip::ServerId id, sip::Message request) {
    const bool offers = request.method() == sip::Method::invite ||
                        (request.method() == sip::Method::update && !request.body().empty());
    if (offers) return services_.proxy().respond(id, 488, "This session is not changed");
    BackToBack::on_request_in_dialog(id, std::move(request));
}

void SessionMode::on_released(const sip::DialogId& one, const sip::DialogId& other) {
    if (const auto found = by_dialog_.find(one); found != by_dialog_.end())
        switch_.close_pair(found->second.near);
    by_dialog_.erase(one);
    by_dialog_.erase(other);
}

// The media is gone, and with it the session: both sides hear of it by BYE, once what is going on
// is over.
void SessionMode::on_lost(MsrpSwitch::LegId leg) { lost_.insert(leg); }

void SessionMode::on_time(Time now) {
    for (const auto leg : std::exchange(lost_, {})) {
        std::optional<sip::DialogId> near, far;
        for (const auto& [dialog, session] : by_dialog_) {
            if (session.near != leg && session.far != leg) continue;
            near = session.near_dialog;
            if (dialog != *near) far = dialog;
        }
        if (!near || !far) continue;
        on_released(*near, *far);
        release(*near, "SIP ;cause=503 ;text=\"The MSRP connection is lost\"");
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
