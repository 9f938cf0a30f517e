// The S-CSCF as a process on sockets and Cx.
#include "hosts/asio/process.h"
#include "hosts/asio/settings.h"
#include "hosts/diameter/cx_service.h"
#include "scscf/scscf.h"

namespace {

using namespace imslab;

// {"+15550001": "sip:+15550001@home;user=phone", …}
void read_numbers(host::Settings& settings,
                  std::map<std::string, std::string, std::less<>>& numbers) {
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

Result<void, std::string> assemble(host::Process& process) {
    const auto mw = process.listen("Mw");
    if (!mw) return failure(mw.error());

    scscf::Config config;
    if (!process.config().host.empty()) config.host = process.config().host;
    config.address = *mw;
    config.hosts = process.config().hosts;
    if (!process.config().domains.empty()) {
        config.domains = process.config().domains;
        config.ioi = config.domains.front();
    }
    host::Settings settings(process.config().settings);
    settings.find("capabilities");  // what an I-CSCF selects by; nothing to the S-CSCF itself
    read_numbers(settings, config.numbers);
    settings.read("server_name", config.server_name);
    settings.read("realm", config.realm);
    settings.read("ioi", config.ioi);
    settings.read_timers("timers", config.timers);
    settings.read_limits("limits", config.limits);
    settings.read("max_transactions", config.max_transactions);
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

    process.serve(std::make_unique<scscf::Scscf>(std::move(config), process.entropy()));
    return host::provide_cx(process, host::CxRole::connects);
}

}  // namespace

int main(int argc, char** argv) { return host::run_process(argc, argv, "scscf", assemble); }
