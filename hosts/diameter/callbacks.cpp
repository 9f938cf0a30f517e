// From freeDiameter's callbacks to the endpoint's member functions.
#include "hosts/diameter/callbacks.h"

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

#include "hosts/diameter/endpoint.h"

namespace imslab::host {

DiameterEndpoint* DiameterCallbacks::endpoint = nullptr;

// RFC 6733 §5.6.1: who may connect. Called after the CER.
int DiameterCallbacks::on_unknown_peer(peer_info* info, int* verdict, int (**)(peer_info*)) {
    const std::string_view identity(info->pi_diamid, info->pi_diamidlen);
    const auto& known = endpoint->settings_.peers;
    bool accepted = known.empty();
    for (const auto& peer : known) accepted = accepted || peer.identity == identity;
    info->config.pic_flags.sec = PI_SEC_NONE;
    *verdict = accepted ? 1 : -1;
    if (!accepted)
        endpoint->handlers_.on_note(
            LogLevel::warning, "connection of unknown peer " + std::string(identity) + " refused");
    return 0;
}

void DiameterCallbacks::on_hook(
    fd_hook_type type, msg* message, peer_hdr* peer, void* other, fd_hook_permsgdata*, void*) {
    switch (type) {
        case HOOK_PEER_CONNECT_SUCCESS:
            return endpoint->handlers_.on_note(LogLevel::info,
                                               std::string("Diameter connection with ") +
                                                   (peer == nullptr ? "?" : peer->info.pi_diamid));
        case HOOK_PEER_CONNECT_FAILED:
            return endpoint->handlers_.on_note(
                LogLevel::debug,
                std::string("no Diameter connection: ") +
                    (other == nullptr ? "" : static_cast<const char*>(other)));
        case HOOK_MESSAGE_DROPPED:
        case HOOK_MESSAGE_ROUTING_ERROR:
        case HOOK_MESSAGE_PARSING_ERROR:
            // A buffer that is no message comes with its octets instead of a reason.
            if (message == nullptr) other = nullptr;
            return endpoint->handlers_.on_note(
                LogLevel::warning,
                std::string("Diameter message not delivered: ") +
                    (other == nullptr ? "" : static_cast<const char*>(other)));
        default:
            return;
    }
}

void DiameterCallbacks::on_log(int level, const char* format, va_list arguments) {
    if (endpoint == nullptr || (level < FD_LOG_ERROR && !endpoint->settings_.verbose)) return;
    std::array<char, 1024> text{};
    std::vsnprintf(text.data(), text.size(), format, arguments);
    endpoint->handlers_.on_note(LogLevel::debug, std::string("freeDiameter: ") + text.data());
}

}  // namespace imslab::host
