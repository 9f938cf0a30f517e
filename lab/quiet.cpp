// Asks all nodes twice: a node that is settled with the same count of events both times had none in
// between, and all those times hold the moment between the two rounds.
#include "lab/quiet.h"

#include <map>
#include <optional>

#include "lab/control.h"

namespace imslab::lab {

namespace {

using Round = std::map<std::string, std::string>;  // what each said

// Nothing if somebody was not settled in time.
std::optional<Round> ask_all(const std::vector<std::string>& control_sockets, Deadline deadline) {
    Round said;
    for (const auto& socket : control_sockets) {
        const auto answer = ask_node(socket, "settled", deadline);
        if (answer)
            said[socket] = *answer;
        else if (milliseconds_until(deadline) == 0)
            return std::nullopt;
    }
    return said;
}

}  // namespace

bool await_quiet(const std::vector<std::string>& control_sockets, Deadline deadline) {
    std::optional<Round> before;
    for (;;) {
        auto now = ask_all(control_sockets, deadline);
        if (!now) return false;
        if (before == now) return true;
        before = std::move(now);
    }
}

bool await_quiet(const Topology& topology, const Lab& lab, Deadline deadline) {
    std::vector<std::string> sockets;
    for (const auto& node : topology.nodes) {
        if (node.is_ours()) sockets.push_back(lab.control_socket(node));
    }
    return await_quiet(sockets, deadline);
}

}  // namespace imslab::lab
