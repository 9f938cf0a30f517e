// Requests inside a dialog (TS 24.229 §5.4.3.2, §5.4.3.3, subsequent requests; RFC 3261 §16.12):
// they follow the route set. Where we serve both sides our two Route entries follow one another and
// are taken off at once.
#include "scscf/procedures.h"
#include "sip/headers.h"
#include "sip/next_hop.h"

namespace imslab::scscf {

using sip::HeaderId;

void Scscf::Impl::take_own_routes_off(sip::Message& request) const {
    while (const auto top = sip::uri_of(request.first_value(HeaderId::route))) {
        if (!is_own_uri(*top)) return;
        request.remove_first_value(HeaderId::route);
    }
}

void Scscf::Impl::pass_on(sip::ServerId id, sip::Message request) {
    take_own_routes_off(request);
    if (!request.has(HeaderId::route) && is_own_uri(request.uri())) {
        if (request.method() == sip::Method::subscribe &&
            subscriptions.on_subscribe_inside(id, request))
            return;
        proxy.respond(id, 481);
        return;
    }
    sessions.on_request_inside(request, now);
    passages[id].inside_dialog = true;
    forward(id, std::move(request));
}

void Scscf::Impl::on_ack(sip::Message ack, const Flow&) {
    take_own_routes_off(ack);
    const auto to = sip::flow_to(sip::next_hop_uri(ack), config.hosts, config.address);
    if (!to || (!ack.has(HeaderId::route) && is_own_uri(ack.uri()))) {
        log(LogLevel::info,
            sip::call_id(ack),
            "RFC 3261 §16.11",
            "an ACK that leads nowhere is dropped");
        return;
    }
    sessions.on_request_inside(ack, now);
    proxy.forward_ack(std::move(ack), *to);
}

}  // namespace imslab::scscf
