// Requests from the UE and the answers to them: TS 24.229 §5.2.6.3 (initial requests and standalone
// transactions, §5.2.6.3.3 to .4 and .7 to .8; target refresh and other requests inside a dialog,
// §5.2.6.3.5, .6, .9).
#include "core/transports.h"
#include "pcscf/charging.h"
#include "pcscf/element.h"
#include "pcscf/identity.h"
#include "pcscf/trust_domain.h"
#include "sip/next_hop.h"

namespace imslab::pcscf {

namespace {

constexpr std::string_view kGeneral = "TS 24.229 §5.2.6.3";
constexpr std::string_view kInitial = "TS 24.229 §5.2.6.3.3";
constexpr std::string_view kStandalone = "TS 24.229 §5.2.6.3.7";
constexpr std::string_view kInDialog = "TS 24.229 §5.2.6.3.5";

// What only the P-CSCF or the core may put into a request.
std::string_view remove_claims(sip::Message& request) {
    const std::string_view claimed = remove_what_a_ue_may_not_say(request);
    remove_security_agreement(request);
    request.remove(sip::HeaderId::record_route);
    return claimed;
}

std::string target_of(const sip::Message& message) {
    const auto uri = sip::uri_of(message.first_value(sip::HeaderId::contact));
    return std::string(uri.value_or(std::string_view{}));
}

}  // namespace

void Pcscf::Impl::on_request_from_ue(sip::ServerId id, sip::Message request, const Flow& flow) {
    leave_own_route(request, own);
    if (sip::to_tag(request)) return on_request_in_dialog_from_ue(id, std::move(request), flow);
    const auto served = bindings.of_flow(ue_flow(flow, request), claimed_identities(request));
    if (!served) {
        return refuse(
            id, request, 403, kGeneral, "nobody is registered at " + flow.remote.to_string());
    }
    on_initial_request_from_ue(id, std::move(request), flow, *served);
}

std::optional<std::string> Pcscf::Impl::check_route(sip::Message& request,
                                                    const std::vector<std::string>& expected) {
    if (same_uris(uris_of(request, sip::HeaderId::route), expected)) return std::nullopt;
    const std::string why = "the Route is not the one that was given to the UE";
    if (config.wrong_route == WrongRoute::refused) return why;
    log(LogLevel::warning, request, kGeneral, why + ": replaced");
    set_route(request, expected);
    return std::nullopt;
}

void Pcscf::Impl::on_initial_request_from_ue(sip::ServerId id,
                                             sip::Message request,
                                             const Flow& flow,
                                             BindingId served) {
    const std::string_view clause = opens_dialog(request.method()) ? kInitial : kStandalone;
    const auto route = bindings.service_route(served);
    if (route.empty())
        return refuse(id, request, 403, clause, "the registration brought no Service-Route");
    // §5.2.6.3.3 and .7: the way to the S-CSCF is the one the last 200 to REGISTER gave.
    if (const auto why = check_route(request, {route.begin(), route.end()})) {
        return refuse(id, request, 400, clause, *why, "Route Differs From Service-Route");
    }
    const auto next = sip::flow_to(sip::next_hop_uri(request), config.hosts, config.mw);
    if (!next) {
        return refuse(id,
                      request,
                      504,
                      "TS 24.229 §5.2.6.3.2A",
                      "the S-CSCF " + std::string(route.front()) + " is not known");
    }
    if (opens_dialog(request.method()) && dialogs.size() >= config.max_dialogs) {
        return refuse(id, request, 503, clause, "as many dialogs are watched as there may be");
    }
    const auto asserted = identities_to_assert(request, bindings.identities(served));
    if (const auto claimed = remove_claims(request); !claimed.empty()) {
        log(LogLevel::warning,
            request,
            "TS 24.229 §4.4",
            "the UE may not say " + std::string(claimed) + ": removed");
    }
    assert_identities(request, asserted);

    Passing originating;
    originating.procedure = Passing::Procedure::originating;
    originating.method = request.method();
    originating.dialog.call_id = sip::call_id(request);
    originating.dialog.caller_tag = sip::from_tag(request).value_or("");
    originating.dialog.leg = Leg::originating;
    originating.served = served;
    originating.ue = flow;
    originating.charging = new_charging_vector(entropy, config);
    originating.identity = asserted.front();
    originating.target = target_of(request);
    set_charging_vector(request, originating.charging);
    if (opens_dialog(request.method())) {
        request.prepend(sip::HeaderId::record_route, own.record_route(Leg::originating, Side::mw));
        await_dialog(id, originating, request, {route.begin(), route.end()});
    }
    forward(id, std::move(originating), std::move(request), *next);
}

void Pcscf::Impl::on_request_in_dialog_from_ue(sip::ServerId id,
                                               sip::Message request,
                                               const Flow& flow) {
    const auto found = find_dialog(request, flow);
    if (!found || !takes_part(*found->dialog, flow))
        return refuse(id, request, 403, kInDialog, "no dialog of this UE");
    if (const auto why = check_route(request, found->dialog->route_to_core)) {
        return refuse(id, request, 400, kInDialog, *why, "Route Differs From Record-Route");
    }
    const auto next = sip::flow_to(sip::next_hop_uri(request), config.hosts, config.mw);
    if (!next) {
        return refuse(id,
                      request,
                      404,  // RFC 3261 §21.4.5
                      kInDialog,
                      "unknown host in " + std::string(sip::next_hop_uri(request)));
    }
    if (const auto claimed = remove_claims(request); !claimed.empty()) {
        log(LogLevel::warning,
            request,
            "TS 24.229 §4.4",
            "the UE may not say " + std::string(claimed) + ": removed");
    }
    request.remove(sip::HeaderId::p_preferred_identity);
    set_charging_vector(request, found->dialog->charging);
    if (is_target_refresh(request.method())) {
        request.prepend(sip::HeaderId::record_route, own.record_route(found->key.leg, Side::mw));
    }
    watch_request(*found, request);

    Passing inside;
    inside.procedure = Passing::Procedure::originating;
    inside.method = request.method();
    inside.in_dialog = true;
    inside.from_caller = found->from_caller;
    inside.dialog = found->key;
    inside.served = found->dialog->served;
    inside.ue = flow;
    inside.charging = found->dialog->charging;
    inside.target = target_of(request);
    const auto state = request.get(sip::HeaderId::subscription_state);
    inside.ends_subscription = state && state->substr(0, 10) == "terminated";
    forward(id, std::move(inside), std::move(request), *next);
}

void Pcscf::Impl::on_response_to_ue(sip::ServerId id,
                                    Passing& request_passing,
                                    sip::Message& response) {
    watch_response(id, request_passing, response);
    remove_what_stays_in_the_core(response);
    rewrite_own_record_route(
        response,
        own,
        own.record_route(request_passing.dialog.leg, Side::gm, request_passing.ue.transport));
}

// The UE of that dialog, where it was then or where it has registered from since.
bool Pcscf::Impl::takes_part(const Dialog& dialog, const Flow& flow) const {
    const auto is_of = [&](const Flow& known) {
        if (is_opened_by_peer(known.transport) || is_opened_by_peer(flow.transport))
            return known.connection == flow.connection && known.connection != 0;
        return known.remote.ip == flow.remote.ip;
    };
    return is_of(dialog.ue) || (bindings.alive(dialog.served) && is_of(flow_of(dialog.served)));
}

void Pcscf::Impl::on_ack_from_ue(sip::Message ack, const Flow& flow) {
    leave_own_route(ack, own);
    const auto found = find_dialog(ack, flow);
    if (!found || !takes_part(*found->dialog, flow)) {
        return log(LogLevel::warning, ack, kInDialog, "an ACK of no dialog of this UE: dropped");
    }
    if (check_route(ack, found->dialog->route_to_core)) return;
    const auto next = sip::flow_to(sip::next_hop_uri(ack), config.hosts, config.mw);
    if (!next) return log(LogLevel::warning, ack, kInDialog, "an ACK to an unknown host: dropped");
    remove_claims(ack);
    ack.remove(sip::HeaderId::p_preferred_identity);
    proxy.forward_ack(std::move(ack), *next);
}

}  // namespace imslab::pcscf
