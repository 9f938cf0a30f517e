// The note that `imslab up` leaves under out/, so that other commands find the lab that runs.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "lab/supervisor.h"

namespace imslab::lab {

class Running {
public:
    explicit Running(std::string out);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    // Says what runs; again whenever that has changed.
    void note(const Supervisor& supervisor);
    // Where the lab listens for runs that want to play on it.
    const std::string& socket() const { return socket_; }

    struct Lab {
        std::string topology_file, topology_content;  // the latter as it was when the lab started
        std::string folder, database;
        std::string hss;     // the control socket of the first HSS; empty: none of ours
        std::string socket;  // for a run that plays on it
        std::map<std::string, std::string> control_sockets;  // by the node's name
    };
    // The lab that runs, if its process is still alive.
    static std::optional<Lab> find(const std::string& out);

private:
    std::string file_, socket_, content_;
    bool noted_ = false;
};

}  // namespace imslab::lab
