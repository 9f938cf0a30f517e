// The note that `imslab up` leaves under out/, so that other commands find the lab that runs.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "lab/supervisor.h"

namespace imslab::lab {

class Running {
public:
    Running(const std::string& out, const Supervisor& supervisor);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    struct Lab {
        std::string topology_file, folder;
        std::map<std::string, std::string> control_sockets;  // by the node's name
        std::string database;
    };
    // The lab that runs, if its process is still alive.
    static std::optional<Lab> find(const std::string& out);

private:
    std::string file_;
};

}  // namespace imslab::lab
