// The life of a node process.
#include "hosts/asio/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "core/transports.h"
#include "hosts/asio/entropy.h"

namespace imslab::host {
namespace {

constexpr int kCannotStart = 2;

int refuse(const std::string& sentence) {
    std::fprintf(stderr, "%s\n", sentence.c_str());
    return kCannotStart;
}

Result<std::unique_ptr<Loop>, std::string> make_loop(const NodeConfig& config) {
    auto log = NodeLog::open(config.node, config.log, config.log_level);
    if (!log) return failure(log.error());
    std::optional<trace::Writer> trace;
    if (!config.trace.empty()) {
        auto writer = trace::Writer::create(config.trace);
        if (!writer) return failure(writer.error());
        trace.emplace(std::move(*writer));
    }
    return std::make_unique<Loop>(std::move(*log), std::move(trace));
}

// A supervisor that dies leaves nothing behind.
void end_with_parent(pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::raise(SIGTERM);
}

}  // namespace

Process::Process(NodeConfig config, std::unique_ptr<Entropy> entropy, std::unique_ptr<Loop> loop)
    : config_(std::move(config)), entropy_(std::move(entropy)), loop_(std::move(loop)) {}

Result<Address, std::string> Process::address(const std::string& reference_point) const {
    const auto found = config_.addresses.find(reference_point);
    if (found == config_.addresses.end())
        return failure("no address for " + reference_point + ": expected addresses." +
                       reference_point + " in the configuration");
    return found->second;
}

Result<Address, std::string> Process::listen(const std::string& reference_point) {
    const auto wanted = address(reference_point);
    if (!wanted) return wanted;
    const auto bound = loop_->listen(*wanted);
    if (!bound) return bound;
    const auto also = config_.transports.find(reference_point);
    if (also == config_.transports.end()) return bound;
    for (auto& [transport, port] : also->second) {
        if (is_secure(transport) && !config_.tls.certificate.empty()) {
            const auto secured = loop_->secure_with(config_.tls);
            if (!secured) return failure(secured.error());
        }
        const auto there = loop_->listen(Address{wanted->ip, port}, transport);
        if (!there) return there;
        port = there->port;
    }
    return bound;
}

TransportPorts Process::ports(const std::string& reference_point) const {
    const auto found = config_.transports.find(reference_point);
    return found == config_.transports.end() ? TransportPorts{} : found->second;
}

void Process::serve(std::unique_ptr<Node> node) {
    node_ = std::move(node);
    loop_->serve(*node_);
}

void Process::ready() {
    loop_->log().write(LogLevel::info, "serves");
    // For whoever watches over the process, in another container perhaps; nobody knows the word
    // before.
    loop_->control().provide(
        "ready", [](const std::string&, const Control::Answer& answer) { answer("ready"); });
    if (on_ready_) on_ready_();
    if (config_.ready_fd < 0) return;
    constexpr std::string_view kReady = "ready\n";
    if (::write(config_.ready_fd, kReady.data(), kReady.size()) < 0)
        loop_->log().write(LogLevel::warning, "nobody waits for readiness");
    ::close(std::exchange(config_.ready_fd, -1));
}

void Process::stop() {
    loop_->log().write(LogLevel::info, "stops");
    while (!stops_.empty()) {
        const auto action = std::move(stops_.back());
        stops_.pop_back();
        action();
    }
    loop_->stop();
}

// The node goes first: it may say something more. Then nothing of ours is touched by threads that
// are still there.
int Process::end(int status) {
    loop_->serve_nobody();
    node_.reset();
    loop_->recorder().flush();
    loop_->log().flush();
    std::fflush(nullptr);
    if (ends_at_once_) std::_Exit(status);
    return status;
}

int run_node(NodeConfig config, const Assemble& assemble, const Carry& carry) {
    ::signal(SIGPIPE, SIG_IGN);

    auto loop = make_loop(config);
    if (!loop) return refuse(config.node + ": " + loop.error());
    auto entropy = make_entropy(config.seed, config.node);
    Process process(std::move(config), std::move(entropy), std::move(*loop));
    Loop& running = process.loop();
    running.die_at_message(process.config().dies_at_message);
    if (carry) {
        process.carrier_ = carry(running);
        running.carry_with(*process.carrier_);
    }

    boost::asio::signal_set signals(running.io(), SIGTERM, SIGINT);
    signals.async_wait([&process](const boost::system::error_code& error, int) {
        if (!error) process.stop();
    });
    const auto refused = [&](const std::string& why) {
        if (!process.config().log.empty()) running.log().write(LogLevel::error, why);
        return process.end(refuse(process.config().node + ": " + why));
    };
    const auto assembled = assemble(process);
    if (!assembled) return refused(assembled.error());
    if (!process.config().control.empty()) {
        const auto listening = running.control().listen(process.config().control);
        if (!listening) return refused(listening.error());
    }
    if (!process.waits_) process.ready();
    running.run();
    return process.end(0);
}

int run_process(int argc,
                char** argv,
                const std::string& kind,
                const Assemble& assemble,
                const Check& check) {
    const pid_t parent = ::getppid();
    const bool checks = argc == 3 && std::string_view(argv[1]) == "--check";
    if (!checks && (argc != 2 || std::string_view(argv[1]).starts_with("--"))) {
        std::printf(
            "usage: %s [--check] CONFIG.json\n\nRuns one %s; the lab's supervisor writes its "
            "configuration.\n  --check   read the configuration and say what is wrong with it, no "
            "more\n",
            kind.c_str(),
            kind.c_str());
        return argc == 2 && std::string_view(argv[1]) == "--help" ? 0 : kCannotStart;
    }
    const char* file = argv[argc - 1];
    auto config = NodeConfig::load(file);
    if (!config) return refuse(kind + ": " + config.error());
    if (config->kind != kind)
        return refuse(std::string(file) + ": kind is \"" + config->kind + "\"; expected \"" +
                      kind + "\"");
    if (checks) {
        const auto right = check ? check(*config) : Result<void, std::string>();
        return right ? 0 : refuse(right.error());
    }
    if (config->ready_fd >= 0) {
        ::fcntl(config->ready_fd, F_SETFD, FD_CLOEXEC);
        end_with_parent(parent);
    }
    return run_node(std::move(*config), assemble);
}

}  // namespace imslab::host
