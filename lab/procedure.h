// The commands that a test procedure is written in, as values: docs/procedure-commands.md is their
// description.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/result.h"
#include "lab/topology.h"

namespace imslab::lab {

// `alice register expires 60 with old SQN`
struct RegisterCommand {
    enum class Kind : std::uint8_t {
        initial,
        again,
        remove,
        remove_all,
        replay
    } kind = Kind::initial;
    std::string ue;
    std::optional<std::uint32_t> expires;
    unsigned contact = 1;
    std::string as;  // another public identity
    enum class Answer : std::uint8_t {
        right,
        wrong_res,
        old_sqn,
        wrong_key,
        wrong_password,
        none
    } answer = Answer::right;
    bool with_authorization = true;  // in the first REGISTER
    std::string integrity_protected, username;
    std::vector<std::pair<std::string, std::string>> headers;
};

struct NodeCommand {
    enum class Kind : std::uint8_t { stop, start, kill, pause, resume } kind = Kind::stop;
    std::string node;
    unsigned at_message = 0;  // `kill im at message 2`: of those that come from now on; 0: at once
};

// `hss deregisters alice for good`
struct DeregisterCommand {
    std::string hss, ue;
    bool for_good = false;
};

struct WaitCommand {
    std::string node;
    bool present = true;  // knows, shows; else forgets, hides
    std::string ue;       // knows, forgets
    unsigned contact = 1;
    std::string text;  // shows, hides
    std::chrono::milliseconds within{5000};
};

// `alice put resource-lists/index friends.xml if absent`: XCAP on Ut (RFC 4825).
struct DocumentCommand {
    std::string ue, method;  // GET, HEAD, PUT, DELETE, POST
    std::string path;        // as written; see docs/procedure-commands.md
    std::string body;        // of a PUT: XML or a value
    std::string file;        // or where it lies, in scenarios/ue/
    std::string content_type;  // empty: what the path says
    std::string node;          // whom it asks; empty: the first that listens on Ut
    enum class Condition : std::uint8_t { none, absent, unchanged, changed } condition =
        Condition::none;
    RegisterCommand::Answer answer = RegisterCommand::Answer::right;
    bool with_authorization = true;  // answers a challenge
    bool secure = false;             // by HTTPS
    std::string intended;            // X-3GPP-Intended-Identity: a UE's name or a URI
    // ---- by a bootstrapped key (TS 33.220)
    bool bootstraps = false;      // `alice bootstrap`: on Ub, and no document
    bool replays = false;         // with what answered the challenge before
    bool garbles_auts = false;
    bool trusts_old_key = false;  // though it has expired
    std::string username;         // instead of the private identity
    std::string bootstrapped_as;  // whose B-TID it names: a UE's
    std::vector<std::pair<std::string, std::string>> headers;
};

// One device of a call or request, and the SIPp script that it plays.
struct Part {
    std::string ue;
    std::string script;  // "answer.xml"
};
// `…, meanwhile alice play publish.xml`: one more device, while the others are at it.
struct SoloPlay {
    Part part;
    std::string target;  // a UE's name or a URI; may be empty
};
// `alice call bob, bob is busy`, `alice message bob "hi"`, `alice play x.xml to bob, bob play
// y.xml`
struct PlayCommand {
    Part caller;
    std::string target;  // a UE's name or a URI; may be empty
    std::vector<Part> others;
    std::vector<std::pair<std::string, std::string>>
        keys;  // for the scripts: "text", "event", "refer_to"
    // What happens while the devices are at it, in that order.
    using Meanwhile = std::variant<RegisterCommand,
                                   NodeCommand,
                                   DeregisterCommand,
                                   WaitCommand,
                                   DocumentCommand,
                                   SoloPlay>;
    std::vector<Meanwhile> meanwhile;
};

// `tina connect trusting nobody, refused "certificate"`, `tina disconnect`
struct ConnectionCommand {
    enum class Kind : std::uint8_t { connect, disconnect } kind = Kind::connect;
    std::string ue;
    std::string subprotocol;  // instead of sip
    bool trusts_nobody = false;
    bool refused = false;  // is what is expected
    std::string reason;    // of the refusal: what the sentence must contain
};

// `alice session bob "hello"`, `alice session bob file 100000, wrong hash`: by MSRP.
struct SessionCommand {
    std::string caller, callee;
    std::string text;
    std::uint64_t file_octets = 0;  // 0: the text
    bool wrong_hash = false;        // is offered, and must be noticed
    bool callee_connects = false;
    bool by_tls = false;            // is what the caller offers (RFC 4975 §14.4)
    std::string wrong_fingerprint;  // the UE whose description has one: the session must be ended
    // The nodes that each side uses as its relays (RFC 4976 §5.1), the inner one first.
    std::vector<std::string> caller_relays, callee_relays;
    // What the caller does wrong there, or what goes wrong; it must be refused or reported.
    enum class RelayMistake : std::uint8_t { none, password, expired, unknown_uri, lost };
    RelayMistake relay_mistake = RelayMistake::none;
    // Ends with the test string of scanners: the last chunk is answered 403, and what its receiver
    // has is taken back.
    bool infected = false;
    // Afterwards, by re-INVITE: held, resumed and sent once more; or moved to another path, and so.
    bool holds = false, moves = false;
};

struct SendCommand {
    std::string ue, file;
    std::string node;  // to that one, past the P-CSCF; empty: to the P-CSCF
};

// `as1 pull alice RepositoryData service=notes`: what an application server asks on Sh.
struct ShCommand {
    std::string node;
    std::string line;  // see diameter/sh_text.h; the user may be a UE's name
};
// `hss imports edited.xml`: an operator edits subscribers.
struct ImportCommand {
    std::string hss, file;  // in scenarios/topologies/
};

using Command = std::variant<RegisterCommand,
                             ConnectionCommand,
                             PlayCommand,
                             SendCommand,
                             SessionCommand,
                             NodeCommand,
                             DeregisterCommand,
                             WaitCommand,
                             ShCommand,
                             ImportCommand,
                             DocumentCommand>;

struct CommandError {
    std::size_t column = 1;  // in the command, 1-based
    std::string found, expected;
};

// The line with the UE's name replaced by its public identity, as the node takes it.
std::string with_identity(std::string_view line, std::string_view ue, std::string_view identity);

// A line may be several commands: `alice and bob register`.
Result<std::vector<Command>, CommandError> parse_command(std::string_view text,
                                                         const Topology& topology);

}  // namespace imslab::lab
