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

}  // namespace

const Application& cx_application() {
    static const Application application{
        diameter::kApplicationCx,
        "Cx",
        kCxCommands,
        600,
        699,
        [](const std::any& request, const diameter::Envelope& envelope) {
            return cx::to_message(std::any_cast<const cx::Request&>(request), envelope);
        },
        [](const std::any& answer, const diameter::Envelope& envelope) {
            return cx::to_message(std::any_cast<const cx::Answer&>(answer), envelope);
        },
        [](const diameter::Message& message) { return as_any(cx::request_from(message)); },
        [](const diameter::Message& message) { return as_any(cx::answer_from(message)); },
        destination<cx::Request>};
    return application;
}

const Application& sh_application() {
    static const Application application{
        diameter::kApplicationSh,
        "Sh",
        kShCommands,
        700,
        799,
        [](const std::any& request, const diameter::Envelope& envelope) {
            return sh::to_message(std::any_cast<const sh::Request&>(request), envelope);
        },
        [](const std::any& answer, const diameter::Envelope& envelope) {
            return sh::to_message(std::any_cast<const sh::Answer&>(answer), envelope);
        },
        [](const diameter::Message& message) { return as_any(sh::request_from(message)); },
        [](const diameter::Message& message) { return as_any(sh::answer_from(message)); },
        destination<sh::Request>};
    return application;
}

const Application& zh_application() {
    static const Application application{
        diameter::kApplicationZh,
        "Zh",
        kZhCommands,
        400,
        410,
        [](const std::any& request, const diameter::Envelope& envelope) {
            return zh::to_message(std::any_cast<const zh::Request&>(request), envelope);
        },
        [](const std::any& answer, const diameter::Envelope& envelope) {
            return zh::to_message(std::any_cast<const zh::Answer&>(answer), envelope);
        },
        [](const diameter::Message& message) { return as_any(zh::request_from(message)); },
        [](const diameter::Message& message) { return as_any(zh::answer_from(message)); },
        destination<zh::Request>};
    return application;
}

const Application& zn_application() {
    static const Application application{
        diameter::kApplicationZn,
        "Zn",
        kZnCommands,
        411,  // those of Zh are its own too
        420,
        [](const std::any& request, const diameter::Envelope& envelope) {
            return zn::to_message(std::any_cast<const zn::Request&>(request), envelope);
        },
        [](const std::any& answer, const diameter::Envelope& envelope) {
            return zn::to_message(std::any_cast<const zn::Answer&>(answer), envelope);
        },
        [](const diameter::Message& message) { return as_any(zn::request_from(message)); },
        [](const diameter::Message& message) { return as_any(zn::answer_from(message)); },
        destination<zn::Request>};
    return application;
}

}  // namespace imslab::host
