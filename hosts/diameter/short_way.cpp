// Definitions that take precedence over libfdcore's: it exports these functions and calls them
// itself, its installed headers leave them out.
#include "hosts/diameter/short_way.h"

#include <dlfcn.h>

#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "hosts/diameter/callbacks.h"
#include "hosts/diameter/connection.h"
#include "hosts/diameter/endpoint.h"
#include "hosts/diameter/freediameter.h"

extern "C" {
// The beginning of what freeDiameter 1.2.1 keeps of a connection.
struct cnxctx {
    char name[60];
    char remote_name[60];
    int socket;
};
constexpr std::uint32_t kClosing = 1;

int fd_cnx_teststate(cnxctx* connection, std::uint32_t state);
void fd_cnx_addstate(cnxctx* connection, std::uint32_t state);
void fd_cnx_markerror(cnxctx* connection);
}

namespace imslab::host {
namespace {

using Receive = ssize_t (*)(cnxctx*, void*, std::size_t);
using Send = int (*)(cnxctx*, unsigned char*, std::size_t);
using Destroy = void (*)(cnxctx*);

struct {
    Receive receive = nullptr;
    Send send = nullptr;
    Destroy destroy = nullptr;
} long_way;

std::mutex mutex;
std::map<cnxctx*, std::shared_ptr<Connection>> connections;

// Known from its first message on until freeDiameter destroys it; nullptr: freeDiameter's alone.
std::shared_ptr<Connection> connection_of(cnxctx* connection) {
    const std::lock_guard lock(mutex);
    const auto found = connections.find(connection);
    if (found != connections.end()) return found->second;
    if (DiameterCallbacks::endpoint == nullptr || fd_cnx_teststate(connection, kClosing) != 0)
        return nullptr;
    auto adopted = DiameterCallbacks::endpoint->adopt(connection->socket);
    if (adopted != nullptr) connections.emplace(connection, adopted);
    return adopted;
}

template <class Function>
bool find(Function& function, const char* name) {
    function = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
    return function != nullptr;
}

}  // namespace

const char* find_long_way() {
    if (!find(long_way.receive, "fd_cnx_s_recv")) return "fd_cnx_s_recv";
    if (!find(long_way.send, "fd_cnx_send")) return "fd_cnx_send";
    if (!find(long_way.destroy, "fd_cnx_destroy")) return "fd_cnx_destroy";
    return "";
}

}  // namespace imslab::host

extern "C" {

ssize_t fd_cnx_s_recv(cnxctx* connection, void* into, std::size_t size) {
    using namespace imslab::host;
    ssize_t count = 0;
    if (const auto ours = connection_of(connection)) {
        count = ours->read_for_library(into, size);
        if (count <= 0) fd_cnx_markerror(connection);
        return count;
    }
    return long_way.receive(connection, into, size);
}

int fd_cnx_send(cnxctx* connection, unsigned char* octets, std::size_t size) {
    using namespace imslab::host;
    if (const auto ours = connection_of(connection))
        return ours->write_from_library({reinterpret_cast<const char*>(octets), size}) ? 0
                                                                                       : ENOTCONN;
    return long_way.send(connection, octets, size);
}

void fd_cnx_destroy(cnxctx* connection) {
    using namespace imslab::host;
    std::shared_ptr<Connection> ours;  // until no thread reads from it any more
    if (connection != nullptr) {
        const std::lock_guard lock(mutex);
        fd_cnx_addstate(connection, kClosing);
        const auto found = connections.find(connection);
        if (found != connections.end()) {
            ours = std::move(found->second);
            connections.erase(found);
        }
    }
    long_way.destroy(connection);
}
}
