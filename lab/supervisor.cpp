// Starting the nodes of a topology, the HSS first; noticing the first that dies; stopping all.
#include "lab/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "hosts/asio/sockaddr.h"
#include "lab/certificates.h"
#include "lab/database.h"
#include "lab/diameter_nodes.h"
#include "lab/interrupt.h"
#include "lab/kamailio.h"
#include "lab/places.h"

namespace imslab::lab {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds kStopDeadline{2000};
constexpr int kAskAgain_ms = 20;  // who does not say that it is ready

std::string tail(const std::string& path, std::size_t lines) {
    bool ok = false;
    const auto content = read_file(path, ok);
    std::size_t at = content.size();
    for (std::size_t found = 0; at > 0; --at) {
        if (content[at - 1] == '\n' && at != content.size() && ++found == lines) break;
    }
    return content.substr(at);
}

}  // namespace

Supervisor::Supervisor(Topology topology, NodeOptions options)
    : topology_(std::move(topology)), options_(std::move(options)) {
    for (const auto& node : topology_.nodes) {
        if (node.external) continue;
        members_.emplace_back().node = &node;
    }
}

Supervisor::~Supervisor() { stop_all(); }

Member* Supervisor::member(std::string_view name) {
    for (auto& member : members_) {
        if (member.node->name == name || member.node->label == name) return &member;
    }
    return nullptr;
}

std::string Supervisor::spawn(Member& member) {
    const auto& name = member.node->name;
    const auto config_file = options_.folder + "/" + name + ".json";
    NodeOptions options = options_;
    // Once started anew it draws other numbers: a request must not look like one of its former
    // life.
    if (options.seed) *options.seed += member.starts;
    ++member.starts;
    if (member.node->runs_on != "asio") {  // another program's working folder is not ours
        std::error_code ignored;
        options.folder = std::filesystem::absolute(options.folder, ignored).string();
    }
    if (auto problem =
            write_file(config_file, node_config(topology_, *member.node, options).dump(1));
        !problem.empty()) {
        return problem;
    }
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        return std::string("no pipe to be had: ") + std::strerror(errno) + "; raise `ulimit -n`";
    }
    member.ready_pipe = Descriptor(ends[0]);
    Descriptor child_end(ends[1]);
    Process::Start start;
    if (member.node->runs_on != "asio") {
        auto prepared = member.node->is_stock() ? start_stock(topology_, *member.node, options_)
                                                : start_in_kamailio(*member.node, options_);
        if (!prepared) return prepared.error();
        start = std::move(*prepared);
    } else {
        start.arguments = {node_executable(member.node->kind), config_file};
    }
    start.output = options_.folder + "/" + name + ".out";
    start.pass_as_3 = child_end.get();
    member.ready = false;
    member.wanted = true;
    member.started = steady_clock::now();
    auto process = Process::start(start);
    if (!process) return process.error() + "; build it with `make`";
    member.process = std::move(*process);
    return {};
}

void Supervisor::is_ready(Member& member) {
    member.ready = true;
    member.time_to_ready =
        std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - member.started);
    member.ready_pipe.close();
}

std::string Supervisor::await_ready(const std::vector<Member*>& awaited, Deadline deadline) {
    for (;;) {
        std::vector<pollfd> watched;
        std::vector<Member*> who;
        bool asks = false;
        for (auto* member : awaited) {
            if (!member->ready && member->node->is_stock()) {
                if (probe_.ready(*member->node)) is_ready(*member);
                asks = asks || !member->ready;
            }
            if (member->ready) continue;
            if (member->node->is_stock() && !member->process.running())
                return member->node->name + " ended while starting" + last_words(*member);
            watched.push_back({member->ready_pipe.get(), POLLIN, 0});
            who.push_back(member);
        }
        if (watched.empty()) return {};
        const auto left = milliseconds_until(deadline);
        const int happened =
            poll(watched.data(), watched.size(), asks ? std::min(left, kAskAgain_ms) : left);
        if (happened < 0 && errno == EINTR) return "interrupted while starting";
        if (happened == 0 && left == 0) {
            return who.front()->node->name + " did not become ready in time" +
                   last_words(*who.front());
        }
        for (std::size_t i = 0; i < watched.size(); ++i) {
            if (watched[i].revents == 0 || watched[i].fd < 0) continue;
            char word[16];
            const auto size = read(watched[i].fd, word, sizeof word);
            if (size > 0) {
                is_ready(*who[i]);
            } else if (size == 0 && who[i]->node->is_stock() && who[i]->process.running()) {
                who[i]->ready_pipe.close();  // it closes what it does not know
            } else if (size == 0) {
                who[i]->process.wait(in(kStopDeadline));
                const auto ended = who[i]->process.ended();
                return who[i]->node->name + " ended while starting" +
                       (ended ? ", " + how_it_ended(*ended) : "") + last_words(*who[i]);
            }
        }
    }
}

Result<void, std::string> Supervisor::start_all(Deadline deadline) {
    if (const auto taken = unusable_addresses(topology_); !taken.empty())
        return failure(taken.front());
    std::error_code error;
    fs::create_directories(options_.folder, error);
    if (error) {
        return failure("cannot make the folder " + options_.folder + ": " + error.message() +
                       "; choose another with --out");
    }
    if (auto made = make_certificates(topology_, options_); !made) return made;
    if (needs_scanner(topology_)) {
        auto scanner = ContentScanner::start(options_, deadline);
        if (!scanner) return failure(scanner.error());
        scanner_ = std::move(*scanner);
    }
    if (options_.trace) {
        auto listening = Wiretap::listen(topology_, options_.folder);
        if (!listening) return failure(listening.error());
        wiretap_ = std::move(*listening);
    }
    std::vector<Member*> hss, bsf, clients, others, all;
    for (auto& member : members_) {
        all.push_back(&member);
        (member.node->kind == "hss"   ? hss
         : member.node->hosts("bsf")  ? bsf
         : has_diameter(*member.node) ? clients
                                      : others)
            .push_back(&member);
    }
    std::string problem;
    if (!hss.empty() && !topology_.subscribers_file.empty()) {
        problem =
            provision(topology_.subscribers_file, database_of(topology_, options_), options_.cache);
    }
    const auto spawn_all = [&](const std::vector<Member*>& members) {
        for (auto* member : members) {
            if (problem.empty()) problem = spawn(*member);
        }
    };
    // A missed first connect costs a Diameter peer seconds: its clients start when the HSS listens,
    // those of a BSF when that does, too. Who has no Diameter need not wait.
    spawn_all(hss);
    spawn_all(others);
    if (problem.empty()) problem = await_ready(hss, deadline);
    spawn_all(bsf);
    if (problem.empty()) problem = await_ready(bsf, deadline);
    spawn_all(clients);
    if (problem.empty()) problem = await_ready(all, deadline);
    if (problem.empty()) return {};
    stop_all();
    return failure(problem);
}

void Supervisor::stop_all() {
    const Interrupt::Patience patience;
    // all are told first, so that they end side by side; the HSS last hears of it, its clients say
    // good-bye to it
    for (auto& member : members_) {
        member.wanted = false;
        member.ready = false;
        member.process.signal(SIGTERM);
        member.process.signal(SIGCONT);
    }
    const auto deadline = in(kStopDeadline);
    for (auto& member : members_) member.process.stop(deadline);
    wiretap_.reset();
    scanner_.reset();
}

std::string Supervisor::start(std::string_view name, Deadline deadline) {
    auto* found = member(name);
    if (!found) return "no node " + std::string(name) + " of ours";
    if (!found->wanted && found->ready && !found->process.wait(in(kStopDeadline)))
        return found->node->name + " has not had the message at which it was to be killed";
    if (found->process.running()) return found->node->name + " is running already";
    if (auto problem = spawn(*found); !problem.empty()) return problem;
    return await_ready({found}, deadline);
}

std::string Supervisor::stop(std::string_view name, Deadline deadline) {
    auto* found = member(name);
    if (!found) return "no node " + std::string(name) + " of ours";
    found->wanted = false;
    found->ready = false;
    if (!found->process.stop(deadline)) return found->node->name + " did not stop and was killed";
    return {};
}

std::string Supervisor::signal(std::string_view name, int number) {
    auto* found = member(name);
    if (!found) return "no node " + std::string(name) + " of ours";
    if (!found->process.running()) return found->node->name + " is not running";
    // A server of several processes ends, or stands still, as a whole.
    if (found->node->runs_on != "asio")
        found->process.signal_group(number);
    else
        found->process.signal(number);
    if (number == SIGKILL) {
        found->wanted = false;
        found->ready = false;
        found->process.wait(in(kStopDeadline));
    }
    return {};
}

std::string Supervisor::kill_at_message(std::string_view name, unsigned message) {
    auto* found = member(name);
    if (!found) return "no node " + std::string(name) + " of ours";
    const auto answer = ask_node(control_socket_of(*found->node, options_),
                                 "die " + std::to_string(message),
                                 in(kStopDeadline));
    if (!answer) return answer.error();
    if (!answer->starts_with("ok")) return found->node->name + ": " + *answer;
    found->wanted = false;
    return {};
}

std::optional<std::string> Supervisor::death() {
    for (auto& member : members_) {
        if (!member.wanted) continue;
        const auto ended = member.process.ended();
        if (!ended) continue;
        member.wanted = false;
        member.ready = false;
        return member.node->name + " died: " + how_it_ended(*ended) + last_words(member);
    }
    return std::nullopt;
}

std::vector<int> Supervisor::watches() const {
    std::vector<int> all;
    for (const auto& member : members_) {
        if (member.wanted) all.push_back(member.process.watch());
    }
    return all;
}

std::string Supervisor::last_words(const Member& member) const {
    const auto file = options_.folder + "/" + member.node->name;
    auto words = tail(file + ".log", 5) + tail(file + ".out", 5);
    while (!words.empty() && words.back() == '\n') words.pop_back();
    return words.empty() ? "" : "; its last words:\n" + words;
}

std::vector<std::string> unusable_addresses(const Topology& topology) {
    std::vector<std::string> problems;
    const auto try_address = [&](const std::string& who, const Address& address, int type) {
        const host::SocketAddress name(address);
        Descriptor tried(socket(name.storage.ss_family, type | SOCK_CLOEXEC, 0));
        const int on = 1;
        if (type == SOCK_STREAM) setsockopt(tried.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (bind(tried.get(), name.data(), name.size) == 0) return;
        const int why = errno;
        const std::string port = std::to_string(address.port);
        std::string remedy;
        if (why == EADDRINUSE) {
            remedy = "is taken; `ss -lnp 'sport = :" + port + "'` says by whom: end it, or give " +
                     who + " another address in the topology";
        } else if (why == EADDRNOTAVAIL) {
            remedy = "is not an address of this machine; `sudo ip address add " +
                     address.ip.to_string() + "/32 dev lo` makes it one";
        } else if (why == EACCES) {
            remedy =
                "may not be used by you; `sudo sysctl net.ipv4.ip_unprivileged_port_start=" + port +
                "` allows it";
        } else {
            remedy = std::string("cannot be used: ") + std::strerror(why);
        }
        problems.push_back(address.to_string() + (type == SOCK_DGRAM ? " (UDP)" : " (TCP)") +
                           " of " + who + " " + remedy);
    };
    for (const auto& node : topology.nodes) {
        if (node.external) continue;
        for (const auto& [point, address] : node.addresses) {
            const bool diameter = point == "Cx" || point == "Sh";
            if (!diameter) try_address(node.name, address, SOCK_DGRAM);
            if (!diameter || node.kind == "hss") try_address(node.name, address, SOCK_STREAM);
        }
        for (const auto& [point, ports] : node.transports) {
            for (const auto& [transport, port] : ports)
                try_address(node.name, *node.address(point, transport), SOCK_STREAM);
        }
    }
    return problems;
}

}  // namespace imslab::lab
