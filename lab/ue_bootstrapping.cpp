// TS 24.109 §4.2 to §4.5, RFC 3310 §3; TS 33.220 §4.5.2.
#include "lab/ue_bootstrapping.h"

#include <fmt/format.h>

#include <chrono>

#include "as/gba/bootstrapping_info.h"
#include "sip/digest.h"
#include "sip/headers.h"

namespace imslab::lab {

namespace {

constexpr std::string_view kCount = "00000001";  // each challenge is answered once
constexpr unsigned kMostChallenges = 4;

std::int64_t now() {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(since).count();
}

sip::DigestInput input_of(const std::string& ha1,
                          const std::string& nonce,
                          const std::string& cnonce) {
    sip::DigestInput input;
    input.ha1 = ha1;
    input.nonce = nonce;
    input.uri = "/";
    input.qop = "auth-int";
    input.nonce_count = kCount;
    input.cnonce = cnonce;
    return input;
}

}  // namespace

const UeBootstrapping::Agreed* UeBootstrapping::agreed(bool though_expired) const {
    return agreed_ && (though_expired || agreed_->lifetime > now()) ? &*agreed_ : nullptr;
}

std::string UeBootstrapping::password_for(const gba::NafId& naf) const {
    return gba::password_of(
        gba::naf_key(agreed_->ks, agreed_->rand, ue_.identity().private_identity, naf));
}

http::Request UeBootstrapping::request_to(const BootstrappingPlace& place,
                                          const std::string& authorization) const {
    http::Request request;
    request.target = "/";
    request.fields.add("Host", place.host + ":" + std::to_string(place.address.port));
    request.fields.add("User-Agent", "imslab");
    request.fields.add("Accept", std::string(gba::kBootstrappingInfoType));
    request.fields.add("Authorization", authorization);
    return request;
}

std::string UeBootstrapping::first_words(const DocumentCommand& command,
                                         const BootstrappingPlace& place) const {
    return fmt::format(
        R"(Digest username="{}", realm="{}", nonce="", uri="/", response="")",
        command.username.empty() ? ue_.identity().private_identity : command.username,
        place.host);
}

// TS 24.109 §4.4: a network that is not one's own is not answered.
std::optional<UeBootstrapping::Answer> UeBootstrapping::answer(const http::Message& challenge,
                                                               const DocumentCommand& command,
                                                               RegisterCommand::Answer mistake) {
    const auto value = challenge.fields.get("WWW-Authenticate");
    const auto params = value ? sip::AuthParams::parse(*value) : std::nullopt;
    if (!params) return std::nullopt;
    const auto text = [&](const char* name) { return params->get(name).value_or(""); };
    const auto realm = text("realm"), nonce = text("nonce"), algorithm = text("algorithm");
    const auto username =
        command.username.empty() ? ue_.identity().private_identity : command.username;
    auto secret = ue_.secret_for(algorithm, realm, nonce, username, mistake);
    const auto challenged = sip::AkaNonce::parse(nonce);
    if (!secret.problem.empty() || !challenged) return std::nullopt;
    Answer answer;
    answer.ks = secret.ck + secret.ik;
    answer.rand.assign(challenged->rand.begin(), challenged->rand.end());
    answer.cnonce = entropy_.token(8);
    answer.ha1 = secret.ha1;
    auto input = input_of(answer.ha1, nonce, answer.cnonce);
    input.method = "GET";
    answer.authorization = fmt::format(
        R"(Digest username="{}", realm="{}", nonce="{}", uri="/", response="{}", algorithm={}, )"
        R"(qop=auth-int, nc={}, cnonce="{}")",
        username,
        realm,
        nonce,
        sip::digest_response(input),
        algorithm,
        kCount,
        answer.cnonce);
    const auto auts = command.garbles_auts ? std::string("garbage") : secret.auts;
    if (!auts.empty()) answer.authorization += ", auts=\"" + auts + "\"";
    answer.is_good = auts.empty();
    return answer;
}

std::string UeBootstrapping::agree(const http::Message& response, const Answer& given) {
    const auto info = gba::read_bootstrapping_info(response.body);
    if (!info) return "the BSF's 200 holds no BootstrappingInfo that can be read";
    const auto params = sip::AuthParams::parse(given.authorization);
    const auto nonce = params->get("nonce").value_or("");
    auto input = input_of(given.ha1, nonce, given.cnonce);
    input.body = response.body;
    const auto proof = response.fields.get("Authentication-Info").value_or("");
    if (proof.find("rspauth=\"" + sip::digest_rspauth(input) + "\"") == std::string_view::npos)
        return "the BSF does not prove itself: its rspauth is wrong";
    agreed_ = Agreed{info->transaction_identifier, given.ks, given.rand, info->lifetime};
    return {};
}

Ue::Outcome UeBootstrapping::perform(const DocumentCommand& command,
                                     const BootstrappingPlace& place,
                                     Deadline deadline) {
    Ue::Outcome outcome;
    auto authorization = command.replays ? last_authorization_ : first_words(command, place);
    std::optional<Answer> given;
    for (unsigned attempt = 0; attempt <= kMostChallenges; ++attempt) {
        if (client_ == nullptr || !client_->is_open()) {
            auto connected = HttpClient::connect(
                ue_.place().address.ip, place.address, place.host, {}, deadline);
            if (!connected) return {0, outcome.challenges, connected.error()};
            client_ = std::move(*connected);
        }
        auto response = client_->ask(request_to(place, authorization), deadline);
        if (!response) {
            if (attempt == 0) continue;  // what was idle may have been closed
            return {0, outcome.challenges, response.error()};
        }
        outcome.status = response->status;
        if (response->status == 200 && given) {
            outcome.problem = agree(*response, *given);
            return outcome;
        }
        const bool noticed = given && given->is_good;  // a right answer is not challenged again
        if (response->status != 401 || command.replays || noticed) return outcome;
        ++outcome.challenges;
        given = answer(*response, command, given ? RegisterCommand::Answer::right : command.answer);
        if (!given) return outcome;
        authorization = last_authorization_ = given->authorization;
    }
    return outcome;
}

}  // namespace imslab::lab
