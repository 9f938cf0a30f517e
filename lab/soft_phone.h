// A phone that nobody here wrote, as a UE's driver: JsSIP in headless Chromium (lab/browser/),
// baresip, or Linphone's daemon. It is told what to do, one thing after the other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/address.h"
#include "core/result.h"
#include "lab/process.h"
#include "lab/topology.h"
#include "lab/ue.h"

namespace imslab::lab {

struct SoftPhoneWish {
    TopologyUe place;
    UeIdentity identity;
    Address pcscf;            // by the UE's transport
    std::string pcscf_host;   // its certificate bears it
    std::string certificate;  // of the P-CSCF, the only one that is trusted; empty: no TLS
    std::vector<std::string> contacts;  // the other UEs' public identities
    std::string folder;                 // for its configuration, its sockets and what it says
};

// Everything returns when it is done, or at the deadline: one sentence if it failed; empty: done.
class SoftPhone {
public:
    // The phone runs, and nothing has been sent; one sentence if not.
    static Result<std::unique_ptr<SoftPhone>, std::string> start(const SoftPhoneWish& wish,
                                                                 Deadline deadline);
    virtual ~SoftPhone() = default;

    virtual std::string enrol(unsigned seconds, Deadline deadline) = 0;  // REGISTER
    virtual std::string leave(Deadline deadline) = 0;                    // and with Expires: 0
    // Until it is answered; then the phone hangs up.
    virtual std::string call(const std::string& uri, Deadline deadline) = 0;
    // Takes the next call, whose end can be waited for.
    virtual std::string answer(Deadline deadline) = 0;
    virtual std::string await_end_of_call(Deadline deadline) = 0;
    // A MESSAGE, until it is accepted.
    virtual std::string message(const std::string& uri,
                                const std::string& text,
                                Deadline deadline) = 0;
};

bool is_soft_phone(TopologyUe::Driver driver);
// One sentence with the remedy if what such a phone needs is not installed; empty: it is, or the
// driver is no such phone.
std::string why_no_phone(TopologyUe::Driver driver);
// The same of every UE of the topology.
std::string why_no_phones(const Topology& topology);

// Each kind's own start.
Result<std::unique_ptr<SoftPhone>, std::string> start_browser_phone(const SoftPhoneWish& wish,
                                                                    Deadline deadline);
Result<std::unique_ptr<SoftPhone>, std::string> start_baresip(const SoftPhoneWish& wish,
                                                              Deadline deadline);
Result<std::unique_ptr<SoftPhone>, std::string> start_linphone(const SoftPhoneWish& wish,
                                                               Deadline deadline);

}  // namespace imslab::lab
