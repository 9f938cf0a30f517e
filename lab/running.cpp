// A note of the lab that `imslab up` runs, for the commands that ask about it.
#include "lab/running.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lab/places.h"

namespace imslab::lab {

namespace fs = std::filesystem;

namespace {

std::string note(const std::string& out) { return out + "/running.json"; }

}  // namespace

Running::Running(const std::string& out, const Supervisor& supervisor) : file_(note(out)) {
    nlohmann::ordered_json lab;
    std::error_code ignored;
    lab["pid"] = getpid();
    lab["topology"] = fs::absolute(supervisor.topology().file, ignored).string();
    lab["folder"] = fs::absolute(supervisor.options().folder, ignored).string();
    lab["database"] = fs::absolute(database_of(supervisor.options()), ignored).string();
    for (const auto& member : supervisor.members()) {
        const auto socket = control_socket_of(*member.node, supervisor.options());
        lab["nodes"][member.node->name] = socket;
    }
    write_file(file_, lab.dump(1) + "\n");
}

Running::~Running() {
    std::error_code ignored;
    fs::remove(file_, ignored);
}

std::optional<Running::Lab> Running::find(const std::string& out) {
    bool ok = false;
    const auto text = read_file(note(out), ok);
    const auto lab = nlohmann::json::parse(text, nullptr, false);
    if (!ok || !lab.is_object()) return std::nullopt;
    const auto pid = static_cast<pid_t>(lab.value("pid", 0));
    if (pid <= 0 || (kill(pid, 0) != 0 && errno != EPERM)) return std::nullopt;
    Lab found;
    found.topology_file = lab.value("topology", "");
    found.folder = lab.value("folder", "");
    found.database = lab.value("database", "");
    if (const auto nodes = lab.find("nodes"); nodes != lab.end()) {
        for (const auto& [name, socket] : nodes->items())
            found.control_sockets[name] = socket.get<std::string>();
    }
    return found;
}

}  // namespace imslab::lab
