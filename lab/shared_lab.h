// The lab that `imslab up` runs: its own nodes until Ctrl-C, and in between the scenarios of an
// `imslab run` that plays on it. For each scenario the nodes are started anew, and when the run has
// ended, or was killed, they are started as they were before, with the database that they had.
//
// The run speaks JSON, an object a line:
//   {"do": "begin", "folder": …, "cache": …, "log_level": …, "seed": …}, {"do": "end"}, {"do":
//   "leave"},
//   {"do": "start" | "stop", "node": …}, {"do": "signal", "node": …, "number": …}
// each is answered {"problem": ""} or a sentence; a node that dies is told unasked: {"death": …}.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "lab/line_socket.h"
#include "lab/running.h"
#include "lab/supervisor.h"

namespace imslab::lab {

class SharedLab {
public:
    // `out`: where other commands look for the lab that runs.
    SharedLab(Topology topology, NodeOptions options, std::string out);

    Result<void, std::string> start(Deadline deadline);
    // Until Ctrl-C, or until a node dies: then a sentence. `told` hears of runs that come and go.
    using Told = std::function<void(const std::string& sentence)>;
    std::string stay(const Told& told);
    void stop() { supervisor_.reset(); }

    const Supervisor& supervisor() const { return *supervisor_; }

private:
    std::string hear_run(const Told& told);
    void on_run_came(const Told& told);
    void on_request(const std::string& line);
    std::string perform(const nlohmann::json& request);
    std::string begin(const nlohmann::json& request);
    std::string restore();

    Topology topology_;
    NodeOptions options_;
    Running running_;
    Descriptor listener_;
    LineSocket run_;
    bool lent_ = false;  // the nodes are those of a run's scenario
    std::unique_ptr<Supervisor> supervisor_;
};

}  // namespace imslab::lab
