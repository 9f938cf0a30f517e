// What the module calls: parameters in, the keeper's life, datagrams to the engine, questions to
// it.
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <optional>
#include <string>

#include "hosts/kamailio/arrival.h"
#include "hosts/kamailio/keeper.h"
#include "hosts/kamailio/question.h"
#include "hosts/kamailio/seam.h"
#include "hosts/kamailio/setup.h"

namespace imslab::kamailio {
namespace {

// What Kamailio's processes share, made before they are forked.
struct Library {
    const ims_kamailio* kamailio = nullptr;
    std::optional<host::NodeConfig> config;
    Shared* shared = nullptr;
    int workers_end = -1, engines_end = -1;
    std::string mistake;
};
Library library;

// Room for a burst, and a bound on how long a worker waits for an engine that is being replaced.
void bound(int socket) {
    const int octets = 4 << 20;
    if (::setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &octets, sizeof octets) != 0)
        ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &octets, sizeof octets);
    const timeval patience{0, 500'000};
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

std::string configure(std::span<const ims_parameter> parameters) {
    auto config = configuration(parameters, library.kamailio->runtime_folder);
    if (!config) return config.error();
    const auto listens = [](const Flow& flow) {
        const ims_flow from = flow_to(flow);
        return library.kamailio->listens(&from) != 0;
    };
    if (auto mistake = missing_socket(*config, listens); !mistake.empty()) return mistake;
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) != 0)
        return std::string("no socket pair: ") + std::strerror(errno);
    library.workers_end = ends[0];
    library.engines_end = ends[1];
    bound(library.workers_end);
    library.shared = Shared::map();
    if (library.shared == nullptr) return std::string("no memory: ") + std::strerror(errno);
    if (config->log.empty() && library.kamailio->logs_to_stderr == 0) config->log = "syslog:";
    library.config = std::move(*config);
    return {};
}

int hand_over(Arrival::What what, const ims_flow& flow, const char* bytes, unsigned size) {
    Arrival head{what, flow};
    iovec parts[2]{{&head, sizeof head}, {const_cast<char*>(bytes), size}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = size == 0 ? 1 : 2;
    const bool sent = ::sendmsg(library.workers_end, &message, MSG_NOSIGNAL) >= 0;
    ++(sent ? library.shared->delivered : library.shared->refused);
    return sent ? 0 : -1;
}

// No exception crosses into C: what is thrown here (memory has run out) becomes a sentence.
template <class Action>
const char* sentence_of(Action action) {
    try {
        library.mistake = action();
    } catch (const std::exception& error) {
        library.mistake = error.what();
    }
    return library.mistake.empty() ? nullptr : library.mistake.c_str();
}

const ims_engine kEngine{
    [](const ims_kamailio* kamailio, const ims_parameter* parameters, unsigned count) {
        library.kamailio = kamailio;
        return sentence_of([&] { return configure({parameters, count}); });
    },
    [] {
        return keep_engine(
            *library.config, *library.kamailio, *library.shared, library.engines_end);
    },
    [](const ims_flow* flow, const char* bytes, unsigned size) {
        return hand_over(Arrival::What::message, *flow, bytes, size);
    },
    [](const ims_flow* flow) {
        return hand_over(Arrival::What::connection_closed, *flow, nullptr, 0);
    },
    [](const char* what, const ims_visitor* visitor) {
        return sentence_of(
            [&] { return tell(library.config->control, *library.shared, what, *visitor); });
    },
    [](const char* identity, unsigned size, ims_user* user) {
        return sentence_of([&] { return find(library.config->control, {identity, size}, *user); });
    },
    [] { return library.config->kind.c_str(); },
    [] { return static_cast<int>(library.shared->ready.load()); },
};

}  // namespace
}  // namespace imslab::kamailio

extern "C" const ims_engine* ims_engine_functions(void) { return &imslab::kamailio::kEngine; }
