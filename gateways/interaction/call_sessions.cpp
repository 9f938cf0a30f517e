// RFC 3725 §4.4 and §4.1 as resources; how a leg stands becomes how a participant stands.
#include "gateways/interaction/call_sessions.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/deadline.h"
#include "sip/uri.h"

namespace imslab::interaction {

namespace {

using Status = CallParticipant::Status;
using Cause = CallParticipant::Cause;

constexpr std::size_t kIdOctets = 16, kMostShown = 1000;
constexpr std::size_t kLongestText = 256;  // of names and correlators
constexpr std::size_t kParties = 2;

Cause cause_of(int sip_status) {
    switch (sip_status) {
        case 0:
            return Cause::none;
        case 486:
        case 600:
            return Cause::busy;
        case 408:
        case 480:
        case 487:
            return Cause::no_answer;
        case 603:
            return Cause::hang_up;
        default:
            return Cause::not_reachable;
    }
}

// Whoever can be called: a SIP or tel URI.
std::optional<std::string> callable(std::string_view address) {
    const auto uri = sip::Uri::parse(address);
    if (!uri || !(uri->is_sip() || uri->scheme == sip::Scheme::tel)) return std::nullopt;
    return sip::canonical_identity(address);
}

bool may_see(const Caller& caller, const CallSession& session) {
    return caller.is(session.owner) && caller.application == session.application;
}

// A participant who is still in it.
CallParticipant* present(CallSession& session, std::string_view address) {
    for (auto& one : session.participants) {
        if (one.status != Status::terminated && one.address == address) return &one;
    }
    return nullptr;
}

}  // namespace

std::string_view to_string(Status status) {
    switch (status) {
        case Status::initial:
            return "initial";
        case Status::ringing:
            return "ringing";
        case Status::connected:
            return "connected";
        case Status::terminated:
            return "terminated";
    }
    return "?";
}

const CallParticipant* CallSession::participant(std::string_view participant_id) const {
    for (const auto& one : participants) {
        if (one.id == participant_id) return &one;
    }
    return nullptr;
}

CallSessions::CallSessions(as::Services& services, Settings settings, OnChange on_change)
    : services_(services),
      settings_(std::move(settings)),
      on_change_(std::move(on_change)),
      calls_(services, {settings_.enabler, settings_.ring_limit, settings_.max_sessions}) {}

CallSessions::CorrelatorKey CallSessions::key_of(const CallSession& session) {
    return {session.owner + " " + session.application, session.correlator};
}

// ---- what is ordered

Result<CallSessions::Created, Fault> CallSessions::create(const Caller& caller, CallOrder order) {
    if (order.parties.size() < kParties) return failure(Fault::invalid_value("participant"));
    if (order.parties.size() > kParties) return failure(Fault::too_many_addresses("participant"));
    if (order.correlator.size() > kLongestText)
        return failure(Fault::invalid_value("clientCorrelator"));
    CallSession session;
    for (auto& party : order.parties) {
        const auto address = callable(party.address);
        if (!address) return failure(Fault::no_valid_address("participantAddress"));
        if (party.name.size() > kLongestText)
            return failure(Fault::invalid_value("participantName"));
        CallParticipant participant;
        participant.id = "p" + std::to_string(session.participants.size() + 1);
        participant.address = *address;
        participant.name = std::move(party.name);
        session.participants.push_back(std::move(participant));
    }
    session.owner = session.participants[0].address;
    session.application = caller.application;
    session.correlator = std::move(order.correlator);
    session.created = services_.now();
    // The first one pays, and the second one reads his name: nobody is called for somebody else.
    if (!caller.is(session.owner)) return failure(Fault::refused("a call in somebody else's name"));
    if (session.participants[1].address == session.owner)
        return failure(Fault::no_valid_address("participantAddress"));
    if (!session.correlator.empty()) {
        const auto known = by_correlator_.find(key_of(session));
        if (known != by_correlator_.end())
            return Created{&sessions_.find(known->second)->second.session, false};
    }
    if (sessions_.size() >= settings_.max_sessions) return failure(Fault::no_resources());
    session.id = services_.entropy().token(kIdOctets);
    as::ThirdPartyCalls::Order call;
    call.first = session.owner;
    call.second = session.participants[1].address;
    call.service = settings_.service;
    call.second_answers_at_once = settings_.automata.contains(call.second);
    const auto begun = calls_.begin(
        std::move(call), [this, id = session.id](const as::ThirdPartyCallProgress& progress) {
            on_progress(id, progress);
        });
    if (!begun) return failure(Fault::no_resources());
    if (!session.correlator.empty()) by_correlator_[key_of(session)] = session.id;
    auto& kept = sessions_[session.id];
    kept.call = *begun;
    kept.session = std::move(session);
    on_change_(kept.session);
    return Created{&kept.session, true};
}

CallSessions::Kept* CallSessions::kept(const Caller& caller, std::string_view id) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end() || !may_see(caller, found->second.session)) return nullptr;
    return &found->second;
}

// Somebody else's is not there: not even that it exists is told.
Result<const CallSession*, Fault> CallSessions::find(const Caller& caller,
                                                     std::string_view id) const {
    const auto found = sessions_.find(id);
    if (found == sessions_.end() || !may_see(caller, found->second.session))
        return failure(Fault::unknown("callSessionId"));
    return &found->second.session;
}

std::vector<const CallSession*> CallSessions::all_of(const Caller& caller) const {
    std::vector<const CallSession*> all;
    for (const auto& [id, one] : sessions_) {
        if (may_see(caller, one.session)) all.push_back(&one.session);
    }
    return all;
}

Result<const CallSession*, Fault> CallSessions::end(const Caller& caller, std::string_view id) {
    auto* found = kept(caller, id);
    if (found == nullptr) return failure(Fault::unknown("callSessionId"));
    if (found->session.terminated) return failure(Fault::already_terminated());
    found->ended_by_application = true;
    calls_.end(found->call);  // tells that it is over
    return &found->session;
}

Result<const CallSession*, Fault> CallSessions::transfer(const Caller& caller,
                                                         std::string_view id,
                                                         std::string_view leaves,
                                                         CallOrder::Party to) {
    auto* found = kept(caller, id);
    if (found == nullptr) return failure(Fault::unknown("callSessionId"));
    auto& session = found->session;
    if (session.terminated) return failure(Fault::already_terminated());
    const auto address = callable(to.address);
    if (!address || to.name.size() > kLongestText)
        return failure(Fault::no_valid_address("participantAddress"));
    const auto* leaving = session.participant(leaves);
    if (leaving == nullptr || leaving->status == Status::terminated)
        return failure(Fault::unknown("participantId"));
    if (present(session, *address) != nullptr)
        return failure(Fault::no_valid_address("participantAddress"));
    if (!session.joined || !calls_.transfer(found->call, leaving->address, *address))
        return failure(Fault::not_now("nobody is joined yet"));
    for (auto& one : session.participants) {
        if (one.id != leaves) continue;
        one.status = Status::terminated;
        one.cause = Cause::aborted;
        one.ended = services_.now();
    }
    CallParticipant coming;
    coming.id = "p" + std::to_string(session.participants.size() + 1);
    coming.address = *address;
    coming.name = std::move(to.name);
    session.participants.push_back(std::move(coming));
    session.joined = false;
    on_change_(session);
    return &session;
}

// ---- what happens

void CallSessions::follow(CallParticipant& participant, const as::Participant& leg) {
    const auto now = services_.now();
    switch (leg.status) {
        case as::Participant::Status::initial:
            return;
        case as::Participant::Status::ringing:
            participant.status = Status::ringing;
            return;
        case as::Participant::Status::connected:
            if (participant.status != Status::connected) participant.connected = now;
            participant.status = Status::connected;
            return;
        case as::Participant::Status::gone:
            participant.status = Status::terminated;
            participant.ended = now;
            participant.sip_status = leg.why;
            participant.cause = cause_of(leg.why);
            return;
    }
}

void CallSessions::on_progress(const std::string& id, const as::ThirdPartyCallProgress& progress) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return;
    auto& session = found->second.session;
    for (const auto* leg : {&progress.first, &progress.second}) {
        if (auto* participant = present(session, leg->uri)) follow(*participant, *leg);
    }
    session.joined = progress.joined;
    if (session.joined && !session.answered) session.answered = services_.now();
    if (progress.over) conclude(found->second);
    on_change_(session);
}

// Who did not refuse himself was hung up on, or hung up.
void CallSessions::conclude(Kept& kept) {
    auto& session = kept.session;
    session.terminated = true;
    session.ended = services_.now();
    const bool refused = std::any_of(
        session.participants.begin(), session.participants.end(), [](const CallParticipant& one) {
            return one.cause != Cause::none && one.sip_status != 0;
        });
    for (auto& one : session.participants) {
        one.status = Status::terminated;
        if (!one.ended) one.ended = session.ended;
        if (one.cause == Cause::none)
            one.cause = kept.ended_by_application || refused ? Cause::aborted : Cause::hang_up;
    }
    by_end_.emplace(*session.ended + settings_.kept, session.id);
}

// ---- time

void CallSessions::on_time(Time now) {
    calls_.on_time(now);
    while (!by_end_.empty() && by_end_.begin()->first <= now) {
        const auto found = sessions_.find(by_end_.begin()->second);
        by_end_.erase(by_end_.begin());
        if (found == sessions_.end()) continue;
        by_correlator_.erase(key_of(found->second.session));
        sessions_.erase(found);
    }
}

std::optional<Time> CallSessions::next_deadline() const {
    return earlier(calls_.next_deadline(), earliest(by_end_));
}

nlohmann::ordered_json CallSessions::state() const {
    auto all = nlohmann::ordered_json::array();
    for (const auto& [id, one] : sessions_) {
        if (all.size() == kMostShown) break;
        nlohmann::ordered_json shown;
        shown["owner"] = one.session.owner;
        if (!one.session.application.empty()) shown["application"] = one.session.application;
        shown["stage"] = one.session.terminated ? "ended"
                         : one.session.joined   ? "joined"
                                                : "calling";
        for (const auto& participant : one.session.participants)
            shown["participants"].push_back(
                {{"address", participant.address}, {"status", to_string(participant.status)}});
        all.push_back(std::move(shown));
    }
    return all;
}

}  // namespace imslab::interaction
