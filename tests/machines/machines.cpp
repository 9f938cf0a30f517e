// Namespaces by ip(8), views of files by mount(8) in a mount namespace of the process's own.
#include "tests/machines/machines.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace imslab::test {

namespace fs = std::filesystem;

namespace {

constexpr const char* kSwitch = "switch";

// argv[1]: the folder of the test, argv[2]: the machine's, argv[3]: its configuration, argv[4]: the
// programs; then the command. What the container's image and its volumes show.
constexpr const char* kView = R"(set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /opt
mkdir -p /opt/imslab
mount --bind "$4" /opt/imslab
mount --bind "$1/etc" /etc
mount --bind "$2/hosts" /etc/hosts
[ "$3" = none ] || mount --bind "$3" /etc/imslab
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -m 1777 /run/imslab
shift 4
exec setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs -- "$@"
)";

}  // namespace

std::string Machines::why_not() {
    if (geteuid() != 0) return "machines in network namespaces need root";
    if (!says("ip netns add imslab-try") || !says("ip netns del imslab-try"))
        return "`ip netns add` does not work here";
    return {};
}

bool Machines::says(const std::string& line) {
    return std::system((line + " >/dev/null 2>&1").c_str()) == 0;
}

Machines::Machines() {
    std::string name = (fs::temp_directory_path() / "imslab-machines-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
    fs::permissions(folder_, fs::perms(0755));
    prefix_ = "il" + std::to_string(getpid()) + "-";
    REQUIRE(says("cp -a /etc " + name + "/etc"));
    fs::create_directories(folder_ / "etc" / "imslab");
    REQUIRE(says("ip netns add " + space(kSwitch)));
    REQUIRE(says("ip -n " + space(kSwitch) + " link add br0 type bridge"));
    REQUIRE(says("ip -n " + space(kSwitch) + " link set br0 up"));
}

Machines::~Machines() {
    for (const auto& [name, id] : processes_) kill(-id, SIGKILL);
    for (const auto& [name, id] : processes_) waitpid(id, nullptr, 0);
    for (const auto& [name, port] : ports_) says("ip netns del " + space(name));
    says("ip netns del " + space(kSwitch));
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

void Machines::add(const std::string& name, const std::string& address) {
    const auto port = "port" + std::to_string(ports_.size());
    const auto in = "ip -n " + space(name) + " ";
    REQUIRE(says("ip netns add " + space(name)));
    ports_[name] = port;
    REQUIRE(says(in + "link add eth0 type veth peer name " + port + " netns " + space(kSwitch)));
    REQUIRE(says(in + "link set lo up"));
    REQUIRE(says(in + "address add " + address + "/24 dev eth0"));
    REQUIRE(says(in + "link set eth0 up"));
    REQUIRE(says("ip -n " + space(kSwitch) + " link set " + port + " master br0"));
    join(name);
}

void Machines::add_address(const std::string& name, const std::string& address) {
    REQUIRE(says("ip -n " + space(name) + " address add " + address + "/24 dev eth0"));
}

void Machines::cut(const std::string& name) {
    REQUIRE(says("ip -n " + space(kSwitch) + " link set " + ports_.at(name) + " down"));
}

void Machines::join(const std::string& name) {
    REQUIRE(says("ip -n " + space(kSwitch) + " link set " + ports_.at(name) + " up"));
}

std::string Machines::network_of(const std::string& name) const {
    return "/run/netns/" + space(name);
}

void Machines::enter(const std::string& name) const {
    const int file = open(network_of(name).c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(file >= 0);
    REQUIRE(setns(file, CLONE_NEWNET) == 0);
    close(file);
}

pid_t Machines::spawn(const std::string& name,
                      const std::vector<std::string>& command,
                      const std::vector<std::string>& environment,
                      const std::vector<std::string>& hosts,
                      const fs::path& config) {
    const auto place = folder_ / name;
    fs::create_directories(place);
    std::ofstream table(place / "hosts");
    table << "127.0.0.1 localhost\n";
    for (const auto& host : hosts) {  // as compose has them: name:address
        const auto at = host.find(':');
        table << host.substr(at + 1) << " " << host.substr(0, at) << "\n";
    }
    table.close();
    std::vector<std::string> words{"ip",
                                   "netns",
                                   "exec",
                                   space(name),
                                   "unshare",
                                   "-m",
                                   "sh",
                                   "-c",
                                   kView,
                                   "view",
                                   folder_.string(),
                                   place.string(),
                                   config.empty() ? "none" : config.string(),
                                   IMSLAB_BINARY_DIR};
    words.insert(words.end(), command.begin(), command.end());
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const pid_t id = fork();
    REQUIRE(id >= 0);
    if (id > 0) return id;
    setpgid(0, 0);
    const int out =
        open((place / "output").c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
    dup2(out, 1);
    dup2(out, 2);
    for (const auto& one : environment) {
        const auto at = one.find('=');
        setenv(one.substr(0, at).c_str(), one.substr(at + 1).c_str(), 1);
    }
    execvp(argv[0], argv.data());
    _exit(127);
}

void Machines::start(const std::string& name,
                     const std::vector<std::string>& command,
                     const std::vector<std::string>& environment,
                     const std::vector<std::string>& hosts,
                     const fs::path& config) {
    processes_[name] = spawn(name, command, environment, hosts, config);
}

int Machines::run(const std::string& name,
                  const std::vector<std::string>& command,
                  const std::vector<std::string>& environment,
                  const std::vector<std::string>& hosts,
                  const fs::path& config) {
    const pid_t id = spawn(name, command, environment, hosts, config);
    int status = 0;
    waitpid(id, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string Machines::output_of(const std::string& name) const {
    std::ifstream file(folder_ / name / "output");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace imslab::test
