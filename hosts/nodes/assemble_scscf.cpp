// The settings of an S-CSCF, and its services.
#include <nlohmann/json.hpp>

#include "diameter/shared_filter_criteria.h"
#include "hosts/asio/settings.h"
#include "hosts/diameter/service.h"
#include "hosts/nodes/assemble.h"
#include "hosts/nodes/pending_work.h"
#include "scscf/scscf.h"
#include "sip/params.h"

namespace imslab::host {
namespace {

// {"+15550001": "sip:+15550001@home;user=phone", …}
void read_numbers(Settings& settings, std::map<std::string, std::string, std::less<>>& numbers) {
    const auto* map = settings.find("numbers");
    if (map == nullptr) return;
    constexpr const char* kExpected =
        R"(an object like {"+15550001": "sip:+15550001@example;user=phone"})";
    if (!map->is_object()) return settings.wrong("numbers", kExpected);
    for (const auto& [number, uri] : map->items()) {
        if (!uri.is_string()) return settings.wrong("numbers", kExpected);
        numbers[number] = uri.get<std::string>();
    }
}

// {"12": "<InitialFilterCriteria>…</InitialFilterCriteria>", …}
void read_shared_criteria(Settings& settings, scscf::Config& config) {
    const auto* map = settings.find("shared_filter_criteria");
    if (map == nullptr) return;
    constexpr const char* kExpected =
        "an object like {\"12\": \"<InitialFilterCriteria>…</InitialFilterCriteria>\"}";
    if (!map->is_object()) return settings.wrong("shared_filter_criteria", kExpected);
    for (const auto& [number, xml] : map->items()) {
        const auto set = sip::to_number(number);
        if (!set || !xml.is_string()) return settings.wrong("shared_filter_criteria", kExpected);
        auto criteria = cx::read_filter_criteria(xml.get<std::string>());
        if (!criteria)
            return settings.wrong("shared_filter_criteria",
                                  "criteria that can be read in the set " + number + " (" +
                                      criteria.error().reason + ")");
        config.shared_filter_criteria[*set] = *std::move(criteria);
    }
}

Result<scscf::Config, std::string> read(const NodeConfig& from) {
    scscf::Config config;
    if (!from.host.empty()) config.host = from.host;
    config.hosts = from.hosts;
    if (!from.domains.empty()) {
        config.domains = from.domains;
        config.ioi = config.domains.front();
    }
    Settings settings(from.settings);
    settings.find("capabilities");  // what an I-CSCF selects by; nothing to the S-CSCF itself
    read_numbers(settings, config.numbers);
    read_shared_criteria(settings, config);
    settings.read_duration("application_server_patience", config.application_server_patience);
    settings.read_duration("original_dialog_lifetime", config.original_dialog_lifetime);
    settings.read("max_original_dialogs", config.max_original_dialogs);
    settings.read_duration("unregistered_lifetime", config.unregistered_lifetime);
    settings.read("server_name", config.server_name);
    settings.read("realm", config.realm);
    settings.read("ioi", config.ioi);
    settings.read_timers("timers", config.timers);
    settings.read_limits("limits", config.limits);
    settings.read("max_transactions", config.max_transactions);
    settings.read("max_pending", config.max_pending);
    settings.read_duration("default_expires", config.default_expires);
    settings.read_duration("min_expires", config.min_expires);
    settings.read_duration("max_expires", config.max_expires);
    settings.read_duration("await_auth", config.await_auth);
    settings.read("max_resynchronisations", config.max_resynchronisations);
    settings.read("max_contacts", config.max_contacts);
    settings.read("max_challenges", config.max_challenges);
    settings.read_duration("ring", config.ring);
    settings.read_duration("dialog_lifetime", config.dialog_lifetime);
    settings.read("max_dialogs", config.max_dialogs);
    if (!settings.mistake().empty()) return failure(settings.mistake());
    return config;
}

}  // namespace

Result<void, std::string> check_scscf(const NodeConfig& config) {
    const auto settings = read(config);
    if (!settings) return failure(settings.error());
    return {};
}

Result<void, std::string> assemble_scscf(Process& process) {
    const auto mw = process.listen("Mw");
    if (!mw) return failure(mw.error());
    auto config = read(process.config());
    if (!config) return failure(config.error());
    config->address = *mw;

    auto node = std::make_unique<scscf::Scscf>(std::move(*config), process.entropy());
    process.loop().control().provide(
        "user", [&scscf = *node](const std::string& identity, const Control::Answer& answer) {
            answer(scscf.user(identity).dump());
        });
    count_pending_work(process, *node);
    process.serve(std::move(node));
    return provide_cx(process, DiameterRole::connects);
}

}  // namespace imslab::host
