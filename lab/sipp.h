// SIPp as a UE's driver: one process plays one script of scenarios/ue/ once, bound to the UE's own
// address.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/address.h"
#include "core/result.h"
#include "lab/process.h"

namespace imslab::lab {

struct SippPlay {
    std::string ue;         // whose script it is, for sentences and file names
    std::string script;     // path of the XML file
    Address local, remote;  // the UE's contact; its P-CSCF's Gm
    std::vector<std::pair<std::string, std::string>> keys;  // [identity], [target], [route], …
    std::string user, password;                             // for [authentication]; empty: none
    std::string folder;                                     // for its messages and errors
};

// One sentence with the remedy; empty: it is installed.
std::string why_no_sipp();

class Sipp {
public:
    static Result<Sipp, std::string> start(SippPlay play, Deadline gives_up);

    // Waits until its socket is bound: a request that comes earlier would be lost. A sentence if it
    // never is.
    std::string await_bound(Deadline deadline);
    // Waits for its end; a sentence if the script did not go through to the end.
    std::string await_end(Deadline deadline);
    Process& process() { return process_; }

private:
    std::string first_error() const;

    SippPlay play_;
    std::string files_;  // folder and first part of the file names
    Process process_;
};

// Is a UDP socket bound there? (/proc/net/udp)
bool is_bound(const Address& address);

}  // namespace imslab::lab
