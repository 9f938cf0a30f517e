// baresip, told what to do over its module ctrl_tcp: JSON in netstrings, both ways. It says
// what it hears.
#include <deque>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lab/places.h"
#include "lab/program_wire.h"
#include "lab/soft_phone.h"

namespace imslab::lab {

namespace {

using nlohmann::json;

constexpr std::uint16_t kControlPort = 4444;
constexpr std::size_t kLongestNetstring = 65'536;

// Where Debian puts its modules; nothing else tells.
std::string module_folder() {
    std::error_code ignored;
    for (const auto* folder : {"/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules"}) {
        if (std::filesystem::is_directory(folder, ignored)) return folder;
    }
    return {};
}

std::string config_of(const SoftPhoneWish& wish, const Address& control) {
    const auto ip = wish.place.address.ip.to_string();
    std::string text;
    text += "sip_listen " + wish.place.address.to_string() + "\n";
    text += "net_interface " + ip + "\n";
    text += "ctrl_tcp_listen " + control.to_string() + "\n";
    text += "audio_source aubridge,echo\naudio_player aubridge,echo\naudio_alert aubridge,alert\n";
    text += "module_path " + module_folder() + "\n";
    for (const auto* module : {"g711", "aubridge"})
        text += std::string("module ") + module + ".so\n";
    for (const auto* module : {"account", "contact", "menu", "ctrl_tcp"})
        text += std::string("module_app ") + module + ".so\n";
    return text;
}

// A line of baresip's file `accounts`.
std::string account_of(const SoftPhoneWish& wish, unsigned seconds) {
    return "<" + wish.identity.public_identities.front() +
           ">;auth_user=" + wish.identity.private_identity + ";auth_pass=\"" + wish.place.password +
           "\";outbound=\"sip:" + wish.pcscf.to_string() + "\";regint=" + std::to_string(seconds);
}

class Baresip : public SoftPhone {
public:
    Baresip(const SoftPhoneWish& wish, Process process, ProgramWire wire)
        : wish_(wish), process_(std::move(process)), wire_(std::move(wire)) {}

    std::string enrol(unsigned seconds, Deadline deadline) override {
        if (auto problem = tell("uanew", account_of(wish_, seconds), deadline); !problem.empty())
            return problem;
        const auto event = await({"REGISTER_OK", "REGISTER_FAIL"}, deadline);
        if (auto problem = said("register", event, "REGISTER_OK"); !problem.empty()) return problem;
        return tell("answermode", "auto", deadline);
    }

    std::string leave(Deadline deadline) override {
        if (auto problem = tell("quit", "", deadline); !problem.empty()) return problem;
        return process_.wait(deadline) ? std::string() : name() + " does not end";
    }

    std::string call(const std::string& uri, Deadline deadline) override {
        if (auto problem = tell("dial", uri, deadline); !problem.empty()) return problem;
        const auto event = await({"CALL_ESTABLISHED", "CALL_CLOSED"}, deadline);
        if (auto problem = said("call", event, "CALL_ESTABLISHED"); !problem.empty())
            return problem;
        if (auto problem = tell("hangup", "", deadline); !problem.empty()) return problem;
        return said("hang up", await({"CALL_CLOSED"}, deadline), "CALL_CLOSED");
    }

    // Its account answers by itself; what was before is over.
    std::string answer(Deadline) override {
        events_.clear();
        return {};
    }
    std::string await_end_of_call(Deadline deadline) override {
        return said("answer", await({"CALL_CLOSED"}, deadline), "CALL_CLOSED");
    }

    // It writes to the current contact, and says nothing of the answer.
    std::string message(const std::string& uri,
                        const std::string& text,
                        Deadline deadline) override {
        for (std::size_t turn = 0; turn <= wish_.contacts.size(); ++turn) {
            const auto current = ask("contact_next", "", deadline);
            if (!current) return current.error();
            if (current->find("<" + uri + ">") != std::string::npos)
                return tell("message", text, deadline);
        }
        return name() + ": " + uri + " is not among baresip's contacts, the topology's UEs";
    }

private:
    const std::string& name() const { return wish_.place.name; }

    std::string tell(const std::string& command, const std::string& words, Deadline deadline) {
        auto answer = ask(command, words, deadline);
        return answer ? std::string() : answer.error();
    }

    Result<std::string, std::string> ask(const std::string& command,
                                         const std::string& words,
                                         Deadline deadline) {
        const auto text = json{{"command", command}, {"params", words}, {"token", command}}.dump();
        const auto failed = [&](const std::string& why) {
            return failure(name() + " (baresip, `" + command + "`): " + why);
        };
        if (!wire_.send(std::to_string(text.size()) + ":" + text + ","))
            return failed("it has hung up");
        while (auto said = next(deadline)) {
            if (!said->contains("response")) {
                events_.push_back(*std::move(said));
            } else if (said->value("ok", false)) {
                return said->value("data", "");
            } else {
                return failed(said->value("data", "it could not"));
            }
        }
        return failed("no answer");
    }

    // The next of these events; nothing at the deadline.
    std::optional<json> await(std::initializer_list<std::string_view> types, Deadline deadline) {
        for (;;) {
            if (events_.empty()) {
                auto came = next(deadline);
                if (!came) return std::nullopt;
                events_.push_back(*std::move(came));
            }
            auto event = std::move(events_.front());
            events_.pop_front();
            const auto type = event.value("type", "");
            for (const auto wanted : types) {
                if (type == wanted) return event;
            }
        }
    }

    std::string said(const std::string& doing,
                     const std::optional<json>& event,
                     std::string_view wanted) const {
        const auto which = name() + " (baresip, " + doing + "): ";
        if (!event) return which + "nothing happened in time";
        if (event->value("type", "") == wanted) return {};
        return which + event->value("type", "") + " " + event->value("param", "");
    }

    // One netstring's JSON.
    std::optional<json> next(Deadline deadline) {
        for (;;) {
            const auto colon = received_.find(':');
            if (colon != std::string::npos) {
                const auto size = std::strtoul(received_.c_str(), nullptr, 10);
                if (size > kLongestNetstring) return std::nullopt;
                if (received_.size() >= colon + 1 + size + 1) {
                    auto said = json::parse(received_.substr(colon + 1, size), nullptr, false);
                    received_.erase(0, colon + 1 + size + 1);
                    if (said.is_object()) return said;
                    continue;
                }
            }
            auto came = wire_.receive(deadline);
            if (!came) return std::nullopt;
            received_ += *came;
        }
    }

    SoftPhoneWish wish_;
    Process process_;
    ProgramWire wire_;
    std::string received_;
    std::deque<json> events_;
};

}  // namespace

Result<std::unique_ptr<SoftPhone>, std::string> start_baresip(const SoftPhoneWish& wish,
                                                              Deadline deadline) {
    if (wish.place.password.find_first_of("\";\n") != std::string::npos)
        return failure(wish.place.name + ": baresip's accounts cannot hold this password");
    const Address control{wish.place.address.ip, kControlPort};
    const auto folder = wish.folder + "/" + wish.place.name + "-baresip";
    std::string contacts;
    for (const auto& one : wish.contacts) contacts += "<" + one + ">\n";
    for (const auto& [file, text] : {std::pair{"config", config_of(wish, control)},
                                     {"accounts", {}},
                                     {"contacts", contacts}}) {
        if (auto problem = write_file(folder + "/" + file, text); !problem.empty())
            return failure(problem);
    }
    Process::Start start;
    start.arguments = {find_program("baresip"), "-f", folder, "-s"};
    start.output = folder + "/messages";
    auto process = Process::start(start);
    if (!process) return failure(process.error());
    auto wire = ProgramWire::to(control, *process, deadline);
    if (!wire)
        return failure(wish.place.name + " (baresip): " + wire.error() + "; " + start.output +
                       " says more");
    return std::make_unique<Baresip>(wish, std::move(*process), std::move(*wire));
}

}  // namespace imslab::lab
