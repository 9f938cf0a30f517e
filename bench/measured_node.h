// One node as a process of its own, what it has used, and the figures of it as a bench prints them.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "lab/places.h"
#include "lab/supervisor.h"

namespace imslab::bench {

[[noreturn]] inline void give_up(const std::string& why) {
    std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, why.c_str());
    std::_Exit(1);
}

inline std::string to_json(std::optional<double> figure) {
    char text[32] = "null";
    if (figure) std::snprintf(text, sizeof text, "%.6g", *figure);
    return text;
}

// `target`, and `peer`, what it was there in the same run; empty: there is none.
inline void print(const char* id,
                  double value,
                  const char* unit,
                  std::optional<double> target,
                  std::optional<double> peer = {}) {
    std::printf("{\"id\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",\"target\":%s,\"peer\":%s}\n",
                id,
                value,
                unit,
                to_json(target).c_str(),
                to_json(peer).c_str());
    std::fflush(stdout);
}

// What a process has used so far: proc(5), fields 14 and 15 of stat.
struct CpuSeconds {
    double user = 0, system = 0;
    double all() const { return user + system; }
};
// Behind the process's name.
inline std::string stat_of(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string text;
    std::getline(file, text);
    const auto name = text.rfind(')');
    return name == std::string::npos ? std::string() : text.substr(name + 2);
}
inline pid_t parent_of(pid_t process) {
    pid_t parent = 0;
    std::sscanf(stat_of(process).c_str(), "%*c %d", &parent);
    return parent;
}
inline CpuSeconds cpu_seconds_of(pid_t process) {
    CpuSeconds used;
    std::sscanf(stat_of(process).c_str(),
                "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lf %lf",
                &used.user,
                &used.system);
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    return {used.user / ticks, used.system / ticks};
}

// Of what it shares with others its part.
inline double proportional_bytes(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/smaps_rollup");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("Pss:")) return std::atof(line.c_str() + 4) * 1024;
    }
    return 0;
}

// The first node of a topology; its folder is gone at the end.
class MeasuredNode {
public:
    explicit MeasuredNode(const std::string& topology, const std::string& subscribers = {})
        : folder_(std::filesystem::temp_directory_path() /
                  (std::string(program_invocation_short_name) + "-" + std::to_string(getpid()))),
          supervisor_(read(topology, subscribers), options()) {
        if (const auto up = supervisor_.start_all(lab::in(std::chrono::seconds(30))); !up)
            give_up(up.error());
    }
    ~MeasuredNode() { end(); }
    void end() {
        supervisor_.stop_all();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    MeasuredNode(const MeasuredNode&) = delete;
    MeasuredNode& operator=(const MeasuredNode&) = delete;

    lab::Supervisor& supervisor() { return supervisor_; }
    std::string folder() const { return folder_; }
    pid_t process() const { return supervisor_.members().front().process.id(); }

private:
    lab::Topology read(const std::string& text, const std::string& subscribers) const {
        if (!subscribers.empty()) lab::write_file(folder_ / "subscribers.xml", subscribers);
        auto topology = lab::Topology::parse(text, folder_ / "bench.yaml");
        if (!topology) give_up(topology.error().front().to_string());
        return *std::move(topology);
    }
    lab::NodeOptions options() const {
        lab::NodeOptions options;
        options.folder = folder_;
        options.cache = folder_ / "cache";
        options.trace = false;
        options.log_level = "error";
        return options;
    }

    const std::filesystem::path folder_;
    lab::Supervisor supervisor_;
};

}  // namespace imslab::bench
