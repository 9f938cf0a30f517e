// Two legs that belong together: what comes in one goes out in the other, and its answers come back
// (TS 24.229 §5.7.5). How the legs are made is the enabler's business.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "as/calls.h"

namespace imslab::as {

// What happens on a bridge, for who must know or change it.
class BridgeUser {
public:
    virtual ~BridgeUser() = default;
    // What one side asks and answers may be changed before the other sees it.
    virtual void edit_request(sip::ServerId, sip::Message&) {}
    virtual void edit_answer(sip::ServerId, sip::Message&) {}
    virtual void on_connected(sip::ServerId, const sip::DialogId&, const sip::DialogId&) {}
    virtual void on_refused(sip::ServerId) {}
    virtual void on_released(const sip::DialogId&, const sip::DialogId&) {}
};

class Bridge {
public:
    Bridge(Services& services, std::string enabler, BridgeUser& user)
        : services_(services),
          enabler_(std::move(enabler)),
          user_(user),
          calls_(services, [this](const sip::DialogId& leg) { on_unacknowledged(leg); }) {}
    Bridge(const Bridge&) = delete;
    Bridge& operator=(const Bridge&) = delete;

    Calls& calls() { return calls_; }
    const Calls& calls() const { return calls_; }
    // A request for the other side; its answers go to `id`. An INVITE outside a dialog makes the
    // other leg, and its answer both.
    void ask(sip::ServerId id, sip::Message request);
    static void join(Call& one, Call& other);
    // Both legs end.
    void release(const sip::DialogId& leg, std::string_view reason);

    void on_request_in_dialog(sip::ServerId id, sip::Message request);
    void on_ack(const sip::Message& ack);
    void on_ended(sip::ServerId id);
    nlohmann::ordered_json state() const;

private:
    // What one side asked and the other has not answered yet.
    struct Pending {
        sip::Message sent;         // the other side's request
        sip::ClientId client = 0;  // it went out as this
        std::string tag;           // of our To in the answers
        bool answered = false;
        bool orphan = false;  // who asked has given up
    };

    void on_answer(sip::ServerId id, const sip::Message* response);
    void on_accepted(sip::ServerId id, const sip::Message& response);
    void refresh_target(const sip::Message& request,
                        const sip::Message& response,
                        sip::Message& answer);
    void on_unacknowledged(const sip::DialogId& leg);

    Services& services_;
    std::string enabler_;
    BridgeUser& user_;
    Calls calls_;
    std::map<sip::ServerId, Pending> pending_;
};

}  // namespace imslab::as
