// Where a request goes next (RFC 3261 §16.6 step 7): its top Route, else its Request-URI, looked up
// in a static table in place of RFC 3263.
#pragma once

#include <optional>
#include <string_view>

#include "core/address.h"
#include "core/node.h"
#include "sip/message.h"

namespace imslab::sip {

// The URI that decides: of the first Route, else the Request-URI. Valid as long as the message.
std::string_view next_hop_uri(const Message& request);

// The flow to the host of a sip or sips URI: an IP literal with its port (5060 if it has none), a
// host name as `hosts` knows it, an explicit port overriding the table's. nullopt: unknown host, or
// no SIP URI.
std::optional<Flow> flow_to(std::string_view uri, const Hosts& hosts, const Address& local);

}  // namespace imslab::sip
