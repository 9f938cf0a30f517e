// The response context of RFC 3261 §16.2 and §16.7: a request, its branches, and which of their
// answers is the best.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sip/message.h"
#include "sip/next_hop.h"
#include "sip/timer_queue.h"
#include "sip/transaction.h"

namespace imslab::sip {

// RFC 3263 §4.3: where a branch may be tried if it fails where it is.
struct Alternatives {
    Message request;  // as it shall leave
    Flow to;          // where it is
    std::vector<Way> others;
    bool ringing = false;                  // a provisional response but 100: it stays where it is
    std::optional<Time> gives_up_at = {};  // on silence
};

struct ProxiedBranch {
    ClientId client = 0;
    bool final = false;                // has had its final response
    bool cancelled = false;            // we sent a CANCEL, or will
    bool abandoned = false;            // nobody waits for it any more
    bool heard = false;                // something, a 100 too, has come
    std::optional<Message> candidate;  // its final response, if it takes part in the choice
    TimerQueue::Ticket timer_c = 0;
    std::unique_ptr<Alternatives> alternatives;  // none: there never was but one address
};

struct ResponseContext {
    bool invite = false;
    bool answered = false;   // a final response went upstream
    bool accepted = false;   // and it was a 2xx
    bool cancelled = false;  // from upstream
    bool held = false;       // a final response was absorbed: the element says how it goes on
    std::string loop_mark;
    std::vector<ProxiedBranch> branches;

    bool has_open_branch() const;
    bool has_candidate() const;
    // §16.7 step 6 and 7: takes the best candidate out, with the challenges of all others if it is
    // a challenge.
    Message take_best();
};

}  // namespace imslab::sip
