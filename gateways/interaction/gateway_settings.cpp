// The settings of an interaction gateway in a topology.
#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "as/settings_reader.h"
#include "gateways/interaction/gateway.h"

namespace imslab::interaction {

namespace {

bool is_url(std::string_view text) {
    return (text.starts_with("http://") || text.starts_with("https://")) && !text.ends_with('/') &&
           text.find_first_of("?# \"") == std::string_view::npos;
}

bool is_sha256(std::string_view text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

// RFC 6749 §3.1.2: absolute, without a fragment; a page of this machine, or one that TLS protects.
bool is_redirect_uri(std::string_view text) {
    if (text.find_first_of("#\r\n \"") != text.npos) return false;
    return text.starts_with("https://") || text.starts_with("http://127.") ||
           text.starts_with("http://localhost:") || text.starts_with("http://localhost/");
}

// Scheme, host and port, as a browser says it.
bool is_origin(std::string_view text) {
    const auto host = text.find("://");
    return is_url(text) && text.find('/', host + 3) == text.npos;
}

Application read_application(const std::string& id, as::SettingsReader& reader) {
    Application application;
    application.id = id;
    application.name = reader.text("name", id);
    application.secret_sha256 = reader.text("secret_sha256");
    if (!application.secret_sha256.empty() && !is_sha256(application.secret_sha256))
        reader.wrong("secret_sha256", "64 hexadecimal digits, the SHA-256 of the secret");
    for (auto& one : reader.texts("redirect_uris")) {
        if (!is_redirect_uri(one))
            reader.wrong("redirect_uris", "https URLs without a fragment, or http on this machine");
        application.redirect_uris.insert(std::move(one));
    }
    for (auto& one : reader.texts("scopes")) {
        if (std::find(std::begin(scope::kAll), std::end(scope::kAll), one) == std::end(scope::kAll))
            reader.wrong("scopes", "a list of scopes: thirdpartycall");
        application.scopes.insert(std::move(one));
    }
    for (const auto& one : reader.uris("identities"))
        application.identities.push_back(*sip::canonical_identity(one));
    for (auto& one : reader.texts("origins")) {
        if (!is_origin(one)) reader.wrong("origins", "a list like https://directory.example");
        application.origins.insert(std::move(one));
    }
    reader.number("requests_per_minute", application.requests_per_minute, 1);
    if (application.scopes.empty()) reader.wrong("scopes", "a list of scopes: thirdpartycall");
    if (!application.identities.empty() && !application.is_confidential())
        reader.wrong("secret_sha256", "the SHA-256 of a secret: it has identities of its own");
    if (application.identities.empty() && application.redirect_uris.empty())
        reader.wrong("redirect_uris", "some, or identities of its own");
    return application;
}

// Its first mistake, or empty.
std::string read_applications(const std::string& name,
                              const nlohmann::json& settings,
                              Applications& into) {
    const auto all = settings.find("applications");
    if (all == settings.end()) return {};
    if (!all->is_object())
        return "enablers." + name + ".applications: found " + all->dump() +
               ", expected a map of applications";
    for (const auto& [id, description] : all->items()) {
        const auto where = name + ".applications." + id;
        if (!description.is_object())
            return "enablers." + where + ": found " + description.dump() + ", expected a map";
        as::SettingsReader reader(where, description);
        into.emplace(id, read_application(id, reader));
        if (auto mistake = reader.mistake(); !mistake.empty()) return mistake;
    }
    return {};
}

void read_lifetime(as::SettingsReader& reader, const char* key, Duration& lifetime) {
    auto seconds = static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(lifetime).count());
    reader.number(key, seconds, 1);
    lifetime = std::chrono::seconds(seconds);
}

}  // namespace

Result<GatewaySettings, std::string> read_gateway_settings(const std::string& name,
                                                           const nlohmann::json& settings) {
    if (!settings.is_object())
        return failure("enablers." + name + ": found " + settings.dump() + ", expected a map");
    as::SettingsReader reader(name, settings);
    GatewaySettings result;
    reader.text("kind");
    if (auto mistake = read_applications(name, settings, result.applications); !mistake.empty())
        return failure(std::move(mistake));
    reader.knows("applications");
    read_lifetime(reader, "code_seconds", result.lifetimes.code);
    read_lifetime(reader, "token_seconds", result.lifetimes.access);
    read_lifetime(reader, "refresh_seconds", result.lifetimes.refresh);
    reader.number("user_requests_per_minute", result.user_requests_per_minute, 1);
    result.service = reader.uri("service");
    for (const auto& one : reader.uris("automata"))
        result.automata.insert(*sip::canonical_identity(one));
    result.ring_limit = std::chrono::seconds(reader.seconds("ring_seconds", 120));
    result.kept = std::chrono::seconds(reader.seconds("kept_seconds", 60));
    result.url = reader.text("url");
    if (!result.url.empty() && !is_url(result.url))
        reader.wrong("url", "one like https://gateway.home");
    auto& authentication = result.authentication;
    authentication.digest = reader.flag("digest", false);
    authentication.realm = reader.text("realm");
    for (const auto& one : reader.texts("trusted")) {
        const auto ip = IpAddress::parse(one);
        if (!ip) reader.wrong("trusted", "a list of IP addresses");
        if (ip) authentication.trusted.insert(*ip);
    }
    if (!authentication.digest && authentication.trusted.empty())
        reader.wrong("digest", "true, or somebody in trusted: users must be known");
    if (auto mistake = reader.mistake(); !mistake.empty()) return failure(std::move(mistake));
    return result;
}

}  // namespace imslab::interaction
