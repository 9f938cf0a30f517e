// unix(7): sun_path has room for 107 octets and its end.
#include "lab/unix_socket.h"

#include <sys/socket.h>

#include <cerrno>

namespace imslab::lab {

Result<sockaddr_un, std::string> unix_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return failure("the path " + path + " is too long for a socket");
    path.copy(address.sun_path, path.size());
    return address;
}

Descriptor connect_to(const sockaddr_un& address) {
    Descriptor made(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        const int why = errno;
        made.close();
        errno = why;
    }
    return made;
}

}  // namespace imslab::lab
