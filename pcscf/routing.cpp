// The P-CSCF's own URIs and the route set (TS 24.229 §5.2.6, RFC 3261 §16).
#include "pcscf/routing.h"

#include "sip/headers.h"
#include "sip/params.h"
#include "sip/uri.h"

namespace imslab::pcscf {

namespace {

constexpr std::uint16_t kSipPort = 5060;

std::string host_with_port(const std::string& host, std::uint16_t port) {
    return port == 0 || port == kSipPort ? host : host + ":" + std::to_string(port);
}

std::string transport_parameter(Transport transport) {
    switch (transport) {
        case Transport::udp:
            return "";
        case Transport::tcp:
            return ";transport=tcp";
        case Transport::tls:
            return ";transport=tls";
        case Transport::ws:
        case Transport::wss:
            return ";transport=ws";
    }
    return "";
}

}  // namespace

OwnUris::OwnUris(const Config& config)
    : host_(config.host),
      gm_address_(config.gm),
      mw_address_(config.mw),
      gm_ports_(config.gm_ports),
      gm_(config.gm.to_string()),
      mw_(host_with_port(config.host, config.mw.port)),
      path_("<sip:term@" + mw_ + ";lr>") {}

std::string OwnUris::record_route(Leg leg, Side towards, Transport transport) const {
    const std::string user = leg == Leg::originating ? "orig" : "term";
    const std::string at = towards == Side::mw ? mw_ : gm_address(transport).to_string();
    return "<sip:" + user + "@" + at + ";lr" +
           (towards == Side::gm ? transport_parameter(transport) : "") + ">";
}

Address OwnUris::gm_address(Transport transport) const {
    const auto port = gm_ports_.find(transport);
    return {gm_address_.ip, port == gm_ports_.end() ? gm_address_.port : port->second};
}

bool OwnUris::is_gm_port(std::uint16_t port) const {
    if (port == gm_address_.port) return true;
    for (const auto& [transport, own] : gm_ports_) {
        if (own == port) return true;
    }
    return false;
}

bool OwnUris::is_own(std::string_view text) const {
    const auto uri = sip::Uri::parse(text);
    if (!uri || !uri->is_sip()) return false;
    const std::uint16_t port = uri->port != 0 ? uri->port : kSipPort;
    if (sip::equals_ignoring_case(uri->host, host_)) {
        return uri->port == 0 || port == mw_address_.port || is_gm_port(port);
    }
    const auto ip = IpAddress::parse(uri->host);
    return ip && ((*ip == gm_address_.ip && is_gm_port(port)) || Address{*ip, port} == mw_address_);
}

void leave_own_route(sip::Message& request, const OwnUris& own) {
    // RFC 3261 §16.4: a strict router put the target last and us into the Request-URI.
    if (const auto uri = sip::Uri::parse(request.uri());
        uri && uri->is_loose_router() && own.is_own(request.uri())) {
        const auto routes = uris_of(request, sip::HeaderId::route);
        if (!routes.empty()) {
            set_route(request, {routes.begin(), routes.end() - 1});
            request.set_uri(routes.back());
        }
    }
    const auto top = sip::uri_of(request.first_value(sip::HeaderId::route));
    if (top && own.is_own(*top)) request.remove_first_value(sip::HeaderId::route);
}

std::vector<std::string> uris_of(const sip::Message& message, sip::HeaderId id) {
    std::vector<std::string> uris;
    for (const std::string_view value : message.values(id)) {
        if (const auto uri = sip::uri_of(value)) uris.emplace_back(*uri);
    }
    return uris;
}

bool same_uris(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!sip::equal(a[i], b[i])) return false;
    }
    return true;
}

void set_route(sip::Message& request, const std::vector<std::string>& uris) {
    request.remove(sip::HeaderId::route);
    for (const auto& uri : uris) request.append(sip::HeaderId::route, "<" + uri + ">");
}

void rewrite_own_record_route(sip::Message& response,
                              const OwnUris& own,
                              const std::string& entry) {
    const auto values = response.values(sip::HeaderId::record_route);
    if (values.empty()) return;
    const auto user_of_entry = sip::Uri::parse(std::string_view(entry).substr(1, entry.size() - 2));
    std::vector<std::string> rewritten;
    for (const std::string_view value : values) {
        const auto uri = sip::uri_of(value);
        const auto parsed = uri ? sip::Uri::parse(*uri) : std::nullopt;
        // The other end's entry bears our name too if both UEs are ours: the user part tells them
        // apart.
        const bool ours =
            parsed && own.is_own(*uri) && user_of_entry && parsed->user == user_of_entry->user;
        rewritten.push_back(ours ? entry : std::string(value));
    }
    response.remove(sip::HeaderId::record_route);
    for (const auto& value : rewritten) response.append(sip::HeaderId::record_route, value);
}

Flow flow_towards(const Flow& known, std::string_view text) {
    if (known.connection != 0) return known;
    const auto uri = sip::Uri::parse(text);
    const auto ip = uri ? IpAddress::parse(uri->host) : std::nullopt;
    if (!ip || *ip != known.remote.ip) return known;
    Flow flow = known;
    flow.remote.port = uri->port != 0 ? uri->port : kSipPort;
    if (const auto name = uri->params.get("transport")) {
        if (const auto transport = transport_from(*name)) flow.transport = *transport;
    }
    return flow;
}

}  // namespace imslab::pcscf
