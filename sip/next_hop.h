// Where a request goes next (RFC 3261 §16.6 step 7): its top Route, else its Request-URI, looked up
// in the table of hosts in place of RFC 3263.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/address.h"
#include "core/node.h"
#include "sip/message.h"

namespace imslab::sip {

// The URI that decides: of the first Route, else the Request-URI. Valid as long as the message.
std::string_view next_hop_uri(const Message& request);

// The flow to the host of a sip or sips URI: an IP literal with its port (5060 if it has none), a
// host name as `hosts` knows it (its first address), an explicit port overriding the table's.
// nullopt: unknown host, or no SIP URI.
std::optional<Flow> flow_to(std::string_view uri, const Hosts& hosts, const Address& local);

// One of those that a request may be tried by.
struct Way {
    Way(const Flow& flow, std::string route_entry = {})  // NOLINT: a flow is a way
        : to(flow), route(std::move(route_entry)) {}

    Flow to;
    std::string route;  // the topmost Route entry on that way; empty: as it stands in the request
};

// The same for a request that may be tried elsewhere: to all addresses of the host, in the order
// for the user in the request's To (RFC 3263 §4.2). Empty: unknown host, or no SIP URI.
std::vector<Way> ways_to(std::string_view uri,
                         const Message& request,
                         const Hosts& hosts,
                         const Address& local);

}  // namespace imslab::sip
