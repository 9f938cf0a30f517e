// Sessions released by the P-CSCF because their UE is lost: TS 24.229 §5.2.8.1 (while being
// established: §5.2.8.1.1; established: §5.2.8.1.2).
#include "pcscf/charging.h"
#include "pcscf/element.h"
#include "sip/next_hop.h"

namespace imslab::pcscf {

namespace {

// RFC 3326 §2: why the network ends the session.
constexpr std::string_view kReason = "SIP;cause=503;text=\"Service Unavailable\"";

bool is_elsewhere(const Flow& bound, const Flow& lost) {
    return bound.connection != 0 || bound.remote.ip != lost.remote.ip;
}

}  // namespace

void Pcscf::Impl::on_flow_lost(const Flow& flow, const std::string& why) {
    if (flow.connection != 0) bindings.forget_connection(flow.connection);
    for (const DialogKey& key : dialogs.of_flow(flow)) {
        const Dialog* dialog = dialogs.find(key);
        if (dialog == nullptr || dialog->method != sip::Method::invite) continue;
        // The UE has registered anew, from elsewhere: it is not lost.
        const bool moved = bindings.alive(dialog->served) &&
                           is_elsewhere(flow_of(dialog->served), flow);
        if (!moved) release_session(key, why);
    }
}

// §5.2.8.1.1: what goes on towards the callee is cancelled, who called is told 503.
void Pcscf::Impl::give_up_call(const DialogKey& key, const Dialog& dialog, const std::string& why) {
    const sip::ServerId id = dialog.opener;
    const auto found = passing.find(id);
    if (found == passing.end() || found->second.answered) return;
    found->second.answered = true;
    outbox.log(LogLevel::warning,
               key.call_id,
               "TS 24.229 §5.2.8.1.1",
               "the UE is lost, its call is given up: " + why);
    dialogs.remove_unconfirmed(key, id);
    proxy.cancel_branches(id, kReason);
    proxy.respond(id, 503);
}

void Pcscf::Impl::release_session(const DialogKey& key, const std::string& why) {
    const Dialog* dialog = dialogs.find(key);
    if (dialog == nullptr) return;
    if (dialog->state != DialogState::confirmed) {
        if (config.release_early_dialogs) give_up_call(key, *dialog, why);
        return;
    }
    if (!config.release_sessions) return;
    // §5.2.8.1.2: a BYE to the other end as if the UE had sent it; the UE itself cannot be reached
    // any more.
    const bool ue_called = key.leg == Leg::originating;
    sip::Message bye = sip::Message::request(
        sip::Method::bye, ue_called ? dialog->callee_target : dialog->caller_target);
    set_route(bye, dialog->route_to_core);
    bye.append(sip::HeaderId::max_forwards, "70");
    bye.append(sip::HeaderId::from, ue_called ? dialog->caller : dialog->callee);
    bye.append(sip::HeaderId::to, ue_called ? dialog->callee : dialog->caller);
    bye.append(sip::HeaderId::call_id, key.call_id);
    const std::uint32_t cseq = (ue_called ? dialog->caller_cseq : dialog->callee_cseq) + 1;
    bye.append(sip::HeaderId::cseq, std::to_string(cseq) + " BYE");
    bye.append(sip::HeaderId::reason, kReason);
    set_charging_vector(bye, dialog->charging);
    const auto next = sip::flow_to(sip::next_hop_uri(bye), config.hosts, config.mw);
    dialogs.remove(key);
    if (!next) {
        return log(
            LogLevel::error, bye, "TS 24.229 §5.2.8.1.2", "the other end is at an unknown host");
    }
    log(LogLevel::warning,
        bye,
        "TS 24.229 §5.2.8.1.2",
        "the UE is lost, its session is released: " + why);
    proxy.send_request(std::move(bye), *next, [](const sip::Message*) {});
}

}  // namespace imslab::pcscf
