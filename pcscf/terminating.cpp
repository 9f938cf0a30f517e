// Requests to the UE and its answers: TS 24.229 §5.2.6.4.
#include "pcscf/charging.h"
#include "pcscf/element.h"
#include "pcscf/identity.h"
#include "pcscf/trust_domain.h"

namespace imslab::pcscf {

namespace {

constexpr std::string_view kClause = "TS 24.229 §5.2.6.4";

std::string target_of(const sip::Message& message) {
    const auto uri = sip::uri_of(message.first_value(sip::HeaderId::contact));
    return std::string(uri.value_or(std::string_view{}));
}

}  // namespace

void Pcscf::Impl::on_request_from_core(sip::ServerId id, sip::Message request, const Flow& flow) {
    leave_own_route(request, own);
    if (sip::to_tag(request)) return on_request_in_dialog_from_core(id, std::move(request), flow);
    on_initial_request_from_core(id, std::move(request));
}

void Pcscf::Impl::on_initial_request_from_core(sip::ServerId id, sip::Message request) {
    const auto served = bindings.of_contact(request.uri());
    if (!served) {
        return refuse(id,
                      request,
                      480,  // RFC 3261 §21.4.18
                      kClause,
                      "nobody is registered at the contact " + std::string(request.uri()));
    }
    if (!bindings.is_reachable(*served)) {
        return refuse(id,
                      request,
                      kFlowFailed,
                      "RFC 5626 §5.3.1",
                      "the connection that " + std::string(bindings.contact(*served)) +
                          " registered on is gone");
    }
    if (opens_dialog(request.method()) && dialogs.size() >= config.max_dialogs) {
        return refuse(id, request, 503, kClause, "as many dialogs are watched as there may be");
    }
    Passing terminating;
    terminating.procedure = Passing::Procedure::terminating;
    terminating.method = request.method();
    terminating.dialog.call_id = sip::call_id(request);
    terminating.dialog.caller_tag = sip::from_tag(request).value_or("");
    terminating.dialog.leg = Leg::terminating;
    terminating.served = *served;
    terminating.ue = flow_towards(flow_of(*served), request.uri());
    terminating.charging = received_charging_vector(request);
    // The identity that was called is the one that will answer.
    const auto called = sip::uri_of(request.get(sip::HeaderId::p_called_party_id));
    terminating.identity = called.value_or(bindings.default_identity(*served));
    terminating.target = target_of(request);
    if (opens_dialog(request.method())) {
        // TS 24.229 §5.2.6.4.3: kept for the dialog, before it is taken out for the UE.
        terminating.opening.charging_addresses = received_charging_addresses(request);
        await_dialog(id, terminating, request, uris_of(request, sip::HeaderId::record_route));
        request.prepend(sip::HeaderId::record_route,
                        own.record_route(Leg::terminating, Side::gm, terminating.ue.transport));
        for (const auto value : request.values(sip::HeaderId::record_route))
            terminating.recorded.emplace_back(value);
    }
    remove_what_stays_in_the_core(request);
    request.remove(sip::HeaderId::route);  // whatever is left names nobody between here and the UE
    const Flow ue = terminating.ue;
    forward(id, std::move(terminating), std::move(request), ue);
}

void Pcscf::Impl::on_request_in_dialog_from_core(sip::ServerId id,
                                                 sip::Message request,
                                                 const Flow& flow) {
    const auto found = find_dialog(request, flow);
    // RFC 3261 §21.4.19
    if (!found) return refuse(id, request, 481, kClause, "no such dialog");
    Passing inside;
    inside.procedure = Passing::Procedure::terminating;
    inside.method = request.method();
    inside.in_dialog = true;
    inside.from_caller = found->from_caller;
    inside.dialog = found->key;
    inside.served = found->dialog->served;
    inside.ue = flow_to_ue(*found->dialog, request.uri());
    inside.charging = received_charging_vector(request);
    if (inside.charging.icid.empty()) inside.charging = found->dialog->charging;
    inside.identity = found->dialog->identity;
    inside.target = target_of(request);
    const auto state = request.get(sip::HeaderId::subscription_state);
    inside.ends_subscription = state && state->substr(0, 10) == "terminated";
    watch_request(*found, request);
    if (is_target_refresh(request.method())) {
        request.prepend(sip::HeaderId::record_route,
                        own.record_route(found->key.leg, Side::gm, inside.ue.transport));
    }
    remove_what_stays_in_the_core(request);
    request.remove(sip::HeaderId::route);
    const Flow ue = inside.ue;
    forward(id, std::move(inside), std::move(request), ue);
}

void Pcscf::Impl::on_response_from_ue(sip::ServerId id,
                                      Passing& request_passing,
                                      sip::Message& response) {
    if (const auto claimed = remove_what_a_ue_may_not_say(response); !claimed.empty()) {
        log(LogLevel::warning,
            response,
            "TS 24.229 §4.4",
            "the UE may not say " + std::string(claimed) + ": removed");
    }
    remove_security_agreement(response);
    // §5.2.6.4.4, .8: who answers is the identity that was called, whatever the UE prefers.
    const bool answers =
        response.status() > 100 && response.status() < 300 && !request_passing.in_dialog;
    if (answers) {
        assert_identities(response, {request_passing.identity});
    } else {
        response.remove(sip::HeaderId::p_preferred_identity);
    }
    set_charging_vector(response, answered_by(request_passing.charging, config));
    check_recorded_route(request_passing, response);
    rewrite_own_record_route(response, own, own.record_route(request_passing.dialog.leg, Side::mw));
    watch_response(id, request_passing, response);
}

// §5.2.6.4.4: the UE gives back the route that was recorded, or it is put right.
void Pcscf::Impl::check_recorded_route(const Passing& request_passing, sip::Message& response) {
    const bool opens = !request_passing.in_dialog && opens_dialog(request_passing.method);
    if (!opens || response.status() <= 100 || response.status() >= 300) return;
    std::vector<std::string> given;
    for (const auto& value : request_passing.recorded)
        given.emplace_back(sip::uri_of(value).value_or(""));
    if (same_uris(uris_of(response, sip::HeaderId::record_route), given)) return;
    log(LogLevel::warning,
        response,
        "TS 24.229 §5.2.6.4.4",
        "the Record-Route is not the one given to the UE: replaced");
    response.remove(sip::HeaderId::record_route);
    for (const auto& value : request_passing.recorded)
        response.append(sip::HeaderId::record_route, value);
}

void Pcscf::Impl::on_ack_from_core(sip::Message ack, const Flow& flow) {
    leave_own_route(ack, own);
    const auto found = find_dialog(ack, flow);
    if (!found) return log(LogLevel::warning, ack, kClause, "an ACK of no dialog: dropped");
    remove_what_stays_in_the_core(ack);
    ack.remove(sip::HeaderId::route);
    const Flow ue = flow_to_ue(*found->dialog, ack.uri());
    proxy.forward_ack(std::move(ack), ue);
}

// A re-registration may have moved the UE; a dialog outlives its registration.
Flow Pcscf::Impl::flow_to_ue(const Dialog& dialog, std::string_view contact) const {
    if (bindings.alive(dialog.served))
        return flow_towards(flow_of(dialog.served), contact);
    return flow_towards(dialog.ue, contact);
}

Flow Pcscf::Impl::flow_of(BindingId id) const {
    return bindings.flow(id, own.gm_address(bindings.transport(id)));
}

}  // namespace imslab::pcscf
