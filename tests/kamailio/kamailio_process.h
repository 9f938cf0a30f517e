// A Kamailio with one CSCF in it, started by a test from the role's example cfg on addresses of its
// own (127.9 in place of 127.1), and a phone that speaks to it.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace imslab::test {

namespace fs = std::filesystem;

inline std::string text_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

class KamailioProcess {
public:
    // `more` is put behind the module's other parameters, `first` at the head of request_route.
    explicit KamailioProcess(const std::string& role,
                             const std::string& more = {},
                             const std::string& first = {},
                             const std::string& module = IMSLAB_BINARY_DIR
                             "/kamailio/ims_node.so") {
        static int count = 0;
        folder_ = fs::temp_directory_path() /
                  ("imslab-kamailio-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
        fs::create_directories(folder_);
        std::string cfg = text_of(fs::path(IMSLAB_SOURCE_DIR) / "hosts/kamailio" / (role + ".cfg"));
        cfg = replaced(cfg, "\"ims_node.so\"", "\"" + module + "\"");
        cfg = replaced(cfg, "127.1.", "127.9.");
        const auto routes = cfg.find("# What the core would drop");
        cfg.insert(routes, "modparam(\"ims_node\", \"ready_fd\", \"3\")\n" + more + "\n");
        cfg = replaced(cfg, "    # Here goes", first + "    # Here goes");
        std::ofstream(folder_ / "kamailio.cfg") << cfg;
        start();
    }
    KamailioProcess(const KamailioProcess&) = delete;
    KamailioProcess& operator=(const KamailioProcess&) = delete;
    ~KamailioProcess() {
        if (id_ > 0) ::kill(-id_, SIGKILL);
        if (id_ > 0) ::waitpid(id_, nullptr, 0);
        ::close(ready_);
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }

    bool await_ready() {
        pollfd watched{ready_, POLLIN, 0};
        char word[16];
        return ::poll(&watched, 1, 10'000) == 1 && ::read(ready_, word, sizeof word) > 0;
    }
    int await_end() {
        int status = 0;
        ::waitpid(id_, &status, 0);
        id_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
    // Kamailio's main process looks whether a signal has come and then pauses for one: a signal in
    // between is seen with the next one only. So it is told again, as long as a shutdown may take.
    // -1: it does not stop.
    int stop() {
        for (int attempt = 0; attempt < 10; ++attempt) {
            ::kill(id_, SIGTERM);
            for (int look = 0; look < 50; ++look) {
                int status = 0;
                if (::waitpid(id_, &status, WNOHANG) == id_) {
                    id_ = -1;
                    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
                }
                ::poll(nullptr, 0, 10);
            }
        }
        ::kill(-id_, SIGKILL);
        ::waitpid(id_, nullptr, 0);
        id_ = -1;
        return -1;
    }
    bool is_running() const { return ::waitpid(id_, nullptr, WNOHANG) == 0; }

    // What Kamailio and the node printed.
    std::string printed() const { return text_of(folder_ / "printed"); }
    // False: it does not print so within five seconds.
    bool await_print(const std::string& text) const {
        for (int look = 0; look < 500; ++look) {
            if (printed().find(text) != std::string::npos) return true;
            ::poll(nullptr, 0, 10);
        }
        return false;
    }
    // An RPC command, as an administrator gives it.
    std::string command(const std::string& words) const {
        const auto file = folder_ / "answer";
        const std::string line = "kamcmd -s unix:" + (folder_ / "kamailio_ctl").string() + " " +
                                 words + " >" + file.string() + " 2>&1";
        CHECK(std::system(line.c_str()) == 0);
        return text_of(file);
    }
    // The only process whose parent's parent is Kamailio's main process.
    pid_t engine() const {
        for (const pid_t keeper : children_of(id_)) {
            const auto engines = children_of(keeper);
            if (!engines.empty()) return engines.front();
        }
        return -1;
    }

private:
    static std::vector<pid_t> children_of(pid_t parent) {
        std::vector<pid_t> children;
        for (const auto& entry : fs::directory_iterator("/proc")) {
            const auto name = entry.path().filename().string();
            if (name.find_first_not_of("0123456789") != std::string::npos) continue;
            const std::string stat = text_of(entry.path() / "stat");
            const auto after_name = stat.rfind(')');
            if (after_name == std::string::npos) continue;
            std::istringstream fields(stat.substr(after_name + 1));
            std::string state;
            pid_t its_parent = 0;
            fields >> state >> its_parent;
            if (its_parent == parent) children.push_back(static_cast<pid_t>(std::stoi(name)));
        }
        return children;
    }

    void start() {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        ready_ = ends[0];
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        const std::string out = (folder_ / "printed").string();
        posix_spawn_file_actions_addopen(
            &actions, 1, out.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
        posix_spawn_file_actions_adddup2(&actions, 1, 2);
        posix_spawn_file_actions_adddup2(&actions, ends[1], 3);
        posix_spawnattr_t attributes;
        posix_spawnattr_init(&attributes);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
        const std::string cfg = (folder_ / "kamailio.cfg").string(), folder = folder_.string();
        std::vector<std::string> words{
            "kamailio", "-f", cfg, "-DD", "-E", "-m", "32", "-M", "4", "-Y", folder};
        std::vector<char*> arguments;
        for (auto& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        const char* program = fs::exists("/usr/sbin/kamailio") ? "/usr/sbin/kamailio" : "kamailio";
        REQUIRE(::posix_spawnp(&id_, program, &actions, &attributes, arguments.data(), environ) ==
                0);
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
        ::close(ends[1]);
    }

    fs::path folder_;
    pid_t id_ = -1;
    int ready_ = -1;
};

// A UDP or TCP socket on a loopback address.
class Wire {
public:
    explicit Wire(const std::string& address, int type = SOCK_DGRAM, std::uint16_t port = 5060)
        : socket_(::socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
        const int on = 1;
        ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        const sockaddr_in name = at(address, type == SOCK_DGRAM ? port : std::uint16_t{0});
        REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
    }
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;
    ~Wire() { ::close(socket_); }

    void connect(const std::string& address) {
        const sockaddr_in name = at(address, 5060);
        REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
    }
    void send(const std::string& address, const std::string& message) {
        const sockaddr_in name = at(address, 5060);
        ::sendto(socket_,
                 message.data(),
                 message.size(),
                 0,
                 reinterpret_cast<const sockaddr*>(&name),
                 sizeof name);
    }
    void write(const std::string& message) {
        ::send(socket_, message.data(), message.size(), MSG_NOSIGNAL);
    }
    // What comes next within the time; empty: nothing.
    std::string receive(int milliseconds = 3'000) {
        pollfd watched{socket_, POLLIN, 0};
        if (::poll(&watched, 1, milliseconds) <= 0) return {};
        char buffer[70'000];
        const auto size = ::recv(socket_, buffer, sizeof buffer, 0);
        return size <= 0 ? std::string() : std::string(buffer, static_cast<std::size_t>(size));
    }
    // The first that starts so; what else comes is passed over.
    std::string await(const std::string& start, int milliseconds = 3'000) {
        for (int i = 0; i < 10'000; ++i) {
            auto message = receive(milliseconds);
            if (message.empty() || message.starts_with(start)) return message;
        }
        return {};
    }

private:
    static sockaddr_in at(const std::string& address, std::uint16_t port) {
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_port = htons(port);
        ::inet_pton(AF_INET, address.c_str(), &name.sin_addr);
        return name;
    }
    int socket_;
};

}  // namespace imslab::test
