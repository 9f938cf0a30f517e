// The settings of an application server, and its services.
#include <nlohmann/json.hpp>

#include "as/application_server.h"
#include "as/enablers.h"
#include "hosts/asio/settings.h"
#include "hosts/diameter/service.h"
#include "hosts/nodes/assemble.h"

namespace imslab::host {
namespace {

struct Read {
    as::Config config;
    std::vector<as::EnablerRecipe> enablers;
};

Result<Read, std::string> read(const NodeConfig& from) {
    Read read;
    auto& config = read.config;
    if (!from.host.empty()) config.host = from.host;
    config.hosts = from.hosts;
    if (!from.domains.empty()) config.domains = from.domains;
    Settings settings(from.settings);
    settings.read_timers("timers", config.timers);
    settings.read_limits("limits", config.limits);
    settings.read("max_transactions", config.max_transactions);
    settings.read("max_requests", config.max_requests);
    settings.read_duration("retry_after", config.retry_after);
    settings.read("max_registrations", config.max_registrations);
    if (const auto* enablers = settings.find("enablers")) {
        if (!enablers->is_object()) {
            settings.wrong("enablers", R"(a map like {"answering": {}})");
        } else {
            for (const auto& [name, description] : enablers->items()) {
                auto recipe = as::read_enabler(name, description);
                if (!recipe) return failure("settings." + recipe.error());
                read.enablers.push_back(*std::move(recipe));
            }
        }
    }
    if (!settings.mistake().empty()) return failure(settings.mistake());
    return read;
}

}  // namespace

Result<void, std::string> check_as(const NodeConfig& config) {
    const auto settings = read(config);
    if (!settings) return failure(settings.error());
    return {};
}

Result<void, std::string> assemble_as(Process& process) {
    const auto isc = process.listen("ISC");
    if (!isc) return failure(isc.error());
    auto settings = read(process.config());
    if (!settings) return failure(settings.error());
    settings->config.address = *isc;
    auto node =
        std::make_unique<as::ApplicationServer>(std::move(settings->config), process.entropy());
    for (auto& enabler : settings->enablers) node->host(enabler.make, enabler.identities);
    process.serve(std::move(node));
    if (process.config().diameter_identity.empty()) return {};
    return provide_sh(process, DiameterRole::connects);
}

}  // namespace imslab::host
