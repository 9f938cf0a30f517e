// The two presence servers that bench_presence compares: ours as a process of its own, and
// Kamailio's presence modules. Both let everybody watch, and believe what From says.
#pragma once

#include <memory>
#include <string>

#include "core/address.h"
#include "core/result.h"

namespace imslab::bench {

inline const Address kPresenceServer = *Address::parse("127.1.10.1:5060");
inline const Address kPhones = *Address::parse("127.1.200.1:5060");

class PresenceServer {
public:
    virtual ~PresenceServer() = default;
    // One sentence if it cannot be started.
    static Result<std::unique_ptr<PresenceServer>, std::string> ours();
    static Result<std::unique_ptr<PresenceServer>, std::string> kamailio();

    // Of all its processes, from /proc.
    double cpu_seconds() const;
    double bytes() const;

protected:
    virtual int group() const = 0;  // its process group
};

}  // namespace imslab::bench
