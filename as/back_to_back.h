// An enabler between two dialogs: third-party call control as a routing B2BUA (TS 24.229 §5.7.5.2).
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "as/calls.h"
#include "as/enabler.h"

namespace imslab::as {

class BackToBack : public Enabler {
public:
    BackToBack(Services& services, std::string name)
        : Enabler(services, std::move(name)), calls_(services) {}

    void on_request(sip::ServerId id, ServiceRequest request) override;
    void on_request_in_dialog(sip::ServerId id, sip::Message request) override;
    void on_ack(sip::Message ack) override;
    void on_ended(sip::ServerId id) override;
    void on_time(Time now) override { calls_.on_time(now); }
    std::optional<Time> next_deadline() const override { return calls_.next_deadline(); }
    nlohmann::ordered_json state() const override;
    // Both legs end.
    void release(const sip::DialogId& leg, std::string_view reason);

protected:
    // What one side asks and answers may be changed before the other sees it.
    virtual void edit_request(sip::ServerId, sip::Message&) {}
    virtual void edit_answer(sip::ServerId, sip::Message&) {}
    virtual void on_connected(sip::ServerId, const sip::DialogId&, const sip::DialogId&) {}
    virtual void on_refused(sip::ServerId) {}
    virtual void on_released(const sip::DialogId&, const sip::DialogId&) {}

private:
    // What one side asked and the other has not answered yet.
    struct Pending {
        sip::Message sent;         // the other side's request
        sip::ClientId client = 0;  // it went out as this
        std::string tag;           // of our To in the answers
        bool answered = false;
        bool orphan = false;  // who asked has given up
    };
    void ask_other_side(sip::ServerId id, sip::Message request);
    void on_answer(sip::ServerId id, const sip::Message* response);
    void on_accepted(sip::ServerId id, const sip::Message& response);
    std::string contact() const { return services_.own_uri(name()); }

    Calls calls_;
    std::map<sip::ServerId, Pending> pending_;
};

}  // namespace imslab::as
