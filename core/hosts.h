// The table of hosts, in place of DNS: where a name leads. A name may have several addresses, as a
// home network has several I-CSCFs; then each is tried in the order of RFC 2782.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.h"

namespace imslab {

struct HostAddress {
    Address address;
    std::uint16_t priority = 0;  // the lowest are taken as long as one of them answers
    std::uint16_t weight = 1;    // the share of the work, among those of one priority
};

class Host {
public:
    Host() = default;
    Host(const Address& address) { add({address}); }  // NOLINT: an address is a host, too

    void add(const HostAddress& one);
    // By priority; those of one priority as they were added.
    const std::vector<HostAddress>& addresses() const { return addresses_; }
    bool has_several() const { return addresses_.size() > 1; }
    // Where it leads if nobody asks for more; a host has one address at least.
    const Address& first() const { return addresses_.front().address; }

    // RFC 2782: by priority, among equals by weight. In the place of a random number stands `key`,
    // so that what belongs together (the requests of one user) takes one way as long as that
    // stands, and many keys spread by weight.
    std::vector<Address> in_order(std::string_view key) const;

private:
    std::vector<HostAddress> addresses_;
};

using Hosts = std::map<std::string, Host, std::less<>>;

// A number between 0 and 1 for this text, the same on every machine and in every run.
double spread(std::string_view key, std::string_view among);

}  // namespace imslab
