// Starting freeDiameter: a configuration it can parse, tuned (one application thread, SCHED_BATCH,
// no SCTP, no TLS), and the loopback addresses that its parser ignores.
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "hosts/asio/sockaddr.h"
#include "hosts/diameter/callbacks.h"
#include "hosts/diameter/definitions.h"
#include "hosts/diameter/endpoint.h"
#include "hosts/diameter/overrides.h"
#include "hosts/diameter/short_way.h"

namespace imslab::host {
namespace {

using std::chrono::steady_clock;

Result<void, std::string> refused(const std::string& what, int error) {
    return failure("freeDiameter " + what + ": " + std::strerror(error));
}

// freeDiameter reports a taken port as "out of memory": ask for it first.
Result<void, std::string> try_port(const Address& address) {
    const SocketAddress name(address);
    const int socket = ::socket(name.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const bool free = ::bind(socket, name.data(), name.size) == 0 && ::listen(socket, 1) == 0;
    const int error = errno;
    ::close(socket);
    if (!free) return failure(why_not_listening(address, "tcp", error));
    return {};
}

bool is_name(const std::string& text) {
    return !text.empty() && text.find_first_not_of(
                                "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789.-_") == std::string::npos;
}

// A file that exists in memory alone; its path, for the parser.
int configuration_file(const DiameterSettings& settings) {
    std::string text = "Identity = \"" + settings.identity + "\";\nRealm = \"" + settings.realm +
                       "\";\nPort = " + std::to_string(settings.listens ? settings.local.port : 0) +
                       ";\nSecPort = 0;\nNo_SCTP;\nNoRelay;\nAppServThreads = 1;\n"
                       "ThreadsPerServer = 1;\nTcTimer = 1;\nTwTimer = " +
                       std::to_string(settings.watchdog_seconds) + ";\n";
    const int file = ::memfd_create("freeDiameter.conf", MFD_CLOEXEC);
    if (file >= 0 && ::write(file, text.data(), text.size()) < 0) return -1;
    return file;
}

int add_endpoint(fd_list* list, Address address) {
    address.port = 0;
    SocketAddress name(address);
    return fd_ep_add_merge(list, name.data(), name.size, EP_FL_CONF | EP_ACCEPTALL);
}

Result<void, std::string> add_peer(const DiameterPeer& peer) {
    std::string identity = peer.identity, realm = peer.realm;
    peer_info info{};
    info.pi_diamid = identity.data();
    info.pi_diamidlen = identity.size();
    info.config.pic_flags.pro4 = PI_P4_TCP;
    info.config.pic_flags.sec = PI_SEC_NONE;
    info.config.pic_flags.persist = PI_PRST_ALWAYS;
    info.config.pic_realm = realm.data();
    info.config.pic_port = peer.address.port;
    fd_list_init(&info.pi_endpoints, nullptr);
    if (const int error = add_endpoint(&info.pi_endpoints, peer.address); error != 0)
        return refused("does not take the address of " + peer.identity, error);
    if (const int error = fd_peer_add(&info, "imslab", nullptr, nullptr); error != 0)
        return refused("does not take the peer " + peer.identity, error);
    return {};
}

}  // namespace

Result<void, std::string> DiameterEndpoint::start_library() {
    for (const std::string* name : {&settings_.identity, &settings_.realm}) {
        if (!is_name(*name)) return failure("diameter: \"" + *name + "\" is no Diameter identity");
    }
    if (settings_.listens) {
        if (auto free = try_port(settings_.local); !free) return free;
    }
    // Less preemption: a batch of messages goes through a thread at once. Needs no privilege.
    const sched_param none{};
    ::sched_setscheduler(0, SCHED_BATCH, &none);
    Address source = settings_.local;
    source.port = 0;
    set_diameter_source(settings_.connects ? std::optional(source) : std::nullopt,
                        settings_.listens);

    if (const std::string missing = find_long_way(); !missing.empty())
        return failure("freeDiameter has no " + missing + "; expected version 1.2.1");
    DiameterCallbacks::endpoint = this;
    fd_g_debug_lvl = FD_LOG_ERROR;
    fd_log_handler_register(DiameterCallbacks::on_log);
    if (const int error = fd_core_initialize(); error != 0) return refused("does not start", error);
    const int file = configuration_file(settings_);
    const std::string path = "/proc/self/fd/" + std::to_string(file);
    const int parsed = fd_core_parseconf(path.c_str());
    ::close(file);
    if (parsed != 0) return refused("refuses its configuration", parsed);

    if (const int error = add_endpoint(&fd_g_config->cnf_endpoints, settings_.local); error != 0)
        return refused("does not take " + settings_.local.to_string(), error);
    const auto applications = define(settings_.applications);
    if (applications.empty())
        return refused("does not take the definitions of its applications", EINVAL);
    dict_object* vendor = nullptr;
    vendor_id_t vendor_id = diameter::kVendor3gpp;
    fd_dict_search(fd_g_config->cnf_dict, DICT_VENDOR, VENDOR_BY_ID, &vendor_id, &vendor, ENOENT);
    int error = 0;
    for (dict_object* application : applications) {
        if (error == 0) error = fd_disp_app_support(application, vendor, 1, 0);
    }
    fd_hook_hdl* hook = nullptr;
    // All of them: what nobody takes, freeDiameter prints into memory for its log, each message
    // several times.
    constexpr std::uint32_t kAll = (1U << (HOOK_LAST + 1U)) - 1U;
    if (error == 0)
        error = fd_hook_register(kAll, DiameterCallbacks::on_hook, nullptr, nullptr, &hook);
    if (error == 0) error = fd_peer_validate_register(DiameterCallbacks::on_unknown_peer);
    if (error != 0) return refused("does not take a callback", error);

    for (const DiameterPeer& peer : settings_.peers) {
        if (!connects_to(peer)) continue;
        if (auto added = add_peer(peer); !added) return added;
    }
    stopping_ = false;
    if (const int failed = fd_core_start(); failed != 0) return refused("does not start", failed);
    // It listens from a thread of its own.
    const auto patience = steady_clock::now() + std::chrono::seconds(2);
    while (settings_.listens && !diameter_listens()) {
        if (steady_clock::now() > patience)
            return failure("freeDiameter does not listen on " + settings_.local.to_string());
        const timespec moment{0, 50'000};
        ::clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, nullptr);
    }
    return {};
}

}  // namespace imslab::host
