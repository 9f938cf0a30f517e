// What an application server hosts (TS 24.229 §5.7): an enabler is one service with a SIP identity
// of its own. It gets requests whose session case and served user are read already, hears of
// registrations, and may ask the host for whatever there is a service for (Sh, a store).
#pragma once

#include <any>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "as/service_request.h"
#include "core/asks.h"
#include "core/node.h"
#include "core/task.h"
#include "sip/proxy.h"

namespace imslab::xdm {
class Documents;
}

namespace imslab::as {

struct Config;

// What the server does for its enablers.
class Services {
public:
    virtual ~Services() = default;

    virtual const Config& config() const = 0;
    virtual Time now() const = 0;
    virtual sip::Proxy& proxy() = 0;  // transactions, responses, requests of one's own
    virtual Entropy& entropy() = 0;
    // co_await services.asks().ask<sh::Answer>(question), in a Task that tasks() runs.
    virtual Asks& asks() = 0;
    virtual Tasks& tasks() = 0;
    // What no other member does: octets of a stream, its end.
    virtual void emit(Effect effect) = 0;
    // Answers what the host has asked (on_asked).
    virtual void reply(AskId id, std::any answer) = 0;
    virtual void log(LogLevel level,
                     std::string_view call_id,
                     std::string clause,
                     std::string text) = 0;

    // "sip:echo@as.example:5060": Contact, Record-Route and identity of an enabler.
    virtual std::string own_uri(std::string_view enabler) const = 0;
    virtual std::optional<Flow> flow_to(std::string_view uri) const = 0;
    // By which ways a request is tried, one after the other (RFC 3263 §4.3); empty: there is none.
    virtual std::vector<sip::Way> ways_to(const sip::Message& request) const = 0;
    // §5.7.3: the S-CSCF of a user, else the entry point of his home (Ma).
    virtual std::string route_for_originating(std::string_view identity) const = 0;
    virtual const ThirdPartyRegistration* registration_of(std::string_view identity) const = 0;
    // The XML documents of this process's XDM server, which is hosted before the others; nullptr:
    // there is none here.
    virtual xdm::Documents* documents() = 0;

    // §5.7.4, the role of a SIP proxy: on to the next Route entry or the Request-URI.
    virtual void proxy_on(sip::ServerId id, sip::Message request) = 0;
    virtual void proxy_ack_on(sip::Message ack) = 0;
};

class Enabler {
public:
    using Verdict = sip::ProxyUser::Verdict;

    Enabler(Services& services, std::string name) : services_(services), name_(std::move(name)) {}
    Enabler(const Enabler&) = delete;
    Enabler& operator=(const Enabler&) = delete;
    virtual ~Enabler() = default;

    const std::string& name() const { return name_; }

    // ---- what happens. The id is the request's until on_ended.
    virtual void on_request(sip::ServerId id, ServiceRequest request) = 0;
    // A request that names no enabler, by Route or identity: is it meant for this one? In a network
    // without filter criteria a proxy sends what it knows by method and event package.
    virtual bool takes(const sip::Message&) const { return false; }
    // Inside a dialog: who does nothing is a proxy there.
    virtual void on_request_in_dialog(sip::ServerId id, sip::Message request) {
        services_.proxy_on(id, std::move(request));
    }
    virtual void on_ack(sip::Message ack) { services_.proxy_ack_on(std::move(ack)); }
    // Of a request that was proxied on.
    virtual Verdict on_response(sip::ServerId, sip::Message&) { return Verdict::relay; }
    virtual void on_ended(sip::ServerId) {}
    virtual void on_registration(const ThirdPartyRegistration&) {}
    // The host was asked (a PNR on Sh, an HTTP request): true if it was for this enabler, which
    // replies.
    virtual bool on_asked(Asked&) { return false; }
    // Something of a stream at Config::msrp, or at Config::msrp_by_tls.
    virtual void on_stream(Event&) {}
    // Something of a connection at Config::http: a message by WebSocket, or its end.
    virtual void on_web_stream(Event&) {}
    virtual void on_time(Time) {}
    virtual std::optional<Time> next_deadline() const { return std::nullopt; }
    virtual nlohmann::ordered_json state() const;
    // What the process's other enablers read: an XDM server has some.
    virtual xdm::Documents* documents() { return nullptr; }

protected:
    Services& services_;

private:
    std::string name_;
};

}  // namespace imslab::as
