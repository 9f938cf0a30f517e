// Many phones at once: AKA registrations and calls at a given rate over a few sockets, for the
// benches. What a phone does here is cheap on purpose, so that the nodes' share of the machine can
// be measured.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/address.h"
#include "core/result.h"
#include "lab/udp_port.h"
#include "sip/milenage.h"

namespace imslab::lab {

// `count` subscribers that share one key, as a subscriber file.
std::string load_subscribers(std::size_t count);
// The REGISTER with which one of them begins.
std::string first_register(std::size_t user, const Address& local);

struct LoadResult {
    std::size_t attempted = 0, succeeded = 0, refused = 0;
    std::size_t retransmissions = 0;  // what we sent again because no answer came
    double seconds = 0;               // of sending
    double late_ms = 0;               // the most that a first message left after its time
    double p50_ms = 0, p99_ms = 0;    // from the first message of an attempt to its last
    std::string problem;
};

class Load {
public:
    // `local`: the addresses that the phones share, four sockets or so.
    static Result<Load, std::string> open(const std::vector<Address>& local,
                                          const Address& pcscf,
                                          std::size_t users);
    Load(Load&&) noexcept;
    ~Load();

    // `count` users, one after the other and from the first again after the last, at `rate` a
    // second.
    LoadResult register_users(double rate, std::size_t count);
    // `count` calls between pairs of users, all of whom are registered: INVITE, 180, 200, ACK, BYE,
    // 200.
    LoadResult call(double rate, std::size_t count);

private:
    struct Impl;
    explicit Load(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace imslab::lab
