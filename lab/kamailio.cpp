// kamailio.cfg for a node: what an operator would write, with the lab's own addresses in it.
#include "lab/kamailio.h"

#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "core/transports.h"
#include "lab/kamailio_config.h"
#include "lab/places.h"

namespace imslab::lab {

namespace fs = std::filesystem;

namespace {

// The example's own; the lab puts its own in their place.
bool is_of_the_example(std::string_view line) {
    for (const std::string_view start : {"listen=",
                                         "children=",
                                         "loadmodule \"ims_node.so\"",
                                         "modparam(\"ims_node\"",
                                         "modparam(\"tls\""}) {
        if (line.starts_with(start)) return true;
    }
    return false;
}

std::string sockets_of_the_node(const KamailioConfig& config) {
    // One worker for a socket: messages reach the engine in the order in which they came.
    std::string lines = "children=1\ntcp_children=1\n";
    for (const auto& [point, address] : config.listens) {
        lines += "listen=udp:" + address + "   # " + point + "\n";
        lines += "listen=tcp:" + address + "\n";
    }
    for (const auto& [what, address] : config.also_listens)
        lines += "listen=" + address + "   # " + what + "\n";
    return lines;
}

std::string module_of_the_node(const KamailioConfig& config) {
    std::string lines = "loadmodule \"" + config.module + "\"\n";
    lines += "modparam(\"ims_node\", \"role\", \"" + config.kind + "\")\n";
    lines += "modparam(\"ims_node\", \"config\", \"" + config.json + "\")\n";
    if (config.ready_fd >= 0)
        lines +=
            "modparam(\"ims_node\", \"ready_fd\", \"" + std::to_string(config.ready_fd) + "\")\n";
    return lines;
}

// What the example keeps in #!ifdef.
std::vector<std::string> definitions_for(const TopologyNode& node) {
    std::vector<std::string> definitions;
    if (node.has_certificate()) definitions.emplace_back("WITH_TLS");
    for (const auto& [point, ports] : node.transports) {
        for (const auto& [transport, port] : ports) {
            if (!is_web_socket(transport)) continue;
            definitions.emplace_back("WITH_WEBSOCKET");
            return definitions;
        }
    }
    return definitions;
}

// `files`: the certificate is there as .pem, its key as .key (lab/certificates.h).
std::string tls_config(const std::string& files) {
    return "[server:default]\nmethod = TLSv1.2+\nverify_certificate = no\n"
           "require_certificate = no\nprivate_key = " +
           files + ".key\ncertificate = " + files + ".pem\n";
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

Result<std::string, std::string> kamailio_config(const KamailioConfig& wanted) {
    const auto example = root_folder() + "/hosts/kamailio/" + wanted.kind + ".cfg";
    bool ok = false;
    std::istringstream lines(read_file(example, ok));
    if (!ok) return failure("cannot read " + example);
    std::string config;
    bool has_sockets = false, has_module = false;
    for (std::string line; std::getline(lines, line);) {
        if (!is_of_the_example(line)) {
            config += line + "\n";
        } else if (line.starts_with("modparam(\"tls\"")) {
            config += "modparam(\"tls\", \"config\", \"" + wanted.tls + "\")\n";
        } else if (line.starts_with("loadmodule") && !std::exchange(has_module, true)) {
            config += module_of_the_node(wanted);
        } else if (!std::exchange(has_sockets, true)) {
            config += sockets_of_the_node(wanted);
        }
    }
    return config;
}

Result<Process::Start, std::string> start_in_kamailio(const TopologyNode& node,
                                                      const NodeOptions& options) {
    std::error_code ignored;
    if (auto problem = why_not_on("kamailio"); !problem.empty()) return failure(problem);
    const auto folder = fs::absolute(options.folder, ignored).string() + "/" + node.name;
    KamailioConfig wanted{node.kind, {}, kamailio_module(), folder + ".json", 3};
    for (const auto& [point, address] : node.addresses) {
        if (point != "Cx") wanted.listens.emplace_back(point, address.to_string());
    }
    for (const auto& [point, ports] : node.transports) {
        for (const auto& [transport, port] : ports) {
            wanted.also_listens.emplace_back(
                point + ", " + std::string(to_string(transport)),
                (is_secure(transport) ? "tls:" : "tcp:") +
                    node.address(point, transport)->to_string());
        }
    }
    wanted.tls = folder + ".tls.cfg";
    const auto config = kamailio_config(wanted);
    if (!config) return failure(config.error());
    auto problem = write_file(folder + ".cfg", *config);
    if (problem.empty() && node.has_certificate())
        problem = write_file(wanted.tls, tls_config(folder));
    if (!problem.empty()) return failure(problem);
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
    for (const auto& definition : definitions_for(node)) {
        start.arguments.emplace_back("-A");
        start.arguments.push_back(definition);
    }
    return start;
}

}  // namespace imslab::lab
