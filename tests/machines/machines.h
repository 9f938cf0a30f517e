// Machines in one: a network namespace for each, with an address of its own on a bridge in another
// one, and a view of the files as its container has it. Needs root, as making namespaces does.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace imslab::test {

class Machines {
public:
    // One sentence why this machine cannot make machines; empty: it can.
    static std::string why_not();

    Machines();
    ~Machines();
    Machines(const Machines&) = delete;
    Machines& operator=(const Machines&) = delete;

    // `address`: "10.77.0.20".
    void add(const std::string& name, const std::string& address);
    void add_address(const std::string& name, const std::string& address);
    // The cable is pulled, and put back.
    void cut(const std::string& name);
    void join(const std::string& name);
    std::string network_of(const std::string& name) const;  // the namespace's file
    // This thread is on that machine from now on.
    void enter(const std::string& name) const;

    // A process there, as the image's user: `hosts` is its /etc/hosts, `config` its /etc/imslab,
    // `programs` has imslab, nodes/ and kamailio/.
    void start(const std::string& name,
               const std::vector<std::string>& command,
               const std::vector<std::string>& environment,
               const std::vector<std::string>& hosts,
               const std::filesystem::path& config);
    // The same to its end: its exit status.
    int run(const std::string& name,
            const std::vector<std::string>& command,
            const std::vector<std::string>& environment,
            const std::vector<std::string>& hosts,
            const std::filesystem::path& config);
    std::string output_of(const std::string& name) const;
    const std::filesystem::path& folder() const { return folder_; }

private:
    pid_t spawn(const std::string& name,
                const std::vector<std::string>& command,
                const std::vector<std::string>& environment,
                const std::vector<std::string>& hosts,
                const std::filesystem::path& config);
    std::string space(const std::string& name) const { return prefix_ + name; }
    static bool says(const std::string& line);

    std::filesystem::path folder_;
    std::string prefix_;
    std::map<std::string, std::string> ports_;  // on the bridge
    std::map<std::string, pid_t> processes_;
};

}  // namespace imslab::test
