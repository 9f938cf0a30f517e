// The gateway as an enabler (RFC 7247 §4): between the operator's SIP users and the users of an
// XMPP server, whose component it is. Each direction admits who may pass, translates, and tells the
// sender in his own protocol what became of it.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "as/enabler.h"
#include "as/messaging/imdn.h"
#include "core/task.h"
#include "gateways/interconnection/error_mapping.h"
#include "gateways/interconnection/settings.h"
#include "xmpp/component.h"
#include "xmpp/stanza.h"

namespace imslab::interconnection {

struct FromXmpp;

class Gateway final : public as::Enabler {
public:
    Gateway(as::Services& services, std::string name, Settings settings);

    void on_request(sip::ServerId id, as::ServiceRequest request) override;
    // A proxy without filter criteria sends what is for a domain of XMPP.
    bool takes(const sip::Message& request) const override;
    void on_request_in_dialog(sip::ServerId id, sip::Message request) override;
    bool on_asked(Asked& asked) override;
    void on_time(Time now) override;
    std::optional<Time> next_deadline() const override;
    nlohmann::ordered_json state() const override;

private:
    struct Passage {
        xmpp::Jid from, to;
    };
    // A MESSAGE that has become a stanza: until the XMPP server has taken it, then for late news.
    struct Delivery {
        sip::ServerId request = 0;
        sip::Message response;  // to the request, as far as it is known before it is answered
        bool answered = false;
        Passage passage;
        std::string asserted;  // the SIP sender, who is told
        std::optional<messaging::DispositionWish> wish;
        Time until{};
    };

    // ---- to XMPP (to_xmpp.cpp)
    Result<Passage, SipRefusal> admit(const as::ServiceRequest& request) const;
    Result<std::string, SipRefusal> sender_of(const as::ServiceRequest& request) const;
    void respond(sip::ServerId id, sip::Message response, const SipRefusal& refusal);
    void refuse(sip::ServerId id, const sip::Message& request, const SipRefusal& refusal);
    Task<void> deliver(Delivery delivery, xmpp::Element stanza);
    void on_stanza_error(const xmpp::Element& stanza);
    void on_probe_answered(const xmpp::Element& iq);
    void on_receipt(const xmpp::Jid& from, const std::string& id);
    void answer(const std::string& id, Delivery& delivery, const SipRefusal* refusal);
    void tell_failure(const Delivery& delivery, const xmpp::StanzaError& error);
    void tell_disposition(const Delivery& delivery, std::string status);
    void tell(const Delivery& delivery, const char* content_type, std::string body);
    void forget(const std::string& id);
    void schedule(const std::string& id, Delivery& delivery, Time until);

    // ---- to SIP (to_sip.cpp)
    void on_stanza(xmpp::Element stanza);
    // The sender's and the recipient's addresses; an error: what goes back, nullopt: nothing does.
    Result<Passage, std::optional<xmpp::StanzaError>> admit(const xmpp::Element& stanza) const;
    void on_message(const xmpp::Element& stanza, const Passage& passage);
    sip::Message request_for(const Passage& passage,
                             const FromXmpp& form,
                             const std::string& from,
                             const std::string& to);
    void on_final(const xmpp::Element& stanza, bool wants_receipt, const sip::Message* response);
    void on_question(const xmpp::Element& iq);
    void send(xmpp::Element stanza);
    Task<void> send_later(xmpp::Element stanza);
    void send_error(const xmpp::Element& stanza, const xmpp::StanzaError& error);
    xmpp::Jid own_jid() const { return {{}, settings_.domain, {}}; }
    bool is_xmpp_domain(std::string_view domain) const;
    void note(LogLevel level, std::string_view call_id, const char* clause, std::string text) const;

    Settings settings_;
    bool open_ = false;                                        // is there a stream?
    std::map<std::string, Delivery, std::less<>> deliveries_;  // by the stanza's id
    std::set<std::pair<Time, std::string>> by_time_;
    std::size_t waiting_ = 0, sent_ = 0;  // requests not answered yet, of either direction
    struct {
        std::uint64_t to_xmpp = 0, to_sip = 0, refused = 0, failed = 0, forged = 0;
    } counts_;
};

}  // namespace imslab::interconnection
