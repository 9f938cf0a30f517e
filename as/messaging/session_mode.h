// Session mode and large messages (TS 24.247; OMA SIMPLE IM): a back-to-back user agent whose
// media is MSRP. Each side speaks with this server, which passes the messages on.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "as/back_to_back.h"
#include "as/messaging/contact_list.h"
#include "as/messaging/content_filter.h"
#include "as/messaging/history.h"
#include "as/messaging/msrp_switch.h"
#include "core/task.h"
#include "msrp/session_description.h"

namespace imslab::messaging {

// What the enabler does to messages, in whichever mode they come.
struct MessageServices {
    ContactList& block_list;
    History& history;
    ContentFilter& filter;
    std::size_t most_filtered;  // octets of a message
};

// Whether the recipient's side of a session is by TLS: as the sender's is, or in any case, or
// never.
enum class SessionTls : std::uint8_t { as_offered, always, never };

class SessionMode final : public as::BackToBack {
public:
    SessionMode(as::Services& services,
                const std::string& name,
                MsrpPlaces places,
                std::string certificate,
                SessionTls session_tls,
                MsrpLimits limits,
                MessageServices message_services);

    // An INVITE that offers MSRP; any other is not for this.
    static bool is_for_it(const sip::Message& request);

    void on_request(sip::ServerId id, as::ServiceRequest request) override;
    void on_request_in_dialog(sip::ServerId id, sip::Message request) override;
    void on_ack(sip::Message ack) override;
    void on_ended(sip::ServerId id) override;
    void on_stream(Event& event) override { switch_.deliver(event, services_.now()); }
    void on_time(Time now) override;
    std::optional<Time> next_deadline() const override;
    nlohmann::ordered_json state() const override;

private:
    struct Session {
        MsrpSwitch::LegId near = 0, far = 0;
        msrp::Media offer;
        std::optional<sip::DialogId> near_dialog;
    };
    // RFC 4975 §8.4: one side offers anew; without an offer the other one does, in its answer.
    struct Change {
        MsrpSwitch::LegId asker = 0, other = 0;
        std::optional<msrp::Media> offer;
    };
    std::optional<Change> change_for(sip::ServerId id, const sip::Message& request);
    void answer_change(sip::Message& response, const Change& change);
    void offer_in_answer(sip::ServerId id, sip::Message& response, Change change);
    void edit_request(sip::ServerId id, sip::Message& request) override;
    void edit_answer(sip::ServerId id, sip::Message& response) override;
    void on_connected(sip::ServerId id,
                      const sip::DialogId& near,
                      const sip::DialogId& far) override;
    void on_refused(sip::ServerId id) override;
    void on_released(const sip::DialogId& one, const sip::DialogId& other) override;
    // Of whose session this is.
    struct Parties {
        std::string owner, from, to, call_id;
    };
    void watch(const Session& session, const as::ServiceRequest& request);
    void close(const Session& session);
    bool on_whole(const MsrpSwitch::WholeMessage& message);
    Task<void> judge(MsrpSwitch::WholeMessage message, Parties parties);
    void remember(const MsrpSwitch::WholeMessage& message, const Parties& parties);
    msrp::Media place_of(MsrpSwitch::LegId leg, msrp::Setup setup) const;
    std::string objection_to(const msrp::Media& offer) const;
    void reach(MsrpSwitch::LegId leg, const msrp::Media& media, bool we_connect, bool moves);
    Task<void> identify(Flow flow);

    MsrpPlaces places_;
    std::string certificate_;  // of this server, in DER
    SessionTls session_tls_;
    MessageServices message_services_;
    MsrpSwitch switch_;
    std::map<sip::ServerId, Session> being_set_up_;
    std::map<sip::DialogId, Session> by_dialog_;  // under both
    std::map<sip::ServerId, Change> changes_;
    std::map<sip::DialogId, Change> answered_by_ack_;  // by the asker's dialog
    std::map<MsrpSwitch::LegId, std::string> lost_;    // and why; released when the event is over
    std::map<MsrpSwitch::LegId, Parties> watched_;     // by whose side sends
};

}  // namespace imslab::messaging
