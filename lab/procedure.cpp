// Reading the commands of a test procedure (docs/procedure-commands.md).
#include "lab/procedure.h"

#include <algorithm>
#include <array>
#include <map>
#include <type_traits>

#include "lab/http_point.h"
#include "lab/procedure_parts.h"
#include "lab/procedure_words.h"
#include "lab/session_command.h"
#include "sip/uri.h"

namespace imslab::lab {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kDocumentVerbs{
    {{"get", "GET"},
     {"head", "HEAD"},
     {"put", "PUT"},
     {"delete", "DELETE"},
     {"post", "POST"},
     {"bootstrap", ""}}};

// The first thing that is wrong ends the reading: `error` is set and the rest is void.
class Reader {
public:
    Reader(std::vector<Word> words, std::size_t size, const Topology& topology)
        : words_(std::move(words)), end_column_(size + 1), topology_(topology) {}

    Result<std::vector<Command>, CommandError> read() {
        auto commands = read_commands();
        if (!error_ && at_ < words_.size()) wrong("the end of the command");
        if (error_) return failure(*error_);
        return commands;
    }

private:
    // ---- words
    bool more() const { return !error_ && at_ < words_.size(); }
    std::string peek(std::size_t ahead = 0) const {
        return at_ + ahead < words_.size() && !words_[at_ + ahead].quoted ? words_[at_ + ahead].text
                                                                          : std::string();
    }
    bool take(std::string_view word) {
        if (!more() || words_[at_].quoted || words_[at_].text != word) return false;
        ++at_;
        return true;
    }
    bool take_words(std::initializer_list<std::string_view> sequence) {
        if (error_) return false;
        std::size_t ahead = 0;
        for (const auto word : sequence) {
            if (peek(ahead++) != word) return false;
        }
        at_ += sequence.size();
        return true;
    }
    std::string next(const std::string& expected) {
        if (!more() || words_[at_].text == ",") return wrong(expected), std::string();
        return words_[at_++].text;
    }
    std::uint32_t number(const std::string& expected) {
        if (const auto value = sip::to_number(peek()); more() && value) {
            ++at_;
            return *value;
        }
        wrong(expected);
        return 0;
    }
    void wrong(std::string expected) {
        if (error_) return;
        const bool at_end = at_ >= words_.size();
        error_ = CommandError{at_end ? end_column_ : words_[at_].column,
                              at_end ? "the end of the command" : "'" + words_[at_].text + "'",
                              std::move(expected)};
    }

    // ---- names
    std::string ue_names() const {
        std::string names = "a UE of the topology:";
        for (const auto& ue : topology_.ues) names += " " + ue.name;
        return names;
    }
    std::string ue() {
        if (topology_.ue(peek())) return next("");
        wrong(ue_names());
        return {};
    }
    std::string node() {
        if (const auto* found = topology_.node(peek()); found && !found->external) {
            ++at_;
            return found->name;
        }
        std::string names = "a node of the topology:";
        for (const auto& known : topology_.nodes) names += " " + known.name;
        wrong(names);
        return {};
    }
    std::string target() {
        const auto word = peek();
        const auto uri = sip::Uri::parse(word);
        if (topology_.ue(word) || (uri && uri->scheme != sip::Scheme::other)) return next("");
        wrong(ue_names() + ", or a sip: or tel: URI");
        return {};
    }

    // ---- commands
    // What runs in Kamailio is a server that goes on without its engine (tests/kills).
    void read_last_message(NodeCommand& command) {
        const auto* node = topology_.node(command.node);
        if (node != nullptr && node->kind != "as") wrong("an application server");
        if (peek() == "0") return wrong("1, the next, or a later one");
        command.at_message = number("which message, 1 is the next");
    }
    std::vector<Command> read_commands() {
        static const std::map<std::string_view, NodeCommand::Kind> verbs{
            {"stop", NodeCommand::Kind::stop},
            {"start", NodeCommand::Kind::start},
            {"kill", NodeCommand::Kind::kill},
            {"pause", NodeCommand::Kind::pause},
            {"resume", NodeCommand::Kind::resume}};
        const auto first = peek();
        if (const auto verb = verbs.find(first); verb != verbs.end()) {
            ++at_;
            NodeCommand command{verb->second, node()};
            if (command.kind == NodeCommand::Kind::kill && take_words({"at", "message"}))
                read_last_message(command);
            return {std::move(command)};
        }
        if (take_words({"wait", "until"})) return {read_wait()};
        if (const auto* hss = topology_.node(first); hss && peek(1) == "deregisters") {
            if (hss->kind != "hss") wrong("an HSS");
            at_ += 2;
            DeregisterCommand command{hss->name, ue()};
            command.for_good = take_words({"for", "good"});
            return {command};
        }
        if (const auto* hss = topology_.node(first); hss && peek(1) == "imports") {
            if (hss->kind != "hss") wrong("an HSS");
            at_ += 2;
            return {ImportCommand{hss->name, next("a file of scenarios/topologies/")}};
        }
        if (!topology_.ue(first)) {
            wrong(ue_names() + ", or one of stop, start, kill, pause, resume, wait until");
            return {};
        }
        std::vector<std::string> ues{ue()};
        while (more() && (peek() == "," || peek() == "and")) {
            ++at_;
            ues.push_back(ue());
        }
        const auto verb_at = at_;
        std::vector<Command> commands;
        for (const auto& name : ues) {
            at_ = verb_at;
            commands.push_back(read_ue_command(name));
        }
        return commands;
    }

    Command read_ue_command(const std::string& name) {
        using Kind = RegisterCommand::Kind;
        if (take("register")) return read_register(name, Kind::initial);
        if (take("reregister")) return read_register(name, Kind::again);
        if (take_words({"deregister", "all"})) return read_register(name, Kind::remove_all);
        if (take("deregister")) return read_register(name, Kind::remove);
        if (take_words({"replay", "authorization"})) return read_register(name, Kind::replay);
        if (take("connect")) return read_connect(name);
        if (take("disconnect"))
            return ConnectionCommand{ConnectionCommand::Kind::disconnect, name, {}, {}, {}, {}};
        if (take("call")) return read_call(name);
        if (take("message")) return read_message(name);
        if (take("options")) return read_request(name, "options.xml", "accept.xml");
        if (take("subscribe")) return read_subscribe(name);
        if (take("publish")) return read_publish(name);
        if (take("refer")) return read_refer(name);
        if (take("play")) return read_play(name);
        if (take("send")) return read_send(name);
        for (const auto& [word, method] : kDocumentVerbs) {
            if (take(word)) return read_document(name, std::string(method));
        }
        wrong(
            "one of register, reregister, deregister, replay authorization, connect, disconnect, "
            "call, message, options, subscribe, publish, refer, play, send, get, head, put, "
            "delete, post, bootstrap, session");
        return SendCommand{};
    }

    Command read_send(const std::string& name) {
        SendCommand command{name, next("a file of scenarios/ue/"), {}};
        if (!take("to")) return command;
        const auto* wanted = topology_.node(peek());
        if (wanted != nullptr && wanted->sip_address() == nullptr) wrong("a node that takes SIP");
        command.node = node();
        const auto* phone = topology_.ue(name);
        if (phone != nullptr && phone->transport != Transport::udp)
            wrong("the end of the command; what goes past the P-CSCF goes by UDP");
        return command;
    }

    Command read_connect(const std::string& name) {
        ConnectionCommand command;
        command.ue = name;
        if (topology_.ue(name)->transport == Transport::udp)
            wrong("register: " + name + " goes by udp, which has no connections");
        while (more()) {
            if (take_words({"with", "subprotocol"})) {
                command.subprotocol = next("the name of a WebSocket subprotocol");
            } else if (take_words({"trusting", "nobody"})) {
                command.trusts_nobody = true;
            } else if (take_words({",", "refused"})) {
                command.refused = true;
                command.reason = peek_quoted();
                if (!command.reason.empty()) ++at_;
            } else {
                wrong("one of with subprotocol, trusting nobody, and behind a comma refused");
            }
        }
        return command;
    }

    // ---- documents
    Command read_document(const std::string& name, std::string method) {
        DocumentCommand command;
        command.ue = name;
        command.method = std::move(method);
        command.bootstraps = command.method.empty();
        if (!command.bootstraps)
            command.path = next("an AUID and a document, as in resource-lists/index");
        if (command.method == "PUT" || command.method == "POST") {
            command.body = peek_quoted();
            if (!command.body.empty())
                ++at_;
            else
                command.file = next("a file of scenarios/ue/, or a body in quotes");
        }
        while (more() && peek() != ",") read_document_clause(command);
        const auto listens = [&](const TopologyNode& node) {
            return command.bootstraps ? node.addresses.contains("Ub") : answers_http(node);
        };
        if (!error_ && std::none_of(topology_.nodes.begin(), topology_.nodes.end(), listens))
            wrong(command.bootstraps ? "a topology with a bootstrapping server"
                                     : "a topology with a node that is asked by HTTP");
        return command;
    }
    void read_document_clause(DocumentCommand& command) {
        using Condition = DocumentCommand::Condition;
        if (take_words({"if", "absent"})) {
            command.condition = Condition::absent;
        } else if (take_words({"if", "unchanged"})) {
            command.condition = Condition::unchanged;
        } else if (take_words({"if", "changed"})) {
            command.condition = Condition::changed;
        } else if (take("as")) {
            command.content_type = next("a media type");
        } else if (take("at")) {
            command.node = node();
        } else if (take("securely")) {
            command.secure = true;
        } else if (take("for")) {
            command.intended = target();
        } else if (take_words({"without", "authorization"})) {
            command.with_authorization = false;
        } else if (take("replaying")) {
            command.replays = true;
        } else if (take_words({"with", "garbage", "AUTS"})) {
            command.garbles_auts = true;
        } else if (take_words({"with", "expired", "key"})) {
            command.trusts_old_key = true;
        } else if (take_words({"with", "B-TID", "of"})) {
            command.bootstrapped_as = ue();
        } else if (take("with")) {
            RegisterCommand like;
            read_register_with(like);
            command.answer = like.answer;
            command.username = like.username;
            command.headers.insert(command.headers.end(), like.headers.begin(), like.headers.end());
        } else {
            wrong(
                "one of if absent, if unchanged, if changed, as, at, for, securely, replaying, "
                "with, without authorization");
        }
    }

    Command read_register(const std::string& name, RegisterCommand::Kind kind) {
        RegisterCommand command;
        command.kind = kind;
        command.ue = name;
        if (kind == RegisterCommand::Kind::remove || kind == RegisterCommand::Kind::remove_all)
            command.expires = 0;
        while (more() && peek() != ",") {
            if (take("expires")) {
                command.expires = number("a number of seconds");
            } else if (take("contact")) {
                command.contact = number("a contact's number, from 1");
                if (command.contact == 0 || command.contact > 100)
                    wrong("a contact's number, from 1 to 100");
            } else if (take("digest") || take_words({"without", "authorization"})) {
                command.with_authorization = false;
            } else if (take("as")) {
                command.as = target();
            } else if (take_words({"without", "answering"})) {
                command.answer = RegisterCommand::Answer::none;
            } else if (take("with")) {
                read_register_with(command);
            } else {
                wrong(
                    "one of expires, contact, digest, as, with, without answering, without "
                    "authorization");
            }
        }
        return command;
    }

    void read_register_with(RegisterCommand& command) {
        using Answer = RegisterCommand::Answer;
        if (take_words({"wrong", "RES"})) {
            command.answer = Answer::wrong_res;
        } else if (take_words({"old", "SQN"})) {
            command.answer = Answer::old_sqn;
        } else if (take_words({"wrong", "key"})) {
            command.answer = Answer::wrong_key;
        } else if (take_words({"wrong", "password"})) {
            command.answer = Answer::wrong_password;
        } else if (take("integrity-protected")) {
            command.integrity_protected = next("a value of integrity-protected");
        } else if (take("username")) {
            command.username = next("a private identity");
        } else if (take("header")) {
            const auto field = peek_quoted();
            const auto colon = field.find(':');
            if (colon == std::string::npos || colon == 0) return wrong("\"Name: value\"");
            ++at_;
            command.headers.emplace_back(field.substr(0, colon),
                                         sip::trim(std::string_view(field).substr(colon + 1)));
        } else {
            wrong(
                "one of wrong RES, old SQN, wrong key, wrong password, integrity-protected, "
                "username, header");
        }
    }
    std::string peek_quoted() const {
        return more() && words_[at_].quoted ? words_[at_].text : std::string();
    }

    // ---- calls
    Command read_call(const std::string& name) {
        PlayCommand command;
        command.caller = {name, "call.xml"};
        command.target = target();
        std::string callee = "answer.xml";
        bool fails = false;
        while (take(",")) {
            if (take("fails")) {
                fails = true;
                command.caller.script = "call_fails.xml";
            } else if (take("with")) {
                read_call_with(command, callee);
            } else {
                read_device_clause(command);
            }
        }
        if (command.others.empty() && !fails && topology_.ue(command.target))
            command.others.push_back({command.target, callee});
        // a call that is cancelled rings
        if (command.caller.script == "call_cancel.xml") {
            for (auto& other : command.others) {
                if (other.script == "answer.xml") other.script = "ring.xml";
            }
        }
        return command;
    }

    void read_call_with(PlayCommand& command, std::string& callee) {
        if (take("preconditions")) {
            command.caller.script = "call_preconditions.xml";
            callee = "answer_preconditions.xml";
        } else if (take_words({"reliable", "ringing"})) {
            command.caller.script = "call_reliable.xml";
            callee = "answer_reliable.xml";
        } else if (take("privacy")) {
            command.caller.script = "call_privacy.xml";
        } else if (take_words({"forged", "identity"})) {
            command.caller.script = "call_forged_identity.xml";
        } else {
            wrong("one of preconditions, reliable ringing, privacy, forged identity");
        }
    }

    void read_device_clause(PlayCommand& command) {
        const auto device = ue();
        if (error_) return;
        const auto plays = [&](const char* script) { command.others.push_back({device, script}); };
        const bool caller = device == command.caller.ue;
        if (caller && take("cancels")) {
            command.caller.script = "call_cancel.xml";
        } else if (caller && take("holds")) {
            command.caller.script = "call_hold.xml";
        } else if (caller && take_words({"sends", "INFO"})) {
            command.caller.script = "call_info.xml";
        } else if (caller) {
            wrong("one of cancels, holds, sends INFO");
        } else if (take_words({"answers", "late"})) {
            plays("answer_late.xml");
            command.caller.script = "call_cancel_late.xml";
        } else if (take("answers")) {
            plays("answer.xml");
        } else if (take_words({"is", "busy"})) {
            plays("busy.xml");
            if (command.caller.script == "call.xml") command.caller.script = "call_fails.xml";
        } else if (take("declines")) {
            plays("decline.xml");
            if (command.caller.script == "call.xml") command.caller.script = "call_fails.xml";
        } else if (take("rings")) {
            plays("ring.xml");
        } else if (take_words({"hangs", "up"})) {
            plays("answer_and_hang_up.xml");
            command.caller.script = "call_hung_up.xml";
        } else {
            wrong("one of answers, answers late, is busy, declines, rings, hangs up");
        }
        // with one device that answers the call succeeds, whatever the others say
        for (const auto& other : command.others) {
            if (other.script == "answer.xml" && command.caller.script == "call_fails.xml")
                command.caller.script = "call.xml";
        }
    }

    // ---- other requests
    Command finish_request(PlayCommand command, const char* receiver) {
        bool fails = false;
        if (take(",")) {
            fails = take("fails");
            if (!fails) wrong("fails");
        }
        if (fails) {
            command.keys.emplace_back("fails", "yes");
            const auto dot = command.caller.script.find('.');
            command.caller.script = command.caller.script.substr(0, dot) + "_fails.xml";
        } else if (receiver && topology_.ue(command.target)) {
            command.others.push_back({command.target, receiver});
        }
        return command;
    }
    Command read_request(const std::string& name, const char* script, const char* receiver) {
        PlayCommand command;
        command.caller = {name, script};
        command.target = target();
        return finish_request(std::move(command), receiver);
    }
    Command read_message(const std::string& name) {
        PlayCommand command;
        command.caller = {name, "message.xml"};
        command.target = target();
        const auto text = peek_quoted();
        if (!more() || !words_[at_].quoted)
            wrong("a text in quotes");
        else
            ++at_;
        command.keys.emplace_back("text", text);
        return finish_request(std::move(command), "accept.xml");
    }
    Command read_subscribe(const std::string& name) {
        PlayCommand command;
        command.caller = {name, "subscribe.xml"};
        command.target = target();
        command.keys.emplace_back("event", next("an event package"));
        return finish_request(std::move(command), "notify.xml");
    }
    Command read_publish(const std::string& name) {
        PlayCommand command;
        command.caller = {name, "publish.xml"};
        command.target = name;
        command.keys.emplace_back("event", next("an event package"));
        return finish_request(std::move(command), nullptr);
    }
    Command read_refer(const std::string& name) {
        PlayCommand command;
        command.caller = {name, "refer.xml"};
        command.target = target();
        if (!take("to")) wrong("to");
        command.keys.emplace_back("refer_to", target());
        return finish_request(std::move(command), "accept_refer.xml");
    }
    Command read_play(const std::string& name) {
        PlayCommand command;
        command.caller = {name, next("a script of scenarios/ue/")};
        if (take("to")) command.target = target();
        while (!in_meanwhile_ && take(",")) {
            if (take("meanwhile")) {
                read_meanwhile(command);
                continue;
            }
            const auto device = ue();
            if (!take("play")) wrong("play");
            command.others.push_back({device, next("a script of scenarios/ue/")});
        }
        return command;
    }

    void read_meanwhile(PlayCommand& command) {
        const auto began = at_;
        in_meanwhile_ = true;
        const auto commands = read_commands();
        in_meanwhile_ = false;
        for (const auto& one : commands) {
            if (error_) return;
            std::visit(
                [&](const auto& what) {
                    using What = std::decay_t<decltype(what)>;
                    if constexpr (std::is_constructible_v<PlayCommand::Meanwhile, What>) {
                        command.meanwhile.emplace_back(what);
                    } else if constexpr (std::is_same_v<PlayCommand, What>) {
                        if (!what.others.empty() || !what.keys.empty()) wrong("a play of one");
                        command.meanwhile.emplace_back(SoloPlay{what.caller, what.target});
                    } else {
                        at_ = began;
                        wrong(
                            "a registration, a document, something done to a node, a play, or wait "
                            "until");
                    }
                },
                one);
        }
    }

    // ---- waiting
    Command read_wait() {
        WaitCommand command;
        command.node = node();
        if (error_) return command;
        const bool knows = take("knows"), forgets = !knows && take("forgets");
        const bool shows = !knows && !forgets && take("shows"),
                   hides = !knows && !forgets && !shows && take("hides");
        command.present = knows || shows;
        if (knows || forgets) {
            command.ue = ue();
            if (take("contact")) command.contact = number("a contact's number, from 1");
        } else if (shows || hides) {
            command.text = peek_quoted();
            if (command.text.empty())
                wrong("a text in quotes");
            else
                ++at_;
        } else {
            wrong("one of knows, forgets, shows, hides");
        }
        if (take("within")) {
            command.within = std::chrono::seconds(number("a number of seconds"));
            if (!take("s") && !take("seconds")) wrong("s");
        }
        return command;
    }

    std::vector<Word> words_;
    std::size_t at_ = 0;
    bool in_meanwhile_ = false;
    std::size_t end_column_;
    const Topology& topology_;
    std::optional<CommandError> error_;
};

}  // namespace

Result<std::vector<Command>, CommandError> parse_command(std::string_view text,
                                                         const Topology& topology) {
    if (auto of_server = read_sh(text, topology)) return std::move(*of_server);
    if (auto session = read_session_command(text, topology)) {
        if (!*session) return failure(session->error());
        return std::vector<Command>{std::move(**session)};
    }
    auto words = words_of(text);
    if (!words) return failure(std::move(words.error()));
    auto commands = Reader(std::move(*words), text.size(), topology).read();
    if (!commands) return commands;
    for (const auto& command : *commands) {
        if (auto problem = beyond_a_soft_phone(command, topology); !problem.empty())
            return failure(CommandError{
                1,
                problem,
                "register, deregister, or a call that is answered: a browser does no more here"});
    }
    return commands;
}

}  // namespace imslab::lab
