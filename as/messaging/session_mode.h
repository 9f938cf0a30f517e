// Session mode and large messages (TS 24.247; OMA SIMPLE IM): a back-to-back user agent whose
// media is MSRP. Each side speaks with this server, which passes the messages on.
#pragma once

#include <map>
#include <set>
#include <string>

#include "as/back_to_back.h"
#include "as/messaging/block_list.h"
#include "as/messaging/msrp_switch.h"
#include "msrp/session_description.h"

namespace imslab::messaging {

class SessionMode final : public as::BackToBack {
public:
    SessionMode(as::Services& services,
                const std::string& name,
                Address msrp,
                MsrpLimits limits,
                BlockList& block_list);

    // An INVITE that offers MSRP; any other is not for this.
    static bool is_for_it(const sip::Message& request);

    void on_request(sip::ServerId id, as::ServiceRequest request) override;
    void on_request_in_dialog(sip::ServerId id, sip::Message request) override;
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
    void edit_request(sip::ServerId id, sip::Message& request) override;
    void edit_answer(sip::ServerId id, sip::Message& response) override;
    void on_connected(sip::ServerId id,
                      const sip::DialogId& near,
                      const sip::DialogId& far) override;
    void on_refused(sip::ServerId id) override;
    void on_released(const sip::DialogId& one, const sip::DialogId& other) override;
    void on_lost(MsrpSwitch::LegId leg);
    msrp::Media place_of(MsrpSwitch::LegId leg, msrp::Setup setup) const;

    Address msrp_;
    BlockList& block_list_;
    MsrpSwitch switch_;
    std::map<sip::ServerId, Session> being_set_up_;
    std::map<sip::DialogId, Session> by_dialog_;  // under both
    std::set<MsrpSwitch::LegId> lost_;            // released when the event is over
};

}  // namespace imslab::messaging
