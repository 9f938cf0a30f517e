// The lab's own UE: registration with AKA and SIP Digest, right and wrong on demand, by any
// transport.
#include "lab/ue.h"

#include <fmt/format.h>

#include <array>

#include "core/transports.h"
#include "lab/sipp.h"
#include "sip/digest.h"
#include "sip/headers.h"
#include "sip/milenage.h"

namespace imslab::lab {

using sip::HeaderId;

namespace {

constexpr std::uint32_t kExpiresSeconds = 600'000;  // TS 24.229 §5.1.1.2.1
constexpr std::uint16_t kBesideAScript = 100;       // from the port that a script has
constexpr std::chrono::milliseconds kT1{2000};      // TS 24.229 §7.7
// A USIM that is ahead of its HSS by this much refuses the next vector (TS 33.102 Annex C.2).
constexpr aka::Sqn kAhead = aka::Sqn{1} << 20;

sip::HashAlgorithm hash_of(std::string_view algorithm) {
    const bool sha256 = sip::equals_ignoring_case(algorithm, "SHA-256") ||
                        sip::equals_ignoring_case(algorithm, "AKAv2-SHA-256");
    return sha256 ? sip::HashAlgorithm::sha256 : sip::HashAlgorithm::md5;
}

constexpr std::string_view kAkaOverTls = "AKAv2-SHA-256";

bool is_akav2(std::string_view algorithm) {
    return sip::equals_ignoring_case(algorithm, kAkaOverTls);
}

bool is_aka(std::string_view algorithm) {
    return sip::equals_ignoring_case(algorithm, "AKAv1-MD5") || is_akav2(algorithm);
}

template <std::size_t N>
std::string_view text_of(const std::array<std::uint8_t, N>& octets) {
    return {reinterpret_cast<const char*>(octets.data()), N};
}

}  // namespace

Ue::Ue(TopologyUe place,
       Address pcscf,
       UeIdentity identity,
       Entropy& entropy,
       StreamWish wish)
    : place_(std::move(place)),
      pcscf_(pcscf),
      identity_(std::move(identity)),
      entropy_(entropy),
      wish_(std::move(wish)) {
    if (is_web_socket(place_.transport)) nowhere_ = entropy_.token(6) + ".invalid";
}

Address Ue::contact_address(unsigned number) const {
    auto address = place_.address;
    address.port = static_cast<std::uint16_t>(address.port + number - 1);
    return address;
}

// RFC 7118 §8.1: a browser has no address of its own; nobody could connect to it anyhow.
std::string Ue::sent_by(unsigned contact) const {
    return nowhere_.empty() ? contact_address(contact).to_string() : nowhere_;
}

std::string Ue::contact_uri(unsigned contact) const {
    auto uri = "sip:" + sent_by(contact);
    if (!nowhere_.empty())
        uri = "sip:" + place_.name + std::to_string(contact) + "@" + nowhere_ + ";transport=ws";
    else if (place_.transport == Transport::tls)
        uri += ";transport=tls";
    else if (place_.transport == Transport::tcp)
        uri += ";transport=tcp";
    return uri;
}

// TS 24.229 §5.1.1.2.2: realm and digest-uri are the home domain; nonce and response are empty.
std::string Ue::first_authorization(const RegisterCommand& command) const {
    if (!command.with_authorization) return {};
    const auto& username = command.username.empty() ? identity_.private_identity : command.username;
    auto value = fmt::format(R"(Digest username="{}",realm="{}",uri="sip:{}",nonce="",response="")",
                             username,
                             identity_.home,
                             identity_.home);
    // TS 24.229 §5.4.1.1: over TLS AKA is asked for by its algorithm.
    if (identity_.aka && is_secure(place_.transport))
        value += ",algorithm=" + std::string(kAkaOverTls);
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
    const auto identity =
        "<" + (command.as.empty() ? identity_.public_identities.front() : command.as) + ">";
    const auto expires = command.expires.value_or(kExpiresSeconds);
    auto request = sip::Message::request(sip::Method::register_, "sip:" + identity_.home);
    request.append(HeaderId::via,
                   "SIP/2.0/" + std::string(to_string(place_.transport)) + " " +
                       (sends_from_ ? sends_from_->to_string() : sent_by(command.contact)) + ";branch=z9hG4bK" + entropy_.token(8));
    request.append(HeaderId::max_forwards, "70");
    request.append(HeaderId::from, identity + ";tag=" + from_tag_);
    request.append(HeaderId::to, identity);
    request.append(HeaderId::call_id, call_id_);
    request.append(HeaderId::cseq, std::to_string(++cseq_) + " REGISTER");
    if (command.kind == RegisterCommand::Kind::remove_all) {
        request.append(HeaderId::contact, "*");
    } else {
        request.append(HeaderId::contact,
                       "<" + contact_uri(command.contact) +
                           ">;expires=" + std::to_string(expires));
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
    const auto value = response.get(HeaderId::www_authenticate);
    const auto params = value ? sip::AuthParams::parse(*value) : std::nullopt;
    if (!params) return {{}, "the 401 has no WWW-Authenticate that can be read"};
    Challenge challenge{params->get("realm").value_or(""),
                        params->get("nonce").value_or(""),
                        params->get("qop").value_or(""),
                        params->get("algorithm").value_or("MD5")};
    if (challenge.qop.find("auth") != std::string::npos) challenge.qop = "auth";
    const auto& username = command.username.empty() ? identity_.private_identity : command.username;
    const auto secret = secret_for(challenge.algorithm,
                                   challenge.realm,
                                   challenge.nonce,
                                   username,
                                   deliberate ? command.answer : RegisterCommand::Answer::right);
    // TS 24.229 §5.1.1.5.3: a challenge of a foreign network is answered without response and
    // without AUTS.
    if (secret.mac_failure && deliberate) {
        const auto without = credentials(challenge, command, {}, {});
        return {sip::with_auth_param(without, "response", ""), {}};
    }
    if (!secret.problem.empty()) return {{}, secret.problem};
    return {credentials(challenge, command, secret.ha1, secret.auts), {}};
}

// TS 24.229 §5.1.1.5.1, RFC 3310 §3: RAND and AUTN lie in the nonce, RES is the password.
UeSecret Ue::secret_for(const std::string& algorithm,
                        const std::string& realm,
                        const std::string& nonce,
                        const std::string& username,
                        RegisterCommand::Answer mistake) {
    using Answer = RegisterCommand::Answer;
    if (!is_aka(algorithm)) {
        if (!identity_.digest)
            return {{}, {}, false, "the 401 asks for " + algorithm + " and the UE has a USIM"};
        // RFC 8760 §2.4: H(username:realm:password) is what the subscription holds.
        auto ha1 = identity_.digest->ha1;
        if (mistake == Answer::wrong_password) ha1.front() = ha1.front() == '0' ? '1' : '0';
        return {std::move(ha1), {}, false, {}};
    }
    if (!identity_.aka) return {{}, {}, false, "the 401 asks for AKA and the UE has no USIM"};
    const auto challenge = sip::AkaNonce::parse(nonce);
    if (!challenge) return {{}, {}, false, "the nonce of the 401 holds no RAND and AUTN"};
    auto key = identity_.aka->k;
    if (mistake == Answer::wrong_key) key.front() ^= 0xff;
    if (mistake == Answer::old_sqn) highest_sqn_ += kAhead;
    const aka::Milenage milenage(key, identity_.aka->opc);
    auto usim = aka::usim_answer(milenage, challenge->rand, challenge->autn, highest_sqn_);
    const auto ha1_of = [&](std::string_view password) {
        return sip::ha1(hash_of(algorithm), username, realm, password);
    };
    switch (usim.verdict) {
        case aka::UsimAnswer::Verdict::mac_failure:
            return {{}, {}, true, "the MAC in the AUTN is wrong"};
        case aka::UsimAnswer::Verdict::sync_failure:  // RFC 3310 §3.4: an empty password, and AUTS
            return {ha1_of(""), sip::base64(usim.auts), false, {}};
        case aka::UsimAnswer::Verdict::ok:
            break;
    }
    highest_sqn_ = usim.sqn;
    if (mistake == Answer::wrong_res) usim.res.front() ^= 0xff;
    // RFC 3310 §3.3: RES is the password; RFC 4169 §2.1: with the keys that belong to it.
    const auto res = std::string(text_of(usim.res));
    UeSecret secret;
    secret.ck = text_of(usim.ck);
    secret.ik = text_of(usim.ik);
    secret.ha1 =
        ha1_of(is_akav2(algorithm) ? sip::akav2_password(res, secret.ik, secret.ck) : res);
    return secret;
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

// Over a stream nothing is sent twice; the request may be answered behind others.
std::optional<sip::Message> Ue::exchange(StreamPort& port,
                                         const sip::Message& request,
                                         Deadline deadline) {
    if (!port.send(request.to_bytes(), deadline)) return std::nullopt;
    const auto branch = std::string(sip::top_via(request)->branch());
    while (auto received = port.receive(deadline)) {
        auto parsed = sip::parse(std::move(*received));
        if (!parsed || parsed->is_request() || parsed->status() < 200) continue;
        const auto via = sip::top_via(*parsed);
        if (via && via->branch() == branch) return std::move(*parsed);
    }
    return std::nullopt;
}

std::string Ue::connect(const StreamWish& wish, Deadline deadline) {
    auto connected =
        StreamPort::connect(place_.transport, place_.address.ip, pcscf_, wish, deadline);
    if (!connected) return connected.error();
    stream_ = std::move(*connected);
    return {};
}

Ue::Outcome Ue::perform(const ConnectionCommand& command, Deadline deadline) {
    Outcome outcome;
    if (command.kind == ConnectionCommand::Kind::disconnect) {
        if (!stream_) outcome.problem = place_.name + " is not connected";
        stream_.reset();
        return outcome;
    }
    auto wish = wish_;
    if (!command.subprotocol.empty()) wish.subprotocol = command.subprotocol;
    if (command.trusts_nobody) wish.authority_file.clear();
    const auto problem = connect(wish, deadline);
    if (command.refused && problem.empty())
        outcome.problem = place_.name + " was not refused";
    else if (command.refused && problem.find(command.reason) == problem.npos)
        outcome.problem = place_.name + ": expected a refusal that says \"" + command.reason +
                          "\", found: " + problem;
    else if (!command.refused && !problem.empty())
        outcome.problem = place_.name + ": " + problem;
    return outcome;
}

Ue::Outcome Ue::perform(const RegisterCommand& command, Deadline deadline) {
    Outcome outcome;
    if (command.kind != RegisterCommand::Kind::initial && call_id_.empty()) {
        outcome.problem = place_.name + " has not registered yet";
        return outcome;
    }
    if (place_.transport != Transport::udp) {
        if (!stream_ || !stream_->is_open()) outcome.problem = connect(wish_, deadline);
        if (!outcome.problem.empty()) {
            outcome.problem = place_.name + ": " + outcome.problem;
            return outcome;
        }
        outcome = run_registration(command, [&](const sip::Message& request) {
            return exchange(*stream_, request, deadline);
        });
        // TS 33.203 Annex O.3.1.1: who could not prove who he is gives the TLS session up.
        if (outcome.status == 403 && is_secure(place_.transport)) stream_.reset();
        return outcome;
    }
    auto local = contact_address(command.contact);
    sends_from_.reset();
    if (is_bound(local)) {  // the phone plays a script there: it answers on its contact
        local.port = static_cast<std::uint16_t>(local.port + kBesideAScript);
        sends_from_ = local;
    }
    auto port = UdpPort::open(local);
    if (!port) {
        outcome.problem = port.error();
        return outcome;
    }
    return run_registration(command, [&](const sip::Message& request) {
        return exchange(*port, request, deadline);
    });
}

Ue::Outcome Ue::run_registration(
    const RegisterCommand& command,
    const std::function<std::optional<sip::Message>(const sip::Message&)>& exchange) {
    using Kind = RegisterCommand::Kind;
    using Answer = RegisterCommand::Answer;
    Outcome outcome;
    if (command.kind == Kind::initial) call_id_.clear();
    const bool keeps = command.kind != Kind::initial && !last_authorization_.empty();
    auto authorization = keeps ? last_authorization_ : first_authorization(command);
    bool deliberate = command.answer != Answer::right;
    for (;;) {
        const auto request = make_register(command, authorization);
        const auto response = exchange(request);
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

Ue::Outcome Ue::send(std::string_view octets,
                     const std::optional<Address>& past,
                     Deadline deadline) {
    Outcome outcome;
    std::optional<std::string> received;
    if (place_.transport != Transport::udp) {
        if (!stream_ || !stream_->is_open()) outcome.problem = connect(wish_, deadline);
        if (!outcome.problem.empty()) return outcome;
        if (stream_->send(octets, deadline)) received = stream_->receive(deadline);
    } else {
        auto port = UdpPort::open(place_.address);
        if (!port) {
            outcome.problem = port.error();
            return outcome;
        }
        port->send(past.value_or(pcscf_), octets);
        received = port->receive(deadline);
    }
    if (received) {
        const auto parsed = sip::parse(*received);
        if (parsed && !parsed->is_request()) outcome.status = parsed->status();
    } else {
        outcome.problem = place_.name + " got no answer";
    }
    return outcome;
}

}  // namespace imslab::lab
