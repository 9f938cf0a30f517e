// The P-CSCF as subscriber to the registration state of its users (TS 24.229 §5.2.3): what it keeps
// of each subscription.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/time.h"
#include "sip/dialog.h"

namespace imslab::pcscf {

struct RegistrationWatch {
    std::string identity;  // the default public identity
    std::string local_tag;
    std::optional<sip::Dialog> dialog;  // once it is accepted
    Time refresh_at = Time::max();
};

class RegistrationWatches {
public:
    bool is_watched(std::string_view identity) const { return by_identity_.contains(identity); }
    RegistrationWatch* find(std::string_view call_id);
    RegistrationWatch& add(std::string call_id, RegistrationWatch watch);
    void erase(std::string_view call_id);
    void refresh_at(std::string_view call_id, Time when);

    std::optional<std::string> due(Time now) const;  // the Call-ID
    std::optional<Time> next_deadline() const;
    std::size_t size() const { return by_call_id_.size(); }
    nlohmann::ordered_json state() const;

private:
    std::map<std::string, RegistrationWatch, std::less<>> by_call_id_;
    std::set<std::string, std::less<>> by_identity_;
    std::set<std::pair<Time, std::string>> by_time_;
};

// What a NOTIFY says has ended: the address of record and the contact; an empty contact: all.
struct EndedRegistration {
    std::string aor, contact;
};
// nullopt: no reginfo document (RFC 3680 §5).
std::optional<std::vector<EndedRegistration>> ended_in(std::string_view document);

}  // namespace imslab::pcscf
