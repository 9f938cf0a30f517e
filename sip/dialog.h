// A dialog's state at a user agent (RFC 3261 §12) or at a proxy that watches it: identity, sequence numbers, target,
// route set.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sip/message.h"

namespace imslab::sip {

struct DialogId {
    std::string call_id, local_tag, remote_tag;
    auto operator<=>(const DialogId&) const = default;
};

class Dialog {
public:
    // §12.1.2 UAC: the request as sent and a 101-299 response with a To tag; nullopt if they make no dialog.
    static std::optional<Dialog> as_uac(const Message& request, const Message& response);
    // §12.1.1 UAS: the request as received and our response.
    static std::optional<Dialog> as_uas(const Message& request, const Message& response);

    const DialogId& id() const { return id_; }
    const std::string& remote_target() const { return remote_target_; }
    const std::vector<std::string>& route_set() const { return route_set_; }
    bool is_early() const { return early_; }
    void confirm() { early_ = false; }

    // §12.2.1.1: a request inside the dialog, with Route, From, To, Call-ID, CSeq (counted up, but for ACK and
    // CANCEL) and Max-Forwards 70; no Via, no Contact.
    Message make_request(std::string_view method);
    Message make_ack(std::uint32_t invite_cseq);
    // §12.2.2: false if the request's CSeq is lower than the last one (answer 500); else it is taken over.
    bool accept(const Message& request);
    // Target refresh (§12.2.1.2, §12.2.2) by Contact of a re-INVITE or UPDATE or its 2xx.
    void refresh_target(const Message& message);

private:
    DialogId id_;
    std::string local_uri_, remote_uri_, remote_target_;
    std::vector<std::string> route_set_;
    std::uint32_t local_cseq_ = 0;
    std::optional<std::uint32_t> remote_cseq_;
    bool early_ = true;
};

// The request's dialog as this element sees it when the request comes from the remote side.
std::optional<DialogId> dialog_of_received(const Message& request);

}  // namespace imslab::sip
