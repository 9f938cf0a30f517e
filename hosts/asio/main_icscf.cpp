// The I-CSCF as a process on sockets and Cx.
#include "hosts/asio/process.h"
#include "hosts/asio/settings.h"
#include "hosts/diameter/cx_service.h"
#include "icscf/icscf.h"

namespace {

using namespace imslab;

// [{"uri": "sip:scscf.home:5060", "capabilities": [1, 2]}, …]
void read_serving(host::Settings& settings, std::vector<icscf::ServingCscf>& serving) {
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

Result<void, std::string> assemble(host::Process& process) {
    const auto mw = process.listen("Mw");
    if (!mw) return failure(mw.error());

    icscf::Config config;
    if (!process.config().host.empty()) config.host = process.config().host;
    config.address = *mw;
    config.hosts = process.config().hosts;
    if (!process.config().domains.empty()) {
        config.domains = process.config().domains;
        config.ioi = config.domains.front();
    }
    host::Settings settings(process.config().settings);
    read_serving(settings, config.serving);
    settings.read("ioi", config.ioi);
    settings.read_timers("timers", config.timers);
    settings.read_duration("patience", config.patience);
    settings.read_limits("limits", config.limits);
    settings.read("max_transactions", config.max_transactions);
    if (!settings.mistake().empty()) return failure(settings.mistake());

    process.serve(std::make_unique<icscf::Icscf>(std::move(config), process.entropy()));
    return host::provide_cx(process, host::CxRole::connects);
}

}  // namespace

int main(int argc, char** argv) { return host::run_process(argc, argv, "icscf", assemble); }
