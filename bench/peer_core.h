// A core in one of the three columns that bench_peer compares, started anew for each measurement,
// and what it costs: CPU and memory of each node with all its processes, from /proc.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lab/load.h"
#include "lab/supervisor.h"

namespace imslab::bench {

// Our nodes as processes of their own, our nodes inside Kamailio, Kamailio's own IMS modules.
inline const std::vector<std::string> kColumns{"native", "kamailio", "stock"};
inline const std::vector<std::string> kNodes{"pcscf", "icscf", "scscf"};

using PerNode = std::map<std::string, double>;  // by a CSCF's name
double sum(const PerNode& values);
PerNode difference(const PerNode& after, const PerNode& before);

class PeerCore {
public:
    struct Options {
        std::string column;
        std::size_t users = 10'000;
        // Transactions end within seconds, so that what stays is the registrations': T1 at its
        // users and between nodes.
        bool short_timers = false;
    };
    // One sentence if it cannot be started.
    static Result<std::unique_ptr<PeerCore>, std::string> start(const Options& options);

    lab::Load& load() { return *load_; }
    PerNode cpu_seconds() const;
    // What its processes hold, shared memory divided among those that share it.
    PerNode bytes() const;
    // Who died meanwhile, in one sentence.
    std::optional<std::string> death() { return supervisor_->death(); }

    // From the start of the first process to the first 401 that came through all of them, in ms.
    static Result<double, std::string> boot_to_401(const std::string& column);

private:
    PeerCore() = default;
    std::unique_ptr<lab::Supervisor> supervisor_;
    std::optional<lab::Load> load_;
};

}  // namespace imslab::bench
