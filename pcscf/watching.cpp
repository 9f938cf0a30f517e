// What the P-CSCF learns of a dialog from what passes: TS 24.229 §5.2.6.3.4, §5.2.6.3.6, their
// terminating twins in §5.2.6.4, RFC 3261 §12, RFC 6665 §4.4.1.
#include <algorithm>
#include <chrono>

#include "pcscf/charging.h"
#include "pcscf/element.h"
#include "sip/params.h"

namespace imslab::pcscf {

namespace {

// RFC 3515 §2.4.4: a REFER's subscription lasts as its NOTIFYs say; until the first one, this long.
constexpr std::chrono::seconds kReferLifetime{180};
constexpr std::uint32_t kSubscriptionSeconds = 3600;  // a 200 to SUBSCRIBE that names no Expires
// A subscription's last NOTIFY may still be on its way.
constexpr std::chrono::seconds kGrace{128};

bool is_subscription(sip::Method method) {
    return method == sip::Method::subscribe || method == sip::Method::refer;
}

bool is_of_subscription(sip::Method method) {
    return method == sip::Method::notify || is_subscription(method);
}

std::optional<std::uint32_t> seconds_left(const sip::Message& notify) {
    const auto state = notify.get(sip::HeaderId::subscription_state);
    if (!state) return std::nullopt;
    const std::size_t semicolon = state->find(';');
    if (semicolon == std::string_view::npos) return std::nullopt;
    const auto expires = sip::Params(state->substr(semicolon + 1)).get("expires");
    return expires ? sip::to_number(*expires) : std::nullopt;
}

void count(std::uint32_t& stored, const sip::Message& request) {
    const auto cseq = sip::cseq(request);
    if (cseq && request.method() != sip::Method::ack) stored = std::max(stored, cseq->number);
}

std::string contact_of(const sip::Message& message) {
    return std::string(
        sip::uri_of(message.first_value(sip::HeaderId::contact)).value_or(std::string_view{}));
}

}  // namespace

std::optional<Pcscf::Impl::Found> Pcscf::Impl::find_dialog(const sip::Message& request,
                                                           const Flow& flow) {
    const auto sender = sip::from_tag(request);
    const auto receiver = sip::to_tag(request);
    if (!sender || !receiver) return std::nullopt;
    const bool from_ue = side_of(flow) == Side::gm;
    Found found;
    found.key.call_id = sip::call_id(request);
    // From a UE that called, or from the core to a UE that was called: From is the caller.
    found.key.caller_tag = *sender;
    found.key.callee_tag = *receiver;
    found.key.leg = from_ue ? Leg::originating : Leg::terminating;
    found.dialog = dialogs.find(found.key);
    if (found.dialog != nullptr) return found;
    found.from_caller = false;
    found.key.caller_tag = *receiver;
    found.key.callee_tag = *sender;
    found.key.leg = from_ue ? Leg::terminating : Leg::originating;
    // Only the callee's request can be ahead of its answer.
    found.dialog = dialogs.open(found.key, from_ue ? std::optional(flow.remote.ip) : std::nullopt);
    if (found.dialog == nullptr) return std::nullopt;
    return found;
}

void Pcscf::Impl::await_dialog(sip::ServerId id,
                               Passing& request_passing,
                               const sip::Message& request,
                               std::vector<std::string> route_to_core) {
    Dialog& dialog = request_passing.opening;
    dialog.opener = id;
    dialog.method = request.method();
    dialog.served = request_passing.served;
    dialog.ue = request_passing.ue;
    dialog.charging = request_passing.charging;
    dialog.identity = request_passing.identity;
    dialog.caller = request.get(sip::HeaderId::from).value_or("");
    dialog.callee = request.get(sip::HeaderId::to).value_or("");
    dialog.caller_target = request_passing.target;
    dialog.route_to_core = std::move(route_to_core);
    dialog.until = proxy.now() + config.dialog_lifetime;
    count(dialog.caller_cseq, request);
    if (!dialogs.await(request_passing.dialog, dialog)) {
        log(LogLevel::error,
            request,
            "TS 24.229 §5.2.6",
            "as many dialogs are watched as there may be");
    }
}

void Pcscf::Impl::watch_request(const Found& found, const sip::Message& request) {
    Dialog& dialog = *found.dialog;
    count(found.from_caller ? dialog.caller_cseq : dialog.callee_cseq, request);
    if (!is_subscription(dialog.method)) {
        dialogs.keep_until(found.key, proxy.now() + config.dialog_lifetime);
    } else if (request.method() == sip::Method::notify) {
        // RFC 6665 §4.4.1: the NOTIFY makes the dialog, whichever comes first.
        dialog.state = DialogState::confirmed;
        if (dialog.callee_target.empty()) {
            dialog.callee = request.get(sip::HeaderId::from).value_or("");
            dialog.callee_target = contact_of(request);
            if (found.key.leg == Leg::originating) {
                dialog.route_to_core = uris_of(request, sip::HeaderId::record_route);
            }
        }
        if (const auto seconds = seconds_left(request)) {
            dialogs.keep_until(found.key, proxy.now() + std::chrono::seconds(*seconds) + kGrace);
        }
    }
}

void Pcscf::Impl::watch_response(sip::ServerId id,
                                 Passing& request_passing,
                                 const sip::Message& response) {
    if (response.status() < 101 || response.status() >= 300) return;
    if (!request_passing.in_dialog) return watch_opening_response(request_passing, response);
    if (response.status() < 200) return;
    watch_response_in_dialog(request_passing, response);
    watch_end(id, request_passing, response);
}

void Pcscf::Impl::watch_opening_response(Passing& request_passing, const sip::Message& response) {
    const auto tag = sip::to_tag(response);
    if (!tag || !opens_dialog(request_passing.method)) return;
    DialogKey key = request_passing.dialog;
    key.callee_tag = *tag;
    auto& opened = request_passing.opened;
    const bool seen = std::find(opened.begin(), opened.end(), key.callee_tag) != opened.end();
    Dialog* dialog = seen ? dialogs.find(key) : dialogs.add(key, request_passing.opening);
    if (dialog == nullptr) return;  // a repeated answer of a dialog that has ended
    if (!seen) opened.push_back(key.callee_tag);
    const bool confirms = response.status() >= 200;
    if (confirms) {
        dialog->state = DialogState::confirmed;
    } else if (dialog->state == DialogState::awaited) {
        dialog->state = DialogState::early;
    }
    dialog->callee = response.get(sip::HeaderId::to).value_or("");
    // TS 24.229 §5.2.6.3.4: where the dialog is charged, if the core says so.
    if (auto addresses = received_charging_addresses(response);
        key.leg == Leg::originating && !addresses.empty()) {
        dialog->charging_addresses = std::move(addresses);
    }
    if (const auto target = contact_of(response); !target.empty()) dialog->callee_target = target;
    if (key.leg == Leg::originating && response.has(sip::HeaderId::record_route)) {
        // RFC 3261 §12.1.2: a caller's route set is the recorded one reversed; the first is the
        // P-CSCF itself.
        auto recorded = uris_of(response, sip::HeaderId::record_route);
        std::reverse(recorded.begin(), recorded.end());
        if (!recorded.empty() && own.is_own(recorded.front())) recorded.erase(recorded.begin());
        dialog->route_to_core = std::move(recorded);
    }
    if (confirms && request_passing.method == sip::Method::refer) {
        dialogs.keep_until(key, proxy.now() + kReferLifetime);
    } else if (confirms && request_passing.method == sip::Method::subscribe) {
        const std::chrono::seconds granted(sip::expires(response).value_or(kSubscriptionSeconds));
        dialogs.keep_until(key, proxy.now() + granted + kGrace);
    }
    if (confirms && is_subscription(request_passing.method)) {
        // RFC 6665 §4.1.2.4, Timer N: forks may make themselves known by a NOTIFY alone.
        dialogs.keep_awaited_until(
            request_passing.dialog, request_passing.opening.opener, proxy.now() + kGrace);
    }
}

void Pcscf::Impl::watch_response_in_dialog(Passing& request_passing, const sip::Message& response) {
    Dialog* dialog = dialogs.find(request_passing.dialog);
    if (dialog == nullptr || !is_target_refresh(request_passing.method)) return;
    // RFC 3261 §12.2: both ends' targets move with the 2xx.
    auto& sender = request_passing.from_caller ? dialog->caller_target : dialog->callee_target;
    auto& answerer = request_passing.from_caller ? dialog->callee_target : dialog->caller_target;
    if (!request_passing.target.empty()) sender = request_passing.target;
    if (const auto target = contact_of(response); !target.empty()) answerer = target;
    const auto seconds = sip::expires(response);
    if (seconds && request_passing.method == sip::Method::subscribe) {
        dialogs.keep_until(request_passing.dialog,
                           proxy.now() + std::chrono::seconds(*seconds) + kGrace);
    }
}

void Pcscf::Impl::watch_end(sip::ServerId id,
                            Passing& request_passing,
                            const sip::Message& final_response) {
    const int status = final_response.status();
    if (!request_passing.in_dialog) {
        const bool failed = opens_dialog(request_passing.method) && status >= 300;
        if (failed) dialogs.remove_unconfirmed(request_passing.dialog, id);
        return;
    }
    const Dialog* dialog = dialogs.find(request_passing.dialog);
    if (dialog == nullptr) return;
    // RFC 3261 §12.2.1.2, §15: a BYE that is answered, and an end that knows nothing of the dialog,
    // end it. What ends a subscription inside a session (RFC 5057) does not end the session.
    const bool is_session = !is_subscription(dialog->method);
    const bool unknown = (status == 481 || status == 408) &&
                         (is_target_refresh(request_passing.method) &&
                          is_session == !is_of_subscription(request_passing.method));
    const bool over = !is_session && request_passing.ends_subscription;
    if (request_passing.method == sip::Method::bye || unknown || over)
        dialogs.remove(request_passing.dialog);
}

}  // namespace imslab::pcscf
