// RFC 4976 §5.1, §6.3, §9.1: Digest, as the last of them restricts it.
#include "as/messaging/relay_authorization.h"

#include "as/application_server.h"
#include "as/digest_credentials.h"
#include "as/settings_reader.h"
#include "diameter/zh.h"
#include "sip/headers.h"
#include "sip/params.h"

namespace imslab::messaging {

namespace {

constexpr std::size_t kMostNonces = 100'000;

// RFC 4976 §9.1: qop, cnonce and nc are always there.
bool is_whole(const as::DigestCredentials& given) {
    return !given.username.empty() && given.proves() && given.qop == "auth" &&
           !given.cnonce.empty() && given.number() != 0;
}

// RFC 4976 §9.1: what stands for the Request-URI is the rightmost URI of the To-Path.
std::string_view rightmost(std::string_view path) {
    const auto space = path.rfind(' ');
    return space == std::string_view::npos ? path : path.substr(space + 1);
}

sip::HashAlgorithm algorithm_of(std::string_view name) {
    return sip::equals_ignoring_case(name, "SHA-256") ? sip::HashAlgorithm::sha256
                                                      : sip::HashAlgorithm::md5;
}

std::string in_seconds(std::chrono::seconds time) { return std::to_string(time.count()); }

}  // namespace

Result<RelaySettings, std::string> read_relay_settings(const nlohmann::json& settings) {
    RelaySettings result;
    as::SettingsReader read("msrp-relay", settings);
    result.realm = read.text("realm");
    result.authority = read.text("authority");
    result.auth_without_tls = read.flag("auth_without_tls", false);
    result.trusts_any_relay = read.flag("trusts_any_relay", false);
    (void)read.text("kind");
    const auto seconds = [&](const char* key, std::chrono::seconds& value) {
        auto number = static_cast<std::uint32_t>(value.count());
        read.number(key, number, 1);
        value = std::chrono::seconds(number);
    };
    seconds("expires_seconds", result.expires);
    seconds("min_expires_seconds", result.min_expires);
    seconds("max_expires_seconds", result.max_expires);
    seconds("nonce_seconds", result.nonce_lifetime);
    read.number("max_uris", result.grants, 1);
    read.number("max_failures", result.failures, 1);
    if (!read.mistake().empty()) return failure(read.mistake());
    if (result.min_expires > result.expires || result.expires > result.max_expires)
        return failure("enablers.msrp-relay.expires_seconds: found " + in_seconds(result.expires) +
                       ", expected one between min_expires_seconds (" +
                       in_seconds(result.min_expires) + ") and max_expires_seconds (" +
                       in_seconds(result.max_expires) + ")");
    return result;
}

RelayAuthorization::RelayAuthorization(as::Services& services, RelaySettings settings)
    : services_(services), settings_(std::move(settings)), nonces_(services) {
    if (settings_.realm.empty() && !services.config().domains.empty())
        settings_.realm = services.config().domains.front();
}

Task<RelayAuthorization::Decision> RelayAuthorization::decide(
    std::shared_ptr<const msrp::Head> request) {
    Decision decision;
    auto given = as::DigestCredentials::from(request->get("Authorization"));
    if (!given || !is_whole(*given) || given->realm != settings_.realm) {
        decision.response = challenge(*request, false, {});
        co_return decision;
    }
    if (!nonces_.is_fresh(given->nonce, settings_.nonce_lifetime)) {
        decision.response = challenge(*request, true, given->algorithm);
        co_return decision;
    }
    zh::MultimediaAuthRequest mar;
    mar.private_identity = given->username;
    mar.auth_scheme = cx::scheme::digest;
    zh::Request question(std::move(mar));
    const auto answer = co_await services_.asks().ask<zh::Answer>(std::move(question));
    if (!answer) {
        services_.log(
            LogLevel::warning, {}, "TS 29.109 §4.2", "no answer on Zh: " + answer.error().reason);
        decision.response = msrp::response_to(*request, 403, "Nobody can be authenticated now");
        co_return decision;
    }
    const auto& maa = std::get<zh::MultimediaAuthAnswer>(*answer);
    const auto* vector = maa.vector ? &*maa.vector : nullptr;
    const auto by = algorithm_of(vector == nullptr ? "" : vector->algorithm);
    if (vector != nullptr && algorithm_of(given->algorithm) != by) {
        decision.response = challenge(*request, true, vector->algorithm);
        co_return decision;
    }
    // Who is not known is refused as he is who guesses.
    const std::string ha1 = vector == nullptr ? std::string() : vector->ha1;
    given->uri = rightmost(request->to_path);
    const bool right =
        given->are_right(by, ha1, "AUTH", {}) && !ha1.empty() && vector->realm == settings_.realm;
    if (!right) {
        services_.log(
            LogLevel::info, {}, "RFC 4976 §6.3", "a wrong response of " + given->username);
        use(given->nonce, UINT32_MAX);  // guessing needs a nonce for each try
        decision.response = challenge(*request, false, given->algorithm);
        co_return decision;
    }
    const auto used = used_.find(given->nonce);
    if (used != used_.end() && given->number() <= used->second) {
        decision.response = challenge(*request, true, given->algorithm);
        co_return decision;
    }
    use(given->nonce, given->number());
    if (auto refused = out_of_bounds(*request, decision)) co_return *refused;
    decision.user = given->username;
    decision.response = msrp::response_to(*request, 200);
    decision.response.others.emplace_back("Expires", in_seconds(decision.expires));
    // RFC 4976 §9.1: all of them in every 200, and a nonce for the next AUTH.
    decision.response.others.emplace_back("Authentication-Info",
                                          "nextnonce=" + sip::quote(nonces_.fresh()) + ", " +
                                              given->authentication_info(by, ha1, {}));
    co_return decision;
}

// RFC 4976 §4.6, §6.3.
std::optional<RelayAuthorization::Decision> RelayAuthorization::out_of_bounds(
    const msrp::Head& request, Decision& decision) const {
    decision.expires = settings_.expires;
    const auto wanted = request.get("Expires");
    if (!wanted) return std::nullopt;
    const auto seconds = sip::to_number(*wanted);
    if (!seconds) {
        decision.response = msrp::response_to(request, 400, "Expires holds no number of seconds");
        return decision;
    }
    decision.expires = std::chrono::seconds(*seconds);
    const bool too_short = decision.expires < settings_.min_expires;
    if (!too_short && decision.expires <= settings_.max_expires) return std::nullopt;
    decision.response = msrp::response_to(request, 423);
    decision.response.others.emplace_back(
        too_short ? "Min-Expires" : "Max-Expires",
        in_seconds(too_short ? settings_.min_expires : settings_.max_expires));
    return decision;
}

msrp::Head RelayAuthorization::challenge(const msrp::Head& request,
                                         bool stale,
                                         std::string_view algorithm) {
    auto response = msrp::response_to(request, 401);
    response.others.emplace_back(
        "WWW-Authenticate",
        "Digest realm=" + sip::quote(settings_.realm) +
            ", qop=\"auth\", nonce=" + sip::quote(nonces_.fresh()) + ", algorithm=" +
            (algorithm_of(algorithm) == sip::HashAlgorithm::sha256 ? "SHA-256" : "MD5") +
            (stale ? ", stale=true" : ""));
    return response;
}

// The count up to which it is used, until it is old.
void RelayAuthorization::use(const std::string& nonce, std::uint32_t count) {
    const auto [known, is_new] = used_.insert_or_assign(nonce, count);
    if (!is_new) return;
    by_end_.emplace(services_.now() + settings_.nonce_lifetime, nonce);
    if (by_end_.size() > kMostNonces) forget_expired(by_end_.begin()->first);
}

void RelayAuthorization::forget_expired(Time now) {
    while (!by_end_.empty() && by_end_.begin()->first <= now) {
        used_.erase(by_end_.begin()->second);
        by_end_.erase(by_end_.begin());
    }
}

}  // namespace imslab::messaging
