// The driver is a Node.js program of its own, lab/browser/driver.mjs.
#include <poll.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/transports.h"
#include "lab/control.h"
#include "lab/places.h"
#include "lab/soft_phone.h"

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

std::string socket_in(const SoftPhoneWish& wish) {
    auto path = absolute(wish.folder) + "/" + wish.place.name + ".sock";
    if (path.size() <= kSocketPathOctets) return path;
    return "/tmp/imslab-" + std::to_string(getuid()) + "-" +
           std::to_string(std::hash<std::string>{}(path)) + ".sock";
}

nlohmann::ordered_json config_of(const SoftPhoneWish& wish, const std::string& socket) {
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

class BrowserPhone : public SoftPhone {
public:
    BrowserPhone(std::string name, std::string socket, Process process)
        : name_(std::move(name)), socket_(std::move(socket)), process_(std::move(process)) {}

    // The page is loaded; one sentence if not.
    std::string await_start(const std::string& output, Deadline deadline) {
        while (!ask_node(socket_, "hello", in(kHello))) {
            if (!process_.running())
                return name_ + ": the browser ended while starting; " + output + " says why";
            if (milliseconds_until(deadline) == 0)
                return name_ + ": the browser did not start in time";
            poll(nullptr, 0, 20);  // nothing tells of a socket that listens
        }
        return {};
    }

    std::string enrol(unsigned seconds, Deadline deadline) override {
        return tell("register " + std::to_string(seconds), deadline);
    }
    std::string leave(Deadline deadline) override { return tell("deregister", deadline); }
    std::string call(const std::string& uri, Deadline deadline) override {
        return tell("call " + uri, deadline);
    }
    std::string answer(Deadline deadline) override { return tell("answer", deadline); }
    std::string await_end_of_call(Deadline deadline) override { return tell("over", deadline); }
    std::string message(const std::string&, const std::string&, Deadline) override {
        return name_ + ": a browser writes no messages";
    }

private:
    std::string tell(const std::string& command, Deadline deadline) {
        auto answer = ask_node(socket_, command, deadline);
        if (!answer) return name_ + " (`" + command + "`): " + answer.error();
        while (!answer->empty() && answer->back() == '\n') answer->pop_back();
        return *answer == "ok" ? std::string() : name_ + " (`" + command + "`): " + *answer;
    }

    std::string name_, socket_;
    Process process_;
};

}  // namespace

Result<std::unique_ptr<SoftPhone>, std::string> start_browser_phone(const SoftPhoneWish& wish,
                                                                    Deadline deadline) {
    const auto socket = socket_in(wish);
    const auto files = wish.folder + "/" + wish.place.name + "-browser";
    if (auto problem = write_file(files + ".json", config_of(wish, socket).dump(1) + "\n");
        !problem.empty())
        return failure(problem);
    Process::Start start;
    start.arguments = {
        find_program("node"), root_folder() + "/lab/browser/driver.mjs", files + ".json"};
    start.output = files + ".messages";
    auto process = Process::start(start);
    if (!process) return failure(process.error());
    auto phone = std::make_unique<BrowserPhone>(wish.place.name, socket, std::move(*process));
    if (auto problem = phone->await_start(start.output, deadline); !problem.empty())
        return failure(problem);
    return phone;
}

}  // namespace imslab::lab
