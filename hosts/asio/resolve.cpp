// getaddrinfo blocks: this is for configurations, before anything is served.
#include "hosts/asio/resolve.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "hosts/asio/sockaddr.h"

namespace imslab::host {
namespace {

bool is_host_name(const std::string& text) {
    if (text.empty() || text.size() > 253) return false;
    return text.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") ==
               std::string::npos &&
           text.find_first_not_of("0123456789.") != std::string::npos;
}

}  // namespace

Result<Address, std::string> address_of(const std::string& text) {
    if (const auto parsed = Address::parse(text)) return *parsed;
    const auto colon = text.rfind(':');
    const auto name = text.substr(0, colon);
    std::uint16_t port = 0;
    const auto* end = text.data() + text.size();
    if (colon == std::string::npos || !is_host_name(name) ||
        std::from_chars(text.data() + colon + 1, end, port).ptr != end || port == 0)
        return failure(std::string("expected an address and port like \"127.1.1.1:5060\""));

    addrinfo wanted{};
    wanted.ai_socktype = SOCK_DGRAM;
    wanted.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    int error = ::getaddrinfo(name.c_str(), nullptr, &wanted, &found);
    if (error != 0) {  // a machine that has the loopback interface alone has nothing configured
        wanted.ai_flags = 0;
        error = ::getaddrinfo(name.c_str(), nullptr, &wanted, &found);
    }
    if (error != 0)
        return failure("the name " + name + " leads nowhere (" + ::gai_strerror(error) + ")");
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, ::freeaddrinfo);
    const auto* best = all.get();
    for (const auto* one = best; one != nullptr; one = one->ai_next) {
        if (one->ai_family == AF_INET) {  // if it has both, all nodes take the same
            best = one;
            break;
        }
    }
    SocketAddress name_of;
    std::copy_n(reinterpret_cast<const char*>(best->ai_addr),
                best->ai_addrlen,
                reinterpret_cast<char*>(&name_of.storage));
    auto address = name_of.address();
    address.port = port;
    return address;
}

}  // namespace imslab::host
