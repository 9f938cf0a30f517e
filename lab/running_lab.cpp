// A run's side of the lab that `imslab up` runs: what lab/shared_lab.h describes.
#include "lab/running_lab.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "lab/line_socket.h"

namespace imslab::lab {

namespace fs = std::filesystem;
using std::chrono::seconds;

namespace {

constexpr seconds kGreeting{5}, kStop{10};

std::string problem_in(const nlohmann::json& answer) {
    return answer.is_object() ? answer.value("problem", "") : std::string();
}

class RunningLab final : public Lab {
public:
    explicit RunningLab(LineSocket socket) : socket_(std::move(socket)) {}
    ~RunningLab() override { ask({{"do", "leave"}}, in(kStop)); }
    RunningLab(const RunningLab&) = delete;
    RunningLab& operator=(const RunningLab&) = delete;

    Result<void, std::string> begin(const Topology&,
                                    const NodeOptions& options,
                                    Deadline deadline) override {
        options_ = options;
        death_.reset();
        nlohmann::json request{{"do", "begin"}, {"log_level", options.log_level}};
        // the lab has a working directory of its own
        std::error_code ignored;
        options_.folder = fs::absolute(options.folder, ignored).string();
        request["folder"] = options_.folder;
        request["cache"] = fs::absolute(options.cache, ignored).string();
        if (options.seed) request["seed"] = *options.seed;
        if (auto problem = ask(request, deadline); !problem.empty()) return failure(problem);
        return {};
    }
    void end() override { ask({{"do", "end"}}, in(kStop)); }

    std::string start(std::string_view node, Deadline deadline) override {
        return ask({{"do", "start"}, {"node", node}}, deadline);
    }
    std::string stop(std::string_view node, Deadline deadline) override {
        return ask({{"do", "stop"}, {"node", node}}, deadline);
    }
    std::string signal(std::string_view node, int number) override {
        return ask({{"do", "signal"}, {"node", node}, {"number", number}}, in(kStop));
    }
    std::string kill_at_message(std::string_view node, unsigned message) override {
        return ask({{"do", "kill at message"}, {"node", node}, {"number", message}}, in(kStop));
    }
    std::optional<std::string> death() override {
        while (const auto line = socket_.read_now()) hear(*line);
        if (!death_ && !socket_.open()) death_ = kGone;
        return death_;
    }
    std::vector<int> watches() const override { return {socket_.descriptor()}; }
    std::string control_socket(const TopologyNode& node) const override {
        return control_socket_of(node, options_);
    }

private:
    static constexpr const char* kGone = "the lab that was up is gone; `imslab up` starts it again";

    // True: it was about a death and answers nothing.
    bool hear(const std::string& line) {
        const auto said = nlohmann::json::parse(line, nullptr, false);
        if (!said.is_object() || !said.contains("death")) return false;
        death_ = said.value("death", "");
        return true;
    }
    std::string ask(const nlohmann::json& request, Deadline deadline) {
        if (!socket_.write(request.dump())) return kGone;
        for (;;) {
            const auto line = socket_.read(deadline);
            if (!line) return socket_.open() ? "the lab that is up does not answer" : kGone;
            if (!hear(*line)) return problem_in(nlohmann::json::parse(*line, nullptr, false));
        }
    }

    LineSocket socket_;
    NodeOptions options_;
    std::optional<std::string> death_;
};

}  // namespace

Result<std::unique_ptr<Lab>, std::string> play_on(const Running::Lab& lab) {
    auto socket = LineSocket::connect(lab.socket);
    if (!socket) return failure(socket.error() + "; end `imslab up` and start it again");
    const auto greeting = socket->read(in(kGreeting));
    if (!greeting) return failure(std::string("the lab that is up does not answer"));
    const auto problem = problem_in(nlohmann::json::parse(*greeting, nullptr, false));
    if (!problem.empty()) return failure(problem);
    return std::unique_ptr<Lab>(std::make_unique<RunningLab>(std::move(*socket)));
}

}  // namespace imslab::lab
