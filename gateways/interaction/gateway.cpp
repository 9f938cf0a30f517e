// Who asks is found out first; then the API that the path names serves him. The authorization
// server's own resources lie beside the APIs.
#include "gateways/interaction/gateway.h"

#include <nlohmann/json.hpp>

#include "as/application_server.h"
#include "core/deadline.h"
#include "gateways/interaction/access.h"
#include "gateways/interaction/authorization_server.h"
#include "gateways/interaction/call_sessions.h"
#include "gateways/interaction/cross_origin.h"
#include "gateways/interaction/third_party_call_api.h"
#include "gateways/interaction/wims_api.h"
#include "http/uri.h"

namespace imslab::interaction {

namespace {

// The segments below `root`, decoded; nullopt: the path is not there, or cannot be decoded.
std::optional<std::vector<std::string>> below(std::string_view path, std::string_view root) {
    if (!path.starts_with(root) || path.size() <= root.size() || path[root.size()] != '/')
        return std::nullopt;
    std::vector<std::string> segments;
    for (const auto segment : http::segments_of(path.substr(root.size()))) {
        auto decoded = http::percent_decoded(segment);
        if (!decoded) return std::nullopt;
        segments.push_back(std::move(*decoded));
    }
    return segments;
}

constexpr std::string_view kAuthorize = "/oauth2/authorize", kToken = "/oauth2/token",
                           kRevoke = "/oauth2/revoke";

std::set<std::string, std::less<>> origins_of(const Applications& applications) {
    std::set<std::string, std::less<>> origins;
    for (const auto& [id, application] : applications)
        origins.insert(application.origins.begin(), application.origins.end());
    return origins;
}

class Gateway final : public as::Enabler {
public:
    Gateway(as::Services& services, std::string name, GatewaySettings settings)
        : Enabler(services, std::move(name)),
          settings_(std::move(settings)),
          authenticator_(services, settings_.authentication),
          authorization_(services, authorization_settings()),
          access_(services, authenticator_, authorization_, settings_.user_requests_per_minute),
          cross_origin_(settings_.url, origins_of(settings_.applications)),
          calls_(services, call_settings(), [](const CallSession&) {}) {}

    // ---- SIP
    void on_request(sip::ServerId id, as::ServiceRequest) override {
        services_.proxy().respond(id, 404);  // nobody calls it
    }
    void on_request_in_dialog(sip::ServerId id, sip::Message request) override {
        calls_.on_request_in_dialog(id, std::move(request));
    }
    void on_ack(sip::Message ack) override { calls_.on_ack(ack); }
    void on_ended(sip::ServerId id) override { calls_.on_ended(id); }

    // ---- HTTP
    bool on_asked(Asked& asked) override {
        auto* request = std::any_cast<http::Request>(&asked.request);
        if (request == nullptr) return false;
        ++requests_;
        auto shared = std::make_shared<http::Request>(std::move(*request));
        const auto target = http::target_of(shared->target);
        const auto path = target ? target->path : std::string_view();
        if (path == kAuthorize) {
            services_.tasks().spawn(authorize(asked.id, std::move(shared)));
        } else if (auto answer = cross_origin_.answer(*shared)) {
            reply(asked.id, *shared, std::move(*answer));
        } else if (path == kToken) {
            reply(asked.id, *shared, authorization_.token(*shared));
        } else if (path == kRevoke) {
            reply(asked.id, *shared, authorization_.revoke(*shared));
        } else {
            services_.tasks().spawn(serve(asked.id, std::move(shared)));
        }
        return true;
    }

    // ---- time
    void on_time(Time now) override {
        calls_.on_time(now);
        authenticator_.forget_expired(now);
        authorization_.on_time(now);
    }
    std::optional<Time> next_deadline() const override {
        return earlier(earlier(calls_.next_deadline(), authenticator_.next_deadline()),
                       authorization_.next_deadline());
    }

    nlohmann::ordered_json state() const override {
        nlohmann::ordered_json state;
        state["calls"] = calls_.state();
        state["requests"] = requests_;
        state["refused"] = refused_;
        state["authenticated sessions"] = authenticator_.sessions();
        state["grants"] = authorization_.grants();
        if (authorization_.access_tokens() != 0)
            state["access tokens"] = authorization_.access_tokens();
        return state;
    }

private:
    CallSessions::Settings call_settings() const {
        CallSessions::Settings settings;
        settings.enabler = name();
        settings.service = settings_.service;
        settings.automata = settings_.automata;
        settings.ring_limit = settings_.ring_limit;
        settings.kept = settings_.kept;
        return settings;
    }

    AuthorizationServer::Settings authorization_settings() const {
        AuthorizationServer::Settings settings;
        settings.applications = settings_.applications;
        settings.lifetimes = settings_.lifetimes;
        return settings;
    }

    void reply(AskId id, const http::Request& request, http::Response response) {
        if (response.status >= 400) ++refused_;
        cross_origin_.mark(request, response);
        services_.reply(id, std::move(response));
    }

    // RFC 6749 §3.1: the user is authenticated as on Ut, then asked.
    Task<void> authorize(AskId id, std::shared_ptr<http::Request> request) {
        const bool decides = request->method == "POST";
        if (!decides && request->method != "GET") {
            auto refusal = http::Response::of(405);
            refusal.fields.add("Allow", "GET, POST");
            services_.reply(id, std::move(refusal));
            co_return;
        }
        if (auto refusal = authorization_.refusal(*request)) {
            services_.reply(id, std::move(*refusal));
            co_return;
        }
        auto who = co_await authenticator_.identify(request);
        if (who.refusal || who.identities.empty()) {
            ++refused_;
            services_.reply(id, who.refusal ? std::move(*who.refusal) : http::Response::of(403));
            co_return;
        }
        auto response = decides ? authorization_.decided(*request, who.identities)
                                : authorization_.ask_for_consent(*request, who.identities);
        who.add_authentication_info(response);
        services_.reply(id, std::move(response));
    }

    Task<void> serve(AskId id, std::shared_ptr<http::Request> request) {
        const auto form = form_wanted(*request);
        std::string wanted(scope::kThirdPartyCall);
        auto admission = co_await access_.admit(request, wanted, form.value_or(Form::json));
        if (admission.refusal) {
            reply(id, *request, std::move(*admission.refusal));
            co_return;
        }
        ResourceRequest at;
        at.caller = admission.caller;
        at.root = settings_.url;
        at.request = *request;
        at.form = form.value_or(Form::json);
        auto response = form ? at_resource(std::move(at)) : http::Response::of(406);
        audit(admission.caller, *request, response);
        admission.proof.add_authentication_info(response);
        reply(id, *request, std::move(response));
    }

    void audit(const Caller& caller, const http::Request& request, const http::Response& response) {
        services_.log(LogLevel::info,
                      {},
                      {},
                      "audit: " + (caller.application.empty() ? "the user" : caller.application) +
                          " for " + caller.identities.front() + ": " + request.method + " " +
                          request.target + ": " + std::to_string(response.status));
    }

    http::Response at_resource(ResourceRequest at) {
        const auto target = http::target_of(at.request.target);
        if (!target) return at.no_such_resource();
        if (auto path = below(target->path, kThirdPartyCallRoot)) {
            at.path = std::move(*path);
            return serve_third_party_call(calls_, at);
        }
        if (auto path = below(target->path, kWimsRoot)) {
            at.path = std::move(*path);
            return serve_wims(calls_, at);
        }
        return at.no_such_resource();
    }

    const GatewaySettings settings_;
    xdm::Authenticator authenticator_;
    AuthorizationServer authorization_;
    Access access_;
    CrossOrigin cross_origin_;
    CallSessions calls_;
    std::uint64_t requests_ = 0, refused_ = 0;
};

}  // namespace

std::unique_ptr<as::Enabler> make_gateway(as::Services& services,
                                          std::string name,
                                          GatewaySettings settings) {
    if (settings.authentication.realm.empty())
        settings.authentication.realm = services.config().domains.front();
    if (settings.url.empty()) settings.url = "http://" + services.config().host;
    return std::make_unique<Gateway>(services, std::move(name), std::move(settings));
}

}  // namespace imslab::interaction
