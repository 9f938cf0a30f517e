// REGISTER at the S-CSCF up to the moment when the user is known to be who he says (TS 24.229
// §5.4.1.2.1 to §5.4.1.2.3). Under the policy `aka-unprotected` nothing is taken on trust: what
// does not answer an open challenge of ours is challenged, and changes nothing. What comes in the
// TLS session of a user who is registered by it is his (§5.4.1.2.2B).
#include <algorithm>

#include "scscf/procedures.h"
#include "sip/headers.h"
#include "sip/uri.h"

namespace imslab::scscf {

namespace {

using sip::HeaderId;

constexpr const char* kUnprotected = "TS 24.229 §5.4.1.2.1";
constexpr const char* kOverTls = "TS 24.229 §5.4.1.2.2B";
constexpr const char* kAbnormal = "TS 24.229 §5.4.1.2.3";

bool has_binding(const Registrar& registrar, const RegisterRequest& request) {
    const auto* set = registrar.find(request.public_identity);
    if (set == nullptr) return false;
    if (request.all_contacts) return set->has_bindings_of(request.private_identity);
    return std::ranges::any_of(set->bindings, [&](const Binding& binding) {
        return set->private_identities[binding.private_identity] == request.private_identity &&
               std::ranges::any_of(request.contacts, [&](const ContactWish& wish) {
                   return sip::equal(wish.uri, binding.uri());
               });
    });
}

// TS 24.229 §5.4.1.2.2B: the P-CSCF vouches for the TLS session, in which the user has answered a
// challenge before; only what that registration bound is changed without another one.
bool is_of_registered_session(const Registrar& registrar,
                              const RegisterRequest& request,
                              const std::optional<Credentials>& credentials) {
    return credentials && credentials->integrity_protected == "tls-yes" &&
           has_binding(registrar, request);
}

// TS 29.228 §6.3.1: the HSS knows which scheme the subscriber has; AKA over TLS is asked for by
// name (TS 33.203 Annex P.4).
std::string_view scheme_for(const RegisterRequest& request) {
    const auto credentials = Credentials::of(request.message);
    return credentials && credentials->is_aka_over_tls() ? cx::scheme::aka_v2 : cx::scheme::unknown;
}

const cx::AuthVector* best_vector(const std::vector<cx::AuthVector>& vectors) {
    const cx::AuthVector* best = nullptr;
    for (const auto& vector : vectors) {  // RFC 8760: SHA-256 before MD5
        if (best == nullptr || sip::equals_ignoring_case(vector.algorithm, "SHA-256"))
            best = &vector;
    }
    return best;
}

cx::ServerAssignmentRequest assignment(const Challenge& challenge,
                                       const std::string& server_name,
                                       cx::ServerAssignmentType type) {
    cx::ServerAssignmentRequest sar;
    sar.private_identity = challenge.private_identity;
    sar.public_identities.push_back(challenge.public_identity);
    sar.server_name = server_name;
    sar.type = type;
    return sar;
}

void happen(Challenge& challenge, ChallengeEvent event) {
    if (const auto next = kChallengeTransitions.next(challenge.state, event))
        challenge.state = *next;
}

}  // namespace

int refusal_of(const diameter::ResultCode& result) {
    if (result.is_success()) return 0;
    if (result.vendor == diameter::kVendor3gpp && result.code >= 5001 && result.code <= 5007)
        return 403;
    if (result == cx::result::authorization_rejected) return 403;
    if (result == cx::result::too_busy || result == cx::result::unable_to_deliver) return 480;
    return 500;
}

Task<void> Scscf::Impl::on_register(sip::ServerId id, sip::Message message) {
    auto read = read_register(message, config);
    if (!read) {
        const auto& refusal = read.error();
        auto response = sip::Message::response_to(message, refusal.status, refusal.reason);
        sip::set_to_tag(response, entropy.token(8));
        if (!refusal.min_expires.empty()) response.set(HeaderId::min_expires, refusal.min_expires);
        if (!refusal.unsupported.empty()) response.set(HeaderId::unsupported, refusal.unsupported);
        proxy.respond(id, std::move(response));
        co_return;
    }
    RegisterRequest request = *std::move(read);
    request.message = std::move(message);
    // TS 24.229 §5.4.1.4.1: nothing is there to be deregistered.
    if (request.is_deregistration() && !has_binding(registrar, request)) {
        log(LogLevel::info,
            request.call_id,
            "TS 24.229 §5.4.1.4.1",
            "deregistration of a contact that is not registered");
        proxy.respond(id, 481);
        co_return;
    }
    const auto credentials = Credentials::of(request.message);
    std::optional<Challenge> challenge;
    const bool answers = credentials && credentials->answers();
    if (answers)
        challenge = challenges.take(request.private_identity, request.call_id, credentials->nonce);
    if (!challenge && is_of_registered_session(registrar, request, credentials)) {
        log(LogLevel::debug, request.call_id, kOverTls, "of the TLS session he registered in");
        std::string no_authentication_info;
        co_await accept(id, std::move(request), std::move(no_authentication_info));
        co_return;
    }
    if (!challenge) {
        if (answers) {
            log(LogLevel::info,
                request.call_id,
                kUnprotected,
                "a response to no open challenge: challenged anew");
        }
        Challenge none;
        co_await challenge_user(id, std::move(request), std::move(none), answers);
        co_return;
    }
    if (credentials->auts && challenge->aka) {
        happen(*challenge, ChallengeEvent::auts);
        std::string auts = *credentials->auts;
        co_await resynchronise(id, std::move(request), *std::move(challenge), std::move(auts));
        co_return;
    }
    if (!challenge->is_answered_by(*credentials, "REGISTER", request.message.body())) {
        happen(*challenge, ChallengeEvent::wrong_response);
        co_await refuse_authentication(id, std::move(request), *std::move(challenge));
        co_return;
    }
    happen(*challenge, ChallengeEvent::right_response);
    std::string authentication_info;
    if (!challenge->aka) {
        authentication_info = challenge->authentication_info(*credentials, std::string_view{});
    }
    co_await accept(id, std::move(request), std::move(authentication_info));
}

Task<void> Scscf::Impl::accept(sip::ServerId id,
                               RegisterRequest request,
                               std::string authentication_info) {
    if (request.is_deregistration()) {
        co_await deregister_contacts(id, std::move(request), std::move(authentication_info));
    } else {
        co_await register_contacts(id, std::move(request), std::move(authentication_info));
    }
}

// TS 24.229 §5.4.1.2.1, §5.4.1.2.1A, §5.4.1.2.1B: a vector from the HSS, and a 401 made of it.
// `previous` is the challenge that was answered with AUTS, if any; its RAND and AUTS are in
// `request` no more.
Task<void> Scscf::Impl::challenge_user(sip::ServerId id,
                                       RegisterRequest request,
                                       Challenge previous,
                                       bool stale) {
    if (challenges.is_full()) {
        log(LogLevel::warning, request.call_id, kUnprotected, "too many challenges are pending");
        proxy.respond(id, 503);
        co_return;
    }
    cx::MultimediaAuthRequest mar;
    mar.private_identity = request.private_identity;
    mar.public_identity = request.public_identity;
    mar.server_name = config.server_name;
    mar.auth_scheme = scheme_for(request);
    mar.resynchronisation = previous.rand;  // RAND and AUTS; empty at first
    std::any question = cx::Request(std::move(mar));
    auto answered = co_await asks.ask<cx::Answer>(std::move(question));

    if (!answered) {
        // RFC 3261 §21.5.5: a server that was needed did not answer in time.
        log(LogLevel::warning, request.call_id, kAbnormal, "HSS: " + answered.error().reason);
        proxy.respond(id, 504, "HSS does not answer");
        co_return;
    }
    const auto* maa = std::get_if<cx::MultimediaAuthAnswer>(&*answered);
    if (maa == nullptr) {
        proxy.respond(id, 500, "Unexpected answer of the HSS");
        co_return;
    }
    if (const int refusal = refusal_of(maa->result); refusal != 0) {
        log(LogLevel::info, request.call_id, kAbnormal, "MAA " + std::to_string(maa->result.code));
        proxy.respond(id, refusal);
        co_return;
    }
    const auto* vector = best_vector(maa->vectors);
    auto challenge = vector ? Challenge::from(*vector, config.realm, entropy) : std::nullopt;
    if (!challenge) {
        log(LogLevel::error, request.call_id, kAbnormal, "the HSS gave no vector of use");
        proxy.respond(id, 500, "No usable authentication vector");
        co_return;
    }
    challenge->private_identity = request.private_identity;
    challenge->public_identity = request.public_identity;
    challenge->call_id = request.call_id;
    challenge->resynchronisations = previous.resynchronisations;
    challenge->expires = now + config.await_auth;
    auto response = sip::Message::response_to(request.message, 401);
    sip::set_to_tag(response, entropy.token(8));
    response.append(HeaderId::www_authenticate,
                    challenge->header_value(*vector, stale && !challenge->aka));
    challenges.add(*std::move(challenge));
    proxy.respond(id, std::move(response));
}

// TS 24.229 §5.4.1.2.3A, TS 33.203 §6.1.3: the UE found SQN out of range. RAND and AUTS go to the
// HSS, whose next vector makes a new challenge; not without end.
Task<void> Scscf::Impl::resynchronise(sip::ServerId id,
                                      RegisterRequest request,
                                      Challenge challenge,
                                      std::string auts) {
    if (challenge.resynchronisations >= config.max_resynchronisations) {
        log(LogLevel::warning, request.call_id, kAbnormal, "resynchronised too often");
        co_await refuse_authentication(id, std::move(request), std::move(challenge));
        co_return;
    }
    log(LogLevel::info, request.call_id, kAbnormal, "AUTS: asking the HSS to resynchronise");
    ++challenge.resynchronisations;
    challenge.rand += auts;
    co_await challenge_user(id, std::move(request), std::move(challenge), false);
}

// TS 24.229 §5.4.1.2.3: a wrong response, or none: the attempt has failed and what was registered
// stays so. The HSS forgets that an authentication was pending (TS 29.228 §6.1.2).
Task<void> Scscf::Impl::refuse_authentication(sip::ServerId id,
                                              RegisterRequest request,
                                              Challenge challenge) {
    log(LogLevel::warning,
        request.call_id,
        kAbnormal,
        "wrong response of " + request.private_identity);
    std::any question = cx::Request(assignment(
        challenge, config.server_name, cx::ServerAssignmentType::authentication_failure));
    auto answered = co_await asks.ask<cx::Answer>(std::move(question));
    if (!answered)
        log(LogLevel::warning, request.call_id, kAbnormal, "HSS: " + answered.error().reason);
    proxy.respond(id, 403, "Authentication failed");
}

// TS 24.229 §5.4.1.2.3, timer reg-await-auth: nobody answered; a user who is not registered need
// not be kept.
Task<void> Scscf::Impl::tell_authentication_timeout(Challenge challenge) {
    happen(challenge, ChallengeEvent::await_auth_expired);
    if (registrar.find(challenge.public_identity) != nullptr) co_return;
    if (challenges.has_open(challenge.private_identity)) co_return;
    log(LogLevel::info,
        challenge.call_id,
        kAbnormal,
        "reg-await-auth expired for " + challenge.private_identity);
    std::any question = cx::Request(assignment(
        challenge, config.server_name, cx::ServerAssignmentType::authentication_timeout));
    auto answered = co_await asks.ask<cx::Answer>(std::move(question));
    if (!answered)
        log(LogLevel::warning, challenge.call_id, kAbnormal, "HSS: " + answered.error().reason);
}

}  // namespace imslab::scscf
