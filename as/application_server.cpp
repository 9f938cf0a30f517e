// TS 24.229 §5.7.1: what all application servers do.
#include "as/application_server.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "core/deadline.h"
#include "sip/headers.h"
#include "sip/next_hop.h"
#include "sip/uri.h"

namespace imslab::as {

namespace {

using sip::HeaderId;

constexpr std::uint16_t kDefaultPort = 5060;
constexpr std::size_t kMostShown = 1000;

sip::Proxy::Config proxy_config(const Config& config) {
    sip::Proxy::Config result;
    result.transactions.limits = config.limits;
    result.transactions.timers = [timers = config.timers](const Flow&) { return timers; };
    result.transactions.sent_by = [text = config.host + ":" + std::to_string(config.address.port)](
                                      const Flow&) { return text; };
    result.transactions.max_transactions = config.max_transactions;
    return result;
}

std::string canonical(std::string_view uri) {
    return sip::canonical_identity(uri).value_or(std::string(uri));
}

}  // namespace

nlohmann::ordered_json Enabler::state() const { return nlohmann::ordered_json::object(); }

struct ApplicationServer::Impl final : Services, sip::ProxyUser {
    Impl(Config config_given, Outbox& outbox_given, Entropy& entropy_given)
        : config_(std::move(config_given)),
          outbox_(outbox_given),
          entropy_(entropy_given),
          asks_(outbox_given),
          proxy_(outbox_given, entropy_given, *this, proxy_config(config_)) {
        for (const auto& [name, host] : config_.hosts) {
            for (const auto& one : host.addresses()) trusted_.insert(one.address.ip);
        }
    }

    // ---- sip::ProxyUser
    void on_request(sip::ServerId id, sip::Message request, const Flow& flow) override;
    void on_ack(sip::Message ack, const Flow& flow) override;
    Verdict on_response(sip::ServerId id, std::size_t branch, sip::Message& response) override;
    void on_final(sip::ServerId, sip::Message&) override {}
    void on_ended(sip::ServerId id) override;
    void on_malformed(const sip::ParseFailure& failure, const Flow& flow) override;

    // ---- Services
    const Config& config() const override { return config_; }
    Time now() const override { return now_; }
    sip::Proxy& proxy() override { return proxy_; }
    Entropy& entropy() override { return entropy_; }
    Asks& asks() override { return asks_; }
    Tasks& tasks() override { return tasks_; }
    void emit(Effect effect) override { outbox_.emit(std::move(effect)); }
    void reply(AskId id, std::any answer) override { outbox_.emit(Reply{id, std::move(answer)}); }
    void log(LogLevel level,
             std::string_view call_id,
             std::string clause,
             std::string text) override {
        outbox_.log(level, std::string(call_id), std::move(clause), std::move(text));
    }
    std::string own_uri(std::string_view enabler) const override;
    std::optional<Flow> flow_to(std::string_view uri) const override {
        return sip::flow_to(uri, config_.hosts, config_.address);
    }
    std::vector<sip::Way> ways_to(const sip::Message& request) const override;
    std::string route_for_originating(std::string_view identity) const override;
    const ThirdPartyRegistration* registration_of(std::string_view identity) const override;
    xdm::Documents* documents() override;
    void proxy_on(sip::ServerId id, sip::Message request) override;
    void proxy_ack_on(sip::Message ack) override;

    // ----
    std::string home_of(std::string_view identity) const;
    bool is_own_uri(std::string_view uri) const;
    Enabler* enabler_named(std::string_view name) const;
    Enabler* enabler_for(std::string_view uri) const;
    Enabler* enabler_of(sip::Message& request, std::string& own_route) const;
    void on_third_party_register(sip::ServerId id, const sip::Message& request, bool trusted);
    bool refuse_overload(sip::ServerId id, const sip::Message& request);
    void forget_expired(Time until);

    Config config_;
    Outbox& outbox_;
    Entropy& entropy_;
    Asks asks_;
    std::set<IpAddress> trusted_;
    std::vector<std::unique_ptr<Enabler>> enablers_;
    std::map<std::string, Enabler*, std::less<>> by_identity_;
    std::map<sip::ServerId, Enabler*> requests_;
    std::map<std::string, ThirdPartyRegistration, std::less<>> registrations_;
    std::set<std::pair<Time, std::string>> by_expiry_;
    std::uint64_t refused_ = 0;
    Time now_{};
    sip::Proxy proxy_;
    Tasks tasks_;  // last: destroyed first
};

// ---- requests

void ApplicationServer::Impl::on_request(sip::ServerId id, sip::Message request, const Flow& flow) {
    const bool trusted = trusted_.contains(flow.remote.ip);
    if (refuse_overload(id, request)) return;
    if (request.method() == sip::Method::register_)
        return on_third_party_register(id, request, trusted);
    std::string own_route;
    auto* enabler = enabler_of(request, own_route);
    if (enabler == nullptr) {
        const bool about_us = request.method() == sip::Method::options &&
                              !request.has(HeaderId::route) && is_own_uri(request.uri());
        proxy_.respond(id, about_us ? 200 : 404);
        return;
    }
    requests_[id] = enabler;
    const auto to = sip::to_tag(request);
    if (to && !to->empty()) return enabler->on_request_in_dialog(id, std::move(request));
    enabler->on_request(id, read_service_request(std::move(request), flow, trusted, own_route));
}

// By our own Route entry, which is taken off, else by the Request-URI.
Enabler* ApplicationServer::Impl::enabler_of(sip::Message& request, std::string& own_route) const {
    Enabler* enabler = nullptr;
    while (const auto top = sip::uri_of(request.first_value(HeaderId::route))) {
        if (!is_own_uri(*top)) break;
        if (own_route.empty()) own_route = *top;
        if (enabler == nullptr) enabler = enabler_for(*top);
        request.remove_first_value(HeaderId::route);
    }
    if (enabler == nullptr) enabler = enabler_for(request.uri());
    if (enabler != nullptr) return enabler;
    for (const auto& one : enablers_) {
        if (one->takes(request)) return one.get();
    }
    return nullptr;
}

// RFC 3261 §21.5.4: come again later.
bool ApplicationServer::Impl::refuse_overload(sip::ServerId id, const sip::Message& request) {
    const auto to = sip::to_tag(request);
    const bool initial = !to || to->empty();
    if (!initial || requests_.size() < config_.max_requests) return false;
    ++refused_;
    auto response = sip::Message::response_to(request, 503);
    sip::set_to_tag(response, entropy_.token(8));
    response.append(
        HeaderId::retry_after,
        std::to_string(
            std::chrono::duration_cast<std::chrono::seconds>(config_.retry_after).count()));
    proxy_.respond(id, std::move(response));
    return true;
}

void ApplicationServer::Impl::on_ack(sip::Message ack, const Flow&) {
    std::string own_route;
    auto* enabler = enabler_of(ack, own_route);
    if (enabler != nullptr) enabler->on_ack(std::move(ack));
}

sip::ProxyUser::Verdict ApplicationServer::Impl::on_response(sip::ServerId id,
                                                             std::size_t,
                                                             sip::Message& response) {
    const auto found = requests_.find(id);
    return found == requests_.end() ? Verdict::relay : found->second->on_response(id, response);
}

void ApplicationServer::Impl::on_ended(sip::ServerId id) {
    const auto found = requests_.find(id);
    if (found == requests_.end()) return;
    auto* enabler = found->second;
    requests_.erase(found);
    enabler->on_ended(id);
}

void ApplicationServer::Impl::on_malformed(const sip::ParseFailure& failure, const Flow& flow) {
    outbox_.log(LogLevel::warning,
                {},
                "RFC 3261 §7",
                "from " + flow.remote.to_string() + ", line " + std::to_string(failure.error.line) +
                    ": " + failure.error.reason);
}

// ---- TS 24.229 §5.7.1.1: the expiry is repeated, the charging identifier kept.

void ApplicationServer::Impl::on_third_party_register(sip::ServerId id,
                                                      const sip::Message& request,
                                                      bool trusted) {
    auto registration = read_third_party_registration(request);
    if (!registration) return proxy_.respond(id, 400, "To holds no public identity");
    if (!trusted) return proxy_.respond(id, 403);
    const auto identity = registration->identity;
    if (const auto known = registrations_.find(identity); known != registrations_.end()) {
        by_expiry_.erase({known->second.until, identity});
        if (registration->service_information.empty() && registration->expires_seconds != 0)
            registration->service_information = known->second.service_information;
        registrations_.erase(known);
    } else if (registrations_.size() >= config_.max_registrations) {
        return proxy_.respond(id, 503);
    }
    auto response = sip::Message::response_to(request, 200);
    sip::set_to_tag(response, entropy_.token(8));
    for (const auto contact : request.values(HeaderId::contact))
        response.append(HeaderId::contact, contact);
    response.append(HeaderId::expires, std::to_string(registration->expires_seconds));
    proxy_.respond(id, std::move(response));
    log(LogLevel::info,
        sip::call_id(request),
        "TS 24.229 §5.7.1.1",
        identity +
            (registration->expires_seconds == 0 ? " is registered no more" : " is registered"));
    registration->until = now_ + std::chrono::seconds(registration->expires_seconds);
    if (registration->expires_seconds != 0) {
        by_expiry_.emplace(registration->until, identity);
        registrations_.emplace(identity, *registration);
    }
    auto* meant = enabler_for(request.uri());
    for (const auto& enabler : enablers_) {
        if (meant == nullptr || meant == enabler.get()) enabler->on_registration(*registration);
    }
}

void ApplicationServer::Impl::forget_expired(Time until) {
    while (!by_expiry_.empty() && by_expiry_.begin()->first <= until) {
        auto expired = registrations_.extract(by_expiry_.begin()->second);
        by_expiry_.erase(by_expiry_.begin());
        auto& registration = expired.mapped();
        registration.expires_seconds = 0;
        log(LogLevel::info,
            {},
            "TS 24.229 §5.7.1.1",
            registration.identity + " is registered no more: it has expired");
        for (const auto& enabler : enablers_) enabler->on_registration(registration);
    }
}

const ThirdPartyRegistration* ApplicationServer::Impl::registration_of(
    std::string_view identity) const {
    const auto found = registrations_.find(identity);
    return found == registrations_.end() ? nullptr : &found->second;
}

xdm::Documents* ApplicationServer::Impl::documents() {
    for (const auto& enabler : enablers_) {
        if (auto* documents = enabler->documents()) return documents;
    }
    return nullptr;
}

// ---- addresses

std::string ApplicationServer::Impl::own_uri(std::string_view enabler) const {
    std::string uri = "sip:" + std::string(enabler) + "@" + config_.host;
    if (config_.address.port != kDefaultPort) uri += ":" + std::to_string(config_.address.port);
    return uri;
}

bool ApplicationServer::Impl::is_own_uri(std::string_view uri) const {
    const auto parsed = sip::Uri::parse(uri);
    if (!parsed || !parsed->is_sip()) return false;
    if (sip::equals_ignoring_case(parsed->host, config_.host)) return true;
    const auto ip = IpAddress::parse(parsed->host);
    return ip && *ip == config_.address.ip &&
           (parsed->port == 0 || parsed->port == config_.address.port);
}

Enabler* ApplicationServer::Impl::enabler_named(std::string_view name) const {
    for (const auto& enabler : enablers_) {
        if (enabler->name() == name) return enabler.get();
    }
    return nullptr;
}

// A host of one enabler needs no user part.
Enabler* ApplicationServer::Impl::enabler_for(std::string_view uri) const {
    if (is_own_uri(uri)) {
        const auto parsed = sip::Uri::parse(uri);
        if (parsed->user.empty() && enablers_.size() == 1) return enablers_.front().get();
        return enabler_named(parsed->user);
    }
    const auto found = by_identity_.find(canonical(uri));
    return found == by_identity_.end() ? nullptr : found->second;
}

// TS 24.229 §5.7.3: to the S-CSCF that told us of the registration, with the parameter orig; else
// to the entry point of the user's home, which finds one (Ma).
std::string ApplicationServer::Impl::route_for_originating(std::string_view identity) const {
    const auto* registration = registration_of(identity);
    if (registration == nullptr || registration->serving_cscf.empty())
        return "<" + home_of(identity) + ";lr;orig>";
    return "<" + registration->serving_cscf + ";lr;orig>";
}

std::string ApplicationServer::Impl::home_of(std::string_view identity) const {
    const auto parsed = sip::Uri::parse(identity);
    const bool home = parsed && parsed->is_sip() && !parsed->host.empty();
    return "sip:" + (home ? std::string(parsed->host) : config_.domains.front());
}

// TS 24.229 §5.7.3: what we send for a user goes to the S-CSCF that told us of him; if that is
// gone, to the entry point of his home, whose I-CSCF selects another one (§5.3.2.2).
std::vector<sip::Way> ApplicationServer::Impl::ways_to(const sip::Message& request) const {
    auto ways = sip::ways_to(sip::next_hop_uri(request), request, config_.hosts, config_.address);
    const auto route = request.first_value(HeaderId::route);
    const auto served = sip::uri_of(request.first_value(HeaderId::p_served_user));
    if (!route || !served || registration_of(*served) == nullptr) return ways;
    if (*route != route_for_originating(*served)) return ways;  // a dialog's, or one we pass on
    const auto home = home_of(*served);
    for (const auto& entry : sip::ways_to(home, request, config_.hosts, config_.address))
        ways.emplace_back(entry.to, "<" + home + ";lr;orig>");
    return ways;
}

void ApplicationServer::Impl::proxy_on(sip::ServerId id, sip::Message request) {
    auto ways = ways_to(request);
    if (ways.empty()) {
        log(LogLevel::warning, sip::call_id(request), "TS 24.229 §5.7.4", "no way on");
        proxy_.respond(id, 404);
        return;
    }
    proxy_.forward(id, sip::Branch::along(std::move(request), std::move(ways)));
}

void ApplicationServer::Impl::proxy_ack_on(sip::Message ack) {
    if (const auto to = flow_to(sip::next_hop_uri(ack))) proxy_.forward_ack(std::move(ack), *to);
}

// ---- the node

ApplicationServer::ApplicationServer(Config config, Entropy& entropy)
    : impl_(std::make_unique<Impl>(std::move(config), outbox_, entropy)) {}
ApplicationServer::~ApplicationServer() = default;

void ApplicationServer::host(const Make& make, std::vector<std::string> identities) {
    auto enabler = make(*impl_);
    for (const auto& identity : identities)
        impl_->by_identity_[canonical(identity)] = enabler.get();
    impl_->enablers_.push_back(std::move(enabler));
}

namespace {

const Flow* flow_of(const Event& event) {
    return std::visit(
        [](const auto& one) -> const Flow* {
            if constexpr (requires { one.flow; })
                return &one.flow;
            else
                return nullptr;
        },
        event);
}

}  // namespace

void ApplicationServer::deliver(Event event, Time now) {
    impl_->now_ = now;
    const auto& config = impl_->config_;
    const auto* flow = config.msrp || !config.http.empty() ? flow_of(event) : nullptr;
    if (flow != nullptr && config.msrp &&
        (flow->local == *config.msrp || flow->local == config.msrp_by_tls)) {
        for (const auto& enabler : impl_->enablers_) enabler->on_stream(event);
        return;
    }
    if (flow != nullptr && config.http.contains(flow->local)) {
        for (const auto& enabler : impl_->enablers_) enabler->on_web_stream(event);
        return;
    }
    const bool woken = std::holds_alternative<Woken>(event);
    const bool taken = impl_->proxy_.deliver(event, now);
    if (woken) {
        impl_->forget_expired(now);
        for (const auto& enabler : impl_->enablers_) enabler->on_time(now);
    }
    if (taken) return;
    if (auto* answered = std::get_if<Answered>(&event))
        impl_->asks_.on_answered(std::move(*answered));
    auto* asked = std::get_if<Asked>(&event);
    if (asked == nullptr) return;
    for (const auto& enabler : impl_->enablers_) {
        if (enabler->on_asked(*asked)) return;
    }
    outbox_.emit(
        Reply{asked->id, AskFailed{AskFailed::Why::unreachable, "no enabler here answers that"}});
}

std::optional<Time> ApplicationServer::next_deadline() const {
    auto deadline = earlier(impl_->proxy_.next_deadline(), earliest(impl_->by_expiry_));
    for (const auto& enabler : impl_->enablers_)
        deadline = earlier(deadline, enabler->next_deadline());
    return deadline;
}

nlohmann::ordered_json ApplicationServer::state() const {
    nlohmann::ordered_json state;
    auto registrations = nlohmann::ordered_json::array();
    for (const auto& [identity, registration] : impl_->registrations_) {
        if (registrations.size() == kMostShown) break;
        nlohmann::ordered_json one;
        one["identity"] = identity;
        one["icid"] = registration.icid;
        one["service_information"] = registration.service_information;
        one["expires_seconds"] =
            std::chrono::duration_cast<std::chrono::seconds>(registration.until - impl_->now_)
                .count();
        registrations.push_back(std::move(one));
    }
    state["registrations"] = std::move(registrations);
    for (const auto& enabler : impl_->enablers_)
        state["enablers"][enabler->name()] = enabler->state();
    state["refused_for_overload"] = impl_->refused_;
    state["transactions"] = impl_->proxy_.state();
    return state;
}

}  // namespace imslab::as
