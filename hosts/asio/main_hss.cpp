// The HSS as a process on Cx, Sh and its database.
#include "hosts/administration/hss_commands.h"
#include "hosts/asio/process.h"
#include "hosts/asio/settings.h"
#include "hosts/diameter/service.h"
#include "hosts/store/sh_data_schema.h"
#include "hosts/store/store_threads.h"
#include "hss/hss.h"

namespace {

using namespace imslab;

// Who asks the HSS on Cx gives up after so long.
constexpr std::chrono::seconds kPatience{5};

// A file is read where the node runs; a server may be slow or away, and has threads of its own.
Result<void, std::string> provide_store(host::Process& process, unsigned connections) {
    const auto& database = process.config().database;
    auto& loop = process.loop();
    const auto url = host::DatabaseUrl::parse(database);
    if (!url) return failure(url.error());
    if (url->kind == host::DatabaseKind::sqlite) {
        auto opened = host::SqlStore::open(database);
        if (!opened) return failure(opened.error());
        const std::shared_ptr<host::SqlStore> store = std::move(*opened);
        loop.provide<hss::StoreRequest>([store, &loop](AskId id, const hss::StoreRequest& request) {
            loop.answer(id, store->perform(request));
        });
        return {};
    }
    auto opened = host::StoreThreads::open(database, connections, kPatience);
    if (!opened) return failure(opened.error());
    const std::shared_ptr<host::StoreThreads> store = std::move(*opened);
    loop.provide<hss::StoreRequest>(
        [store, &loop](AskId id, hss::StoreRequest request) {
            store->ask(std::move(request), [id, &loop](hss::StoreAnswer answer) {
                loop.inbox().answer(id, std::move(answer));
            });
        },
        kPatience);
    return {};
}

Result<void, std::string> assemble(host::Process& process) {
    if (process.config().database.empty())
        return failure(std::string("no database: expected the key database in the configuration"));
    hss::Config config;
    config.home_networks = process.config().domains;
    unsigned connections = 4;
    host::Settings settings(process.config().settings);
    settings.read("max_vectors", config.max_vectors);
    settings.read("keep_server_name", config.keep_server_name);
    settings.read("database_connections", connections);
    settings.read("max_repository_bytes", config.max_repository_bytes);
    settings.read("max_subscription_seconds", config.max_subscription_seconds);
    if (const auto* servers = settings.find("application_servers")) {
        auto permissions = hss::Permissions::from(*servers);
        if (!permissions) return failure("settings." + permissions.error());
        config.permissions = std::move(*permissions);
    }
    if (!settings.mistake().empty()) return failure(settings.mistake());
    if (connections == 0)
        return failure(std::string("settings.database_connections is 0; expected 1 at least"));
    if (auto provided = provide_store(process, connections); !provided) return provided;

    process.serve(std::make_unique<hss::Hss>(std::move(config), process.entropy()));
    host::provide_hss_commands(process.loop());
    return host::provide_cx_and_sh(
        process, host::DiameterRole::listens, host::objection_to_user_data);
}

}  // namespace

int main(int argc, char** argv) { return host::run_process(argc, argv, "hss", assemble); }
