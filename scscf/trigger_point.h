// Trigger points (TS 29.228 Annex B.2.2, B.2.3, F): conditions on a request, compiled when the
// profile comes, so that an evaluation is a few comparisons.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.h"
#include "diameter/user_profile.h"
#include "scscf/regular_expression.h"
#include "sip/message.h"

namespace imslab::scscf {

// What a trigger point is held against: a request, and what the S-CSCF knows beside it. What costs
// something to find is found once, when the first condition asks for it.
class TriggerSubject {
public:
    TriggerSubject(const sip::Message& request,
                   cx::SessionCase session_case,
                   std::optional<cx::RegistrationType> registration_type = std::nullopt)
        : request_(request), session_case_(session_case), registration_type_(registration_type) {}

    const sip::Message& request() const { return request_; }
    cx::SessionCase session_case() const { return session_case_; }
    std::optional<cx::RegistrationType> registration_type() const { return registration_type_; }
    // "m", "audio 49170 RTP/AVP 0"; none if there is no session description.
    struct Line {
        std::string_view type, value;
    };
    const std::vector<Line>& session_description() const;

private:
    const sip::Message& request_;
    cx::SessionCase session_case_;
    std::optional<cx::RegistrationType> registration_type_;
    mutable std::optional<std::vector<Line>> lines_;
};

class CompiledTriggerPoint {
public:
    // One sentence if an expression in it cannot be read.
    static Result<CompiledTriggerPoint, std::string> compile(const cx::TriggerPoint& point);
    bool matches(const TriggerSubject& subject) const;

private:
    struct RequestUri {
        RegularExpression pattern;
    };
    struct Method {
        sip::Method method = sip::Method::other;
        std::string text;
        std::vector<cx::RegistrationType> registration_types;
    };
    struct Header {
        sip::HeaderId id = sip::HeaderId::other;
        std::string name;                          // in full; empty: the pattern decides
        std::optional<RegularExpression> pattern;  // of the name
        std::optional<RegularExpression> content;
    };
    struct SessionDescription {
        RegularExpression line;
        std::optional<RegularExpression> content;
    };
    struct Condition {
        bool negated = false;
        std::variant<cx::SessionCase, Method, RequestUri, Header, SessionDescription> what;
    };

    static Result<Condition, std::string> compile(const cx::ServicePointTrigger& trigger);
    static bool holds(const Method& method, const TriggerSubject& subject);
    static bool holds(cx::SessionCase session_case, const TriggerSubject& subject);
    static bool holds(const RequestUri& uri, const TriggerSubject& subject);
    static bool holds(const Header& header, const TriggerSubject& subject);
    static bool holds(const SessionDescription& description, const TriggerSubject& subject);
    bool holds(const Condition& condition, const TriggerSubject& subject) const;

    bool conjunctive_ = true;
    std::vector<Condition> conditions_;
    std::vector<std::vector<std::uint32_t>> groups_;  // of conditions; the cheap ones first
};

}  // namespace imslab::scscf
