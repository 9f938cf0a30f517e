// Which phone of somebody else's plays a UE, and what it needs.
#include "lab/soft_phone.h"

#include <filesystem>

#include "lab/places.h"

namespace imslab::lab {

using Driver = TopologyUe::Driver;

bool is_soft_phone(Driver driver) {
    return driver == Driver::browser || driver == Driver::baresip || driver == Driver::linphone;
}

std::string why_no_phone(Driver driver) {
    constexpr auto kRemedy = "; `make setup-test` installs it";
    const auto missing = [&](const char* program, const std::string& name) {
        return find_program(program).empty() ? name + " is missing" + kRemedy : std::string();
    };
    if (driver == Driver::baresip) return missing("baresip", "baresip");
    if (driver == Driver::linphone) return missing("linphone-daemon", "Linphone's daemon");
    if (driver != Driver::browser) return {};
    if (auto problem = missing("chromium", "Chromium"); !problem.empty()) return problem;
    if (auto problem = missing("node", "Node.js"); !problem.empty()) return problem;
    std::error_code ignored;
    if (!std::filesystem::exists(root_folder() + "/build/browser/node_modules/jssip", ignored))
        return std::string("JsSIP is missing in build/browser") + kRemedy;
    return {};
}

std::string why_no_phones(const Topology& topology) {
    for (const auto& ue : topology.ues) {
        if (auto problem = why_no_phone(ue.driver); !problem.empty()) return problem;
    }
    return {};
}

Result<std::unique_ptr<SoftPhone>, std::string> SoftPhone::start(const SoftPhoneWish& wish,
                                                                 Deadline deadline) {
    if (auto problem = why_no_phone(wish.place.driver); !problem.empty()) return failure(problem);
    if (wish.place.driver == Driver::browser) return start_browser_phone(wish, deadline);
    if (wish.place.driver == Driver::baresip) return start_baresip(wish, deadline);
    return start_linphone(wish, deadline);
}

}  // namespace imslab::lab
