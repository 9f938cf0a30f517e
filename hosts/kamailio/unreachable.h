// Datagrams that could not be delivered. Kamailio does not tell of them, so the engine listens for
// ICMP itself where it may (CAP_NET_RAW); where it may not, a peer that is gone is noticed by the
// timers of RFC 3261 §17.1 alone.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <optional>
#include <string_view>

#include "core/address.h"

namespace imslab::kamailio {

// The datagram that an ICMP packet (RFC 792, RFC 4443 §3.1) says was not delivered, seen from its
// sender. nullopt: it says something else.
std::optional<Flow> undelivered(std::string_view packet, bool is_v6);

class Unreachable {
public:
    using Told = std::function<void(const Flow&)>;

    Unreachable(boost::asio::io_context& io, Told told);
    void stop();

private:
    void wait(boost::asio::posix::stream_descriptor& socket, bool is_v6);

    Told told_;
    boost::asio::posix::stream_descriptor v4_, v6_;
};

}  // namespace imslab::kamailio
