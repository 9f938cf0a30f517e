// The settings of an I-CSCF, and its services.
#include "hosts/asio/settings.h"
#include "hosts/diameter/service.h"
#include "hosts/nodes/assemble.h"
#include "hosts/nodes/pending_work.h"
#include "icscf/icscf.h"

namespace imslab::host {
namespace {

// [{"uri": "sip:scscf.home:5060", "capabilities": [1, 2]}, …]
void read_serving(Settings& settings, std::vector<icscf::ServingCscf>& serving) {
    const auto* list = settings.find("serving");
    if (list == nullptr) return;
    constexpr const char* kExpected =
        R"(a list like [{"uri": "sip:scscf.example:5060", "capabilities": [1]}])";
    if (!list->is_array()) return settings.wrong("serving", kExpected);
    for (const auto& entry : *list) {
        if (!entry.is_object() || !entry.contains("uri") || !entry["uri"].is_string())
            return settings.wrong("serving", kExpected);
        icscf::ServingCscf one;
        one.uri = entry["uri"].get<std::string>();
        for (const auto& capability : entry.value("capabilities", nlohmann::json::array())) {
            if (!capability.is_number_unsigned()) return settings.wrong("serving", kExpected);
            one.capabilities.push_back(capability.get<std::uint32_t>());
        }
        serving.push_back(std::move(one));
    }
}

// ["192.0.2.17", …]: whom it trusts beside the hosts it knows; "everybody".
void read_trusted(Settings& settings, icscf::Config& config) {
    const auto* list = settings.find("trusted");
    if (list == nullptr) return;
    constexpr const char* kExpected = R"(a list of IP addresses like ["192.0.2.17"], or "everybody")";
    config.trusts_everybody = *list == "everybody";
    if (config.trusts_everybody) return;
    if (!list->is_array()) return settings.wrong("trusted", kExpected);
    for (const auto& entry : *list) {
        const auto ip = entry.is_string() ? IpAddress::parse(entry.get<std::string>())
                                          : std::optional<IpAddress>();
        if (!ip) return settings.wrong("trusted", kExpected);
        config.trusted.insert(*ip);
    }
}

Result<icscf::Config, std::string> read(const NodeConfig& from) {
    icscf::Config config;
    if (!from.host.empty()) config.host = from.host;
    config.hosts = from.hosts;
    if (!from.domains.empty()) {
        config.domains = from.domains;
        config.ioi = config.domains.front();
    }
    Settings settings(from.settings);
    read_serving(settings, config.serving);
    read_trusted(settings, config);
    settings.read("ioi", config.ioi);
    settings.read_timers("timers", config.timers);
    settings.read_duration("patience", config.patience);
    settings.read_duration("invite_patience", config.invite_patience);
    settings.read_duration("avoidance", config.avoidance);
    settings.read_limits("limits", config.limits);
    settings.read("max_transactions", config.max_transactions);
    settings.read("max_pending", config.max_pending);
    if (!settings.mistake().empty()) return failure(settings.mistake());
    return config;
}

}  // namespace

Result<void, std::string> check_icscf(const NodeConfig& config) {
    const auto settings = read(config);
    if (!settings) return failure(settings.error());
    return {};
}

Result<void, std::string> assemble_icscf(Process& process) {
    const auto mw = process.listen("Mw");
    if (!mw) return failure(mw.error());
    auto config = read(process.config());
    if (!config) return failure(config.error());
    config->address = *mw;

    auto node = std::make_unique<icscf::Icscf>(std::move(*config), process.entropy());
    count_pending_work(process, *node);
    process.serve(std::move(node));
    return provide_cx(process, DiameterRole::connects);
}

}  // namespace imslab::host
