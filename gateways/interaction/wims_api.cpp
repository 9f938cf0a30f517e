// The body is small: {"call": {"to": URI}} to begin, {"call": {"to": another}} to put him in the
// other one's place.
#include "gateways/interaction/wims_api.h"

#include "http/uri.h"
#include "sip/uri.h"

namespace imslab::interaction {

namespace {

constexpr Schema kSchema{"wims", "urn:imslab:wims:1"};

std::string url_of(const CallSession& session, const std::string& root) {
    return root + std::string(kWimsRoot) + "/" + http::percent_encoded(session.owner, ":@+") +
           "/call/" + session.id;
}

std::string_view stage_of(const CallSession& session) {
    if (session.terminated) return "ended";
    if (session.joined) return "joined";
    return session.answered ? "transferring" : "calling";
}

Element call_of(const CallSession& session, const std::string& root) {
    Element call("call");
    call.add_text("state", std::string(stage_of(session)));
    for (const auto& one : session.participants) {
        Element party("party");
        party.add_text("uri", one.address);
        party.add_text("name", one.name);
        party.add_text("state", std::string(to_string(one.status)));
        if (one.sip_status != 0) party.add_text("sip", std::to_string(one.sip_status));
        call.add_one_of(std::move(party));
    }
    call.add_text("began", date_time(session.created));
    if (session.answered) call.add_text("answered", date_time(*session.answered));
    if (session.ended) call.add_text("ended", date_time(*session.ended));
    call.add_text("self", url_of(session, root));
    return call;
}

// Of a {"call": {"to": URI, "name": …}}.
Result<CallOrder::Party, http::Response> party_in(const ResourceRequest& at) {
    const auto body = body_of(at.request, at.form);
    if (!body) return failure(body.error());
    if (body->name != "call") return failure(at.fault(Fault::invalid_value("call")));
    return CallOrder::Party{std::string(body->text_of("to")), std::string(body->text_of("name"))};
}

http::Response create(CallSessions& sessions, const ResourceRequest& at) {
    auto party = party_in(at);
    if (!party) return party.error();
    CallOrder order;
    order.parties.push_back({at.path[0], {}});
    order.parties.push_back(std::move(*party));
    const auto created = sessions.create(at.caller, std::move(order));
    if (!created) return at.fault(created.error());
    auto response = respond(201, at.form, call_of(*created->session, at.root), kSchema);
    response.fields.add("Location", url_of(*created->session, at.root));
    return response;
}

http::Response serve_service(CallSessions& sessions, const ResourceRequest& at) {
    if (at.is("POST")) return create(sessions, at);
    if (!at.is("GET")) return at.no_such_method({"GET", "POST"});
    Element list("calls");
    for (const auto* session : sessions.all_of(at.caller))
        list.add_one_of(call_of(*session, at.root));
    return respond(200, at.form, list, kSchema);
}

// The one whom the owner talks to leaves.
http::Response transfer(CallSessions& sessions,
                        const CallSession& session,
                        const ResourceRequest& at) {
    auto party = party_in(at);
    if (!party) return party.error();
    std::string leaves;
    for (const auto& one : session.participants) {
        if (one.address != session.owner && one.status != CallParticipant::Status::terminated)
            leaves = one.id;
    }
    const auto done = sessions.transfer(at.caller, session.id, leaves, std::move(*party));
    if (!done) return at.fault(done.error());
    return respond(200, at.form, call_of(**done, at.root), kSchema);
}

http::Response serve_session(CallSessions& sessions, const ResourceRequest& at) {
    const auto session = sessions.find(at.caller, at.path[2]);
    if (!session) return at.fault(session.error());
    if (at.is("GET")) return respond(200, at.form, call_of(**session, at.root), kSchema);
    if (at.is("PUT")) return transfer(sessions, **session, at);
    if (!at.is("DELETE")) return at.no_such_method({"GET", "PUT", "DELETE"});
    const auto ended = sessions.end(at.caller, at.path[2]);
    return ended ? http::Response::of(204) : at.fault(ended.error());
}

}  // namespace

http::Response serve_wims(CallSessions& sessions, const ResourceRequest& at) {
    if (at.path.size() < 2 || at.path.size() > 3 || at.path[1] != "call")
        return at.no_such_resource();
    // Whose capability it is stands in the path: nobody uses somebody else's.
    const auto owner = sip::canonical_identity(at.path[0]);
    if (!owner || !at.caller.is(*owner))
        return at.fault(Fault::refused("a call in somebody else's name"));
    return at.path.size() == 2 ? serve_service(sessions, at) : serve_session(sessions, at);
}

}  // namespace imslab::interaction
