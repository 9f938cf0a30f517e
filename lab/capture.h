// Somebody else's capture as an observation: frames down to UDP datagrams and TCP streams, SIP and
// Diameter in them.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "lab/observation.h"
#include "lab/pcapng.h"
#include "lab/rule_book.h"

namespace imslab::lab {

// `known` names participants by address (from a topology); others are named after what they do: a
// REGISTER's sender is a UE, who sends UAR and no MAR an I-CSCF, and so on.
Result<Observation, std::string> observe_capture(std::string_view file, Network known = {});

struct CaptureReport {
    Observation observation;
    std::vector<Finding> findings;
    bool torn = false;  // the file ends in the middle of a packet
};
// `imslab check capture.pcapng`: the ladder's observation and the departures from the
// specification. `departures`: names of those that are made on purpose; they are listed as such.
Result<CaptureReport, std::string> check_capture(const std::string& path,
                                                 Network known = {},
                                                 const std::set<std::string>& departures = {});
// Is this file a capture (by its first octets)?
bool looks_like_capture(std::string_view first_octets);

}  // namespace imslab::lab
