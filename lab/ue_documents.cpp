// RFC 4825 §7, RFC 7616 §3.4, RFC 3310 §3; TS 24.109 §5.2 for bootstrapped keys, Annex G for the
// identity that is meant.
#include "lab/ue_documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sip/digest.h"
#include "sip/headers.h"

namespace imslab::lab {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kTypes{{
    {"resource-lists", "application/resource-lists+xml"},
    {"org.openmobilealliance.conv-history", "application/vnd.oma.im.history-list+xml"},
    {"rls-services", "application/rls-services+xml"},
    {"pres-rules", "application/auth-policy+xml"},
    {"org.openmobilealliance.pres-rules", "application/auth-policy+xml"},
    {"org.openmobilealliance.groups", "application/vnd.oma.poc.groups+xml"},
    {"org.openmobilealliance.user-profile", "application/vnd.oma.user-profile+xml"},
    {"org.openmobilealliance.xcap-directory", "application/vnd.oma.xcap-directory+xml"},
    {"pidf-manipulation", "application/pidf+xml"},
    {"simservs.ngn.etsi.org", "application/vnd.etsi.simservs+xml"},
}};

// What a PUT there carries.
std::string type_of(std::string_view path, std::string_view body) {
    if (body.starts_with('{')) return "application/json";
    const auto node = path.find("/~~/");
    if (node != std::string_view::npos) {
        const auto last = path.rfind('/');
        return path.substr(last + 1, 1) == "@" ? "application/xcap-att+xml"
                                               : "application/xcap-el+xml";
    }
    const auto begin = path.find_first_not_of('/');
    const auto auid = path.substr(begin, path.find('/', begin) - begin);
    for (const auto& [known, type] : kTypes) {
        if (known == auid) return std::string(type);
    }
    return "application/xml";
}

sip::HashAlgorithm hash_of(std::string_view algorithm) {
    return sip::equals_ignoring_case(algorithm, "SHA-256") ? sip::HashAlgorithm::sha256
                                                           : sip::HashAlgorithm::md5;
}

bool is_aka(std::string_view algorithm) {
    return sip::equals_ignoring_case(algorithm, "AKAv1-MD5");
}

std::string document_of(std::string_view path) {
    return std::string(path.substr(0, path.find("/~~")));
}

}  // namespace

http::Request UeDocuments::request_for(const DocumentCommand& command,
                                       const std::string& path,
                                       const std::string& body,
                                       const DocumentServer& server) const {
    using Condition = DocumentCommand::Condition;
    http::Request request;
    request.method = command.method;
    request.target = server.root + path;
    request.body = body;
    request.fields.add("Host", server.host + ":" + std::to_string(server.address.port));
    request.fields.add("User-Agent",
                       can_bootstrap(server) ? "imslab " + std::string(gba::kProduct) : "imslab");
    if (!body.empty())
        request.fields.add("Content-Type",
                           command.content_type.empty() ? type_of(path, body)
                                                        : command.content_type);
    const auto tag = tags_.find(document_of(path));
    const auto seen = tag == tags_.end() ? std::string("\"none\"") : tag->second;
    if (command.condition == Condition::absent) request.fields.add("If-None-Match", "*");
    if (command.condition == Condition::unchanged) request.fields.add("If-Match", seen);
    if (command.condition == Condition::changed) request.fields.add("If-None-Match", seen);
    if (!command.intended.empty())
        request.fields.add("X-3GPP-Intended-Identity", "\"" + command.intended + "\"");
    for (const auto& [name, value] : command.headers) request.fields.add(name, value);
    return request;
}

// RFC 7616 §3.4: the nonce is used on, with the next count. Who has a USIM says who he is before
// he is asked, so that the challenge can be his; who can bootstrap waits to be asked.
std::string UeDocuments::authorization(const http::Request& request, const DocumentServer& server) {
    const auto& identity = ue_.identity();
    if (challenge_.nonce.empty()) {
        if (!identity.aka || can_bootstrap(server)) return {};
        return fmt::format(R"(Digest username="{}", realm="{}", nonce="", uri="{}", response="")",
                           identity.private_identity,
                           identity.home,
                           request.target);
    }
    const auto cnonce = entropy_.token(8);
    const auto count = fmt::format("{:08x}", ++count_);
    sip::DigestInput input;
    input.algorithm = hash_of(challenge_.algorithm);
    input.ha1 = ha1_;
    input.nonce = challenge_.nonce;
    input.method = request.method;
    input.uri = request.target;
    input.qop = challenge_.qop;
    input.nonce_count = count;
    input.cnonce = cnonce;
    input.body = request.body;
    auto value = fmt::format(
        R"(Digest username="{}", realm="{}", nonce="{}", uri="{}", response="{}", algorithm={})",
        challenge_.username,
        challenge_.realm,
        challenge_.nonce,
        request.target,
        sip::digest_response(input),
        challenge_.algorithm);
    if (!challenge_.qop.empty())
        value += fmt::format(R"(, qop={}, nc={}, cnonce="{}")", challenge_.qop, count, cnonce);
    return value;
}

// Chooses the challenge that the UE can answer, its USIM before its password.
std::string UeDocuments::answer(const http::Message& response,
                                const DocumentCommand& command,
                                const http::Request& request,
                                const DocumentServer& server,
                                Deadline deadline) {
    const auto& identity = ue_.identity();
    std::optional<HttpChallenge> chosen;
    for (const auto value : response.fields.all("WWW-Authenticate")) {
        const auto params = sip::AuthParams::parse(value);
        if (!params) continue;
        const auto text = [&](const char* name) { return params->get(name).value_or(""); };
        HttpChallenge one{text("realm"),
                          text("nonce"),
                          text("qop"),
                          text("algorithm"),
                          identity.private_identity};
        if (one.algorithm.empty()) one.algorithm = "MD5";
        if (!gba::naf_of_realm(one.realm).empty()) {
            // TS 24.109 §5.2.5: a key that is refused is good no more, unless the nonce is at
            // fault.
            const bool is_stale = sip::equals_ignoring_case(text("stale"), "true");
            if (challenge_.bootstrapped && !is_stale) bootstrapping_.forget();
            return answer_bootstrapped(std::move(one), command, request, server, deadline);
        }
        if (one.qop.find("auth") != std::string::npos) one.qop = "auth";
        const bool fits =
            is_aka(one.algorithm)
                ? identity.aka.has_value()
                : identity.digest && hash_of(identity.digest->algorithm) == hash_of(one.algorithm);
        if (fits && (!chosen || is_aka(one.algorithm))) chosen = std::move(one);
    }
    if (!chosen) return {};
    auto secret = ue_.secret_for(
        chosen->algorithm, chosen->realm, chosen->nonce, identity.private_identity, command.answer);
    if (!secret.problem.empty()) return {};
    challenge_ = *chosen;
    ha1_ = secret.ha1;
    count_ = 0;
    auto value = authorization(request, server);
    if (!secret.auts.empty()) value += ", auts=\"" + secret.auts + "\"";
    return value;
}

// TS 24.109 §5.2.2, §5.2.4. TS 33.222 §5.3: the realm must name the server that one talks to.
std::string UeDocuments::answer_bootstrapped(HttpChallenge challenge,
                                             const DocumentCommand& command,
                                             const http::Request& request,
                                             const DocumentServer& server,
                                             Deadline deadline) {
    const auto name = gba::naf_of_realm(challenge.realm);
    if (!can_bootstrap(server) || !sip::equals_ignoring_case(name, server.host)) return {};
    const auto* agreed = bootstrapping_.agreed(command.trusts_old_key);
    if (agreed == nullptr) {
        bootstrapping_.perform(command, *server.bsf, deadline);
        agreed = bootstrapping_.agreed();
    }
    if (agreed == nullptr) return {};
    const auto suite = client_->cipher_suite();
    const gba::NafId naf{server.host,
                         suite == 0 ? gba::kHttpDigest : gba::http_digest_in_tls(suite)};
    const bool protects = challenge.qop.find("auth-int") != std::string::npos;
    challenge.qop = protects ? "auth-int" : "auth";
    challenge.username =
        command.bootstrapped_as.empty() ? agreed->transaction_identifier : command.bootstrapped_as;
    challenge.bootstrapped = true;
    auto password = bootstrapping_.password_for(naf);
    if (command.answer == RegisterCommand::Answer::wrong_password) password += "?";
    ha1_ = sip::ha1(sip::HashAlgorithm::md5, challenge.username, challenge.realm, password);
    challenge_ = std::move(challenge);
    count_ = 0;
    return authorization(request, server);
}

std::string UeDocuments::connect(const DocumentServer& server, Deadline deadline) {
    if (client_ != nullptr && client_->is_open() && connected_to_ == server.address) return {};
    // TS 33.220 Annex H: another connection may have another cipher suite, and so another key.
    if (challenge_.bootstrapped) challenge_ = {};
    auto connected = HttpClient::connect(
        ue_.place().address.ip, server.address, server.host, server.authority_file, deadline);
    if (!connected) return connected.error();
    client_ = std::move(*connected);
    connected_to_ = server.address;
    return {};
}

Ue::Outcome UeDocuments::perform(const DocumentCommand& command,
                                 const std::string& path,
                                 const std::string& body,
                                 const DocumentServer& server,
                                 Deadline deadline) {
    Ue::Outcome outcome;
    auto request = request_for(command, path, body, server);
    const bool sound =
        command.answer == RegisterCommand::Answer::right && command.bootstrapped_as.empty();
    std::string credentials;
    if (command.with_authorization) {
        if (auto problem = connect(server, deadline); problem.empty())
            credentials = authorization(request, server);
    }
    // A challenge, another one because the mistake was made or the USIM was ahead, and the answer.
    for (unsigned attempt = 0; attempt < 4; ++attempt) {
        if (auto problem = connect(server, deadline); !problem.empty()) {
            outcome.problem = ue_.place().name + ": " + problem;
            return outcome;
        }
        auto sent = request;
        if (!credentials.empty()) sent.fields.add("Authorization", credentials);
        auto response = client_->ask(sent, deadline);
        if (!response) {
            // Nobody is there any more: what was idle may have been closed.
            if (attempt == 0) continue;
            outcome.problem = ue_.place().name + ": " + response.error();
            return outcome;
        }
        outcome.status = response->status;
        answers_.remember(*response);
        if (const auto tag = response->fields.get("ETag"))
            tags_[document_of(path)] = std::string(*tag);
        if (response->status != 401 || !command.with_authorization) return outcome;
        ++outcome.challenges;
        if (!sound && outcome.challenges > 1 &&
            command.answer != RegisterCommand::Answer::old_sqn) {
            challenge_ = {};  // its mistake was noticed; that was all it wanted
            return outcome;
        }
        auto now = command;
        if (command.answer == RegisterCommand::Answer::old_sqn && outcome.challenges > 1)
            now.answer = RegisterCommand::Answer::right;
        credentials = answer(*response, now, request, server, deadline);
        if (credentials.empty()) return outcome;
    }
    return outcome;
}

}  // namespace imslab::lab
