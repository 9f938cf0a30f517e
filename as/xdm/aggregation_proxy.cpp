// What a client claims of identities is removed, what is known of him is put in (TS 33.222 §6).
#include "as/xdm/aggregation_proxy.h"

#include <nlohmann/json.hpp>

#include "as/application_server.h"
#include "as/xdm/ut_enabler.h"
#include "http/forward.h"
#include "http/uri.h"

namespace imslab::xdm {

namespace {

// RFC 9110 §7.6.1: of this connection alone; and what is the proxy's to say.
constexpr std::string_view kNotSentOn[] = {"Connection",
                                           "Keep-Alive",
                                           "Proxy-Connection",
                                           "TE",
                                           "Transfer-Encoding",
                                           "Upgrade",
                                           "Expect",
                                           "Authorization",
                                           "X-3GPP-Intended-Identity",
                                           "X-3GPP-Asserted-Identity",
                                           "X-XCAP-Asserted-Identity"};

class AggregationProxy final : public UtEnabler {
public:
    AggregationProxy(as::Services& services, std::string name, ProxySettings settings)
        : UtEnabler(services, std::move(name), settings.authentication),
          settings_(std::move(settings)) {}

    void on_request(sip::ServerId id, as::ServiceRequest) override {
        services_.proxy().respond(id, 404);  // nobody calls it
    }

    nlohmann::ordered_json state() const override {
        nlohmann::ordered_json state;
        state["sent on"] = sent_on_;
        state["refused"] = refused();
        state["authenticated sessions"] = sessions();
        return state;
    }

private:
    void serve(http::Request request, Identities identities, Answer answer) override {
        ++sent_on_;
        http::Forward question{server_for(request), std::move(request)};
        vouch(question.request, identities);
        services_.tasks().spawn(send_on(std::move(question), std::move(answer)));
    }

    Task<void> send_on(http::Forward question, Answer give) {
        auto answer = co_await services_.asks().ask<http::Response>(std::move(question));
        http::Response response;
        if (answer) {
            response = std::move(*answer);
            for (const auto name : {"Connection", "Keep-Alive", "Transfer-Encoding"})
                response.fields.remove(name);
        } else {
            const bool late = answer.error().why == AskFailed::Why::timed_out;
            services_.log(
                LogLevel::warning, {}, "TS 33.222 §6", "no answer: " + answer.error().reason);
            response = http::Response::of(late ? 504 : 502);  // RFC 9110 §15.6.3, §15.6.5
        }
        give(std::move(response));
    }

    const Address& server_for(const http::Request& request) const {
        const auto target = http::target_of(request.target);
        if (!target || !target->path.starts_with(settings_.root)) return settings_.to;
        const auto segments = http::segments_of(target->path.substr(settings_.root.size()));
        const auto known = settings_.by_auid.find(segments.front());
        return known == settings_.by_auid.end() ? settings_.to : known->second;
    }

    void vouch(http::Request& request, const std::vector<std::string>& identities) const {
        for (const auto name : kNotSentOn) request.fields.remove(name);
        std::string list;
        for (const auto& identity : identities)
            list += (list.empty() ? "\"" : ", \"") + identity + "\"";
        request.fields.add("X-3GPP-Asserted-Identity", list);
        if (!identities.empty())
            request.fields.add("X-XCAP-Asserted-Identity", "\"" + identities.front() + "\"");
        request.fields.add("Via", "1.1 " + services_.config().host);  // RFC 9110 §7.6.3
    }

    const ProxySettings settings_;
    std::uint64_t sent_on_ = 0;
};

}  // namespace

std::unique_ptr<as::Enabler> make_aggregation_proxy(as::Services& services,
                                                    std::string name,
                                                    ProxySettings settings) {
    if (settings.authentication.realm.empty())
        settings.authentication.realm = services.config().domains.front();
    return std::make_unique<AggregationProxy>(services, std::move(name), std::move(settings));
}

Result<ProxySettings, std::string> read_proxy_settings(const nlohmann::json& settings) {
    ProxySettings result;
    result.authentication.digest = true;
    const auto address = [](const nlohmann::json& value) {
        return value.is_string() ? Address::parse(value.get<std::string>(), 8080) : std::nullopt;
    };
    const auto wrong =
        [](const std::string& key, const nlohmann::json& found, const std::string& expected) {
            return failure(key + ": found " + found.dump() + ", expected " + expected);
        };
    for (const auto& [key, value] : settings.items()) {
        if (key == "kind" || key == "identities") continue;
        if (key == "digest" || key == "gba") {
            if (!value.is_boolean()) return wrong(key, value, "true or false");
            (key == "gba" ? result.authentication.gba : result.authentication.digest) =
                value.get<bool>();
            continue;
        }
        if (key == "to") {
            const auto to = address(value);
            if (!to) return wrong(key, value, "an IP address and a port");
            result.to = *to;
        } else if (key == "root") {
            if (!value.is_string() || !value.get<std::string>().starts_with('/'))
                return wrong(key, value, "a path like /xcap");
            result.root = value.get<std::string>();
            while (result.root.ends_with('/')) result.root.pop_back();
        } else if (key == "realm") {
            if (!value.is_string()) return wrong(key, value, "a text");
            result.authentication.realm = value.get<std::string>();
        } else if (key == "usages") {
            if (!value.is_object()) return wrong(key, value, "a map from AUID to address");
            for (const auto& [auid, at] : value.items()) {
                const auto to = address(at);
                if (!to) return wrong(key + "." + auid, at, "an IP address and a port");
                result.by_auid[auid] = *to;
            }
        } else {
            return wrong(key, value, "one of to, root, usages, realm, digest, gba");
        }
    }
    if (!result.authentication.digest && !result.authentication.gba)
        return failure(std::string("digest: found false, expected true, or gba: true"));
    if (result.to.port == 0) return failure(std::string("to: found nothing, expected an address"));
    return result;
}

}  // namespace imslab::xdm
