// A child process: started with what it needs, waited for, ended.
#include "lab/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "lab/interrupt.h"

namespace imslab::lab {

int milliseconds_until(Deadline deadline) {
    if (Interrupt::hurries()) return 0;
    using std::chrono::milliseconds;
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
}

Descriptor::Descriptor(Descriptor&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        close();
        descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
}

void Descriptor::close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
}

namespace {

// Between vfork and exec the child borrows our memory: system calls only.
[[noreturn]] void become(const Process::Start& start,
                         char* const* arguments,
                         int output,
                         pid_t parent) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(127);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    if (output >= 0) {
        dup2(output, STDOUT_FILENO);
        dup2(output, STDERR_FILENO);
    }
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null >= 0) dup2(null, STDIN_FILENO);
    if (start.pass_as_3 == 3) {
        fcntl(3, F_SETFD, 0);
    } else if (start.pass_as_3 >= 0) {
        dup2(start.pass_as_3, 3);
    }
    if (!start.folder.empty() && chdir(start.folder.c_str()) != 0) _exit(126);
    execv(arguments[0], arguments);
    _exit(127);
}

}  // namespace

Result<Process, std::string> Process::start(const Start& start) {
    if (access(start.arguments.front().c_str(), X_OK) != 0) {
        return failure("cannot start " + start.arguments.front() + ": " + std::strerror(errno));
    }
    std::vector<char*> arguments;
    for (const auto& argument : start.arguments)
        arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    Descriptor output;
    if (!start.output.empty()) {
        output =
            Descriptor(open(start.output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
        if (!output) return failure("cannot write " + start.output + ": " + std::strerror(errno));
    }
    Process process;
    const auto parent = getpid();
    // fork would copy page tables; of what it leaves to the child nothing is needed before exec
    const auto id = vfork();
    if (id == 0) become(start, arguments.data(), output.get(), parent);
    if (id < 0)
        return failure("cannot start " + start.arguments.front() + ": " + std::strerror(errno));
    process.id_ = id;
    process.watch_ = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, id, 0)));
    return process;
}

Process& Process::operator=(Process&& other) noexcept {
    if (this != &other) {
        if (running()) stop(in(std::chrono::milliseconds(0)));
        id_ = std::exchange(other.id_, -1);
        watch_ = std::move(other.watch_);
        ended_ = std::exchange(other.ended_, std::nullopt);
    }
    return *this;
}

Process::~Process() {
    if (watch_ && running()) stop(in(std::chrono::milliseconds(0)));
}

void Process::reap(bool block) {
    if (id_ < 0 || ended_ || !watch_) return;
    int status = 0;
    pid_t found = 0;
    do {
        found = waitpid(id_, &status, block ? 0 : WNOHANG);
    } while (found < 0 && errno == EINTR);
    if (found != id_) return;
    ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

bool Process::running() {
    reap(false);
    return id_ > 0 && watch_ && !ended_;
}

std::optional<int> Process::ended() {
    reap(false);
    return ended_;
}

bool Process::wait(Deadline deadline) {
    while (running()) {
        pollfd watched{watch_.get(), POLLIN, 0};
        const auto left = milliseconds_until(deadline);
        if (poll(&watched, 1, left) == 0 && left == 0) return !running();
    }
    return true;
}

void Process::signal(int number) {
    if (running()) kill(id_, number);
}

void Process::signal_group(int number) {
    if (running()) kill(-id_, number);
}

bool Process::stop(Deadline deadline) {
    if (!running()) return true;
    kill(id_, SIGTERM);
    kill(id_, SIGCONT);  // one that is paused could not end
    if (wait(deadline)) return true;
    kill(-id_, SIGKILL);
    kill(id_, SIGKILL);
    reap(true);
    return false;
}

std::string how_it_ended(int ended) {
    if (ended >= 0) return "exit status " + std::to_string(ended);
    return "signal " + std::to_string(-ended) + " (" + strsignal(-ended) + ")";
}

}  // namespace imslab::lab
