// From freeDiameter's callbacks to the endpoint's member functions.
#include "hosts/diameter/callbacks.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "hosts/diameter/endpoint.h"

namespace imslab::host {

DiameterEndpoint* DiameterCallbacks::endpoint = nullptr;

void DiameterCallbacks::on_answer(void* ask_id, msg** answer) {
    msg* taken = *answer;
    *answer = nullptr;
    endpoint->on_answer(reinterpret_cast<AskId>(ask_id), taken);
}

int DiameterCallbacks::on_request(msg** request, avp*, session*, void*, disp_action* action) {
    msg_hdr* header = nullptr;
    if (fd_msg_hdr(*request, &header) != 0 || (header->msg_flags & CMD_FLAG_REQUEST) == 0) return 0;
    msg* taken = *request;
    *request = nullptr;
    *action = DISP_ACT_CONT;
    endpoint->on_request(taken);
    return 0;
}

bool DiameterCallbacks::on_received(msg** message) {
    msg_hdr* header = nullptr;
    if (endpoint == nullptr || fd_msg_hdr(*message, &header) != 0 ||
        endpoint->find_application(header->msg_appl) == nullptr)
        return false;
    if ((header->msg_flags & CMD_FLAG_REQUEST) != 0) {
        if ((header->msg_flags & CMD_FLAG_ERROR) != 0 || !endpoint->on_arrived(*message))
            return false;
        *message = nullptr;
        return true;
    }
    msg* question = nullptr;
    void (*asked_by)(void*, msg**) = nullptr;
    void* ask_id = nullptr;
    if (fd_msg_answ_getq(*message, &question) != 0 || question == nullptr ||
        fd_msg_anscb_get(question, &asked_by, nullptr, &ask_id) != 0 || asked_by != on_answer)
        return false;
    on_answer(ask_id, message);
    return true;
}

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
        case HOOK_MESSAGE_RECEIVED:
            return endpoint->on_message_seen(false, message, peer, static_cast<const char*>(other));
        case HOOK_MESSAGE_SENT:
            return endpoint->on_message_seen(true, message, peer, nullptr);
        case HOOK_PEER_CONNECT_SUCCESS:
            if (peer != nullptr) endpoint->on_connected(peer->info.pi_diamid);
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

Address remote_of_connection(const char* name) {
    const std::string_view text(name);
    const auto open = text.find('[');
    if (open == std::string_view::npos) return {};
    const auto close = text.find("]:", open);
    const auto end = text.find(' ', open);
    if (close == std::string_view::npos) return {};
    const auto ip = IpAddress::parse(text.substr(open + 1, close - open - 1));
    if (!ip) return {};
    Address address{*ip, 0};
    for (const char c : text.substr(close + 2, end - close - 2)) {
        if (c < '0' || c > '9') break;
        address.port = static_cast<std::uint16_t>(address.port * 10 + (c - '0'));
    }
    return address;
}

}  // namespace imslab::host
