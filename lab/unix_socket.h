// Unix sockets by their path: of nodes, of a lab that is up, of programs that run beside the nodes.
#pragma once

#include <sys/un.h>

#include <string>

#include "core/result.h"
#include "lab/process.h"

namespace imslab::lab {

// One sentence if the path is longer than a socket's may be.
Result<sockaddr_un, std::string> unix_address(const std::string& path);
// None if nobody listens there: errno says why.
Descriptor connect_to(const sockaddr_un& address);

}  // namespace imslab::lab
