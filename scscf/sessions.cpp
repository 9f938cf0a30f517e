// TS 24.229 §5.4.3, §5.4.5: what a proxy that stays in the path keeps of a dialog.
#include "scscf/sessions.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/invariant.h"
#include "sip/headers.h"
#include "sip/uri.h"

namespace imslab::scscf {

namespace {

using sip::HeaderId;

std::string joined(const std::vector<std::string>& values) {
    std::string text;
    for (const auto& value : values) {
        if (!text.empty()) text += ", ";
        text += value;
    }
    return text;
}

// The Record-Route of a response, seen from our own entry: above it lies the way to the callee,
// nearest last; below it the way to the caller, nearest first (RFC 3261 §12.1.2).
void split_record_route(const sip::Message& response, const std::string& own, Session& session) {
    std::vector<std::string> callee;
    std::vector<std::string> caller;
    bool passed = false;
    for (const auto value : response.values(HeaderId::record_route)) {
        const auto uri = sip::uri_of(value);
        if (!passed && uri && uri->starts_with(own)) {
            passed = true;
            continue;
        }
        (passed ? caller : callee).emplace_back(value);
    }
    std::ranges::reverse(callee);
    session.caller_route = joined(caller);
    session.callee_route = joined(callee);
}

bool ends_subscription(const sip::Message& request) {
    const auto value = request.get(HeaderId::subscription_state);
    return value &&
           sip::equals_ignoring_case(sip::trim(value->substr(0, value->find(';'))), "terminated");
}

}  // namespace

std::string_view to_string(Role role) {
    return role == Role::originating ? "originating" : "terminating";
}

bool makes_dialog(sip::Method method) {
    return method == sip::Method::invite || method == sip::Method::subscribe ||
           method == sip::Method::refer;
}

std::optional<Sessions::Key> Sessions::key_of(const sip::Message& message,
                                              Role role,
                                              bool from_callee) {
    const auto from = sip::from_tag(message);
    const auto to = sip::to_tag(message);
    if (!from || !to) return std::nullopt;
    Key key;
    key.call_id = sip::call_id(message);
    key.caller_tag = from_callee ? *to : *from;
    key.callee_tag = from_callee ? *from : *to;
    key.role = role;
    return key;
}

void Sessions::on_response(const sip::Message& request,
                           const sip::Message& response,
                           Role role,
                           const std::string& served,
                           const std::string& own,
                           Time now) {
    const auto key = key_of(response, role, false);
    if (!key || response.status() <= 100 || response.status() >= 300) return;
    auto found = sessions_.find(*key);
    if (found == sessions_.end()) {
        if (sessions_.size() >= limit_) return;
        Session session;
        session.served = served;
        session.role = role;
        session.method = request.method();
        session.from = response.get(HeaderId::from).value_or("");
        session.to = response.get(HeaderId::to).value_or("");
        session.caller_target = sip::uri_of(request.first_value(HeaderId::contact)).value_or("");
        session.caller_cseq = sip::cseq(request).value_or(sip::CSeq{}).number;
        if (const auto value = request.get(HeaderId::p_charging_vector)) {
            if (auto vector = sip::ChargingVector::parse(*value))
                session.icid = std::move(vector->icid);
        }
        found = sessions_.emplace(*key, std::move(session)).first;
    }
    auto& session = found->second;
    if (const auto target = sip::uri_of(response.first_value(HeaderId::contact)))
        session.callee_target = *target;
    if (response.has(HeaderId::record_route)) split_record_route(response, own, session);
    if (response.status() >= 200) session.early = false;
    hear(found, now);
}

void Sessions::forget_early(const std::string& call_id, const std::string& caller_tag, Role role) {
    Key key;
    key.call_id = call_id;
    key.caller_tag = caller_tag;
    for (auto it = sessions_.lower_bound(key); it != sessions_.end() &&
                                               it->first.call_id == key.call_id &&
                                               it->first.caller_tag == key.caller_tag;) {
        const auto next = std::next(it);
        if (it->first.role == role && it->second.early) erase(it);
        it = next;
    }
}

void Sessions::on_request_inside(const sip::Message& request, Time now) {
    const auto number = sip::cseq(request).value_or(sip::CSeq{}).number;
    const auto target = sip::uri_of(request.first_value(HeaderId::contact));
    const bool refreshes =
        request.method() == sip::Method::invite || request.method() == sip::Method::update;
    for (const auto role : {Role::originating, Role::terminating}) {
        for (const bool from_callee : {false, true}) {
            const auto key = key_of(request, role, from_callee);
            const auto found = key ? sessions_.find(*key) : sessions_.end();
            if (found == sessions_.end()) continue;
            auto& session = found->second;
            auto& cseq = from_callee ? session.callee_cseq : session.caller_cseq;
            if (request.method() != sip::Method::ack) cseq = std::max(cseq, number);
            if (refreshes && target)
                (from_callee ? session.callee_target : session.caller_target) = *target;
            hear(found, now);
        }
    }
}

void Sessions::on_response_inside(const sip::Message& request, const sip::Message& response) {
    const int status = response.status();
    const bool gone = status == 481 || status == 408;  // RFC 3261 §12.2.1.2
    const bool bye = request.method() == sip::Method::bye && status >= 200;
    const bool last_notify =
        request.method() == sip::Method::notify && status / 100 == 2 && ends_subscription(request);
    if (!gone && !bye && !last_notify) return;
    for (const auto role : {Role::originating, Role::terminating}) {
        for (const bool from_callee : {false, true}) {
            const auto key = key_of(request, role, from_callee);
            const auto found = key ? sessions_.find(*key) : sessions_.end();
            if (found != sessions_.end()) erase(found);
        }
    }
}

std::optional<Time> Sessions::next_deadline() const {
    if (by_silence_.empty()) return std::nullopt;
    return by_silence_.begin()->first.first + lifetime_;
}

void Sessions::forget_silent(Time now) {
    while (!by_silence_.empty() && by_silence_.begin()->first.first + lifetime_ <= now) {
        const auto found = sessions_.find(*by_silence_.begin()->second);
        IMSLAB_INVARIANT(found != sessions_.end());
        erase(found);
    }
}

void Sessions::hear(std::map<Key, Session>::iterator which, Time now) {
    auto& session = which->second;
    if (session.number == 0) {
        session.number = ++last_number_;
        by_served_.emplace(std::pair{std::string_view(session.served), session.number},
                           &which->first);
    } else {
        by_silence_.erase({session.heard, session.number});
    }
    session.heard = now;
    by_silence_.emplace(std::pair{now, session.number}, &which->first);
}

void Sessions::erase(std::map<Key, Session>::iterator which) {
    by_silence_.erase({which->second.heard, which->second.number});
    by_served_.erase({std::string_view(which->second.served), which->second.number});
    sessions_.erase(which);
}

bool is_same_place(std::string_view uri, std::string_view contact) {
    const auto one = sip::Uri::parse(uri), other = sip::Uri::parse(contact);
    const auto port_of = [](const sip::Uri& place) { return place.port == 0 ? 5060 : place.port; };
    return one && other && sip::equals_ignoring_case(one->host, other->host) &&
           port_of(*one) == port_of(*other);
}

std::vector<Sessions::Established> Sessions::take_sessions_of(std::string_view served) {
    return take_sessions_of(served, [](const Session&) { return true; });
}

std::vector<Sessions::Established> Sessions::take_sessions_of(std::string_view served,
                                                              std::string_view contact) {
    return take_sessions_of(served, [contact](const Session& session) {
        return is_same_place(session.served_target(), contact);
    });
}

std::vector<Sessions::Established> Sessions::take_sessions_of(
    std::string_view served, const std::function<bool(const Session&)>& which) {
    std::vector<Established> taken;
    auto it = by_served_.lower_bound({served, 0});
    while (it != by_served_.end() && it->first.first == served) {
        const auto found = sessions_.find(*it->second);
        ++it;
        IMSLAB_INVARIANT(found != sessions_.end());
        if (found->second.method != sip::Method::invite || found->second.early) continue;
        if (!which(found->second)) continue;
        auto twin = found->first;
        twin.role = twin.role == Role::originating ? Role::terminating : Role::originating;
        taken.push_back({found->first.call_id, found->second});
        const bool next_is_twin = it != by_served_.end() && *it->second == twin;
        if (next_is_twin) ++it;  // he calls himself
        erase(found);
        if (const auto other = sessions_.find(twin); other != sessions_.end()) erase(other);
    }
    return taken;
}

nlohmann::ordered_json Sessions::state(Time now) const {
    auto all = nlohmann::ordered_json::array();
    for (const auto& [key, session] : sessions_) {
        nlohmann::ordered_json one;
        one["call_id"] = key.call_id;
        one["role"] = to_string(session.role);
        one["served_user"] = session.served;
        one["method"] = sip::to_string(session.method);
        one["state"] = session.early ? "early" : "confirmed";
        one["from"] = session.from;
        one["to"] = session.to;
        one["caller_target"] = session.caller_target;
        one["callee_target"] = session.callee_target;
        one["icid"] = session.icid;
        one["silent_seconds"] =
            std::chrono::duration_cast<std::chrono::seconds>(now - session.heard).count();
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace imslab::scscf
