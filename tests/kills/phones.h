// What the phones of a scenario have heard, taken from the wire, whatever became of the nodes: does
// each of their requests have a final answer?
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lab/wiretap.h"

namespace imslab::kills {

class Phones {
public:
    static Result<Phones, std::string> listen(const lab::Topology& topology,
                                              const std::string& folder);

    // "alice: INVITE z9hG4bK…", each request (but ACK) that no final answer followed.
    std::vector<std::string> unanswered() const;
    // The same, as soon as it is empty or at the deadline.
    std::vector<std::string> await_answers(lab::Deadline deadline) const;

private:
    std::vector<std::string> names_;
    std::string folder_;
    std::unique_ptr<lab::Wiretap> tap_;
};

}  // namespace imslab::kills
