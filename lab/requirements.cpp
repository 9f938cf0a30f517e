// Programs, rights and a folder: what is looked for before a run.
#include "lab/requirements.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "lab/content_scanner.h"
#include "lab/kamailio.h"
#include "lab/performance.h"
#include "lab/sipp.h"
#include "lab/soft_phone.h"
#include "lab/wiretap.h"

namespace imslab::lab {

namespace {

bool is_sipps(const Part& part, const Topology& topology) {
    const auto* ue = topology.ue(part.ue);
    return ue != nullptr && !is_soft_phone(ue->driver);
}

bool needs_sipp(const PlayCommand& play, const Topology& topology) {
    const auto here = [&](const Part& part) { return is_sipps(part, topology); };
    return here(play.caller) || std::any_of(play.others.begin(), play.others.end(), here) ||
           std::any_of(play.meanwhile.begin(), play.meanwhile.end(), [&](const auto& action) {
               const auto* solo = std::get_if<SoloPlay>(&action);
               return solo != nullptr && here(solo->part);
           });
}

bool needs_sipp(const Command& command, const Topology& topology) {
    if (const auto* play = std::get_if<PlayCommand>(&command)) return needs_sipp(*play, topology);
    const auto* registers = std::get_if<RegisterCommand>(&command);
    const auto* ue = registers != nullptr ? topology.ue(registers->ue) : nullptr;
    return ue != nullptr && registers_with_sipp(*registers, *ue);
}

bool needs_sipp(const PreparedScenario& prepared) {
    const auto here = [&](const Command& command) {
        return needs_sipp(command, prepared.topology);
    };
    return std::any_of(prepared.preconditions.begin(), prepared.preconditions.end(), here) ||
           std::any_of(prepared.steps.begin(), prepared.steps.end(), here);
}

}  // namespace

std::string what_is_missing(const PreparedScenario& prepared) {
    if (auto why = why_no_phones(prepared.topology); !why.empty()) return why;
    if (needs_scanner(prepared.topology)) {
        if (auto why = why_no_scanner(); !why.empty()) return why;
    }
    return needs_sipp(prepared) ? why_no_sipp() : std::string();
}

std::string why_no_stock() {
    if (kamailio_program().empty()) return "kamailio is not installed; `make kamailio` installs it";
    return Wiretap::why_not();
}

std::string why_not_kept_in(const std::string& folder) {
    std::error_code problem;
    std::filesystem::create_directories(folder, problem);
    if (!problem && access(folder.c_str(), W_OK | X_OK) != 0)
        problem = std::error_code(errno, std::generic_category());
    if (!problem) return {};
    return "the run cannot be kept in '" + folder + "': " + problem.message() +
           "; --out names another folder";
}

}  // namespace imslab::lab
