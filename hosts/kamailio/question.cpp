// One line into the control socket, JSON out of it, and that walked for Kamailio's RPC.
#include "hosts/kamailio/question.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/result.h"

namespace imslab::kamailio {
namespace {

using nlohmann::ordered_json;

// An administrator waits longer than a SIP worker may.
constexpr timeval kForAdministrators{2, 0}, kForWorkers{0, 200'000};

Result<std::string, std::string> ask(const std::string& path,
                                     std::string_view question,
                                     const timeval& patience) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string line(question), answer;
    line += '\n';
    bool well = ::connect(socket, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0 &&
                ::send(socket, line.data(), line.size(), MSG_NOSIGNAL) >= 0;
    char chunk[16'384];
    while (well) {
        const auto size = ::recv(socket, chunk, sizeof chunk, 0);
        well = size >= 0;
        if (size <= 0) break;
        answer.append(chunk, static_cast<std::size_t>(size));
    }
    const int error = errno;
    ::close(socket);
    if (!well)
        return failure("the IMS engine does not answer: " + std::string(std::strerror(error)));
    return answer;
}

void walk(const std::string& name, const ordered_json& value, const ims_visitor& visitor) {
    if (value.is_number()) return visitor.number(visitor.self, name.c_str(), value.get<double>());
    if (value.is_string())
        return visitor.text(
            visitor.self, name.c_str(), value.get_ref<const std::string&>().c_str());
    if (!value.is_structured())
        return visitor.text(visitor.self, name.c_str(), value.dump().c_str());
    visitor.enter(visitor.self, name.c_str());
    for (const auto& [key, member] : value.items())
        walk(value.is_array() ? std::string() : key, member, visitor);
    visitor.leave(visitor.self);
}

// Each entry of a list is an answer of its own, so that thousands of them can be told apart.
void walk_entries(const ordered_json& state, const char* key, const ims_visitor& visitor) {
    auto found = state.find(key);
    // A registrar's are kept by implicit registration set.
    if (found == state.end() && key == std::string_view("bindings"))
        found = state.find("registrations");
    if (found == state.end()) return;
    if (!found->is_array()) return walk("", *found, visitor);
    for (const auto& entry : *found) {
        if (entry.is_structured()) {
            walk("", entry, visitor);
        } else {
            ordered_json wrapped;
            wrapped[key] = entry;
            walk("", wrapped, visitor);
        }
    }
}

}  // namespace

std::string tell(const std::string& control_socket,
                 const Shared& shared,
                 std::string_view what,
                 const ims_visitor& visitor) {
    const auto text = ask(control_socket, what == "stats" ? "stats" : "state", kForAdministrators);
    if (!text) return text.error();
    auto answer = ordered_json::parse(*text, nullptr, false);
    if (!answer.is_object()) return "the IMS engine's answer is not JSON";
    if (what == "stats") {
        answer["ready"] = shared.ready.load();
        answer["engine_restarts"] = shared.restarts.load();
        answer["messages_delivered"] = shared.delivered.load();
        answer["messages_refused"] = shared.refused.load();
        answer["answered_for_a_dead_engine"] = shared.answered_for_the_dead.load();
        answer["untracked_requests"] = shared.untracked.load();
        walk("", answer, visitor);
        return {};
    }
    walk_entries(answer, std::string(what).c_str(), visitor);
    return {};
}

std::string find(const std::string& control_socket, std::string_view identity, ims_user& user) {
    user = {};
    // A line's end would be another question.
    if (identity.find_first_of("\r\n") != std::string_view::npos) return {};
    const auto text = ask(control_socket, "user " + std::string(identity), kForWorkers);
    if (!text) return text.error();
    const auto answer = ordered_json::parse(*text, nullptr, false);
    if (!answer.is_object()) return "this role keeps no registrations";
    user.registered = answer.value("registered", false) ? 1 : 0;
    user.contacts = answer.value("contacts", 0);
    user.expires_seconds = answer.value("expires_seconds", 0L);
    answer.value("identity", std::string()).copy(user.identity, sizeof user.identity - 1);
    return {};
}

}  // namespace imslab::kamailio
