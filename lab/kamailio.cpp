// kamailio.cfg for a node: what an operator would write, with the lab's own addresses in it.
#include "lab/kamailio.h"

#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "lab/places.h"

namespace imslab::lab {

namespace fs = std::filesystem;

namespace {

// The example's own; the lab puts its own in their place.
bool is_of_the_example(std::string_view line) {
    for (const std::string_view start :
         {"listen=", "children=", "loadmodule \"ims_node.so\"", "modparam(\"ims_node\""}) {
        if (line.starts_with(start)) return true;
    }
    return false;
}

std::string of_the_node(const TopologyNode& node, const std::string& json) {
    // One worker for a socket: messages reach the engine in the order in which they came.
    std::string lines = "children=1\ntcp_children=1\n";
    for (const auto& [point, address] : node.addresses) {
        if (point == "Cx") continue;
        lines += "listen=udp:" + address.to_string() + "   # " + point + "\n";
        lines += "listen=tcp:" + address.to_string() + "\n";
    }
    lines += "loadmodule \"" + kamailio_module() + "\"\n";
    lines += "modparam(\"ims_node\", \"role\", \"" + node.kind + "\")\n";
    lines += "modparam(\"ims_node\", \"config\", \"" + json + "\")\n";
    lines += "modparam(\"ims_node\", \"ready_fd\", \"3\")\n";
    return lines;
}

}  // namespace

std::string kamailio_module() {
    return (fs::path(executable_path()).parent_path() / "kamailio" / "ims_node.so").string();
}

std::string kamailio_program() {
    if (auto found = find_program("kamailio"); !found.empty()) return found;
    return find_program("/usr/sbin/kamailio");
}

std::string why_not_on(const std::string& host) {
    if (host == "asio") return {};
    if (host != "kamailio") return "no host '" + host + "'; there are asio and kamailio";
    if (kamailio_program().empty()) return "kamailio is not installed; `make kamailio` installs it";
    if (access(kamailio_module().c_str(), R_OK) != 0)
        return kamailio_module() + " is not built; `make kamailio` builds it";
    return {};
}

void run_cscfs_on(Topology& topology, const std::string& host) {
    for (auto& node : topology.nodes) {
        if (!node.external && node.is_cscf()) node.runs_on = host;
    }
}

Result<Process::Start, std::string> start_in_kamailio(const TopologyNode& node,
                                                      const NodeOptions& options) {
    std::error_code ignored;
    if (auto problem = why_not_on("kamailio"); !problem.empty()) return failure(problem);
    const auto folder = fs::absolute(options.folder, ignored).string() + "/" + node.name;
    const auto example = root_folder() + "/hosts/kamailio/" + node.kind + ".cfg";
    bool ok = false;
    std::istringstream lines(read_file(example, ok));
    if (!ok) return failure("cannot read " + example);
    std::string config;
    bool filled = false;
    for (std::string line; std::getline(lines, line);) {
        if (!is_of_the_example(line)) {
            config += line + "\n";
        } else if (!std::exchange(filled, true)) {
            config += of_the_node(node, folder + ".json");
        }
    }
    if (auto problem = write_file(folder + ".cfg", config); !problem.empty())
        return failure(problem);
    // Of its sockets and pipes; a path that is too long for one would be cut.
    fs::create_directories(folder, ignored);
    Process::Start start;
    start.arguments = {kamailio_program(),
                       "-f",
                       folder + ".cfg",
                       "-DD",
                       "-E",
                       "-m",
                       "32",
                       "-M",
                       "4",
                       "-x",
                       std::string(kAllocator),
                       "-Y",
                       folder};
    return start;
}

}  // namespace imslab::lab
