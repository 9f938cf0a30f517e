// Reading the enabler's map.
#include "gateways/interconnection/settings.h"

#include "as/settings_reader.h"
#include "xmpp/jid.h"

namespace imslab::interconnection {

namespace {

constexpr std::uint16_t kComponentPort = 5347;

bool is_domain(const std::string& text) {
    const auto jid = xmpp::Jid::parse(text);
    return jid && jid->local.empty() && !jid->is_full();
}

}  // namespace

Result<Settings, std::string> read_settings(const std::string& name,
                                            const nlohmann::json& settings) {
    as::SettingsReader reader(name, settings);
    reader.text("kind");
    Settings read;
    const auto server = Address::parse(reader.text("server"), kComponentPort);
    if (server) read.server = *server;
    if (!server) reader.wrong("server", "an IP address such as 127.1.20.1:5347");
    read.secret = reader.text("secret");
    if (read.secret.empty()) reader.wrong("secret", "the word that the XMPP server knows");
    read.domain = reader.text("domain");
    if (!read.domain.empty() && !is_domain(read.domain)) reader.wrong("domain", "a domain");
    for (const auto& one : reader.texts("domains")) {
        if (is_domain(one))
            read.domains.push_back(xmpp::Jid::parse(one)->domain);
        else
            reader.wrong("domains", "domains of XMPP users");
    }
    if (read.domains.empty()) reader.wrong("domains", "domains of XMPP users");
    reader.number("max_message_octets", read.max_message_octets, 200);
    reader.milliseconds("patience_ms", read.patience);
    reader.milliseconds("memory_ms", read.memory);
    reader.number("max_open", read.max_open, 1);
    reader.milliseconds("max_reconnect_ms", read.max_reconnect);
    if (auto mistake = reader.mistake(); !mistake.empty()) return failure(std::move(mistake));
    return read;
}

}  // namespace imslab::interconnection
