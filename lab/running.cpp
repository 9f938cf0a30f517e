// A note of the lab that `imslab up` runs, for the commands that ask about it.
#include "lab/running.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lab/database.h"
#include "lab/places.h"

namespace imslab::lab {

namespace fs = std::filesystem;

namespace {

std::string note_in(const std::string& out) { return out + "/running.json"; }

// sun_path holds 107 octets: a deep folder does not fit.
constexpr std::size_t kSocketPathOctets = 100;

std::string socket_in(const std::string& out) {
    std::error_code ignored;
    auto path = fs::absolute(out + "/lab.sock", ignored).string();
    if (path.size() <= kSocketPathOctets) return path;
    return "/tmp/imslab-" + std::to_string(getuid()) + "-" +
           std::to_string(std::hash<std::string>{}(path)) + ".sock";
}

}  // namespace

Running::Running(std::string out) : file_(note_in(out)), socket_(socket_in(out)) {
    std::error_code ignored;
    fs::create_directories(out, ignored);
}

void Running::note(const Supervisor& supervisor) {
    const auto& topology = supervisor.topology();
    bool ok = false;
    if (content_.empty()) content_ = read_file(topology.file, ok);
    noted_ = true;
    nlohmann::ordered_json lab;
    std::error_code ignored;
    const auto absolute = [&](const std::string& path) {
        return fs::absolute(path, ignored).string();
    };
    lab["pid"] = getpid();
    lab["topology"] = absolute(topology.file);
    lab["topology_content"] = content_;
    lab["folder"] = absolute(supervisor.options().folder);
    const auto database = database_of(supervisor.topology(), supervisor.options());
    lab["database"] = database.find("://") == std::string::npos ? absolute(database) : database;
    lab["socket"] = socket_;
    for (const auto& member : supervisor.members()) {
        if (!member.node->is_ours()) continue;
        auto socket = control_socket_of(*member.node, supervisor.options());
        if (auto path = absolute(socket); path.size() <= kSocketPathOctets) socket = path;
        lab["nodes"][member.node->name] = socket;
        if (member.node->kind == "hss" && !lab.contains("hss")) lab["hss"] = socket;
    }
    // whoever reads it finds the old note or the new one, never half of one
    write_file(file_ + ".new", lab.dump(1) + "\n");
    fs::rename(file_ + ".new", file_, ignored);
}

Running::~Running() {
    if (!noted_) return;  // what lies there is another lab's
    std::error_code ignored;
    fs::remove(file_, ignored);
    fs::remove(socket_, ignored);
}

std::optional<Running::Lab> Running::find(const std::string& out) {
    bool ok = false;
    const auto text = read_file(note_in(out), ok);
    const auto lab = nlohmann::json::parse(text, nullptr, false);
    if (!ok || !lab.is_object()) return std::nullopt;
    const auto pid = static_cast<pid_t>(lab.value("pid", 0));
    if (pid <= 0 || (kill(pid, 0) != 0 && errno != EPERM)) return std::nullopt;
    Lab found;
    found.topology_file = lab.value("topology", "");
    found.topology_content = lab.value("topology_content", "");
    found.folder = lab.value("folder", "");
    found.hss = lab.value("hss", "");
    found.socket = lab.value("socket", "");
    found.database = lab.value("database", "");
    if (const auto nodes = lab.find("nodes"); nodes != lab.end()) {
        for (const auto& [name, socket] : nodes->items())
            found.control_sockets[name] = socket.get<std::string>();
    }
    return found;
}

}  // namespace imslab::lab
