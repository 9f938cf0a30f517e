// clamd.conf(5), and a signature in the extended format (*.ndb): a name, any type of file, at any
// offset, these octets.
#include "lab/content_scanner.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "lab/program_wire.h"

namespace imslab::lab {

namespace {

namespace fs = std::filesystem;

constexpr const char* kProgram = "/usr/sbin/clamd";
constexpr std::string_view kWord = "clamd";

std::string signature() {
    std::string line = "Eicar-Test-Signature:0:*:";
    for (const char c : scanners_test_string()) {
        line += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4U];
        line += "0123456789abcdef"[static_cast<unsigned char>(c) & 15U];
    }
    return line + "\n";
}

bool is_wanted(const nlohmann::ordered_json& enabler) {
    return enabler.is_object() && enabler.contains("content_filter") &&
           enabler["content_filter"] == kWord;
}

}  // namespace

// In two pieces: a scanner that looks at this program is to find nothing.
std::string scanners_test_string() {
    return std::string("X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-") +
           "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";
}

bool needs_scanner(const Topology& topology) {
    return std::any_of(topology.nodes.begin(), topology.nodes.end(), [](const TopologyNode& node) {
        const auto enablers = node.settings.find("enablers");
        return enablers != node.settings.end() && enablers->is_object() &&
               std::any_of(enablers->begin(), enablers->end(), is_wanted);
    });
}

std::string why_no_scanner() {
    if (::access(kProgram, X_OK) == 0) return {};
    return "ClamAV's daemon is missing; `make setup-test` installs it";
}

// A path of a socket has room for 107 octets, a run's folder may be longer.
std::string scanner_socket(const NodeOptions& options) {
    const auto folder = std::hash<std::string>{}(options.folder);
    return (fs::temp_directory_path() / ("imslab-clamd-" + std::to_string(::getpid()) + "-" +
                                         std::to_string(folder % 1'000'000)))
        .string();
}

void name_scanner(nlohmann::ordered_json& settings, const NodeOptions& options) {
    const auto enablers = settings.find("enablers");
    if (enablers == settings.end() || !enablers->is_object()) return;
    for (auto& enabler : *enablers) {
        if (is_wanted(enabler)) enabler["content_filter"] = scanner_socket(options);
    }
}

Result<std::unique_ptr<ContentScanner>, std::string> ContentScanner::start(
    const NodeOptions& options, Deadline deadline) {
    if (auto problem = why_no_scanner(); !problem.empty()) return failure(std::move(problem));
    std::error_code error;
    const auto folder = fs::absolute(fs::path(options.folder) / "clamd", error);
    fs::create_directories(folder, error);
    const auto socket = scanner_socket(options);
    std::ofstream(folder / "eicar.ndb") << signature();
    std::ofstream(folder.parent_path() / "clamd.conf")
        << "Foreground yes\nLocalSocket " << socket << "\nFixStaleSocket yes\nDatabaseDirectory "
        << folder.string() << "\n";
    Process::Start start;
    start.arguments = {kProgram, "-c", (folder.parent_path() / "clamd.conf").string()};
    start.output = (folder.parent_path() / "clamd.out").string();
    auto process = Process::start(start);
    if (!process) return failure(process.error());
    std::unique_ptr<ContentScanner> scanner(new ContentScanner(std::move(*process), socket));
    if (const auto wire = ProgramWire::to(socket, scanner->process_, deadline); !wire)
        return failure("clamd: " + wire.error() + "; " + start.output + " says more");
    return scanner;
}

ContentScanner::~ContentScanner() {
    process_.signal(SIGKILL);
    process_.wait(in(std::chrono::seconds(2)));
    ::unlink(socket_.c_str());
}

}  // namespace imslab::lab
