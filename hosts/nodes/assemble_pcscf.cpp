// The settings of a P-CSCF, and its services.
#include <nlohmann/json.hpp>

#include "hosts/asio/settings.h"
#include "hosts/nodes/assemble.h"
#include "hosts/nodes/pending_work.h"
#include "pcscf/pcscf.h"

namespace imslab::host {

namespace {

Result<pcscf::Config, std::string> read(const NodeConfig& from) {
    pcscf::Config config;
    if (!from.host.empty()) config.host = from.host;
    config.hosts = from.hosts;
    if (!from.domains.empty()) {
        config.visited_network = config.ioi = from.domains.front();
    }
    Settings settings(from.settings);
    settings.read("visited_network", config.visited_network);
    settings.read("ioi", config.ioi);
    settings.read_timers("timers", config.mw_timers);
    settings.read_timers("gm_timers", config.gm_timers);
    settings.read_timers("mw_timers", config.mw_timers);
    settings.read_duration("patience", config.patience);
    settings.read_limits("limits", config.limits);
    settings.read("max_transactions", config.max_transactions);
    settings.read("max_pending", config.max_pending);
    settings.read("reg_event", config.reg_event);
    settings.read("release_sessions", config.release_sessions);
    settings.read("release_early_dialogs", config.release_early_dialogs);
    settings.read_duration("dialog_lifetime", config.dialog_lifetime);
    settings.read("max_dialogs", config.max_dialogs);
    settings.read("max_bindings", config.max_bindings);
    if (!settings.mistake().empty()) return failure(settings.mistake());
    return config;
}

}  // namespace

Result<void, std::string> check_pcscf(const NodeConfig& config) {
    const auto settings = read(config);
    if (!settings) return failure(settings.error());
    return {};
}

Result<void, std::string> assemble_pcscf(Process& process) {
    const auto gm = process.listen("Gm");
    if (!gm) return failure(gm.error());
    const auto mw = process.listen("Mw");
    if (!mw) return failure(mw.error());
    auto config = read(process.config());
    if (!config) return failure(config.error());
    config->gm = *gm;
    config->gm_ports = process.ports("Gm");
    config->mw = *mw;

    auto node = std::make_unique<pcscf::Pcscf>(std::move(*config), process.entropy());
    process.loop().control().provide(
        "user", [&pcscf = *node](const std::string& identity, const Control::Answer& answer) {
            answer(pcscf.user(identity).dump());
        });
    count_pending_work(process, *node);
    process.serve(std::move(node));
    return {};
}

}  // namespace imslab::host
