// The P-CSCF as a process on sockets.
#include "hosts/asio/process.h"
#include "hosts/asio/settings.h"
#include "pcscf/pcscf.h"

namespace {

using namespace imslab;

Result<void, std::string> assemble(host::Process& process) {
    const auto gm = process.listen("Gm");
    if (!gm) return failure(gm.error());
    const auto mw = process.listen("Mw");
    if (!mw) return failure(mw.error());

    pcscf::Config config;
    if (!process.config().host.empty()) config.host = process.config().host;
    config.gm = *gm;
    config.mw = *mw;
    config.hosts = process.config().hosts;
    if (!process.config().domains.empty()) {
        config.visited_network = config.ioi = process.config().domains.front();
    }
    host::Settings settings(process.config().settings);
    settings.read("visited_network", config.visited_network);
    settings.read("ioi", config.ioi);
    settings.read_timers("timers", config.mw_timers);
    settings.read_timers("gm_timers", config.gm_timers);
    settings.read_timers("mw_timers", config.mw_timers);
    settings.read_limits("limits", config.limits);
    settings.read("max_transactions", config.max_transactions);
    settings.read("release_sessions", config.release_sessions);
    settings.read("release_early_dialogs", config.release_early_dialogs);
    settings.read_duration("dialog_lifetime", config.dialog_lifetime);
    settings.read("max_dialogs", config.max_dialogs);
    settings.read("max_bindings", config.max_bindings);
    if (!settings.mistake().empty()) return failure(settings.mistake());

    process.serve(std::make_unique<pcscf::Pcscf>(std::move(config), process.entropy()));
    return {};
}

}  // namespace

int main(int argc, char** argv) { return host::run_process(argc, argv, "pcscf", assemble); }
