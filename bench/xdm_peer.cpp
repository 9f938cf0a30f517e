// One worker: of several all but one find SQLite locked, and answer 500. WAL, as ours; Kamailio has
// no setting for SQLite's `synchronous`, so its commits wait for the disk and ours do not.
#include "bench/xdm_peer.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>

#include "bench/measured_node.h"
#include "lab/http_client.h"
#include "lab/kamailio.h"
#include "lab/places.h"

namespace imslab::bench {

namespace {

constexpr const char* kConfiguration = R"cfg(#!KAMAILIO
debug=0
log_stderror=yes
children=1
tcp_children=1
tcp_accept_no_cl=yes
tcp_connection_lifetime=600
auto_aliases=no
listen=tcp:{address}
loadmodule "pv.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "xhttp.so"
loadmodule "db_sqlite.so"
loadmodule "xcap_server.so"
modparam("xcap_server", "db_url", "sqlite:///{database}")
modparam("xcap_server", "xcap_root", "/")
request_route {{ sl_send_reply("403", "No SIP here"); }}
event_route[xhttp:request] {{
    $xcapuri(u=>data) = $hu;
    switch ($rm) {{
        case "PUT":
            xcaps_put("$xcapuri(u=>xuid)", "$hu", "$rb");
            break;
        case "GET":
            xcaps_get("$xcapuri(u=>xuid)", "$hu");
            break;
    }}
    exit;
}}
)cfg";

bool make_tables(const std::string& database) {
    namespace fs = std::filesystem;
    const fs::path scripts = "/usr/share/kamailio/db_sqlite";
    sqlite3* opened = nullptr;
    bool made = sqlite3_open(database.c_str(), &opened) == SQLITE_OK;
    for (const auto* script : {"standard-create.sql", "presence-create.sql"}) {
        std::ifstream file(scripts / script);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        made = made && !text.empty() &&
               sqlite3_exec(opened, text.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
    }
    // Stays with the file.
    made = made && sqlite3_exec(opened, "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr) ==
                       SQLITE_OK;
    sqlite3_close(opened);
    return made;
}

}  // namespace

std::unique_ptr<KamailioXcap> KamailioXcap::start(const std::string& folder, const Address& at) {
    const auto program = lab::kamailio_program();
    const auto database = std::filesystem::absolute(folder).string() + "/kamailio.sqlite";
    if (program.empty() || !make_tables(database)) return nullptr;
    const auto file = folder + "/kamailio.cfg";
    lab::write_file(file,
                    fmt::format(fmt::runtime(kConfiguration),
                                fmt::arg("address", at.to_string()),
                                fmt::arg("database", database)));
    lab::Process::Start server;
    server.arguments = {program, "-f", file, "-DD", "-E", "-w", folder, "-Y", folder};
    server.output = folder + "/kamailio.log";
    auto started = lab::Process::start(server);
    if (!started) give_up(started.error());
    std::unique_ptr<KamailioXcap> peer(new KamailioXcap(*std::move(started)));
    const auto deadline = lab::in(std::chrono::seconds(20));
    while (
        !lab::HttpClient::connect(at.ip, at, "peer", {}, lab::in(std::chrono::milliseconds(100))))
        if (lab::milliseconds_until(deadline) == 0) give_up("Kamailio does not listen for HTTP");
    return peer;
}

double KamailioXcap::cpu_seconds() const {
    double all = cpu_seconds_of(process_.id()).all();
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const pid_t id = std::atoi(entry.path().filename().c_str());
        if (id > 0 && parent_of(id) == process_.id()) all += cpu_seconds_of(id).all();
    }
    return all;
}

}  // namespace imslab::bench
