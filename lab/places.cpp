// Where files lie: the source tree, the node programs, what a run leaves.
#include "lab/places.h"

#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace imslab::lab {

namespace fs = std::filesystem;

namespace {

std::string above_with_scenarios(fs::path folder) {
    std::error_code ignored;
    while (!folder.empty()) {
        if (fs::is_directory(folder / "scenarios" / "topologies", ignored)) return folder.string();
        if (folder == folder.parent_path()) break;
        folder = folder.parent_path();
    }
    return {};
}

}  // namespace

std::string executable_path() {
    char path[PATH_MAX];
    const auto size = readlink("/proc/self/exe", path, sizeof path);
    return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : std::string();
}

std::string root_folder() {
    std::error_code ignored;
    const auto here = fs::current_path(ignored);
    if (auto found = above_with_scenarios(here); !found.empty()) return found;
    if (auto found = above_with_scenarios(fs::path(executable_path()).parent_path());
        !found.empty()) {
        return found;
    }
    return here.string();
}

std::string node_executable(std::string_view kind) {
    return (fs::path(executable_path()).parent_path() / "nodes" / kind).string();
}

std::string find_program(std::string_view name) {
    if (name.find('/') != std::string_view::npos) {
        const std::string path(name);
        return access(path.c_str(), X_OK) == 0 ? path : std::string();
    }
    const char* variable = std::getenv("PATH");
    std::istringstream folders(variable ? variable : "/usr/bin:/bin");
    for (std::string folder; std::getline(folders, folder, ':');) {
        const auto path = (fs::path(folder) / name).string();
        if (access(path.c_str(), X_OK) == 0) return path;
    }
    return {};
}

std::string read_file(const std::string& path, bool& ok) {
    std::ifstream file(path, std::ios::binary);
    ok = file.good() && !fs::is_directory(path);
    std::ostringstream content;
    if (ok) content << file.rdbuf();
    return content.str();
}

std::string write_file(const std::string& path, std::string_view content) {
    std::error_code error;
    const auto folder = fs::path(path).parent_path();
    if (!folder.empty()) fs::create_directories(folder, error);
    std::ofstream file(path, std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    file.close();
    if (file.good()) return {};
    return "cannot write " + path + ": " + std::strerror(errno) +
           "; choose another folder with --out";
}

}  // namespace imslab::lab
