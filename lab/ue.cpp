// The lab's own UE: registration with AKA and SIP Digest, right and wrong on demand.
#include "lab/ue.h"

#include <fmt/format.h>

#include "sip/digest.h"
#include "sip/headers.h"
#include "sip/milenage.h"

namespace imslab::lab {

using sip::HeaderId;

namespace {

constexpr std::uint32_t kExpiresSeconds = 600'000;  // TS 24.229 §5.1.1.2.1
constexpr std::chrono::milliseconds kT1{2000};      // TS 24.229 §7.7
// A USIM that is ahead of its HSS by this much refuses the next vector (TS 33.102 Annex C.2).
constexpr aka::Sqn kAhead = aka::Sqn{1} << 20;

sip::HashAlgorithm hash_of(std::string_view algorithm) {
    return sip::equals_ignoring_case(algorithm, "SHA-256") ? sip::HashAlgorithm::sha256
                                                           : sip::HashAlgorithm::md5;
}

bool is_aka(std::string_view algorithm) {
    return sip::equals_ignoring_case(algorithm, "AKAv1-MD5");
}

}  // namespace

Ue::Ue(TopologyUe place, Address pcscf, UeIdentity identity, Entropy& entropy)
    : place_(std::move(place)), pcscf_(pcscf), identity_(std::move(identity)), entropy_(entropy) {}

Address Ue::contact_address(unsigned number) const {
    auto address = place_.address;
    address.port = static_cast<std::uint16_t>(address.port + number - 1);
    return address;
}

// TS 24.229 §5.1.1.2.2: realm and digest-uri are the home domain; nonce and response are empty.
std::string Ue::first_authorization(const RegisterCommand& command) const {
    if (!command.with_authorization) return {};
    const auto& username = command.username.empty() ? identity_.private_identity : command.username;
    auto value = fmt::format(R"(Digest username="{}",realm="{}",uri="sip:{}",nonce="",response="")",
                             username,
                             identity_.home,
                             identity_.home);
    if (!command.integrity_protected.empty())
        value += ",integrity-protected=\"" + command.integrity_protected + "\"";
    return value;
}

// TS 24.229 §5.1.1.2.1: the header fields of a REGISTER.
sip::Message Ue::make_register(const RegisterCommand& command, const std::string& authorization) {
    if (call_id_.empty()) {
        call_id_ = entropy_.token(12);
        from_tag_ = entropy_.token(6);
        cseq_ = 0;
    }
    const auto contact = contact_address(command.contact).to_string();
    const auto identity =
        "<" + (command.as.empty() ? identity_.public_identities.front() : command.as) + ">";
    const auto expires = command.expires.value_or(kExpiresSeconds);
    auto request = sip::Message::request(sip::Method::register_, "sip:" + identity_.home);
    request.append(HeaderId::via, "SIP/2.0/UDP " + contact + ";branch=z9hG4bK" + entropy_.token(8));
    request.append(HeaderId::max_forwards, "70");
    request.append(HeaderId::from, identity + ";tag=" + from_tag_);
    request.append(HeaderId::to, identity);
    request.append(HeaderId::call_id, call_id_);
    request.append(HeaderId::cseq, std::to_string(++cseq_) + " REGISTER");
    if (command.kind == RegisterCommand::Kind::remove_all) {
        request.append(HeaderId::contact, "*");
    } else {
        request.append(HeaderId::contact,
                       "<sip:" + contact + ">;expires=" + std::to_string(expires));
    }
    request.append(HeaderId::expires, std::to_string(expires));
    if (!authorization.empty()) request.append(HeaderId::authorization, authorization);
    request.append(HeaderId::supported, "path");
    request.append(HeaderId::p_access_network_info,
                   "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010000001");
    for (const auto& [name, value] : command.headers) request.append(name, value);
    return request;
}

ChallengeAnswer Ue::answer(const sip::Message& response,
                           const RegisterCommand& command,
                           bool deliberate) {
    using Answer = RegisterCommand::Answer;
    const auto value = response.get(HeaderId::www_authenticate);
    const auto params = value ? sip::AuthParams::parse(*value) : std::nullopt;
    if (!params) return {{}, "the 401 has no WWW-Authenticate that can be read"};
    Challenge challenge{params->get("realm").value_or(""),
                        params->get("nonce").value_or(""),
                        params->get("qop").value_or(""),
                        params->get("algorithm").value_or("MD5")};
    if (challenge.qop.find("auth") != std::string::npos) challenge.qop = "auth";
    if (is_aka(challenge.algorithm)) return answer_aka(challenge, command, deliberate);
    if (!identity_.digest)
        return {{}, "the 401 asks for " + challenge.algorithm + " and the UE has a USIM"};
    // RFC 8760 §2.4: H(username:realm:password) is what the subscription holds.
    auto ha1 = identity_.digest->ha1;
    if (deliberate && command.answer == Answer::wrong_password)
        ha1.front() = ha1.front() == '0' ? '1' : '0';
    return {credentials(challenge, command, ha1, {}), {}};
}

// TS 24.229 §5.1.1.5.1, RFC 3310 §3: RAND and AUTN lie in the nonce, RES is the password.
ChallengeAnswer Ue::answer_aka(const Challenge& challenge,
                               const RegisterCommand& command,
                               bool deliberate) {
    using Answer = RegisterCommand::Answer;
    if (!identity_.aka) return {{}, "the 401 asks for AKA and the UE has no USIM"};
    const auto nonce = sip::AkaNonce::parse(challenge.nonce);
    if (!nonce) return {{}, "the nonce of the 401 holds no RAND and AUTN"};
    auto key = identity_.aka->k;
    if (deliberate && command.answer == Answer::wrong_key) key.front() ^= 0xff;
    if (deliberate && command.answer == Answer::old_sqn) highest_sqn_ += kAhead;
    const aka::Milenage milenage(key, identity_.aka->opc);
    auto usim = aka::usim_answer(milenage, nonce->rand, nonce->autn, highest_sqn_);
    const auto ha1_of = [&](std::string_view password) {
        const auto& username =
            command.username.empty() ? identity_.private_identity : command.username;
        return sip::ha1(sip::HashAlgorithm::md5, username, challenge.realm, password);
    };
    switch (usim.verdict) {
        case aka::UsimAnswer::Verdict::mac_failure: {
            // TS 24.229 §5.1.1.5.3: a challenge of a foreign network is answered without response
            // and without AUTS
            if (!deliberate) return {{}, "the MAC in the AUTN is wrong"};
            const auto value = credentials(challenge, command, {}, {});
            return {sip::with_auth_param(value, "response", ""), {}};
        }
        case aka::UsimAnswer::Verdict::sync_failure:  // RFC 3310 §3.4: an empty password, and AUTS
            return {credentials(challenge, command, ha1_of(""), sip::base64(usim.auts)), {}};
        case aka::UsimAnswer::Verdict::ok:
            break;
    }
    highest_sqn_ = usim.sqn;
    if (deliberate && command.answer == Answer::wrong_res) usim.res.front() ^= 0xff;
    return {credentials(challenge,
                        command,
                        ha1_of({reinterpret_cast<const char*>(usim.res.data()), usim.res.size()}),
                        {}),
            {}};
}

std::string Ue::credentials(const Challenge& challenge,
                            const RegisterCommand& command,
                            const std::string& ha1,
                            const std::string& auts) {
    const auto& username = command.username.empty() ? identity_.private_identity : command.username;
    const auto uri = "sip:" + identity_.home;
    const auto cnonce = challenge.qop.empty() ? std::string() : entropy_.token(8);
    sip::DigestInput input;
    input.algorithm = hash_of(challenge.algorithm);
    input.ha1 = ha1;
    input.nonce = challenge.nonce;
    input.method = "REGISTER";
    input.uri = uri;
    input.qop = challenge.qop;
    input.nonce_count = "00000001";
    input.cnonce = cnonce;
    auto value = fmt::format(
        R"(Digest username="{}",realm="{}",uri="{}",nonce="{}",response="{}",algorithm={})",
        username,
        challenge.realm,
        uri,
        challenge.nonce,
        sip::digest_response(input),
        challenge.algorithm);
    if (!challenge.qop.empty())
        value += fmt::format(R"(,qop=auth,nc=00000001,cnonce="{}")", cnonce);
    if (!auts.empty()) value += ",auts=\"" + auts + "\"";
    if (!command.integrity_protected.empty())
        value += ",integrity-protected=\"" + command.integrity_protected + "\"";
    return value;
}

void Ue::on_registered(const sip::Message& response,
                       const RegisterCommand& command,
                       const std::string& authorization) {
    service_route_.clear();
    associated_uris_.clear();
    last_authorization_ = authorization;
    if (command.expires == 0U) return;
    for (const auto value : response.values(HeaderId::service_route))
        service_route_.emplace_back(value);
    for (const auto value : response.values(HeaderId::p_associated_uri))
        associated_uris_.emplace_back(value);
}

// The client's side of a non-INVITE transaction over UDP (RFC 3261 §17.1.2), with the UE's T1.
std::optional<sip::Message> Ue::exchange(UdpPort& port,
                                         const sip::Message& request,
                                         Deadline deadline) {
    const auto bytes = request.to_bytes();
    const auto branch = std::string(sip::top_via(request)->branch());
    auto interval = kT1;
    while (std::chrono::steady_clock::now() < deadline) {
        port.send(pcscf_, bytes);
        const auto resend = std::min(deadline, in(interval));
        while (auto received = port.receive(resend)) {
            auto parsed = sip::parse(std::move(*received));
            if (!parsed || parsed->is_request() || parsed->status() < 200) continue;
            const auto via = sip::top_via(*parsed);
            if (via && via->branch() == branch) return std::move(*parsed);
        }
        interval *= 2;
    }
    return std::nullopt;
}

Ue::Outcome Ue::perform(const RegisterCommand& command, Deadline deadline) {
    using Kind = RegisterCommand::Kind;
    using Answer = RegisterCommand::Answer;
    Outcome outcome;
    if (command.kind != Kind::initial && call_id_.empty()) {
        outcome.problem = place_.name + " has not registered yet";
        return outcome;
    }
    if (command.kind == Kind::initial) call_id_.clear();
    auto port = UdpPort::open(contact_address(command.contact));
    if (!port) {
        outcome.problem = port.error();
        return outcome;
    }
    const bool keeps = command.kind != Kind::initial && !last_authorization_.empty();
    auto authorization = keeps ? last_authorization_ : first_authorization(command);
    bool deliberate = command.answer != Answer::right;
    for (;;) {
        const auto request = make_register(command, authorization);
        const auto response = exchange(*port, request, deadline);
        if (!response) {
            outcome.status = 0;
            outcome.problem = place_.name + " got no final answer to its REGISTER";
            return outcome;
        }
        outcome.status = response->status();
        if (response->status() >= 200 && response->status() < 300) {
            on_registered(*response, command, authorization);
            return outcome;
        }
        if (response->status() != 401) return outcome;
        ++outcome.challenges;
        const bool mistaken = outcome.challenges > 1 && command.answer != Answer::right &&
                              command.answer != Answer::old_sqn;
        if (command.kind == Kind::replay || command.answer == Answer::none || mistaken)
            return outcome;
        // TS 24.229 §5.1.1.5: after two challenges of the same attempt that lead nowhere a UE gives
        // up
        if (outcome.challenges > 3) return outcome;
        auto answered = answer(*response, command, deliberate);
        deliberate = false;
        if (answered.authorization.empty()) {
            outcome.problem = place_.name + ": " + answered.problem;
            return outcome;
        }
        authorization = std::move(answered.authorization);
    }
}

Ue::Outcome Ue::send(std::string_view octets, Deadline deadline) {
    Outcome outcome;
    auto port = UdpPort::open(place_.address);
    if (!port) {
        outcome.problem = port.error();
        return outcome;
    }
    port->send(pcscf_, octets);
    if (const auto received = port->receive(deadline)) {
        const auto parsed = sip::parse(*received);
        if (parsed && !parsed->is_request()) outcome.status = parsed->status();
    } else {
        outcome.problem = place_.name + " got no answer";
    }
    return outcome;
}

}  // namespace imslab::lab
