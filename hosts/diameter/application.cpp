// Cx, Sh, Zh and Zn as applications; they differ in their codecs alone.
#include "hosts/diameter/application.h"

#include <array>
#include <variant>

#include "diameter/cx_codec.h"
#include "diameter/sh_codec.h"
#include "diameter/zh_codec.h"
#include "diameter/zn_codec.h"

namespace imslab::host {
namespace {

using Command = Application::Command;

constexpr std::array kCxCommands{Command{300, "User-Authorization"},
                                 Command{301, "Server-Assignment"},
                                 Command{302, "Location-Info"},
                                 Command{303, "Multimedia-Auth"},
                                 Command{304, "Registration-Termination"},
                                 Command{305, "Push-Profile"}};
constexpr std::array kShCommands{Command{306, "User-Data"},
                                 Command{307, "Profile-Update"},
                                 Command{308, "Subscribe-Notifications"},
                                 Command{309, "Push-Notification"}};

constexpr std::array kZhCommands{Command{303, "Multimedia-Auth"}};
constexpr std::array kZnCommands{Command{310, "Bootstrapping-Info"}};

template <class Value>
Result<std::any, diameter::CodecError> as_any(Result<Value, diameter::CodecError> read) {
    if (!read) return failure(std::move(read.error()));
    return std::any(std::move(*read));
}

template <class Request>
std::string destination(const std::any& request) {
    return std::visit(
        [](const auto& command) -> std::string {
            if constexpr (requires { command.destination_host; }) return command.destination_host;
            return {};
        },
        std::any_cast<const Request&>(request));
}

// to_message() is found by the commands inside.
template <class Request, class Answer, auto request_from, auto answer_from>
Application carrying(std::uint32_t id,
                     const char* name,
                     std::span<const Command> commands,
                     std::uint32_t first_avp,
                     std::uint32_t last_avp) {
    return {id,
            name,
            commands,
            first_avp,
            last_avp,
            [](const std::any& request, const diameter::Envelope& envelope) {
                return to_message(std::any_cast<const Request&>(request), envelope);
            },
            [](const std::any& answer, const diameter::Envelope& envelope) {
                return to_message(std::any_cast<const Answer&>(answer), envelope);
            },
            [](const diameter::Message& message) { return as_any(request_from(message)); },
            [](const diameter::Message& message) { return as_any(answer_from(message)); },
            destination<Request>};
}

}  // namespace

const Application& cx_application() {
    static const auto application =
        carrying<cx::Request, cx::Answer, cx::request_from, cx::answer_from>(
            diameter::kApplicationCx, "Cx", kCxCommands, 600, 699);
    return application;
}

const Application& sh_application() {
    static const auto application =
        carrying<sh::Request, sh::Answer, sh::request_from, sh::answer_from>(
            diameter::kApplicationSh, "Sh", kShCommands, 700, 799);
    return application;
}

const Application& zh_application() {
    static const auto application =
        carrying<zh::Request, zh::Answer, zh::request_from, zh::answer_from>(
            diameter::kApplicationZh, "Zh", kZhCommands, 400, 410);
    return application;
}

// Those of Zh are its own too.
const Application& zn_application() {
    static const auto application =
        carrying<zn::Request, zn::Answer, zn::request_from, zn::answer_from>(
            diameter::kApplicationZn, "Zn", kZnCommands, 411, 420);
    return application;
}

}  // namespace imslab::host
