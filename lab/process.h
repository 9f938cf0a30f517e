// A child process of the lab's: started fast (vfork), in a process group of its own, dying with its
// parent, and watched through a pidfd so that its end is an event.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"

namespace imslab::lab {

using Deadline = std::chrono::steady_clock::time_point;
inline Deadline in(std::chrono::milliseconds time) {
    return std::chrono::steady_clock::now() + time;
}
// What is left until then, as poll(2) wants it.
int milliseconds_until(Deadline deadline);

class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor() { close(); }
    void close();
    int get() const { return descriptor_; }
    explicit operator bool() const { return descriptor_ >= 0; }

private:
    int descriptor_ = -1;
};

class Process {
public:
    struct Start {
        std::vector<std::string> arguments;  // the first is the program's path
        std::string output;                  // file for standard output and error, appended
        int pass_as_3 = -1;                  // a descriptor the child gets as number 3
        std::string folder;                  // working directory; empty: ours
    };
    // One sentence if the program cannot be started.
    static Result<Process, std::string> start(const Start& start);

    Process() = default;
    Process(Process&&) = default;
    Process& operator=(Process&& other) noexcept;
    ~Process();  // kills what still runs

    pid_t id() const { return id_; }
    bool running();                             // looks, does not wait
    int watch() const { return watch_.get(); }  // readable when the process has ended
    // After its end: the exit status, or minus the signal's number.
    std::optional<int> ended();
    bool wait(Deadline deadline);  // true: it has ended
    void signal(int number);
    void signal_group(int number);  // to it and to all that it has started
    // SIGTERM, and SIGKILL to the whole group if it has not ended by the deadline. False: it had to
    // be killed.
    bool stop(Deadline deadline);

private:
    void reap(bool block);

    pid_t id_ = -1;
    Descriptor watch_;
    std::optional<int> ended_;
};

// "exit status 2", "signal 11 (Segmentation fault)"
std::string how_it_ended(int ended);

}  // namespace imslab::lab
