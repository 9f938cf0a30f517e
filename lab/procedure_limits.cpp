// Commands that not everybody can be given: a phone of somebody else's does little, an application
// server on Sh has words of its own (diameter/sh_text.h).
#include "diameter/sh_text.h"
#include "lab/procedure_parts.h"
#include "lab/soft_phone.h"

namespace imslab::lab {

namespace {

// The user of an Sh command: its second word.
std::string_view user_in(std::string_view line) {
    const auto begin = line.find(' ');
    if (begin == std::string_view::npos) return {};
    const auto rest = line.substr(begin + 1);
    return rest.substr(0, rest.find(' '));
}

}  // namespace

std::string beyond_a_soft_phone(const Command& command, const Topology& topology) {
    const auto is_soft = [&](const std::string& name) {
        const auto* ue = topology.ue(name);
        return ue != nullptr && is_soft_phone(ue->driver);
    };
    const auto is_browser = [&](const std::string& name) {
        const auto* ue = topology.ue(name);
        return ue != nullptr && ue->driver == TopologyUe::Driver::browser;
    };
    const auto not_its = [&](const std::string& name) {
        return is_soft(name) ? name + ", a phone of somebody else's" : std::string();
    };
    if (const auto* registers = std::get_if<RegisterCommand>(&command)) {
        using Kind = RegisterCommand::Kind;
        const bool plain = registers->answer == RegisterCommand::Answer::right &&
                           registers->contact == 1 && registers->as.empty() &&
                           registers->headers.empty() && registers->username.empty() &&
                           registers->integrity_protected.empty();
        const bool known = registers->kind == Kind::initial || registers->kind == Kind::remove;
        return plain && known ? "" : not_its(registers->ue);
    }
    if (const auto* play = std::get_if<PlayCommand>(&command)) {
        bool soft = is_soft(play->caller.ue);
        bool browser = is_browser(play->caller.ue);
        bool call = play->caller.script == "call.xml" && play->others.size() == 1;
        bool message = play->caller.script == "message.xml";
        for (const auto& other : play->others) {
            soft = soft || is_soft(other.ue);
            browser = browser || is_browser(other.ue);
            call = call && other.script == "answer.xml";
            message = message && other.script == "accept.xml";
        }
        if (!soft || call || (message && !browser)) return {};
        return browser ? "more than a call between a browser and a phone"
                       : "more than a call or a message between such a phone and another";
    }
    if (const auto* sends = std::get_if<SendCommand>(&command)) return not_its(sends->ue);
    if (const auto* connects = std::get_if<ConnectionCommand>(&command))
        return not_its(connects->ue);
    return {};
}

std::optional<Result<std::vector<Command>, CommandError>> read_sh(std::string_view text,
                                                                  const Topology& topology) {
    const auto space = text.find(' ');
    const auto* node = topology.node(text.substr(0, space));
    if (node == nullptr || node->kind != "sh_client" || space == std::string_view::npos)
        return std::nullopt;
    const auto line = text.substr(space + 1);
    const auto user = user_in(line);
    constexpr std::string_view kStandIn = "sip:ue@example";
    const auto tried =
        topology.ue(user) != nullptr ? with_identity(line, user, kStandIn) : std::string(line);
    if (const auto request = sh::request_from_text(tried); !request) {
        const auto& error = request.error();
        const auto shift = tried.size() - line.size();
        const auto column =
            error.column > line.find(user) + 1 ? error.column - shift : error.column;
        return failure(CommandError{space + 1 + column, error.found, error.expected});
    }
    return std::vector<Command>{ShCommand{node->name, std::string(line)}};
}

std::string with_identity(std::string_view line, std::string_view ue, std::string_view identity) {
    if (ue.empty() || user_in(line) != ue) return std::string(line);
    std::string changed(line);
    return changed.replace(line.find(' ') + 1, ue.size(), identity);
}

}  // namespace imslab::lab
