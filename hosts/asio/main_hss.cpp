// The HSS as a process on Cx and its database.
#include "hosts/administration/hss_commands.h"
#include "hosts/asio/process.h"
#include "hosts/asio/settings.h"
#include "hosts/diameter/service.h"
#include "hosts/store/sql_store.h"
#include "hss/hss.h"

namespace {

using namespace imslab;

Result<void, std::string> assemble(host::Process& process) {
    if (process.config().database.empty())
        return failure(std::string("no database: expected the key database in the configuration"));
    auto opened = host::SqlStore::open(process.config().database);
    if (!opened) return failure(opened.error());
    const std::shared_ptr<host::SqlStore> store = std::move(*opened);
    process.loop().provide<hss::StoreRequest>(
        [store, &loop = process.loop()](AskId id, const hss::StoreRequest& request) {
            loop.answer(id, store->perform(request));
        });

    hss::Config config;
    config.home_networks = process.config().domains;
    host::Settings settings(process.config().settings);
    settings.read("max_vectors", config.max_vectors);
    settings.read("keep_server_name", config.keep_server_name);
    if (!settings.mistake().empty()) return failure(settings.mistake());

    process.serve(std::make_unique<hss::Hss>(std::move(config), process.entropy()));
    host::provide_hss_commands(process.loop());
    return host::provide_cx(process, host::DiameterRole::listens);
}

}  // namespace

int main(int argc, char** argv) { return host::run_process(argc, argv, "hss", assemble); }
