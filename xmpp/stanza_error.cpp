// RFC 6120 §8.3.2, §8.3.3: the names, and which type a condition has.
#include "xmpp/stanza_error.h"

#include <algorithm>
#include <array>

namespace imslab::xmpp {

namespace {

struct Named {
    std::string_view name;
    ErrorType type;
};
constexpr std::array<Named, static_cast<std::size_t>(Condition::count_)> kConditions{{
    {"bad-request", ErrorType::modify},
    {"conflict", ErrorType::cancel},
    {"feature-not-implemented", ErrorType::cancel},
    {"forbidden", ErrorType::auth},
    {"gone", ErrorType::cancel},
    {"internal-server-error", ErrorType::cancel},
    {"item-not-found", ErrorType::cancel},
    {"jid-malformed", ErrorType::modify},
    {"not-acceptable", ErrorType::modify},
    {"not-allowed", ErrorType::cancel},
    {"not-authorized", ErrorType::auth},
    {"policy-violation", ErrorType::modify},
    {"recipient-unavailable", ErrorType::wait},
    {"redirect", ErrorType::modify},
    {"registration-required", ErrorType::auth},
    {"remote-server-not-found", ErrorType::cancel},
    {"remote-server-timeout", ErrorType::wait},
    {"resource-constraint", ErrorType::wait},
    {"service-unavailable", ErrorType::cancel},
    {"subscription-required", ErrorType::auth},
    {"undefined-condition", ErrorType::cancel},
    {"unexpected-request", ErrorType::wait},
}};
constexpr std::array<std::string_view, 5> kTypes{"auth", "cancel", "continue", "modify", "wait"};

}  // namespace

std::string_view to_string(Condition condition) {
    return kConditions.at(static_cast<std::size_t>(condition)).name;
}

std::optional<Condition> condition_from(std::string_view name) {
    const auto found = std::find_if(
        kConditions.begin(), kConditions.end(), [&](const Named& one) { return one.name == name; });
    if (found == kConditions.end()) return std::nullopt;
    return static_cast<Condition>(found - kConditions.begin());
}

std::string_view to_string(ErrorType type) { return kTypes.at(static_cast<std::size_t>(type)); }

std::optional<ErrorType> error_type_from(std::string_view name) {
    const auto found = std::find(kTypes.begin(), kTypes.end(), name);
    if (found == kTypes.end()) return std::nullopt;
    return static_cast<ErrorType>(found - kTypes.begin());
}

ErrorType usual_type(Condition condition) {
    return kConditions.at(static_cast<std::size_t>(condition)).type;
}

}  // namespace imslab::xmpp
