// A host name where an address is expected: looked up once, when the node starts, by the machine's
// own resolver (/etc/hosts, DNS, what a container platform offers).
#pragma once

#include <string>

#include "core/address.h"
#include "core/result.h"

namespace imslab::host {

// "127.1.1.1:5060", "[::1]:5060" or "pcscf1.example:5060". What is wrong with it, as the end of a
// sentence.
Result<Address, std::string> address_of(const std::string& text);

}  // namespace imslab::host
