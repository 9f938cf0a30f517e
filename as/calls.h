// Dialogs that an enabler is an end of (TS 24.229 §5.7.2, §5.7.3, §5.7.5; RFC 3261 §12 to §15):
// made as called or calling user agent, the 2xx repeated until its ACK comes, ended by BYE.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "as/enabler.h"
#include "as/own_origin.h"
#include "sip/dialog.h"

namespace imslab::as {

struct Call {
    sip::Dialog dialog;
    std::string served;                 // for whom, or with whom
    std::optional<sip::DialogId> peer;  // the other leg of a back-to-back user agent
    std::optional<OwnOrigin> origin;    // not there: the peer's descriptions pass as they are
    std::string body_for(std::string_view content_type, std::string_view body);  // as it goes there
    std::uint32_t invite_cseq = 0;    // of the INVITE that the next ACK acknowledges
    std::optional<sip::Message> ack;  // to the last 2xx, for when it comes again
    std::string icid;                 // the charging identifier that its requests carry
    // The 2xx that waits for its ACK (RFC 3261 §13.3.1.4).
    sip::ServerId invite = 0;
    std::optional<sip::Message> accepted;
    Time repeat_at{}, give_up_at{};
    Duration repeat_after{};
};

class Calls {
public:
    // Whose 2xx nobody acknowledges: whoever has more to end than that dialog does it all. Without
    // `on_unacknowledged` it is hung up here.
    using OnUnacknowledged = std::function<void(const sip::DialogId&)>;
    explicit Calls(Services& services, OnUnacknowledged on_unacknowledged = {})
        : services_(services), on_unacknowledged_(std::move(on_unacknowledged)) {}

    // Answers an INVITE with that 2xx (To tag, Contact and Record-Route are put in here) and keeps
    // the dialog; nullptr: it makes none.
    Call* accept(sip::ServerId id,
                 const sip::Message& invite,
                 sip::Message response,
                 std::string_view contact,
                 std::string_view tag);
    // A 2xx to an INVITE of ours.
    Call* established(const sip::Message& invite, const sip::Message& response);
    Call* find(const sip::DialogId& id);
    Call* of_request(const sip::Message& request);
    // An ACK has come: nothing is repeated any more.
    Call* on_ack(const sip::Message& ack);
    void acknowledge(Call& call, std::string_view content_type = {}, std::string_view body = {});
    // The 2xx has come again: its ACK was lost (RFC 3261 §13.2.2.4). False: it was not sent yet.
    bool acknowledge_again(const Call& call);
    void hang_up(const sip::DialogId& id, std::string_view reason = {});
    void forget(const sip::DialogId& id);

    void on_time(Time now);
    std::optional<Time> next_deadline() const;
    std::size_t size() const { return calls_.size(); }
    nlohmann::ordered_json state() const;

private:
    Call& keep(sip::Dialog dialog, const sip::Message& invite);
    void repeat_at(Call& call, Time when);
    void stop_repeating(Call& call);

    Services& services_;
    OnUnacknowledged on_unacknowledged_;
    std::map<sip::DialogId, Call> calls_;
    std::set<std::pair<Time, sip::DialogId>> by_repeat_;  // whose 2xx waits for its ACK
};

// A response to a dialog-making request, with what it must carry.
sip::Message dialog_response(const sip::Message& request,
                             int status,
                             std::string_view contact,
                             std::string_view tag);

}  // namespace imslab::as
