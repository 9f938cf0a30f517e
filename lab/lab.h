// The lab that scenarios are played on: one of the run's own, or that of the `imslab up` that runs.
// Either way a scenario finds nodes that have just been started and the subscribers of its
// topology's file, so that the verdict does not depend on whose lab it is.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "lab/node_config.h"
#include "lab/process.h"
#include "lab/topology.h"

namespace imslab::lab {

class Lab {
public:
    virtual ~Lab() = default;

    // All nodes, started anew; traces, logs and the database go where `options` say. One sentence
    // if one of them does not become ready; then nothing of ours runs.
    virtual Result<void, std::string> begin(const Topology& topology,
                                            const NodeOptions& options,
                                            Deadline deadline) = 0;
    // The scenario is over and its traces are complete.
    virtual void end() = 0;

    // What the steps of a procedure ask for, by a node's name. An empty text: done.
    virtual std::string start(std::string_view node, Deadline deadline) = 0;
    virtual std::string stop(std::string_view node, Deadline deadline) = 0;
    virtual std::string signal(std::string_view node, int number) = 0;
    // SIGKILL when that message arrives: 1 is the next.
    virtual std::string kill_at_message(std::string_view node, unsigned message) = 0;

    // Who ended though it was wanted, in one sentence.
    virtual std::optional<std::string> death() = 0;
    // Descriptors that become readable when a node ends.
    virtual std::vector<int> watches() const = 0;
    virtual std::string control_socket(const TopologyNode& node) const = 0;
};

// Nodes that are children of this process and end with it.
std::unique_ptr<Lab> lab_of_our_own();

}  // namespace imslab::lab
