// The P-CSCF as an element: each message goes to the procedure of its side (TS 24.229 §5.2.1,
// §5.2.6.2).
#include "pcscf/element.h"

#include "core/transports.h"
#include "pcscf/charging.h"
#include "sip/uri.h"

namespace imslab::pcscf {

namespace {

sip::Proxy::Config proxy_config(const Config& config, const OwnUris& own) {
    sip::Proxy::Config proxy;
    const bool one_ip = config.gm.ip == config.mw.ip;
    // With one address for both sides, Gm is every port but that of Mw.
    const auto on_gm = [gm = config.gm, mw = config.mw, one_ip](const Flow& flow) {
        return one_ip ? flow.local.port != mw.port : flow.local.ip == gm.ip;
    };
    proxy.patience = config.patience;
    proxy.transactions.limits = config.limits;
    proxy.transactions.max_transactions = config.max_transactions;
    proxy.transactions.max_pending = config.max_pending;
    // TS 24.229 §7.7: a UE may be slow to reach.
    proxy.transactions.timers = [on_gm, gm = config.gm_timers, mw = config.mw_timers](
                                    const Flow& flow) { return on_gm(flow) ? gm : mw; };
    proxy.transactions.sent_by =
        [on_gm, &own, mw = own.host_port(Side::mw)](const Flow& flow) {
            return on_gm(flow) ? own.gm_address(flow.transport).to_string() : mw;
        };
    // RFC 3329 §2.3.1 under aka-unprotected: understood, and not used.
    proxy.supported = {"sec-agree"};
    return proxy;
}

}  // namespace

UeFlow ue_flow(const Flow& flow, const sip::Message& request) {
    constexpr std::uint16_t kSipPort = 5060;
    if (!is_reliable(flow.transport)) return {flow, flow.remote.port};
    const auto via = sip::top_via(request);
    return {flow, via && via->port != 0 ? via->port : kSipPort};
}

bool opens_dialog(sip::Method method) {
    return method == sip::Method::invite || method == sip::Method::subscribe ||
           method == sip::Method::refer;
}

bool is_target_refresh(sip::Method method) {
    return method == sip::Method::invite || method == sip::Method::update ||
           method == sip::Method::subscribe || method == sip::Method::notify ||
           method == sip::Method::refer;
}

Pcscf::Impl::Impl(Outbox& effects, Config configuration, Entropy& randomness)
    : config(std::move(configuration)),
      outbox(effects),
      entropy(randomness),
      own(config),
      bindings(config.max_bindings),
      dialogs(config.max_dialogs),
      proxy(effects, randomness, *this, proxy_config(config, own)) {}

Side Pcscf::Impl::side_of(const Flow& flow) const {
    if (config.gm.ip == config.mw.ip)
        return flow.local.port != config.mw.port ? Side::gm : Side::mw;
    return flow.local.ip == config.gm.ip ? Side::gm : Side::mw;
}

void Pcscf::Impl::on_request(sip::ServerId id, sip::Message request, const Flow& flow) {
    if (is_for_us(request)) return answer_options(id, request);
    const bool is_register = request.method() == sip::Method::register_;
    if (side_of(flow) == Side::mw) {
        if (on_registration_notify(id, request)) return;
        if (is_register)
            return refuse(
                id, request, 403, "TS 24.229 §5.2.2.1", "REGISTER is for the way to the core");
        return on_request_from_core(id, std::move(request), flow);
    }
    if (is_register) return on_register(id, std::move(request), flow);
    on_request_from_ue(id, std::move(request), flow);
}

void Pcscf::Impl::on_ack(sip::Message ack, const Flow& flow) {
    if (side_of(flow) == Side::gm) return on_ack_from_ue(std::move(ack), flow);
    on_ack_from_core(std::move(ack), flow);
}

sip::ProxyUser::Verdict Pcscf::Impl::on_response(sip::ServerId id,
                                                 std::size_t,
                                                 sip::Message& response) {
    const auto found = passing.find(id);
    if (found == passing.end()) return Verdict::absorb;  // released meanwhile
    const bool made_here = proxy.made_here(id, response);
    if (response.status() >= 200 && !made_here) found->second.answered = true;
    const bool to_ue = found->second.procedure == Passing::Procedure::terminating;
    if (made_here && to_ue && response.status() == 503 &&
        is_opened_by_peer(found->second.ue.transport)) {  // RFC 5626 §5.3.1
        response.set_status(kFlowFailed);
    }
    switch (found->second.procedure) {
        case Passing::Procedure::registration:
            on_register_response(id, response);
            if (is_for_another_icscf(response)) {
                found->second.answered = false;
                return Verdict::elsewhere;
            }
            break;
        case Passing::Procedure::originating:
            on_response_to_ue(id, found->second, response);
            break;
        case Passing::Procedure::terminating:
            on_response_from_ue(id, found->second, response);
            break;
    }
    return Verdict::relay;
}

void Pcscf::Impl::on_final(sip::ServerId id, sip::Message& response) {
    const auto found = passing.find(id);
    if (found == passing.end() || response.status() < 300) return;
    Passing& request = found->second;
    // TS 24.229 §5.2.2.1, §5.2.6.3.2A: the core does not answer. If it has said 100, whoever it
    // asks is silent: 408 says so, but to anything but INVITE it may not be said (RFC 4320 §4.2).
    const bool heard = proxy.has_heard(id);
    const bool timed_out =
        !request.answered && (response.status() == 408 || response.status() == 503) &&
        !(heard && response.status() == 408 && request.method == sip::Method::invite);
    if (timed_out && request.procedure != Passing::Procedure::terminating && !request.in_dialog) {
        const bool registers = request.procedure == Passing::Procedure::registration;
        log(LogLevel::warning,
            response,
            registers ? "TS 24.229 §5.2.2.1" : "TS 24.229 §5.2.6.3.2A",
            heard ? "the core has nobody who answers: 504" : "the core does not answer: 504");
        response.set_status(504);
    }
    watch_end(id, request, response);
}

void Pcscf::Impl::on_ended(sip::ServerId id) {
    const auto found = passing.find(id);
    if (found == passing.end()) return;
    // A subscription's NOTIFYs may still be on their way: it is awaited a little longer.
    if (!found->second.in_dialog && found->second.method == sip::Method::invite) {
        dialogs.remove_unconfirmed(found->second.dialog, id);
    }
    if (found->second.ends_session) outbox.emit(Close{found->second.ue});
    const auto watched = std::move(found->second.watched);
    passing.erase(found);
    if (watched) watch_registration(*watched);
}

void Pcscf::Impl::on_malformed(const sip::ParseFailure& failure, const Flow& flow) {
    outbox.log(LogLevel::warning,
               failure.answerable ? std::string(sip::call_id(*failure.answerable)) : std::string(),
               "RFC 3261 §16.3",
               "malformed message from " + flow.remote.to_string() + ", octet " +
                   std::to_string(failure.error.position) + ", line " +
                   std::to_string(failure.error.line) + ", column " +
                   std::to_string(failure.error.column) + ": " + failure.error.reason);
}

void Pcscf::Impl::expire() {
    const Time now = proxy.now();
    refresh_watches(now);
    std::vector<std::string> contacts;
    bindings.remove_expired(now, contacts);
    for (const auto& contact : contacts) {
        outbox.log(LogLevel::info,
                   {},
                   "TS 24.229 §5.2.2.1",
                   "the registration of " + contact + " has expired");
    }
    std::vector<DialogKey> gone;
    dialogs.remove_expired(now, gone);
    for (const auto& key : gone) {
        outbox.log(LogLevel::info,
                   key.call_id,
                   "TS 24.229 §5.2.8",
                   "nothing more was heard of the dialog");
    }
}

// RFC 3261 §11: OPTIONS for the P-CSCF itself.
bool Pcscf::Impl::is_for_us(const sip::Message& request) const {
    if (request.method() != sip::Method::options || !own.is_own(request.uri())) return false;
    const auto uri = sip::Uri::parse(request.uri());
    return uri && !uri->has_user && !request.has(sip::HeaderId::route);
}

void Pcscf::Impl::answer_options(sip::ServerId id, const sip::Message& request) {
    sip::Message response = sip::Message::response_to(request, 200);
    sip::set_to_tag(response, entropy.token(8));
    response.append(sip::HeaderId::supported, "path");
    proxy.respond(id, std::move(response));
}

void Pcscf::Impl::refuse(sip::ServerId id,
                         const sip::Message& request,
                         int status,
                         std::string_view clause,
                         const std::string& why,
                         std::string_view reason) {
    log(LogLevel::warning,
        request,
        clause,
        std::to_string(status) + " to " + std::string(request.method_text()) + ": " + why);
    proxy.respond(id, status, reason);
}

void Pcscf::Impl::forward(sip::ServerId id,
                          Passing request_passing,
                          sip::Message request,
                          const Flow& to) {
    passing.insert_or_assign(id, std::move(request_passing));
    sip::Branch branch{std::move(request), to};
    proxy.forward(id, std::move(branch));
}

void Pcscf::Impl::log(LogLevel level,
                      const sip::Message& about,
                      std::string_view clause,
                      const std::string& text) {
    outbox.log(level, std::string(sip::call_id(about)), std::string(clause), text);
}

}  // namespace imslab::pcscf
