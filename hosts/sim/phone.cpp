// The simulated UE's registration (TS 24.229 §5.1.1) and what wakes it.
#include "hosts/sim/phone.h"

#include <nlohmann/json.hpp>

#include "sip/digest.h"
#include "sip/headers.h"

namespace imslab::sim {

using sip::HeaderId;
using sip::Message;
using sip::Method;

Phone::Phone(Config config, Entropy& entropy)
    : config_(std::move(config)),
      entropy_(entropy),
      milenage_(std::make_unique<aka::Milenage>(config_.key, config_.opc)),
      transactions_(outbox_, entropy, *this, [this] {
          sip::Transactions::Config transactions;
          transactions.timers = [timers = config_.timers](const Flow&) { return timers; };
          return transactions;
      }()) {}

Phone::~Phone() = default;

Flow Phone::flow() const { return {Transport::udp, config_.address, config_.p_cscf, 0}; }

void Phone::deliver(Event event, Time now) {
    now_ = now;
    if (auto* arrived = std::get_if<Arrived>(&event)) {
        transactions_.on_arrived(std::move(*arrived), now);
    } else if (const auto* asked = std::get_if<Asked>(&event)) {
        transactions_.on_time(now);
        start(asked->request);
    } else if (std::holds_alternative<Woken>(event)) {
        transactions_.on_time(now);
        on_time(now);
    }
}

std::optional<Time> Phone::next_deadline() const {
    std::optional<Time> next = transactions_.next_deadline();
    const auto consider = [&next](const std::optional<Time>& when) {
        if (when && (!next || *when < *next)) next = when;
    };
    consider(reregister_at_);
    for (const auto& [id, session] : sessions_) {
        consider(session.hang_up_at);
        consider(session.repeat_at);
    }
    return next;
}

nlohmann::ordered_json Phone::state() const {
    return {{"registered", seen_.registered}, {"sessions", sessions_.size()}};
}

void Phone::start(const std::any& command) {
    if (const auto* registration = std::any_cast<Register>(&command)) {
        wanted_expires_ = registration->expires_seconds;
        challenges_ = 0;
        send_register(wanted_expires_, {});
    } else if (const auto* call = std::any_cast<Call>(&command)) {
        Message invite = outgoing(Method::invite, call->to);
        invite.set_body("application/sdp",
                        "v=0\r\no=- 1 1 IN IP4 " + config_.address.ip.to_string() +
                            "\r\ns=-\r\nc=IN IP4 " + config_.address.ip.to_string() +
                            "\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\n");
        send(std::move(invite), Purpose::invite, call->duration);
    } else if (const auto* text = std::any_cast<SendMessage>(&command)) {
        Message message = outgoing(Method::message, text->to);
        message.set_body("text/plain", text->text);
        send(std::move(message), Purpose::message);
    }
}

sip::ClientId Phone::send(Message request, Purpose purpose, Duration duration) {
    const auto id = transactions_.send_request(request, flow());
    open_.emplace(id, Open{purpose, std::move(request), duration});
    return id;
}

// TS 24.229 §5.1.1.2, §5.1.1.4: REGISTER, the same Call-ID as long as the phone lives.
void Phone::send_register(std::uint32_t expires, const std::string& authorization) {
    if (register_call_id_.empty()) {
        register_call_id_ = entropy_.token(8);
        register_tag_ = entropy_.token(4);
    }
    Message request = Message::request(Method::register_, "sip:" + config_.home);
    const std::string identity = "<" + config_.public_identity + ">";
    request.append(HeaderId::max_forwards, "70");
    request.append(HeaderId::from, identity + ";tag=" + register_tag_);
    request.append(HeaderId::to, identity);
    request.append(HeaderId::call_id, register_call_id_);
    request.append(HeaderId::cseq, std::to_string(++register_cseq_) + " REGISTER");
    request.append(HeaderId::contact,
                   "<sip:" + config_.address.to_string() + ">;expires=" + std::to_string(expires));
    request.append(HeaderId::supported, "path");
    request.append(HeaderId::authorization,
                   authorization.empty() ? "Digest username=\"" + config_.private_identity +
                                               "\",realm=\"" + config_.home + "\",uri=\"sip:" +
                                               config_.home + "\",nonce=\"\",response=\"\""
                                         : authorization);
    send(std::move(request), Purpose::registration);
}

void Phone::on_register_answer(const Message& request, const Message& response) {
    if (response.status() == 401 && challenges_ < 3) return answer_challenge(request, response);
    seen_.last_status = response.status();
    challenges_ = 0;
    reregister_at_.reset();
    if (response.status() != 200) {
        ++seen_.failed_registrations;
        if (config_.reregister && wanted_expires_ > 0) reregister_at_ = now_ + config_.retry;
        return;
    }
    seen_.registered = wanted_expires_ > 0;
    service_route_.clear();
    for (const auto route : response.values(HeaderId::service_route))
        service_route_.emplace_back(route);
    if (!seen_.registered) return;
    ++seen_.registrations;
    std::uint32_t granted = wanted_expires_;
    for (const auto value : response.values(HeaderId::contact)) {
        const auto contact = sip::NameAddr::parse(value);
        if (contact && contact->uri.find(config_.address.to_string()) != std::string_view::npos) {
            granted = sip::contact_expires(response, *contact, granted);
        }
    }
    // TS 24.229 §5.1.1.4.1: 600 s before expiry if more than 1200 s were granted, else at half of
    // it.
    std::uint32_t after = granted > 1200 ? granted - 600 : granted / 2;
    if (config_.reregister_seconds != 0) after = config_.reregister_seconds;
    if (config_.reregister) reregister_at_ = now_ + std::chrono::seconds(after);
}

// TS 24.229 §5.1.1.5.1, RFC 3310 §3.
void Phone::answer_challenge(const Message& request, const Message& response) {
    ++challenges_;
    const auto challenge =
        sip::AuthParams::parse(response.get(HeaderId::www_authenticate).value_or(""));
    const auto text = challenge ? challenge->get("nonce") : std::nullopt;
    const auto nonce = text ? sip::AkaNonce::parse(*text) : std::nullopt;
    if (!nonce) return on_register_answer(request, Message::response(500));
    const auto answer = aka::usim_answer(*milenage_, nonce->rand, nonce->autn, highest_sqn_);
    std::string password;
    std::string auts;
    if (answer.verdict == aka::UsimAnswer::Verdict::ok) {
        highest_sqn_ = answer.sqn;
        password.assign(reinterpret_cast<const char*>(answer.res.data()), answer.res.size());
    } else if (answer.verdict == aka::UsimAnswer::Verdict::sync_failure) {
        auts = ",auts=\"" + sip::base64(answer.auts) + "\"";
    } else {
        return on_register_answer(request, Message::response(500));
    }
    const std::string uri = "sip:" + config_.home;
    const std::string hash =
        sip::ha1(sip::HashAlgorithm::md5, config_.private_identity, config_.home, password);
    const std::string cnonce = entropy_.token(4);
    const std::string digest = sip::digest_response(
        {sip::HashAlgorithm::md5, hash, *text, "REGISTER", uri, "auth", "00000001", cnonce, {}});
    send_register(wanted_expires_,
                  "Digest username=\"" + config_.private_identity + "\",realm=\"" + config_.home +
                      "\",uri=\"" + uri + "\",nonce=\"" + *text + "\",response=\"" + digest +
                      "\",algorithm=AKAv1-MD5,qop=auth,nc=00000001,cnonce=\"" + cnonce + "\"" +
                      auts);
}

void Phone::on_response(sip::ClientId id, Message response) {
    const auto found = open_.find(id);
    if (found == open_.end() || response.status() < 200) return;
    // A 2xx to INVITE comes again until it is acknowledged.
    const bool again = found->second.purpose == Purpose::invite;
    const Open open = again ? found->second : std::move(found->second);
    if (!again) open_.erase(found);
    switch (open.purpose) {
        case Purpose::registration:
            return on_register_answer(open.request, response);
        case Purpose::invite:
            return on_invite_answer(id, open, response);
        case Purpose::bye:
            ++seen_.calls_ended;
            return;
        case Purpose::message:
            seen_.last_status = response.status();
            ++(response.status() < 300 ? seen_.messages_delivered : seen_.messages_failed);
            return;
    }
}

void Phone::on_failed(sip::ClientId id, int status) {
    const auto found = open_.find(id);
    if (found == open_.end()) return;
    const Message answer = Message::response_to(found->second.request, status);
    on_response(id, answer);
}

void Phone::on_timeout(sip::ClientId id) { on_failed(id, 408); }
void Phone::on_transport_error(sip::ClientId id) { on_failed(id, 503); }

void Phone::on_time(Time now) {
    if (reregister_at_ && *reregister_at_ <= now) {
        reregister_at_.reset();
        challenges_ = 0;
        send_register(wanted_expires_, {});
    }
    std::vector<sip::DialogId> ending;
    std::vector<sip::DialogId> lost;
    for (auto& [id, session] : sessions_) {
        if (session.hang_up_at && *session.hang_up_at <= now) ending.push_back(id);
        if (!session.repeat_at || *session.repeat_at > now) continue;
        if (now >= session.give_up_at) {
            lost.push_back(id);
            continue;
        }
        outbox_.emit(Send{session.ok_flow, session.ok_bytes});
        session.repeat_after = std::min(session.repeat_after * 2, config_.timers.t2);
        session.repeat_at = now + session.repeat_after;
    }
    for (const auto& id : ending) hang_up(id);
    for (const auto& id : lost) sessions_.erase(id);
}

}  // namespace imslab::sim
