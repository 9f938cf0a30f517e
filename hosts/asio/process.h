// A node as a process: configuration, addresses, trace and log, readiness, a graceful end.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/node.h"
#include "core/result.h"
#include "hosts/asio/carrier.h"
#include "hosts/asio/config.h"
#include "hosts/asio/loop.h"

namespace imslab::host {

class Process {
public:
    const NodeConfig& config() const { return config_; }
    Loop& loop() { return *loop_; }
    Entropy& entropy() { return *entropy_; }

    // The address of a reference point; without it the process cannot do its work.
    Result<Address, std::string> address(const std::string& reference_point) const;
    // Listens there, by UDP, TCP and what else is configured for it; the address as bound.
    Result<Address, std::string> listen(const std::string& reference_point);

    void serve(std::unique_ptr<Node> node);
    // "ready\n" is written once this is called, on the loop's thread. Without a call of not_yet()
    // that is as soon as everything is assembled.
    void ready();
    void on_ready(std::function<void()> action) { on_ready_ = std::move(action); }
    void not_yet() { waits_ = true; }
    // A service has threads that cannot be joined: the process ends without taking them down.
    void end_at_once() { ends_at_once_ = true; }
    // Before the sockets close, last given first called; blocks at most for a moment.
    void on_stop(std::function<void()> action) { stops_.push_back(std::move(action)); }
    // The ports of the other transports as bound, once it listens there.
    TransportPorts ports(const std::string& reference_point) const;

private:
    friend int run_node(NodeConfig config,
                        const std::function<Result<void, std::string>(Process&)>& assemble,
                        const std::function<std::unique_ptr<Carrier>(Loop&)>& carry);
    Process(NodeConfig config, std::unique_ptr<Entropy> entropy, std::unique_ptr<Loop> loop);
    void stop();
    int end(int status);

    NodeConfig config_;
    std::unique_ptr<Entropy> entropy_;
    std::unique_ptr<Loop> loop_;
    std::unique_ptr<Carrier> carrier_;
    std::unique_ptr<Node> node_;
    std::vector<std::function<void()>> stops_;
    std::function<void()> on_ready_;
    bool waits_ = false, ends_at_once_ = false;
};

using Assemble = std::function<Result<void, std::string>(Process&)>;
// Makes what carries the messages instead of the loop's own sockets.
using Carry = std::function<std::unique_ptr<Carrier>(Loop&)>;

// Runs the node until SIGTERM or SIGINT: exit status 0; 2 with one sentence on standard error and
// in the log if it could not start.
int run_node(NodeConfig config, const Assemble& assemble, const Carry& carry = {});
// Reads the settings alone; one sentence if one of them is wrong.
using Check = std::function<Result<void, std::string>(const NodeConfig&)>;
// `<kind> CONFIG.json`: reads the configuration, then run_node().
// `<kind> --check CONFIG.json`: starts nothing and opens nothing; the exit status and the sentence
// are those that it would not start with.
int run_process(int argc,
                char** argv,
                const std::string& kind,
                const Assemble& assemble,
                const Check& check = {});

}  // namespace imslab::host
