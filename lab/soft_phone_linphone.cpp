// Linphone's daemon, told what to do over its Unix socket: a line each, answered by a few lines at
// once; what becomes of it is asked for.
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>

#include "lab/program_wire.h"
#include "lab/places.h"
#include "lab/soft_phone.h"

namespace imslab::lab {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook{20};
constexpr milliseconds kAnswer{2'000};

// Linphone binds it on every address, so there is room for one Linphone on a machine.
constexpr unsigned kMediaPort = 21'000;

std::string config_of(const SoftPhoneWish& wish, unsigned seconds) {
    const auto& identity = wish.identity.public_identities.front();
    const auto user = identity.substr(identity.find(':') + 1);
    const auto proxy = "<sip:" + wish.pcscf.to_string();
    std::string text;
    text += "[sip]\ndefault_proxy=0\nim_notif_policy=none\nsip_port=" +
            std::to_string(wish.place.address.port) +
            "\nsip_tcp_port=0\nsip_tls_port=0\nuse_ipv6=0\nguess_hostname=0\nbind_address=" +
            wish.place.address.ip.to_string() + "\n";
    text += "[net]\nmtu=0\n[rtp]\naudio_rtp_port=" + std::to_string(kMediaPort) + "\n";
    text += "[auth_info_0]\nusername=" + user.substr(0, user.find('@')) +
            "\nuserid=" + wish.identity.private_identity + "\npasswd=" + wish.place.password +
            "\nrealm=" + wish.identity.home + "\n";
    text += "[proxy_0]\nreg_proxy=" + proxy + ">\nreg_route=" + proxy +
            ";lr>\nreg_identity=" + identity + "\nreg_expires=" + std::to_string(seconds) +
            "\nreg_sendregister=1\npublish=0\n";
    return text;
}

// It says what it knows in lines "State: LinphoneRegistrationOk".
std::string value_in(const std::string& answer, std::string_view key) {
    const auto found = answer.find(std::string(key) + ": ");
    if (found == std::string::npos) return {};
    const auto begin = found + key.size() + 2;
    return answer.substr(begin, answer.find('\n', begin) - begin);
}

class Linphone : public SoftPhone {
public:
    explicit Linphone(const SoftPhoneWish& wish) : wish_(wish) {}
    ~Linphone() override { unlink(socket_.c_str()); }

    // It registers when it starts, so it starts here.
    std::string enrol(unsigned seconds, Deadline deadline) override {
        if (auto problem = start(seconds, deadline); !problem.empty()) return problem;
        return until("register", "register-status ALL", deadline, [](const std::string& answer) {
            const auto state = value_in(answer, "State");
            if (state == "LinphoneRegistrationOk") return Became::done;
            return state == "LinphoneRegistrationFailed" ? Became::failed : Became::nothing;
        });
    }

    std::string leave(Deadline deadline) override {
        const auto answer = ask("quit");
        if (!answer) return answer.error();
        return process_.wait(deadline) ? std::string() : name() + " does not end";
    }

    std::string call(const std::string& uri, Deadline deadline) override {
        const auto began = ask("call " + uri);
        if (!began) return began.error();
        const auto id = value_in(*began, "Id");
        auto problem = until("call", "call-status " + id, deadline, [](const std::string& answer) {
            const auto state = value_in(answer, "State");
            if (state == "LinphoneCallStreamsRunning") return Became::done;
            return state == "LinphoneCallError" || state == "LinphoneCallReleased" || state.empty()
                       ? Became::failed
                       : Became::nothing;
        });
        if (!problem.empty()) return problem;
        const auto ended = ask("terminate " + id);
        return ended ? await_end_of_call(deadline) : ended.error();
    }

    // --auto-answer
    std::string answer(Deadline) override { return {}; }
    std::string await_end_of_call(Deadline deadline) override {
        return until("end of the call", "call-status", deadline, [](const std::string& answer) {
            return answer.starts_with("Status: Error") ? Became::done : Became::nothing;
        });
    }

    std::string message(const std::string& uri,
                        const std::string& text,
                        Deadline deadline) override {
        const auto sent = ask("message " + uri + " " + text);
        if (!sent) return sent.error();
        return until("message", "pop-event", deadline, [](const std::string& event) {
            const auto state = value_in(event, "State");
            if (state == "LinphoneChatMessageStateDelivered") return Became::done;
            return state == "LinphoneChatMessageStateNotDelivered" ? Became::failed
                                                                   : Became::nothing;
        });
    }

private:
    enum class Became : std::uint8_t { nothing, done, failed };

    const std::string& name() const { return wish_.place.name; }

    std::string start(unsigned seconds, Deadline deadline) {
        static std::atomic<unsigned> started{0};
        const auto folder = wish_.folder + "/" + name() + "-linphone";
        if (auto problem = write_file(folder + "/linphonerc", config_of(wish_, seconds));
            !problem.empty())
            return problem;
        // Its database goes where its user's would.
        std::error_code ignored;
        std::filesystem::create_directories(folder + "/.local/share/linphone", ignored);
        const auto pipe =
            "imslab-" + std::to_string(getpid()) + "-" + std::to_string(++started) + "-" + name();
        socket_ = "/tmp/" + pipe;  // it lets nobody choose the folder
        Process::Start start;
        start.arguments = {"/usr/bin/env",
                           "HOME=" + std::filesystem::absolute(folder, ignored).string(),
                           find_program("linphone-daemon"),
                           "--config",
                           folder + "/linphonerc",
                           "--log",
                           folder + "/messages",
                           "--auto-answer",
                           "--disable-stats-events",
                           "--pipe",
                           pipe};
        start.output = folder + "/output";
        auto process = Process::start(start);
        if (!process) return process.error();
        process_ = std::move(*process);
        auto wire = ProgramWire::to(socket_, process_, deadline);
        if (!wire)
            return name() + " (Linphone): " + wire.error() + "; " + folder + "/messages says more";
        wire_ = std::move(*wire);
        return {};
    }

    Result<std::string, std::string> ask(const std::string& line) {
        const auto failed = [&](const std::string& why) {
            return failure(name() + " (Linphone, `" + line + "`): " + why);
        };
        if (!wire_.send(line + "\n")) return failed("it is not running; it runs once registered");
        auto answer = wire_.receive(in(kAnswer));
        return answer ? Result<std::string, std::string>(*std::move(answer)) : failed("no answer");
    }

    // Asks until it has become so.
    std::string until(const std::string& doing,
                      const std::string& question,
                      Deadline deadline,
                      const std::function<Became(const std::string&)>& judge) {
        std::string last;
        while (milliseconds_until(deadline) > 0) {
            auto answer = ask(question);
            if (!answer) return answer.error();
            last = value_in(*answer, "State");
            const auto became = judge(*answer);
            if (became == Became::done) return {};
            if (became == Became::failed) return name() + " (Linphone, " + doing + "): " + last;
            poll(nullptr, 0, static_cast<int>(kLook.count()));  // it tells nothing unasked
        }
        return name() + " (Linphone, " + doing + "): nothing in time; last " + last;
    }

    SoftPhoneWish wish_;
    Process process_;
    ProgramWire wire_;
    std::string socket_;
};

}  // namespace

Result<std::unique_ptr<SoftPhone>, std::string> start_linphone(const SoftPhoneWish& wish,
                                                               Deadline) {
    return std::make_unique<Linphone>(wish);
}

}  // namespace imslab::lab
