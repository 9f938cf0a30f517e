// The S-CSCF as a node (TS 24.229 §5.4): which procedure an event belongs to, and what becomes of
// responses.
#include "scscf/scscf.h"

#include <nlohmann/json.hpp>

#include "core/deadline.h"
#include "scscf/procedures.h"
#include "sip/headers.h"
#include "sip/uri.h"

namespace imslab::scscf {

namespace {

using sip::HeaderId;

sip::Proxy::Config proxy_config(const Config& config) {
    sip::Proxy::Config result;
    result.transactions.limits = config.limits;
    result.transactions.timers = [timers = config.timers](const Flow&) { return timers; };
    result.transactions.sent_by = [text = config.host + ":" + std::to_string(config.address.port)](
                                      const Flow&) { return text; };
    result.transactions.max_transactions = config.max_transactions;
    result.transactions.max_pending = config.max_pending;
    result.supported = {"path"};
    return result;
}

Config complete(Config config) {
    if (config.server_name.empty()) {
        config.server_name = "sip:" + config.host + ":" + std::to_string(config.address.port);
    }
    if (config.realm.empty() && !config.domains.empty()) config.realm = config.domains.front();
    return config;
}

// TS 24.229 §5.4.3.1: our Service-Route's marker, the parameter of an application server, or the
// original dialog identifier by which a request comes back from one.
enum class Entrance : std::uint8_t { terminating, originating, for_server, back };
Entrance entrance_of(const std::optional<sip::Uri>& route) {
    if (!route) return Entrance::terminating;
    if (route->user.starts_with(OriginalDialogs::kPrefix)) return Entrance::back;
    if (route->params.has("orig")) return Entrance::for_server;
    return route->user == "orig" ? Entrance::originating : Entrance::terminating;
}

constexpr int kFlowFailed = 430;

}  // namespace

Scscf::Impl::Impl(Config config_given, Outbox& outbox_given, Entropy& entropy_given)
    : config(complete(std::move(config_given))),
      outbox(outbox_given),
      entropy(entropy_given),
      asks(outbox_given),
      challenges(config.max_challenges),
      sessions(config.dialog_lifetime, config.max_dialogs),
      original_dialogs(config.original_dialog_lifetime, config.max_original_dialogs),
      unregistered(config.unregistered_lifetime),
      proxy(outbox_given, entropy_given, *this, proxy_config(config)),
      subscriptions(subscription_settings(), *this, notifying_element()) {
    for (const auto& [name, host] : config.hosts) {
        for (const auto& one : host.addresses()) trusted.insert(one.address.ip);
    }
    registrar.shared().provision(config.shared_filter_criteria);
}

void Scscf::Impl::on_request(sip::ServerId id, sip::Message request, const Flow& flow) {
    if (request.method() == sip::Method::register_) {
        tasks.spawn(on_register(id, std::move(request)));
        return;
    }
    const auto to = sip::to_tag(request);
    if (to && !to->empty()) {
        pass_on(id, std::move(request));
        return;
    }
    const auto top = sip::uri_of(request.first_value(HeaderId::route));
    const bool ours = top && is_own_uri(*top);
    if (!top && is_own_uri(request.uri())) {  // RFC 3261 §11: asked about ourselves
        proxy.respond(id, request.method() == sip::Method::options ? 200 : 404);
        return;
    }
    if (is_registration_event(request)) {  // TS 24.229 §5.4.2.1.1: of whom we serve, it is ours
        auto identity = sip::canonical_identity(request.uri());
        if (identity && registrar.find(*identity) != nullptr) {
            on_registration_subscribe(id, request, *identity);
            return;
        }
    }
    const auto entrance = ours ? entrance_of(sip::Uri::parse(*top)) : Entrance::terminating;
    const bool of_server = entrance == Entrance::for_server || entrance == Entrance::back;
    if (of_server && !is_trusted(flow)) {
        log(LogLevel::warning,
            sip::call_id(request),
            "TS 24.229 §4.4",
            flow.remote.to_string() + " is outside the trust domain");
        proxy.respond(id, 403);
        return;
    }
    if (entrance == Entrance::back) {
        const std::string token(sip::Uri::parse(*top)->user);
        come_back(id, std::move(request), token);
        return;
    }
    if (ours) request.remove_first_value(HeaderId::route);
    if (entrance == Entrance::terminating) {
        terminate(id, std::move(request));
    } else {
        originate(id, std::move(request), entrance == Entrance::for_server);
    }
}

sip::ProxyUser::Verdict Scscf::Impl::on_response(sip::ServerId id,
                                                 std::size_t,
                                                 sip::Message& response) {
    const auto found = passages.find(id);
    const auto* request = proxy.request_of(id);
    if (found == passages.end() || request == nullptr) return Verdict::relay;
    auto& passage = found->second;
    const int status = response.status();
    if (passage.inside_dialog) {
        if (status >= 200) sessions.on_response_inside(*request, response);
        return Verdict::relay;
    }
    if (continue_without_server(id, passage, status)) return Verdict::absorb;
    const bool originating = passage.role == Role::originating;
    if (passage.makes_dialog && status < 300) {
        sessions.on_response(*request,
                             response,
                             passage.role,
                             passage.served,
                             own_uri(originating ? "mo" : "mt"),
                             now);
    }
    if (!originating) {
        // RFC 5626 §11.5: that a contact's connection is gone is for us to know, not for the
        // caller.
        if (status == kFlowFailed) response.set_status(480);
        give_response_of_served_user(passage, response);
        if (status >= 200) return after_final(id, passage, status);
    }
    return Verdict::relay;
}

// TS 24.229 §5.4.3.3: the responses of the served user carry his number and the network that he is
// served by.
void Scscf::Impl::give_response_of_served_user(const Passage& passage, sip::Message& response) {
    if (const auto* set = registrar.find(passage.served);
        set != nullptr && response.status() < 300) {
        set_asserted_number(response, *set);
    }
    const auto value = response.get(HeaderId::p_charging_vector);
    auto vector = value ? sip::ChargingVector::parse(*value) : std::nullopt;
    if (!vector) return;
    vector->orig_ioi = passage.orig_ioi;
    vector->term_ioi = config.ioi;
    response.set(HeaderId::p_charging_vector, vector->to_string());
}

// RFC 3261 §16.7 step 5: when all of a group have failed, the next one's turn has come, unless the
// caller has given up or someone has declined for all.
sip::ProxyUser::Verdict Scscf::Impl::after_final(sip::ServerId id, Passage& passage, int status) {
    if (passage.ringing > 0) --passage.ringing;
    const bool given_up = status == 487 && !passage.next_group_due;
    if (status < 300 || status >= 600 || given_up) {
        passage.waiting.clear();
        if (passage.ring_until) ringing.erase({*passage.ring_until, id});
        passage.ring_until.reset();
        return Verdict::relay;
    }
    if (passage.ringing == 0 && !passage.waiting.empty()) try_next_contacts(id, passage);
    return Verdict::relay;
}

void Scscf::Impl::on_final(sip::ServerId id, sip::Message& response) {
    const auto found = passages.find(id);
    if (found == passages.end() || response.status() < 300) return;
    const auto& passage = found->second;
    if (passage.makes_dialog)
        sessions.forget_early(passage.call_id, passage.caller_tag, passage.role);
}

void Scscf::Impl::on_ended(sip::ServerId id) {
    const auto found = passages.find(id);
    if (found == passages.end()) return;
    const auto& passage = found->second;
    if (passage.ring_until) ringing.erase({*passage.ring_until, id});
    if (passage.visit && passage.visit->give_up) visiting.erase({*passage.visit->give_up, id});
    if (passage.makes_dialog)
        sessions.forget_early(passage.call_id, passage.caller_tag, passage.role);
    passages.erase(found);
}

void Scscf::Impl::on_malformed(const sip::ParseFailure& failure, const Flow& flow) {
    const auto& error = failure.error;
    outbox.log(LogLevel::warning,
               {},
               "RFC 3261 §7",
               "from " + flow.remote.to_string() + ", line " + std::to_string(error.line) +
                   " column " + std::to_string(error.column) + ": " + error.reason);
}

void Scscf::Impl::on_time(Time time) {
    expire_bindings(time);
    while (auto challenge = challenges.take_expired(time)) {
        tasks.spawn(tell_authentication_timeout(*std::move(challenge)));
    }
    sessions.forget_silent(time);
    original_dialogs.forget_old(time);
    give_up_silent_servers(time);
    subscriptions.on_time(time);
    purge_unused(time);
    while (!ringing.empty() &&
           ringing.begin()->first <= time) {  // nobody answers: the next contacts
        const auto id = ringing.begin()->second;
        ringing.erase(ringing.begin());
        auto& passage = passages.at(id);
        passage.ring_until.reset();
        passage.next_group_due = true;
        proxy.cancel_branches(id);
    }
}

std::optional<Time> Scscf::Impl::next_deadline() const {
    auto deadline = earlier(proxy.next_deadline(), registrar.next_expiry());
    deadline = earlier(deadline, challenges.next_deadline());
    deadline = earlier(deadline, sessions.next_deadline());
    deadline = earlier(deadline, original_dialogs.next_deadline());
    deadline = earlier(deadline, unregistered.next_deadline());
    deadline = earlier(deadline, subscriptions.next_deadline());
    return earlier(deadline, earlier(earliest(visiting), earliest(ringing)));
}

Scscf::Scscf(Config config, Entropy& entropy)
    : impl_(std::make_unique<Impl>(std::move(config), outbox_, entropy)) {}
Scscf::~Scscf() = default;

void Scscf::deliver(Event event, Time now) {
    impl_->now = now;
    const bool woken = std::holds_alternative<Woken>(event);
    const bool taken = impl_->proxy.deliver(event, now);  // tells it the time, too
    if (woken) impl_->on_time(now);
    if (taken) return;
    if (auto* answered = std::get_if<Answered>(&event))
        impl_->asks.on_answered(std::move(*answered));
    if (auto* asked = std::get_if<Asked>(&event)) impl_->on_asked(std::move(*asked));
}

std::optional<Time> Scscf::next_deadline() const { return impl_->next_deadline(); }

sip::PendingWork Scscf::pending_work() const { return impl_->proxy.pending_work(); }

nlohmann::ordered_json Scscf::state() const {
    nlohmann::ordered_json state;
    state["registrations"] = impl_->registrar.state(impl_->now);
    state["challenges"] = impl_->challenges.state(impl_->now);
    state["registration_subscriptions"] = impl_->subscriptions.state();
    state["unregistered_users"] = impl_->unregistered.state(impl_->now);
    state["dialogs"] = impl_->sessions.state(impl_->now);
    state["original_dialogs"] = impl_->original_dialogs.state();
    state["transactions"] = impl_->proxy.state();
    state["shared_profiles"] = impl_->registrar.profiles();
    return state;
}

nlohmann::ordered_json Scscf::user(std::string_view public_identity) const {
    nlohmann::ordered_json shown;
    const auto identity = sip::canonical_identity(public_identity);
    const Registrar& registrar = impl_->registrar;
    const auto* set = identity ? registrar.find(*identity) : nullptr;
    shown["registered"] = set != nullptr && set->state == SetState::registered;
    shown["contacts"] = set == nullptr ? 0 : set->bindings.size();
    if (set == nullptr) return shown;
    if (const auto* own = set->default_identity()) shown["identity"] = own->uri;
    if (!set->bindings.empty()) {
        const auto left = set->due - impl_->now;
        shown["expires_seconds"] = std::chrono::duration_cast<std::chrono::seconds>(left).count();
    }
    return shown;
}

std::size_t Scscf::registered_users() const { return impl_->registrar.sets(); }
std::size_t Scscf::bindings() const { return impl_->registrar.bindings(); }
std::size_t Scscf::challenges() const { return impl_->challenges.size(); }
std::size_t Scscf::dialogs() const { return impl_->sessions.size(); }

}  // namespace imslab::scscf
