// The small enablers, one for each role of TS 24.229 §5.7, and how one is made from its settings.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "as/enabler.h"
#include "core/result.h"

namespace imslab::as {

// Answers itself: 200, or that refusal.
std::unique_ptr<Enabler> make_answering(Services& services, std::string name, int status);

struct MarkingSettings {
    std::string header, value;
    bool record_route = true;
};
std::unique_ptr<Enabler> make_marking(Services& services,
                                      std::string name,
                                      MarkingSettings settings);

struct RedirectingSettings {
    std::string to;       // a SIP or tel URI
    bool answer = false;  // 302, instead of going there itself
};
std::unique_ptr<Enabler> make_redirecting(Services& services,
                                          std::string name,
                                          RedirectingSettings settings);

// Routing B2BUA: each request becomes another one with the same target.
std::unique_ptr<Enabler> make_back_to_back(Services& services, std::string name);

struct WelcomingSettings {
    std::string from;  // whose message it is: a user's or a service's identity
    std::string to;    // who gets it; empty: who has registered
    std::string text = "Welcome";
    bool originating = true;  // through the originating services of `from`
};
std::unique_ptr<Enabler> make_welcoming(Services& services,
                                        std::string name,
                                        WelcomingSettings settings);

struct CallbackSettings {
    std::string service;  // the public service identity that the first one is called by
    std::string first;    // who is called first; empty: who sends the REFER
    Duration ring_limit = std::chrono::seconds(120);
};
// Calls who sends it a REFER, then whom that names, and joins them: the initiating B2BUA.
std::unique_ptr<Enabler> make_callback(Services& services,
                                       std::string name,
                                       CallbackSettings settings);

// An enabler as a topology describes it: {"kind": "marking", "header": "X-Mark: yes"}; the kind is
// the name if it is not said. A sentence if something in it is wrong.
struct EnablerRecipe {
    std::string name;
    std::vector<std::string> identities;
    std::function<std::unique_ptr<Enabler>(Services&)> make;
};
Result<EnablerRecipe, std::string> read_enabler(const std::string& name,
                                                const nlohmann::json& settings);

}  // namespace imslab::as
