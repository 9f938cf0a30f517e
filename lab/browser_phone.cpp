// The driver is a Node.js program of its own, lab/browser/driver.mjs.
#include "lab/browser_phone.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/transports.h"
#include "lab/control.h"
#include "lab/places.h"

namespace imslab::lab {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace {

// sun_path holds 107 octets: a deep folder does not fit.
constexpr std::size_t kSocketPathOctets = 100;
constexpr milliseconds kHello{1'000};

std::string packages() { return root_folder() + "/build/browser"; }

std::string absolute(const std::string& path) {
    std::error_code ignored;
    return fs::absolute(path, ignored).lexically_normal().string();
}

std::string socket_in(const BrowserWish& wish) {
    auto path = absolute(wish.folder) + "/" + wish.place.name + ".sock";
    if (path.size() <= kSocketPathOctets) return path;
    return "/tmp/imslab-" + std::to_string(getuid()) + "-" +
           std::to_string(std::hash<std::string>{}(path)) + ".sock";
}

nlohmann::ordered_json config_of(const BrowserWish& wish, const std::string& socket) {
    nlohmann::ordered_json config;
    config["chromium"] = find_program("chromium");
    config["packages"] = absolute(packages());
    config["address"] = wish.place.address.ip.to_string();
    config["secure"] = is_secure(wish.place.transport);
    config["identity"] = wish.identity.public_identities.front();
    config["user"] = wish.identity.private_identity;
    config["password"] = wish.place.password;
    config["pcscf"]["name"] = wish.pcscf_host;
    config["pcscf"]["host"] = wish.pcscf.ip.to_string();
    config["pcscf"]["port"] = wish.pcscf.port;
    if (!wish.certificate.empty()) config["certificate"] = absolute(wish.certificate);
    config["socket"] = socket;
    return config;
}

}  // namespace

bool needs_browser(const Topology& topology) {
    return std::any_of(topology.ues.begin(), topology.ues.end(), [](const TopologyUe& ue) {
        return ue.driver == TopologyUe::Driver::browser;
    });
}

std::string why_no_browser() {
    if (find_program("chromium").empty())
        return "Chromium is missing; `make setup-test` installs it";
    if (find_program("node").empty()) return "Node.js is missing; `make setup-test` installs it";
    std::error_code ignored;
    if (!fs::exists(packages() + "/node_modules/jssip", ignored))
        return "JsSIP is missing in build/browser; `make setup-test` installs it";
    return {};
}

Result<BrowserPhone, std::string> BrowserPhone::start(const BrowserWish& wish, Deadline deadline) {
    if (auto problem = why_no_browser(); !problem.empty()) return failure(problem);
    BrowserPhone phone;
    phone.name_ = wish.place.name;
    phone.socket_ = socket_in(wish);
    const auto files = wish.folder + "/" + wish.place.name + "-browser";
    if (auto problem =
            write_file(files + ".json", config_of(wish, phone.socket_).dump(1) + "\n");
        !problem.empty())
        return failure(problem);
    Process::Start start;
    start.arguments = {find_program("node"), root_folder() + "/lab/browser/driver.mjs", files + ".json"};
    start.output = files + ".messages";
    auto process = Process::start(start);
    if (!process) return failure(process.error());
    phone.process_ = std::move(*process);
    while (!ask_node(phone.socket_, "hello", in(kHello))) {
        if (!phone.process_.running())
            return failure(phone.name_ + ": the browser ended while starting; " + start.output +
                           " says why");
        if (milliseconds_until(deadline) == 0)
            return failure(phone.name_ + ": the browser did not start in time");
        poll(nullptr, 0, 20);  // nothing tells of a socket that listens
    }
    return phone;
}

std::string BrowserPhone::tell(const std::string& command, Deadline deadline) {
    auto answer = ask_node(socket_, command, deadline);
    if (!answer) return name_ + " (`" + command + "`): " + answer.error();
    while (!answer->empty() && answer->back() == '\n') answer->pop_back();
    return *answer == "ok" ? std::string() : name_ + " (`" + command + "`): " + *answer;
}

}  // namespace imslab::lab
