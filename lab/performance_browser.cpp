// Commands in which a browser phone takes part: it registers, calls and is called; SIPp at the other
// end speaks of media as a browser wants it (scripts *_webrtc.xml).
#include "lab/node_config.h"
#include "lab/performance.h"

namespace imslab::lab {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds kStart{20'000};
constexpr milliseconds kCommand{10'000};
constexpr milliseconds kAfterwards{3'000};
constexpr milliseconds kBound{3'000};

std::string for_browsers(const std::string& script) {
    return script.substr(0, script.find('.')) + "_webrtc.xml";
}

}  // namespace

bool Performance::is_browser(std::string_view name) {
    const auto* phone = ue(name);
    return phone != nullptr && phone->place().driver == TopologyUe::Driver::browser;
}

Result<BrowserPhone*, std::string> Performance::browser(const std::string& name) {
    if (const auto found = browsers_.find(name); found != browsers_.end()) return &found->second;
    const auto& phone = *ue(name);
    const auto& pcscf = *topology_->node(phone.place().pcscf);
    NodeOptions run;
    run.folder = folder_.substr(0, folder_.rfind('/'));
    BrowserWish wish;
    wish.place = phone.place();
    wish.identity = phone.identity();
    wish.pcscf = phone.pcscf();
    wish.pcscf_host = pcscf.host;
    if (phone.place().transport == Transport::wss) wish.certificate = certificate_of(pcscf, run);
    wish.folder = folder_;
    auto started = BrowserPhone::start(wish, in(kStart));
    if (!started) return failure(started.error());
    return &browsers_.emplace(name, std::move(*started)).first->second;
}

std::string Performance::tell_browser(const std::string& name, const std::string& command) {
    const auto phone = browser(name);
    return phone ? (*phone)->tell(command, in(kCommand)) : phone.error();
}

Performance::Outcome Performance::register_browser(const RegisterCommand& command) {
    const bool removes = command.kind == RegisterCommand::Kind::remove;
    const auto problem = tell_browser(
        command.ue,
        removes ? "deregister" : "register " + std::to_string(command.expires.value_or(600)));
    return {problem.empty() ? 200 : 0, problem};
}

Performance::Outcome Performance::play_with_browser(PlayCommand command) {
    command.caller.script = for_browsers(command.caller.script);
    const auto deadline = in(kCommand);
    std::vector<Sipp> others;
    for (auto& part : command.others) {
        part.script = for_browsers(part.script);
        if (is_browser(part.ue)) {
            if (auto problem = tell_browser(part.ue, "answer"); !problem.empty())
                return {0, problem};
            continue;
        }
        auto started = Sipp::start(play_of(part, command), deadline);
        if (!started) return {0, started.error()};
        if (auto problem = started->await_bound(in(kBound)); !problem.empty()) return {0, problem};
        others.push_back(std::move(*started));
    }
    std::string problem;
    if (is_browser(command.caller.ue)) {
        problem = tell_browser(command.caller.ue, "call " + uri_of(command.target));
    } else {
        auto caller = Sipp::start(play_of(command.caller, command), deadline);
        problem = caller ? caller->await_end(deadline) : caller.error();
    }
    for (const auto& part : command.others) {
        if (problem.empty() && is_browser(part.ue)) problem = tell_browser(part.ue, "over");
    }
    for (auto& other : others) {
        const auto theirs = other.await_end(in(kAfterwards));
        if (problem.empty()) problem = theirs;
    }
    return {0, problem};
}

}  // namespace imslab::lab
