// What a client sends becomes an order, a session a callSessionInformation. The transfer, PUT on a
// participant, is this gateway's own: the API has none.
#include "gateways/interaction/third_party_call_api.h"

#include "http/uri.h"

namespace imslab::interaction {

namespace {

std::string status_of(const CallParticipant& participant) {
    switch (participant.status) {
        case CallParticipant::Status::initial:
        case CallParticipant::Status::ringing:
            return "CallParticipantInitial";
        case CallParticipant::Status::connected:
            return "CallParticipantConnected";
        case CallParticipant::Status::terminated:
            return "CallParticipantTerminated";
    }
    return {};
}

std::string cause_of(const CallParticipant& participant) {
    switch (participant.cause) {
        case CallParticipant::Cause::none:
            return {};
        case CallParticipant::Cause::no_answer:
            return "CallParticipantNoAnswer";
        case CallParticipant::Cause::busy:
            return "CallParticipantBusy";
        case CallParticipant::Cause::not_reachable:
            return "CallParticipantNotReachable";
        case CallParticipant::Cause::hang_up:
            return "CallParticipantHangUp";
        case CallParticipant::Cause::aborted:
            return "CallParticipantAborted";
    }
    return {};
}

std::string url_of(const CallSession& session, const std::string& root) {
    return root + std::string(kThirdPartyCallRoot) + "/callSessions/" + session.id;
}

Element participant_information(const CallParticipant& participant,
                                const std::string& session_url) {
    Element element("callParticipantInformation");
    element.add_text("participantAddress", participant.address);
    element.add_text("participantName", participant.name);
    element.add_text("participantStatus", status_of(participant));
    if (participant.connected) {
        element.add_text("startTime", date_time(*participant.connected));
        if (participant.ended)
            element.add_text("duration",
                             std::to_string(std::chrono::duration_cast<std::chrono::seconds>(
                                                *participant.ended - *participant.connected)
                                                .count()));
    }
    element.add_text("terminationCause", cause_of(participant));
    element.add_text("resourceURL", session_url + "/participants/" + participant.id);
    return element;
}

CallOrder::Party party_in(const Element& element) {
    return {std::string(element.text_of("participantAddress")),
            std::string(element.text_of("participantName"))};
}

http::Response create(CallSessions& sessions, const ResourceRequest& at) {
    const auto body = body_of(at.request, at.form);
    if (!body) return body.error();
    if (body->name != "callSessionInformation")
        return at.fault(Fault::invalid_value("callSessionInformation"));
    CallOrder order;
    order.correlator = body->text_of("clientCorrelator");
    for (const auto* one : body->all("participant")) order.parties.push_back(party_in(*one));
    const auto created = sessions.create(at.caller, std::move(order));
    if (!created) return at.fault(created.error());
    auto response = respond(created->is_new ? 201 : 200,
                            at.form,
                            call_session_information(*created->session, at.root),
                            kThirdPartyCallSchema);
    response.fields.add("Location", url_of(*created->session, at.root));
    return response;
}

http::Response serve_sessions(CallSessions& sessions, const ResourceRequest& at) {
    if (at.is("POST")) return create(sessions, at);
    if (!at.is("GET")) return at.no_such_method({"GET", "POST"});
    Element list("callSessionInformationList");
    for (const auto* session : sessions.all_of(at.caller)) {
        auto one = call_session_information(*session, at.root);
        list.add_one_of(std::move(one));
    }
    list.add_text("resourceURL", at.root + std::string(kThirdPartyCallRoot) + "/callSessions");
    return respond(200, at.form, list, kThirdPartyCallSchema);
}

http::Response serve_session(CallSessions& sessions, const ResourceRequest& at) {
    if (at.is("DELETE")) {
        const auto ended = sessions.end(at.caller, at.path[1]);
        return ended ? http::Response::of(204) : at.fault(ended.error());
    }
    if (!at.is("GET")) return at.no_such_method({"GET", "DELETE"});
    const auto session = sessions.find(at.caller, at.path[1]);
    if (!session) return at.fault(session.error());
    return respond(
        200, at.form, call_session_information(**session, at.root), kThirdPartyCallSchema);
}

http::Response serve_participants(const CallSession& session, const ResourceRequest& at) {
    // Two can be joined, more would be a conference.
    if (at.is("POST")) return at.fault(Fault::too_many_addresses("participant"));
    if (!at.is("GET")) return at.no_such_method({"GET", "POST"});
    Element list("callParticipantInformationList");
    const auto url = url_of(session, at.root);
    for (const auto& one : session.participants) {
        auto participant = participant_information(one, url);
        participant.name = "participant";
        list.add_one_of(std::move(participant));
    }
    list.add_text("resourceURL", url + "/participants");
    return respond(200, at.form, list, kThirdPartyCallSchema);
}

http::Response transfer(CallSessions& sessions, const ResourceRequest& at) {
    const auto body = body_of(at.request, at.form);
    if (!body) return body.error();
    if (body->name != "callParticipantInformation")
        return at.fault(Fault::invalid_value("callParticipantInformation"));
    const auto transferred = sessions.transfer(at.caller, at.path[1], at.path[3], party_in(*body));
    if (!transferred) return at.fault(transferred.error());
    return respond(
        200, at.form, call_session_information(**transferred, at.root), kThirdPartyCallSchema);
}

http::Response serve_participant(CallSessions& sessions,
                                 const CallSession& session,
                                 const ResourceRequest& at) {
    const auto* participant = session.participant(at.path[3]);
    if (participant == nullptr) return at.fault(Fault::unknown("participantId"));
    if (at.is("PUT")) return transfer(sessions, at);
    if (at.is("DELETE")) {  // of two who are joined nobody stays alone
        const auto ended = sessions.end(at.caller, at.path[1]);
        return ended ? http::Response::of(204) : at.fault(ended.error());
    }
    if (!at.is("GET")) return at.no_such_method({"GET", "PUT", "DELETE"});
    return respond(200,
                   at.form,
                   participant_information(*participant, url_of(session, at.root)),
                   kThirdPartyCallSchema);
}

}  // namespace

Element call_session_information(const CallSession& session, const std::string& root) {
    Element element("callSessionInformation");
    const auto url = url_of(session, root);
    element.add_text("clientCorrelator", session.correlator);
    for (const auto& one : session.participants) {
        auto participant = participant_information(one, url);
        participant.name = "participant";
        element.add_one_of(std::move(participant));
    }
    element.add_text("terminated", session.terminated ? "true" : "false");
    element.add_text("resourceURL", url);
    return element;
}

http::Response serve_third_party_call(CallSessions& sessions, const ResourceRequest& at) {
    const auto& path = at.path;
    if (path.empty() || path[0] != "callSessions" || path.size() > 4) return at.no_such_resource();
    if (path.size() == 1) return serve_sessions(sessions, at);
    if (path.size() == 2) return serve_session(sessions, at);
    if (path[2] != "participants") return at.no_such_resource();
    const auto session = sessions.find(at.caller, path[1]);
    if (!session) return at.fault(session.error());
    return path.size() == 3 ? serve_participants(**session, at)
                            : serve_participant(sessions, **session, at);
}

}  // namespace imslab::interaction
