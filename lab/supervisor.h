// Starts the nodes of a topology as processes, the HSS first and the rest in parallel, knows when
// each is ready, notices the first that dies, and stops them all whatever happened.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "lab/content_scanner.h"
#include "lab/control.h"
#include "lab/node_config.h"
#include "lab/process.h"
#include "lab/stock.h"
#include "lab/topology.h"
#include "lab/wiretap.h"

namespace imslab::lab {

struct Member {
    const TopologyNode* node = nullptr;
    Process process;
    Descriptor ready_pipe;
    bool ready = false;
    bool wanted = false;  // somebody wants it to run
    unsigned starts = 0;  // how often it has been started
    std::chrono::steady_clock::time_point started;
    std::chrono::microseconds time_to_ready{0};
};

class Supervisor {
public:
    Supervisor(Topology topology, NodeOptions options);
    ~Supervisor();
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    // Checks addresses and programs, provisions the database, starts all nodes; back when the last
    // is ready. One sentence if something is missing or dies; then nothing runs.
    Result<void, std::string> start_all(Deadline deadline);
    void stop_all();

    // What the steps of a procedure ask for, by a node's name. An empty text: done.
    std::string start(std::string_view name, Deadline deadline);
    std::string stop(std::string_view name, Deadline deadline);
    std::string signal(std::string_view name,
                       int number);  // SIGKILL: it is no longer wanted; SIGSTOP, SIGCONT
    // SIGKILL by its own hand when that message arrives: 1 is the next. From now on nobody wants it.
    std::string kill_at_message(std::string_view name, unsigned message);

    // Who ended though it was wanted, in one sentence with its last log lines.
    std::optional<std::string> death();
    // Descriptors that become readable when a node ends.
    std::vector<int> watches() const;
    const std::vector<Member>& members() const { return members_; }
    const Topology& topology() const { return topology_; }
    const NodeOptions& options() const { return options_; }

private:
    Member* member(std::string_view name);
    std::string spawn(Member& member);
    std::string await_ready(const std::vector<Member*>& members, Deadline deadline);
    static void is_ready(Member& member);
    std::string last_words(const Member& member) const;

    Topology topology_;
    NodeOptions options_;
    std::vector<Member> members_;
    StockProbe probe_;
    std::unique_ptr<Wiretap> wiretap_;  // on the nodes that write no trace
    std::unique_ptr<ContentScanner> scanner_;  // where a node's content filter is clamd
};

// The addresses that a topology's own nodes would listen on and cannot: one sentence each, with the
// remedy.
std::vector<std::string> unusable_addresses(const Topology& topology);

// A database with these subscribers in it; kept in a cache by content, so that a lab starts with a
// copy of a file.
std::string provision(const std::string& subscribers_file,
                      const std::string& database,
                      const std::string& cache);

}  // namespace imslab::lab
