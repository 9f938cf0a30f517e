// Starts them, and adds up what /proc says.
#include "bench/presence_servers.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <utility>

#include "bench/measured_node.h"
#include "lab/kamailio.h"
#include "lab/process.h"
#include "lab/udp_port.h"

namespace imslab::bench {

namespace fs = std::filesystem;
using namespace imslab::lab;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// The SQL of Debian's kamailio-sqlite-modules.
constexpr const char* kSchema = "/usr/share/kamailio/db_sqlite/";
// Its publications and subscriptions are kept in memory, SQLite has its list of watchers: of what
// the modules can do the fastest. (With subscriptions in SQLite, too, its processes lock one
// another out: 10,000 subscriptions do not come about.)
constexpr const char* kConfiguration = R"(#!KAMAILIO
debug=0
log_stderror=yes
children=4
auto_aliases=no
disable_tcp=yes
listen=udp:{address}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "rr.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "db_sqlite.so"
loadmodule "presence.so"
loadmodule "presence_xml.so"
modparam("db_sqlite", "db_set_journal_mode", "{database}=WAL")
modparam("presence|presence_xml", "db_url", "sqlite://{database}")
modparam("presence", "server_address", "sip:presence@{address}")
modparam("presence", "subs_db_mode", 0)
modparam("presence", "publ_cache", 2)
modparam("presence", "subs_htable_size", 12)
modparam("presence", "pres_htable_size", 12)
modparam("presence_xml", "force_active", 1)
request_route {{
    if (is_method("OPTIONS")) {{ sl_send_reply("200", "OK"); exit; }}
    if (!t_newtran()) {{ sl_reply_error(); exit; }}
    if (is_method("PUBLISH")) {{ handle_publish(); t_release(); exit; }}
    if (is_method("SUBSCRIBE")) {{ handle_subscribe(); t_release(); exit; }}
    sl_send_reply("405", "Method Not Allowed");
}}
)";

// Each process of a group.
void for_each_process(int group, const std::function<void(pid_t process)>& visit) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
        const pid_t process = std::atoi(entry.path().filename().c_str());
        int of_group = 0;
        if (process > 0 && std::sscanf(stat_of(process).c_str(), "%*c %*d %d", &of_group) == 1 &&
            of_group == group)
            visit(process);
    }
}

class Ours final : public PresenceServer {
private:
    int group() const override { return node_.process(); }

    MeasuredNode node_{
        fmt::format("nodes:\n"
                    "  as1:\n    kind: as\n    address: {}\n"
                    "    settings: {{timers: {{t1_ms: 100}}, enablers: {{presence: "
                    "{{plain_sip: true, unruled: allow}}}}}}\n"
                    "  phones: {{kind: as, address: {}, external: true}}\n",
                    kPresenceServer.ip.to_string(),
                    kPhones.ip.to_string())};
};

class Kamailio final : public PresenceServer {
public:
    static Result<std::unique_ptr<PresenceServer>, std::string> start() {
        const auto program = kamailio_program();
        if (program.empty() || !fs::exists(kSchema))
            return failure(std::string(
                "kamailio, kamailio-presence-modules or kamailio-sqlite-modules is not installed"));
        const auto folder = fs::absolute("out/bench/presence-kamailio").string();
        std::error_code ignored;
        fs::remove_all(folder, ignored);
        fs::create_directories(folder, ignored);
        const auto database = folder + "/presence.sqlite";
        const auto make = fmt::format(
            "cat {0}standard-create.sql {0}presence-create.sql | sqlite3 {1}", kSchema, database);
        if (std::system(make.c_str()) != 0)
            return failure("no tables could be made in " + database);
        std::ofstream(folder + "/kamailio.cfg")
            << fmt::format(fmt::runtime(kConfiguration),
                           fmt::arg("address", kPresenceServer.to_string()),
                           fmt::arg("database", database));
        Process::Start start;
        start.arguments = {program,
                           "-f",
                           folder + "/kamailio.cfg",
                           "-DD",
                           "-E",
                           "-m",
                           "512",
                           "-M",
                           "16",
                           "-x",
                           std::string(kAllocator),
                           "-X",
                           std::string(kAllocator),
                           "-Y",
                           folder};
        start.output = folder + "/kamailio.log";
        auto process = Process::start(start);
        if (!process) return failure(process.error());
        auto server = std::make_unique<Kamailio>();
        server->process_ = std::move(*process);
        if (!server->answers()) return failure("it does not answer; see " + start.output);
        return server;
    }
    ~Kamailio() override { process_.stop(in(seconds(5))); }

private:
    int group() const override { return process_.id(); }
    bool answers() {
        auto port = UdpPort::open(kPhones);
        if (!port) return false;
        for (int i = 0; i < 100 && process_.running(); ++i) {
            port->send(
                kPresenceServer,
                fmt::format("OPTIONS sip:{0} SIP/2.0\r\nVia: SIP/2.0/UDP {1};branch=z9hG4bK{2}\r\n"
                            "From: <sip:a@{1}>;tag=a\r\nTo: <sip:{0}>\r\nCall-ID: o{2}\r\n"
                            "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
                            kPresenceServer.to_string(),
                            kPhones.to_string(),
                            i));
            if (port->receive(in(milliseconds(100)))) return true;
        }
        return false;
    }

    Process process_;
};

}  // namespace

Result<std::unique_ptr<PresenceServer>, std::string> PresenceServer::ours() {
    return std::make_unique<Ours>();
}

Result<std::unique_ptr<PresenceServer>, std::string> PresenceServer::kamailio() {
    return Kamailio::start();
}

// By the scheduler's own clock: ticks miss what runs for microseconds.
double PresenceServer::cpu_seconds() const {
    double all = 0;
    for_each_process(group(), [&](pid_t process) {
        const auto threads = "/proc/" + std::to_string(process) + "/task";
        std::error_code ignored;
        for (const auto& thread : fs::directory_iterator(threads, ignored)) {
            std::ifstream file(thread.path() / "schedstat");
            double nanoseconds = 0;
            if (file >> nanoseconds) all += nanoseconds / 1e9;
        }
    });
    return all;
}

double PresenceServer::bytes() const {
    double all = 0;
    for_each_process(group(), [&](pid_t process) { all += proportional_bytes(process); });
    return all;
}

}  // namespace imslab::bench
