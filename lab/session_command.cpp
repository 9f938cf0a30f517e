// `alice session bob "TEXT"`, `alice session bob file N`, and what may be said behind it.
#include "lab/session_command.h"

#include "sip/params.h"

namespace imslab::lab {

namespace {

constexpr std::uint32_t kMostOctets = 16U << 20U;

std::string_view take_word(std::string_view& rest) {
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    const auto end = rest.starts_with('"') ? std::min(rest.find('"', 1), rest.size() - 1) + 1
                                           : std::min(rest.find_first_of(" ,"), rest.size());
    const auto word = rest.substr(0, end);
    rest.remove_prefix(end);
    return word;
}

}  // namespace

std::optional<Result<SessionCommand, CommandError>> read_session_command(std::string_view text,
                                                                         const Topology& topology) {
    std::string_view rest = text;
    SessionCommand command;
    command.caller = take_word(rest);
    if (topology.ue(command.caller) == nullptr || take_word(rest) != "session") return std::nullopt;
    const auto wrong = [&](std::string_view at, std::string expected) {
        const auto column = static_cast<std::size_t>(at.data() - text.data()) + 1;
        return Result<SessionCommand, CommandError>(failure(CommandError{
            column, at.empty() ? "nothing" : "'" + std::string(at) + "'", std::move(expected)}));
    };
    const auto callee = take_word(rest);
    if (topology.ue(callee) == nullptr) return wrong(callee, "a UE of the topology");
    command.callee = callee;
    const auto what = take_word(rest);
    if (what == "file") {
        const auto size = take_word(rest);
        const auto octets = sip::to_number(size);
        if (!octets || *octets == 0 || *octets > kMostOctets)
            return wrong(size, "a number of octets up to 16777216");
        command.file_octets = *octets;
    } else if (what.size() > 2 && what.front() == '"' && what.back() == '"') {
        command.text = what.substr(1, what.size() - 2);
    } else {
        return wrong(what, "a text in quotes, or file and a number of octets");
    }
    while (!(rest = sip::trim(rest)).empty()) {
        if (rest.starts_with(',')) rest.remove_prefix(1);
        const auto clause = sip::trim(rest);
        if (clause.starts_with("wrong hash") && command.file_octets != 0) {
            command.wrong_hash = true;
            rest = clause.substr(10);
        } else if (clause.starts_with("holds")) {
            command.holds = true;
            rest = clause.substr(5);
        } else if (clause.starts_with("moves")) {
            command.moves = true;
            rest = clause.substr(5);
        } else if (clause.starts_with("wrong password") && !command.caller_relays.empty()) {
            command.relay_mistake = SessionCommand::RelayMistake::password;
            rest = clause.substr(14);
        } else if (clause.starts_with("unknown URI") && !command.caller_relays.empty()) {
            command.relay_mistake = SessionCommand::RelayMistake::unknown_uri;
            rest = clause.substr(11);
        } else if (clause.starts_with("expired") && !command.caller_relays.empty()) {
            command.relay_mistake = SessionCommand::RelayMistake::expired;
            rest = clause.substr(7);
        } else if (clause.starts_with("lost") && !command.caller_relays.empty()) {
            command.relay_mistake = SessionCommand::RelayMistake::lost;
            rest = clause.substr(4);
        } else if (clause.starts_with(command.caller + " by ") ||
                   clause.starts_with(command.callee + " by ")) {
            const bool is_caller = clause.starts_with(command.caller + " by ");
            auto& relays = is_caller ? command.caller_relays : command.callee_relays;
            rest = clause.substr((is_caller ? command.caller : command.callee).size() + 4);
            do {
                const auto relay = take_word(rest);
                const auto* node = topology.node(relay);
                if (node == nullptr || !node->hosts("msrp-relay"))
                    return wrong(relay, "a node that is a relay for MSRP");
                relays.emplace_back(relay);
                if (!sip::trim(rest).starts_with("and ")) break;
                rest = sip::trim(rest).substr(4);
            } while (true);
        } else if (clause.starts_with("over TLS")) {
            command.by_tls = true;
            rest = clause.substr(8);
        } else if (clause.starts_with("wrong fingerprint of ")) {
            rest = clause.substr(21);
            const auto whose = take_word(rest);
            if (whose != command.caller && whose != command.callee)
                return wrong(whose, command.caller + " or " + command.callee);
            command.wrong_fingerprint = whose;
        } else if (clause.starts_with("infected")) {
            command.infected = true;
            rest = clause.substr(8);
        } else if (clause.starts_with(command.callee + " connects")) {
            command.callee_connects = true;
            rest = clause.substr(command.callee.size() + 9);
        } else {
            return wrong(clause,
                         "wrong hash (of a file), infected, holds, moves, over TLS, wrong "
                         "fingerprint of a UE, " +
                             command.caller + " or " + command.callee +
                             " by a relay (and then wrong password, unknown URI, expired or lost), "
                             "or " +
                             command.callee + " connects");
        }
    }
    return Result<SessionCommand, CommandError>(std::move(command));
}

}  // namespace imslab::lab
