// PostgreSQL refuses to run as root: then the user postgres of Debian's package runs it.
#include "tests/support/postgres_server.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <fstream>
#include <sstream>
#include <vector>

namespace imslab::test {

namespace fs = std::filesystem;

namespace {

const passwd* unprivileged() {
    if (geteuid() != 0) return nullptr;
    const auto* user = getpwnam("postgres");
    return user != nullptr ? user : getpwnam("nobody");
}

void moment() { ::poll(nullptr, 0, 5); }

}  // namespace

std::string PostgresServer::programs() {
    std::vector<std::string> found;
    std::error_code error;
    for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", error)) {
        if (fs::exists(version.path() / "bin" / "initdb", error) &&
            fs::exists(version.path() / "bin" / "postgres", error))
            found.push_back((version.path() / "bin").string());
    }
    return found.empty() ? std::string() : *std::max_element(found.begin(), found.end());
}

PostgresServer& PostgresServer::shared() {
    static PostgresServer one;
    return one;
}

PostgresServer::PostgresServer(const std::string& listen, const std::string& network)
    : listen_(listen), network_(network) {
    std::string name = (fs::temp_directory_path() / "imslab-pg-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
    if (const auto* user = unprivileged())
        REQUIRE(chown(name.c_str(), user->pw_uid, user->pw_gid) == 0);
    if (!succeeds({"initdb",
                   "-D",
                   name + "/data",
                   "-U",
                   "imslab",
                   "--auth=trust",
                   "--no-sync",
                   "--locale=C",
                   "--encoding=UTF8"})) {
        std::ifstream log(folder_ / "log");
        std::ostringstream said;
        said << log.rdbuf();
        FAIL("initdb failed: " << said.str());
    }
    if (!listen_.empty())
        std::ofstream(folder_ / "data" / "pg_hba.conf", std::ios::app)
            << "host all all 0.0.0.0/0 trust\n";
    start();
}

PostgresServer::~PostgresServer() {
    stop(SIGQUIT);
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

// In a session of its own, and gone if this program is gone.
pid_t PostgresServer::run(std::vector<std::string> words) const {
    const auto* user = unprivileged();
    words.front() = programs() + "/" + words.front();
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const pid_t id = fork();
    REQUIRE(id >= 0);
    if (id > 0) return id;
    const int log =
        open((folder_ / "log").c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
    if (!network_.empty()) {
        const int network = open(network_.c_str(), O_RDONLY | O_CLOEXEC);
        if (setns(network, CLONE_NEWNET) != 0) _exit(126);
    }
    if (user != nullptr &&
        (fchown(log, user->pw_uid, user->pw_gid) != 0 || setgroups(0, nullptr) != 0 ||
         setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
        _exit(126);
    dup2(log, 1);
    dup2(log, 2);
    if (chdir("/") != 0) _exit(126);
    for (const char* name : {"PGPASSWORD", "PGPASSFILE", "LD_PRELOAD"}) unsetenv(name);
    execv(argv[0], argv.data());
    _exit(127);
}

bool PostgresServer::succeeds(std::vector<std::string> words) const {
    const pid_t id = run(std::move(words));
    int status = 0;
    return waitpid(id, &status, 0) == id && status == 0;
}

bool PostgresServer::says(const std::string& statement) const {
    return succeeds(
        {"psql", "-X", "-q", "-h", folder_.string(), "-U", "imslab", "-c", statement, "postgres"});
}

void PostgresServer::start() {
    const auto folder = folder_.string();
    id_ = run({"postgres",
               "-D",
               folder + "/data",
               "-k",
               folder,
               "-F",
               "-c",
               "listen_addresses=" + listen_,
               "-c",
               "max_connections=60"});
    await_connections();
}

// Its socket answers to a connection before it serves; a session that begins tells.
void PostgresServer::await_connections() const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < deadline) {
        if (says("SELECT 1")) return;
        moment();
    }
    FAIL("PostgreSQL takes no connections; see " << (folder_ / "log"));
}

void PostgresServer::stop(int number) {
    if (id_ <= 0) return;
    kill(id_, number);
    waitpid(id_, nullptr, 0);
    id_ = -1;
}

void PostgresServer::kill_sessions(int number) {
    std::ifstream children("/proc/" + std::to_string(id_) + "/task/" + std::to_string(id_) +
                           "/children");
    for (pid_t child = 0; children >> child;) {
        std::ifstream name("/proc/" + std::to_string(child) + "/cmdline");
        std::string line;
        std::getline(name, line, '\0');
        if (line.find("imslab postgres") != std::string::npos) kill(child, number);
    }
}

std::string PostgresServer::url() const {
    return "postgresql://imslab@/postgres?host=" + folder_.string();
}

std::string PostgresServer::fresh() {
    const auto place = "p" + std::to_string(++places_);
    REQUIRE(says("CREATE SCHEMA " + place));
    return url() + "&options=-csearch_path%3D" + place +
           "%20-cclient_min_messages%3Dwarning%20-clock_timeout%3D4s";
}

}  // namespace imslab::test
