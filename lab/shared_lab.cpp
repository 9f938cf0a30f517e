// `imslab up` and the runs that play on its lab.
#include "lab/shared_lab.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "lab/interrupt.h"
#include "lab/network.h"
#include "lab/observation.h"

namespace imslab::lab {

namespace fs = std::filesystem;
using std::chrono::seconds;

namespace {

constexpr seconds kBoot{15}, kNode{8};

std::string answer(const std::string& problem) {
    return nlohmann::json{{"problem", problem}}.dump();
}

}  // namespace

SharedLab::SharedLab(Topology topology, NodeOptions options, std::string out)
    : topology_(std::move(topology)), options_(std::move(options)), running_(std::move(out)) {}

Result<void, std::string> SharedLab::start(Deadline deadline) {
    supervisor_ = std::make_unique<Supervisor>(topology_, options_);
    if (auto started = supervisor_->start_all(deadline); !started) return started;
    auto listening = LineSocket::listen(running_.socket());
    if (!listening) return failure(listening.error());
    listener_ = std::move(*listening);
    save_network(options_.folder, network_of(topology_));
    running_.note(*supervisor_);
    return {};
}

std::string SharedLab::stay(const Told& told) {
    while (!Interrupt::happened()) {
        std::vector<pollfd> watched{{listener_.get(), POLLIN, 0}};
        if (run_.open()) watched.push_back({run_.descriptor(), POLLIN, 0});
        for (const int descriptor : supervisor_->watches())
            watched.push_back({descriptor, POLLIN, 0});
        poll(watched.data(), watched.size(), 1000);
        if (Interrupt::happened()) break;
        if (const auto death = supervisor_->death()) {
            if (!run_.open()) return *death;
            run_.write(nlohmann::json{{"death", *death}}.dump());
        }
        // first who leaves, then who comes
        if (auto problem = hear_run(told); !problem.empty()) return problem;
        if ((watched[0].revents & POLLIN) != 0) on_run_came(told);
    }
    return {};
}

std::string SharedLab::hear_run(const Told& told) {
    if (!run_.open()) return {};
    while (const auto line = run_.read_now()) on_request(*line);
    if (run_.open() || Interrupt::happened()) return {};
    run_ = LineSocket();
    std::string problem;
    if (std::exchange(lent_, false)) problem = restore();
    told("the run has ended; the nodes were started anew with the subscribers they had");
    return problem;
}

// One run at a time: two of them would judge each other's messages.
void SharedLab::on_run_came(const Told& told) {
    Descriptor came(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!came) return;
    LineSocket run(std::move(came));
    if (run_.open()) {
        run.write(answer("another `imslab run` plays on the lab that is up; wait for its end"));
        return;
    }
    run.write(answer(""));
    run_ = std::move(run);
    told("a run plays on this lab: its nodes are started anew for each scenario");
}

void SharedLab::on_request(const std::string& line) {
    const auto request = nlohmann::json::parse(line, nullptr, false);
    if (!request.is_object()) {
        run_.write(answer("the lab that is up expected a JSON object"));
        return;
    }
    run_.write(answer(perform(request)));
}

std::string SharedLab::perform(const nlohmann::json& request) {
    const auto what = request.value("do", "");
    const auto node = request.value("node", "");
    if (what == "begin") return begin(request);
    if (what == "start") return supervisor_->start(node, in(kNode));
    if (what == "stop") return supervisor_->stop(node, in(kNode));
    if (what == "signal") return supervisor_->signal(node, request.value("number", 0));
    if (what == "kill at message")
        return supervisor_->kill_at_message(node, request.value("number", 0u));
    if (what == "end") return supervisor_->stop_all(), std::string();
    if (what == "leave") return lent_ = false, restore();
    return "the lab that is up does not know '" + what + "'; it is of another version";
}

std::string SharedLab::begin(const nlohmann::json& request) {
    NodeOptions options;
    options.folder = request.value("folder", "");
    options.cache = request.value("cache", "");
    options.log_level = request.value("log_level", "info");
    if (request.contains("seed")) options.seed = request["seed"].get<std::uint64_t>();
    lent_ = true;
    supervisor_.reset();  // its nodes have the addresses
    supervisor_ = std::make_unique<Supervisor>(topology_, options);
    const auto started = supervisor_->start_all(in(kBoot));
    running_.note(*supervisor_);
    return started ? std::string() : started.error();
}

// The database stays as it was before the run came.
std::string SharedLab::restore() {
    auto topology = topology_;
    topology.subscribers_file.clear();
    supervisor_.reset();
    supervisor_ = std::make_unique<Supervisor>(std::move(topology), options_);
    const auto started = supervisor_->start_all(in(kBoot));
    running_.note(*supervisor_);
    if (started) return {};
    return Interrupt::happened() ? std::string() : started.error();
}

}  // namespace imslab::lab
