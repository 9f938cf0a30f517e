// SIPp as the UEs' driver: its command line, its injection file, and what it says at the end.
#include "lab/sipp.h"

#include <fmt/format.h>
#include <filesystem>
#include <fstream>

#include "lab/places.h"

namespace imslab::lab {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace {

// 127.1.100.1:5060 as /proc/net/udp writes it: the address as a number in the machine's byte order.
std::string as_proc_writes(const Address& address) {
    const auto octets = address.ip.octets();
    std::string text;
    for (std::size_t word = 0; word < octets.size(); word += 4) {
        for (std::size_t i = 4; i-- > 0;)
            text += fmt::format("{:02X}", static_cast<unsigned char>(octets[word + i]));
    }
    return text + fmt::format(":{:04X}", address.port);
}

// The key `phone` of the play, so that the run's seed decides.
std::string call_id_of(const SippPlay& play) {
    for (const auto& [key, value] : play.keys) {
        if (key == "phone") return value + "@" + play.local.ip.to_string();
    }
    return "%u-%p@%s";
}

}  // namespace

bool is_bound(const Address& address) {
    std::ifstream sockets(address.ip.is_v6() ? "/proc/net/udp6" : "/proc/net/udp");
    const auto wanted = " " + as_proc_writes(address) + " ";
    for (std::string line; std::getline(sockets, line);) {
        if (line.find(wanted) != std::string::npos) return true;
    }
    return false;
}

std::string why_no_sipp() {
    if (!find_program("sipp").empty()) return {};
    return "SIPp is missing; `sudo apt-get install sip-tester` installs it";
}

Result<Sipp, std::string> Sipp::start(SippPlay play, Deadline gives_up) {
    if (auto problem = why_no_sipp(); !problem.empty()) return failure(std::move(problem));
    const auto program = find_program("sipp");
    bool ok = false;
    read_file(play.script, ok);
    if (!ok) return failure("no script " + play.script);
    Sipp sipp;
    std::error_code ignored;
    fs::create_directories(play.folder, ignored);
    const auto name = play.ue + "-" + fs::path(play.script).stem().string();
    for (unsigned number = 1;; ++number) {
        sipp.files_ = fmt::format(
            "{}/{}{}", play.folder, name, number == 1 ? "" : "-" + std::to_string(number));
        if (!fs::exists(sipp.files_ + ".out", ignored)) break;
    }
    const auto seconds = milliseconds_until(gives_up) / 1000 + 1;
    Process::Start start;
    start.arguments = {program,
                       play.remote.to_string(),
                       "-sf",
                       play.script,
                       "-i",
                       play.local.ip.to_string(),
                       "-p",
                       std::to_string(play.local.port),
                       "-t",
                       "u1",
                       "-m",
                       "1",
                       "-cid_str",
                       call_id_of(play),
                       "-nostdin",
                       "-nd",
                       "-timeout",
                       std::to_string(seconds) + "s",
                       "-timeout_error",
                       "-trace_err",
                       "-error_file",
                       sipp.files_ + ".errors",
                       "-trace_msg",
                       "-message_file",
                       sipp.files_ + ".messages"};
    if (!play.user.empty()) {
        for (const auto& argument :
             {std::string("-au"), play.user, std::string("-ap"), play.password})
            start.arguments.push_back(argument);
    }
    for (const auto& [key, value] : play.keys) {
        for (const auto& argument : {std::string("-key"), key, value})
            start.arguments.push_back(argument);
    }
    start.output = sipp.files_ + ".out";
    auto process = Process::start(start);
    if (!process) return failure(process.error());
    sipp.process_ = std::move(*process);
    sipp.play_ = std::move(play);
    return sipp;
}

std::string Sipp::await_bound(Deadline deadline) {
    while (!is_bound(play_.local)) {
        // nothing tells of a socket being bound: look again soon, or at once when the process ends
        if (process_.wait(std::min(deadline, in(milliseconds(2))))) return await_end(deadline);
        if (milliseconds_until(deadline) == 0)
            return play_.ue + ": SIPp did not open " + play_.local.to_string();
    }
    return {};
}

std::string Sipp::first_error() const {
    std::ifstream errors(files_ + ".errors");
    for (std::string line; std::getline(errors, line);) {
        if (line.empty() || line.find("The following events occurred") != std::string::npos)
            continue;
        if (line.find("Cannot record route set") != std::string::npos) continue;
        const auto text = line.find(": ");
        return "; SIPp says: " + (text == std::string::npos ? line : line.substr(text + 2));
    }
    return {};
}

std::string Sipp::await_end(Deadline deadline) {
    const auto script = fs::path(play_.script).filename().string();
    if (!process_.wait(deadline)) {
        process_.stop(in(milliseconds(200)));
        return play_.ue + " (" + script + ") still waited for a message when the time was up" +
               first_error();
    }
    const int ended = process_.ended().value_or(0);
    if (ended == 0) return {};
    // SIPp's exit status: 1 a call failed, 97 a control command, 99 no call at all, 255 an error or
    // its time-out
    const auto what =
        ended == 1 ? "did not get the messages it expected" : "ended with " + how_it_ended(ended);
    return play_.ue + " (" + script + ") " + what + first_error();
}

}  // namespace imslab::lab
