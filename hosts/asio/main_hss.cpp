// The HSS as a process on Cx, Sh and its database.
#include "hosts/administration/hss_commands.h"
#include "hosts/asio/process.h"
#include "hosts/asio/settings.h"
#include "hosts/diameter/service.h"
#include "hosts/nodes/provide_store.h"
#include "hosts/store/sh_data_schema.h"
#include "hosts/store/sql_store.h"
#include "hss/hss.h"

namespace {

using namespace imslab;

struct Read {
    hss::Config config;
    unsigned connections = 4;
};

Result<Read, std::string> read(const host::NodeConfig& from) {
    if (from.database.empty())
        return failure(std::string("no database: expected the key database in the configuration"));
    Read read;
    auto& config = read.config;
    config.home_networks = from.domains;
    host::Settings settings(from.settings);
    settings.read("max_vectors", config.max_vectors);
    settings.read("keep_server_name", config.keep_server_name);
    settings.read("database_connections", read.connections);
    settings.read("max_repository_bytes", config.max_repository_bytes);
    settings.read("max_subscription_seconds", config.max_subscription_seconds);
    if (const auto* servers = settings.find("application_servers")) {
        auto permissions = hss::Permissions::from(*servers);
        if (!permissions) return failure("settings." + permissions.error());
        config.permissions = std::move(*permissions);
    }
    if (!settings.mistake().empty()) return failure(settings.mistake());
    if (read.connections == 0)
        return failure(std::string("settings.database_connections is 0; expected 1 at least"));
    return read;
}

Result<void, std::string> check(const host::NodeConfig& config) {
    const auto settings = read(config);
    if (!settings) return failure(settings.error());
    return {};
}

Result<void, std::string> assemble(host::Process& process) {
    auto settings = read(process.config());
    if (!settings) return failure(settings.error());
    if (auto provided = host::provide_store<host::SqlStore>(
            process.loop(), process.config().database, settings->connections);
        !provided)
        return provided;

    process.serve(std::make_unique<hss::Hss>(std::move(settings->config), process.entropy()));
    host::provide_hss_commands(process.loop());
    return host::provide_cx_and_sh(
        process, host::DiameterRole::listens, host::objection_to_user_data);
}

}  // namespace

int main(int argc, char** argv) { return host::run_process(argc, argv, "hss", assemble, check); }
