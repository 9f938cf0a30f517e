// The I-CSCF as a node (TS 24.229 §5.3): a stateful proxy whose requests each have one question to
// the HSS to wait for.
#include "icscf/icscf.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/deadline.h"
#include "icscf/procedures.h"
#include "sip/headers.h"
#include "sip/next_hop.h"
#include "sip/uri.h"

namespace imslab::icscf {

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
    result.supported = {"path", "gruu"};
    return result;
}

}  // namespace

Icscf::Impl::Impl(Config config_given, Outbox& outbox_given, Entropy& entropy)
    : config(std::move(config_given)),
      outbox(outbox_given),
      asks(outbox_given),
      proxy(outbox_given, entropy, *this, proxy_config(config)) {
    for (const auto& [name, host] : config.hosts) {
        for (const auto& one : host.addresses()) config.trusted.insert(one.address.ip);
    }
}

void Icscf::Impl::on_request(sip::ServerId id, sip::Message request, const Flow& flow) {
    if (request.method() == sip::Method::register_) {
        // TS 24.229 §5.3.1.2: from outside the trust domain it is refused, and the HSS not asked.
        if (!config.trusts_everybody && !config.trusted.contains(flow.remote.ip)) {
            log(LogLevel::warning,
                request,
                "TS 24.229 §5.3.1.2",
                flow.remote.to_string() + " is outside the trust domain");
            return proxy.respond(id, 403);
        }
        tasks.spawn(register_user(id, std::move(request)));
        return;
    }
    if (!request.has(HeaderId::route) &&
        is_own_uri(request.uri())) {  // RFC 3261 §11: asked about ourselves
        proxy.respond(id, request.method() == sip::Method::options ? 200 : 404);
        return;
    }
    tasks.spawn(locate_user(id, std::move(request)));
}

// The I-CSCF is in nobody's route set, so an ACK for a 2xx has no business here unless a Route
// leads on.
void Icscf::Impl::on_ack(sip::Message ack, const Flow&) {
    if (const auto top = sip::uri_of(ack.first_value(HeaderId::route)); top && is_own_uri(*top)) {
        ack.remove_first_value(HeaderId::route);
    }
    const auto to = sip::flow_to(sip::next_hop_uri(ack), config.hosts, config.address);
    if (!ack.has(HeaderId::route) || !to) {
        log(LogLevel::info, ack, "TS 24.229 §5.3.2.1", "an ACK that belongs to nothing is dropped");
        return;
    }
    proxy.forward_ack(std::move(ack), *to);
}

// TS 24.229 §5.3.1.3: a 3xx, a 480, a failure of the server or silence: another S-CSCF, if there is
// one.
sip::ProxyUser::Verdict Icscf::Impl::on_response(sip::ServerId id,
                                                 std::size_t branch,
                                                 sip::Message& response) {
    const auto found = attempts.find(id);
    if (found == attempts.end()) return Verdict::relay;
    auto& attempt = found->second;
    unwatch(attempt, id);
    const int status = response.status();
    // A 408 made here after a 100 is that of Timer C (RFC 3261 §16.8).
    const bool nobody_spoke =
        (status == 503 || (status == 408 && !proxy.has_heard(id))) && proxy.made_here(id, response);
    if (branch < attempt.branches.size()) {
        if (nobody_spoke)
            on_silent(attempt.branches[branch]);
        else
            avoided.erase(attempt.branches[branch]);
    }
    if (attempt.searching) return status >= 300 ? Verdict::absorb : Verdict::relay;
    if (attempt.registration) {
        const bool failed =
            (status >= 300 && status < 400) || status == 408 || status == 480 || status / 100 == 5;
        if (!failed || !another_may_serve(attempt)) return Verdict::relay;
        tasks.spawn(try_another(id, response));
        return Verdict::absorb;
    }
    // TS 24.229 §5.3.2.2: the S-CSCF cannot be reached. What comes from further on goes back.
    if ((status != 503 && !nobody_spoke) || !another_may_serve(attempt)) return Verdict::relay;
    tasks.spawn(try_another(id, response));
    return Verdict::absorb;
}

// TS 24.229 §5.3.1.3: no S-CSCF answers, or none that can be reached: 504.
void Icscf::Impl::on_final(sip::ServerId id, sip::Message& response) {
    const auto found = attempts.find(id);
    if (found == attempts.end() || !found->second.registration) return;
    if (response.status() == 408 || response.status() == 503) response.set_status(504);
}

void Icscf::Impl::on_ended(sip::ServerId id) {
    const auto found = attempts.find(id);
    if (found == attempts.end()) return;
    unwatch(found->second, id);
    attempts.erase(found);
}

void Icscf::Impl::on_malformed(const sip::ParseFailure& failure, const Flow& flow) {
    const auto& error = failure.error;
    outbox.log(LogLevel::warning,
               {},
               "RFC 3261 §7",
               "from " + flow.remote.to_string() + ", line " + std::to_string(error.line) +
                   " column " + std::to_string(error.column) + ": " + error.reason);
}

// An S-CSCF that stays silent is given up before the one who waits for us gives up.
void Icscf::Impl::on_time(Time now) {
    while (!patience.empty() && patience.begin()->first <= now) {
        const auto id = patience.begin()->second;
        auto& attempt = attempts.at(id);
        unwatch(attempt, id);
        const auto* request = proxy.request_of(id);
        if (request == nullptr || proxy.has_heard(id)) continue;
        on_silent(attempt.branches.back());
        if (!another_may_serve(attempt)) continue;
        log(LogLevel::warning,
            *request,
            clause_of(attempt),
            attempt.branches.back() + " is silent; another S-CSCF is looked for");
        proxy.abandon_branches(id);
        tasks.spawn(try_another(id, *request));
    }
}

std::optional<Time> Icscf::Impl::next_deadline() const {
    return earlier(proxy.next_deadline(), earliest(patience));
}

bool Icscf::Impl::is_home_domain(std::string_view host) const {
    return std::ranges::any_of(config.domains, [&](const std::string& domain) {
        return sip::equals_ignoring_case(domain, host);
    });
}

bool Icscf::Impl::is_own_uri(std::string_view uri) const {
    const auto parsed = sip::Uri::parse(uri);
    if (!parsed || !parsed->is_sip()) return false;
    if (sip::equals_ignoring_case(parsed->host, config.host)) return true;
    const auto ip = IpAddress::parse(parsed->host);
    return ip && *ip == config.address.ip &&
           (parsed->port == 0 || parsed->port == config.address.port);
}

bool Icscf::Impl::another_may_serve(const Attempt& attempt) const {
    return std::ranges::any_of(config.serving, [&](const ServingCscf& server) {
        return !attempt.tried.contains(server.uri);
    });
}

void Icscf::Impl::watch(sip::ServerId id, const sip::Message& request, std::string_view server) {
    auto& attempt = attempts.at(id);
    unwatch(attempt, id);
    attempt.tried.emplace(server);
    // Of anything else the final answer may rightly be long in coming; the timers of its
    // transaction look after silence.
    if (!attempt.registration && request.method() != sip::Method::invite) return;
    attempt.give_up =
        proxy.now() + (attempt.registration ? config.patience : config.invite_patience);
    patience.emplace(*attempt.give_up, id);
}

void Icscf::Impl::unwatch(Attempt& attempt, sip::ServerId id) {
    if (attempt.give_up) patience.erase({*attempt.give_up, id});
    attempt.give_up.reset();
}

void Icscf::Impl::log(LogLevel level,
                      const sip::Message& about,
                      std::string clause,
                      std::string text) {
    outbox.log(level, std::string(sip::call_id(about)), std::move(clause), std::move(text));
}

Icscf::Icscf(Config config, Entropy& entropy)
    : impl_(std::make_unique<Impl>(std::move(config), outbox_, entropy)) {}
Icscf::~Icscf() = default;

void Icscf::deliver(Event event, Time now) {
    const bool woken = std::holds_alternative<Woken>(event);
    const bool taken = impl_->proxy.deliver(event, now);  // tells it the time, too
    if (woken) impl_->on_time(now);
    if (taken) return;
    if (auto* answered = std::get_if<Answered>(&event))
        impl_->asks.on_answered(std::move(*answered));
    if (auto* asked = std::get_if<Asked>(&event)) {  // the HSS asks an I-CSCF nothing
        outbox_.emit(
            Reply{asked->id,
                  AskFailed{AskFailed::Why::unreachable, "an I-CSCF serves no requests on Cx"}});
    }
}

std::optional<Time> Icscf::next_deadline() const { return impl_->next_deadline(); }

sip::PendingWork Icscf::pending_work() const { return impl_->proxy.pending_work(); }

nlohmann::ordered_json Icscf::state() const {
    nlohmann::ordered_json state;
    state["transactions"] = impl_->proxy.state();
    auto& queries = state["queries"] = nlohmann::ordered_json::array();
    for (const auto& [id, attempt] : impl_->attempts) {
        nlohmann::ordered_json query;
        query["public_identity"] = attempt.public_identity;
        if (attempt.registration) query["private_identity"] = attempt.private_identity;
        query["s_cscf_tried"] = attempt.tried;
        queries.push_back(std::move(query));
    }
    return state;
}

}  // namespace imslab::icscf
