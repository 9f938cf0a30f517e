// What somebody else's nodes say and hear, taken from the wire: the SIP datagrams on the loopback
// interface to and from the addresses of stock nodes become the traces that these nodes do not
// write. Diameter needs no wiretap: the HSS at its other end is ours. Phones can be listened to in
// the same way.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "core/result.h"
#include "hosts/trace/trace.h"
#include "lab/process.h"
#include "lab/topology.h"

namespace imslab::lab {

// A SIP message in an IPv4 packet of UDP; nothing if it is none, a keep-alive, or the lab's own
// question whether a node is ready.
struct Heard {
    Address from, to;
    std::string_view message;  // of the packet
};
std::optional<Heard> heard_in(std::string_view packet);

class Wiretap {
public:
    // Nothing if the topology has no such node. One sentence if the system does not allow it.
    static Result<std::unique_ptr<Wiretap>, std::string> listen(const Topology& topology,
                                                                const std::string& folder);
    // The traces of those who have these addresses, <folder>/<name>.trace.
    static Result<std::unique_ptr<Wiretap>, std::string> listen_to(
        const std::map<IpAddress, std::string>& names, const std::string& folder);
    // Why this process may not listen: one sentence with the remedy; empty: it may.
    static std::string why_not();
    ~Wiretap();
    Wiretap(const Wiretap&) = delete;
    Wiretap& operator=(const Wiretap&) = delete;

private:
    Wiretap() = default;
    void hear_all();
    bool hear_next(std::string& packet);  // false: there is none
    void hear(std::string_view packet, std::int64_t time_ns);
    void note(trace::Direction direction,
              const Address& own,
              const Address& peer,
              std::string_view message,
              std::int64_t time_ns);

    Descriptor socket_;
    std::map<IpAddress, std::shared_ptr<trace::Writer>> writers_;  // by the node's address
    std::atomic<bool> ended_ = false;
    std::thread thread_;
};

}  // namespace imslab::lab
