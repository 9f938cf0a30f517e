// Stanza errors as values (RFC 6120 §8.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imslab::xmpp {

// RFC 6120 §8.3.3.
enum class Condition : std::uint8_t {
    bad_request,
    conflict,
    feature_not_implemented,
    forbidden,
    gone,
    internal_server_error,
    item_not_found,
    jid_malformed,
    not_acceptable,
    not_allowed,
    not_authorized,
    policy_violation,
    recipient_unavailable,
    redirect,
    registration_required,
    remote_server_not_found,
    remote_server_timeout,
    resource_constraint,
    service_unavailable,
    subscription_required,
    undefined_condition,
    unexpected_request,
    count_,
};
std::string_view to_string(Condition condition);  // "bad-request"
std::optional<Condition> condition_from(std::string_view name);

// RFC 6120 §8.3.2: what the sender may do about it.
enum class ErrorType : std::uint8_t { auth, cancel, continue_, modify, wait };
std::string_view to_string(ErrorType type);
std::optional<ErrorType> error_type_from(std::string_view name);
// The type that goes with a condition.
ErrorType usual_type(Condition condition);

struct StanzaError {
    ErrorType type = ErrorType::cancel;
    Condition condition = Condition::undefined_condition;
    std::string text;         // for people; may be empty
    std::string new_address;  // of gone and redirect: a URI; may be empty

    static StanzaError of(Condition condition, std::string text = {}) {
        return {usual_type(condition), condition, std::move(text), {}};
    }
    bool operator==(const StanzaError&) const = default;
};

}  // namespace imslab::xmpp
