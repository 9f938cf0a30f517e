// Application servers learn of registrations (TS 24.229 §5.4.1.7): a REGISTER from the S-CSCF to
// each whose criteria the user's REGISTER meets, with the service information of the profile and,
// if it asks for them, the REGISTER and its answer (TS 29.228 §B.2.2).
#include <pugixml.hpp>
#include <sstream>

#include "scscf/procedures.h"
#include "sip/headers.h"
#include "sip/next_hop.h"
#include "sip/uri.h"

namespace imslab::scscf {

namespace {

using sip::HeaderId;

constexpr const char* kClause = "TS 24.229 §5.4.1.7";

struct BodyPart {
    std::string type, disposition, content;
};

// TS 24.229 §7.6.1: the IM CN subsystem XML body.
std::string service_information(const std::string& information) {
    pugi::xml_document document;
    auto root = document.append_child("ims-3gpp");
    root.append_attribute("version").set_value("1");
    root.append_child("service-info")
        .append_child(pugi::node_pcdata)
        .set_value(information.c_str());
    std::ostringstream out;
    document.save(out, " ", pugi::format_raw, pugi::encoding_utf8);
    return out.str();
}

std::vector<BodyPart> body_of(const cx::ApplicationServer& server,
                              const RegistrationChange& change) {
    std::vector<BodyPart> parts;
    // §5.4.1.7: HSS-provided data goes out with a registration, not with its end.
    if (!server.service_info.empty() && !change.is_end()) {
        parts.push_back({"application/3gpp-ims+xml",
                         "3gpp-service-info",
                         service_information(server.service_info)});
    }
    if (server.include_register_request && change.request != nullptr)
        parts.push_back({"message/sip", {}, change.request->to_bytes()});
    if (server.include_register_response && change.response != nullptr)
        parts.push_back({"message/sip", {}, change.response->to_bytes()});
    return parts;
}

// RFC 2046 §5.1.3: several parts in one body.
void set_body(sip::Message& request, const std::vector<BodyPart>& parts, std::string boundary) {
    if (parts.empty()) return;
    if (parts.size() == 1) {
        request.set_body(parts[0].type, parts[0].content);
        if (!parts[0].disposition.empty())
            request.set(HeaderId::content_disposition, parts[0].disposition);
        return;
    }
    std::string body;
    for (const auto& part : parts) {
        body += "--" + boundary + "\r\nContent-Type: " + part.type + "\r\n";
        if (!part.disposition.empty()) body += "Content-Disposition: " + part.disposition + "\r\n";
        body += "\r\n" + part.content + "\r\n";
    }
    request.set_body("multipart/mixed;boundary=" + boundary, body + "--" + boundary + "--\r\n");
}

cx::RegistrationType type_of(const RegistrationChange& change) {
    if (change.is_end()) return cx::RegistrationType::de_registration;
    return change.event == SetEvent::registered ? cx::RegistrationType::initial
                                                : cx::RegistrationType::re_registration;
}

}  // namespace

void Scscf::Impl::tell_application_servers(const ImplicitSet& set,
                                           const RegistrationChange& change) {
    if (change.event == SetEvent::contact_removed) return;  // the user is registered as before
    const auto* identity = set.find(change.identity);
    if (identity == nullptr || identity->barred) identity = set.default_identity();
    if (identity == nullptr || !identity->services) return;
    // Without a REGISTER of his own (expiry, RTR) the criteria see one as he might have sent it.
    sip::Message made;
    const auto* request = change.request;
    if (request == nullptr) {
        made = sip::Message::request(sip::Method::register_, "sip:" + config.domains.front());
        made.append(HeaderId::from, "<" + identity->uri + ">");
        made.append(HeaderId::to, "<" + identity->uri + ">");
        made.append(HeaderId::expires, "0");
        request = &made;
    }
    const TriggerSubject subject(
        *request, cx::SessionCase::originating_registered, type_of(change));
    const auto services = identity->services;
    std::set<std::string> told;
    for (auto at = services->criteria.next(subject); at;
         at = services->criteria.next(subject, *at + 1)) {
        const auto& server = services->criteria[*at].application_server;
        if (told.insert(server.server_name).second)
            register_with_server(server, identity->uri, set, change);
    }
}

void Scscf::Impl::register_with_server(const cx::ApplicationServer& server,
                                       const std::string& identity,
                                       const ImplicitSet& set,
                                       const RegistrationChange& change) {
    const auto to = sip::flow_to(server.server_name, config.hosts, config.address);
    if (!to) {
        log(LogLevel::warning,
            change.call_id,
            kClause,
            "no way to the application server " + server.server_name);
        on_server_registration_failed(server, identity, change.event, 503);
        return;
    }
    auto request = sip::Message::request(sip::Method::register_, server.server_name);
    request.append(HeaderId::max_forwards, "70");
    request.append(HeaderId::from, "<" + config.server_name + ">;tag=" + entropy.token(8));
    request.append(HeaderId::to, "<" + identity + ">");
    request.append(HeaderId::call_id, entropy.token(16));
    request.append(HeaderId::cseq, "1 REGISTER");
    request.append(HeaderId::contact, "<" + config.server_name + ">");
    request.append(HeaderId::expires, std::to_string(expiry_for_servers(set, change)));
    sip::ChargingVector vector;
    if (change.request != nullptr) {
        if (const auto value = change.request->get(HeaderId::p_charging_vector))
            vector = sip::ChargingVector::parse(*value).value_or(sip::ChargingVector{});
        for (const auto id : {HeaderId::p_access_network_info, HeaderId::p_visited_network_id}) {
            if (const auto value = change.request->get(id)) request.append(id, *value);
        }
    }
    if (vector.icid.empty()) vector.icid = entropy.token(16);
    vector.orig_ioi = config.ioi;
    vector.term_ioi.clear();
    request.append(HeaderId::p_charging_vector, vector.to_string());
    set_body(request, body_of(server, change), entropy.token(8));
    if (const auto uri = sip::Uri::parse(server.server_name))
        leave_trust_domain(request, uri->host);
    proxy.send_request(
        std::move(request),
        *to,
        [this, server, identity, event = change.event](const sip::Message* response) {
            const int status = response == nullptr ? 408 : response->status();
            if (status >= 300) on_server_registration_failed(server, identity, event, status);
        });
}

// The expiry that the UE was granted; 0 when nobody is registered any more.
std::uint32_t Scscf::Impl::expiry_for_servers(const ImplicitSet& set,
                                              const RegistrationChange& change) const {
    if (change.is_end()) return 0;
    Time latest = now;
    for (const auto& binding : set.bindings) latest = std::max(latest, binding.expires);
    return static_cast<std::uint32_t>(
        std::chrono::ceil<std::chrono::seconds>(latest - now).count());
}

// TS 24.229 §5.4.1.7: a server without which there shall be no session ends the registration.
void Scscf::Impl::on_server_registration_failed(const cx::ApplicationServer& server,
                                                const std::string& identity,
                                                SetEvent event,
                                                int status) {
    const bool registers = event == SetEvent::registered || event == SetEvent::reregistered;
    const bool ends =
        registers && server.default_handling == cx::DefaultHandling::session_terminated;
    log(LogLevel::warning,
        {},
        kClause,
        server.server_name + " did not take the registration of " + identity + " (" +
            std::to_string(status) + ")" + (ends ? ": the user is deregistered" : ""));
    if (ends) tasks.spawn(deregister_by_network(identity));
}

// TS 24.229 §5.4.1.5, begun by ourselves: the HSS learns it as an administrative deregistration.
Task<void> Scscf::Impl::deregister_by_network(std::string identity) {
    auto* set = registrar.find(identity);
    if (set == nullptr) co_return;
    const std::string private_identity = set->private_identities.front();
    end_registration(*set, SetEvent::terminated_by_network, ContactEvent::rejected);
    std::string no_call_id;
    co_await tell_hss_of_deregistration(private_identity,
                                        identity,
                                        cx::ServerAssignmentType::administrative_deregistration,
                                        std::move(no_call_id));
}

// All contacts go, who watches is told, sessions are released, and with them the record.
void Scscf::Impl::end_registration(ImplicitSet& set, SetEvent event, ContactEvent why) {
    RegistrationChange change;
    change.event = event;
    for (const auto& binding : set.bindings) change.contacts.push_back(gone(binding, why));
    registration_changed(set, change);
    release_sessions_of(set);
    registrar.remove(set, event);
}

}  // namespace imslab::scscf
