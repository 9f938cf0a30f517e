// What it takes to repeat a run besides the seed: the version of every component that took part.
#include <fmt/format.h>
#include <openssl/opensslv.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <boost/version.hpp>

#include <array>
#include <cstdio>
#include <filesystem>

#include "lab/kamailio.h"
#include "lab/places.h"
#include "lab/run.h"
#include "lab/version.h"

namespace imslab::lab {

namespace {

// The first line that a program says of itself which holds a digit.
std::string version_said_by(const std::string& program, const char* argument) {
    const auto path = find_program(program);
    if (path.empty()) return "not installed";
    const auto command = path + " " + argument + " 2>&1 </dev/null";
    FILE* output = popen(command.c_str(), "r");
    if (!output) return "unknown";
    std::string found;
    std::array<char, 512> line;
    while (fgets(line.data(), line.size(), output)) {
        const std::string text(line.data());
        if (!found.empty() || text.find_first_of("0123456789") == std::string::npos) continue;
        found = text.substr(text.find_first_not_of(" \t"));
        found = found.substr(0, found.find_first_of("\r\n"));
    }
    pclose(output);
    return found.empty() ? "unknown" : found;
}

// The version in a shared library's file name, as the loader finds it for that program: what runs,
// not what was there when it was built.
std::string library_loaded_by(const std::string& program, const std::string& library) {
    const auto command = "ldd '" + program + "' 2>/dev/null </dev/null";
    FILE* output = popen(command.c_str(), "r");
    if (!output) return "unknown";
    std::string version = "unknown";
    std::array<char, 1024> line;
    while (fgets(line.data(), line.size(), output)) {
        const std::string text(line.data());
        const auto arrow = text.find("=> ");
        if (text.find(library) == std::string::npos || arrow == std::string::npos) continue;
        std::error_code error;
        const auto path = text.substr(arrow + 3, text.find(' ', arrow + 3) - arrow - 3);
        const auto file = std::filesystem::canonical(path, error).filename().string();
        if (const auto at = file.find(library + "."); !error && at != std::string::npos)
            version = file.substr(at + library.size() + 1);
    }
    pclose(output);
    return version;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> component_versions() {
    utsname machine{};
    uname(&machine);
    std::vector<std::pair<std::string, std::string>> versions;
    versions.emplace_back("imslab", kVersion);
    if (*kRevision) versions.emplace_back("revision", kRevision);
    versions.emplace_back("compiler", "g++ " __VERSION__);
    versions.emplace_back("SIPp", version_said_by("sipp", "-v"));
    versions.emplace_back("freeDiameter",
                          library_loaded_by(node_executable("hss"), "libfdcore.so"));
    if (const auto kamailio = kamailio_program(); !kamailio.empty())
        versions.emplace_back("Kamailio", version_said_by(kamailio, "-v"));
    versions.emplace_back(
        "Boost",
        fmt::format(
            "{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100));
    versions.emplace_back("OpenSSL", OPENSSL_VERSION_TEXT);
    versions.emplace_back(
        "kernel", std::string(machine.sysname) + " " + machine.release + " " + machine.machine);
    return versions;
}

}  // namespace imslab::lab
