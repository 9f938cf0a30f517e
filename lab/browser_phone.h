// A phone in a browser as a UE's driver: JsSIP on a page of ours in headless Chromium
// (lab/browser/), told what to do line by line.
#pragma once

#include <memory>
#include <string>

#include "core/address.h"
#include "core/result.h"
#include "lab/process.h"
#include "lab/topology.h"
#include "lab/ue.h"

namespace imslab::lab {

struct BrowserWish {
    TopologyUe place;
    UeIdentity identity;
    Address pcscf;             // by the UE's transport
    std::string pcscf_host;    // its certificate bears it
    std::string certificate;   // of the P-CSCF, the only one the browser trusts; empty: no TLS
    std::string folder;        // for its configuration, its socket and its console
};

class BrowserPhone {
public:
    // Chromium runs and the page is loaded; one sentence if not.
    static Result<BrowserPhone, std::string> start(const BrowserWish& wish, Deadline deadline);

    // "register 600", "deregister", "answer", "call sip:…", "over"; until it is done. One sentence
    // if it failed; empty: it was done.
    std::string tell(const std::string& command, Deadline deadline);

private:
    std::string name_, socket_;
    Process process_;
};

bool needs_browser(const Topology& topology);
// One sentence with the remedy if there is no Chromium, no Node.js or no JsSIP.
std::string why_no_browser();

}  // namespace imslab::lab
