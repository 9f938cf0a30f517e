// An enabler between two dialogs: third-party call control as a routing B2BUA (TS 24.229 §5.7.5.2).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "as/bridge.h"
#include "as/enabler.h"

namespace imslab::as {

class BackToBack : public Enabler, protected BridgeUser {
public:
    BackToBack(Services& services, std::string name)
        : Enabler(services, std::move(name)), bridge_(services, this->name(), *this) {}

    void on_request(sip::ServerId id, ServiceRequest request) override;
    void on_request_in_dialog(sip::ServerId id, sip::Message request) override {
        bridge_.on_request_in_dialog(id, std::move(request));
    }
    void on_ack(sip::Message ack) override { bridge_.on_ack(ack); }
    void on_ended(sip::ServerId id) override { bridge_.on_ended(id); }
    void on_time(Time now) override { bridge_.calls().on_time(now); }
    std::optional<Time> next_deadline() const override { return bridge_.calls().next_deadline(); }
    nlohmann::ordered_json state() const override;
    void release(const sip::DialogId& leg, std::string_view reason) {
        bridge_.release(leg, reason);
    }

private:
    Bridge bridge_;
};

}  // namespace imslab::as
