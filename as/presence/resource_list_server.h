// The resource list server (RFC 4662): one subscription to a list stands for one to each of its
// members. The lists are those of RFC 4826, from the XDM server; what the members' states are it asks
// the network, on behalf of the watcher. An enabler of an application server.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "as/enabler.h"

namespace imslab::presence {

struct ResourceListSettings {
    bool plain_sip = false;  // no asserted identities, no way through the watcher's services
    std::uint32_t min_expires = 60, max_expires = 7200;
    std::size_t max_subscriptions = 20'000;
    std::size_t max_members = 200;  // of one list
    Duration min_interval{};        // between two NOTIFYs of one list
};

std::unique_ptr<as::Enabler> make_resource_list_server(as::Services& services,
                                                       std::string name,
                                                       ResourceListSettings settings);

}  // namespace imslab::presence
