// A node's executable started by a test, as the lab's supervisor starts it: a configuration file, a
// pipe for readiness, what it prints.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace imslab::host {

class NodeProcess {
public:
    NodeProcess(const std::string& executable, nlohmann::json config) {
        folder_ = std::filesystem::temp_directory_path() /
                  ("imslab-node-" + std::to_string(::getpid()) + "-" + std::to_string(++count()));
        std::filesystem::create_directories(folder_);
        int ready[2], output[2];
        REQUIRE(::pipe2(ready, O_CLOEXEC) == 0);
        REQUIRE(::pipe2(output, O_CLOEXEC) == 0);
        ready_ = ready[0];
        output_ = output[0];
        config["ready_fd"] = 3;
        config["log"] = (folder_ / "log").string();
        if (config.value("traced", false)) config["trace"] = trace();
        config.erase("traced");
        const std::string file = (folder_ / "config.json").string();
        std::ofstream(file) << config;
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, output[1], 1);
        posix_spawn_file_actions_adddup2(&actions, output[1], 2);
        posix_spawn_file_actions_adddup2(&actions, ready[1], 3);
        std::string program = executable, argument = file;
        char* arguments[] = {program.data(), argument.data(), nullptr};
        REQUIRE(::posix_spawn(&id_, program.c_str(), &actions, nullptr, arguments, environ) == 0);
        posix_spawn_file_actions_destroy(&actions);
        ::close(ready[1]);
        ::close(output[1]);
    }
    NodeProcess(const NodeProcess&) = delete;
    NodeProcess& operator=(const NodeProcess&) = delete;
    ~NodeProcess() {
        if (id_ > 0) {
            ::kill(id_, SIGKILL);
            ::waitpid(id_, nullptr, 0);
        }
        ::close(ready_);
        ::close(output_);
        std::filesystem::remove_all(folder_);
    }

    // False: it ended, or five seconds passed.
    bool await_ready() { return read_until_end(ready_) == "ready\n"; }
    void signal(int number) { ::kill(id_, number); }
    // Its exit status; minus the signal's number if it was killed.
    int await_end() {
        printed_ += read_until_end(output_);
        int status = 0;
        ::waitpid(std::exchange(id_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
    int stop() {
        signal(SIGTERM);
        return await_end();
    }
    const std::string& printed() const { return printed_; }
    nlohmann::json report() const { return nlohmann::json::parse(printed_, nullptr, false); }
    std::string trace() const { return (folder_ / "trace").string(); }
    std::string log() const {
        std::ifstream file(folder_ / "log");
        return {std::istreambuf_iterator<char>(file), {}};
    }

    // False: it does not say so within five seconds.
    bool await_log(const std::string& text) const {
        for (int look = 0; look < 5'000; ++look) {
            if (log().find(text) != std::string::npos) return true;
            ::poll(nullptr, 0, 1);
        }
        return false;
    }

private:
    static int& count() {
        static int started = 0;
        return started;
    }
    static std::string read_until_end(int descriptor) {
        std::string text;
        char buffer[4096];
        for (;;) {
            pollfd watched{descriptor, POLLIN, 0};
            if (::poll(&watched, 1, 10'000) <= 0) return text;
            const auto size = ::read(descriptor, buffer, sizeof buffer);
            if (size <= 0) return text;
            text.append(buffer, static_cast<std::size_t>(size));
        }
    }

    std::filesystem::path folder_;
    pid_t id_ = -1;
    int ready_ = -1, output_ = -1;
    std::string printed_;
};

}  // namespace imslab::host
