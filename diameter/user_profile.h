// The user profile that Cx carries in User-Data (TS 29.228 Annex B and E): values, and their XML
// reader and writer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.h"

namespace imslab::cx {

// TS 29.228 Annex F: which leg of a session, for whom.
enum class SessionCase : std::uint8_t {
    originating_registered = 0,
    terminating_registered = 1,
    terminating_unregistered = 2,
    originating_unregistered = 3,
    originating_cdiv = 4,
};
enum class RegistrationType : std::uint8_t {
    initial = 0,
    re_registration = 1,
    de_registration = 2
};
enum class DefaultHandling : std::uint8_t { session_continued = 0, session_terminated = 1 };
enum class ProfilePart : std::uint8_t { registered = 0, unregistered = 1 };
enum class IdentityType : std::uint8_t {
    public_user = 0,
    distinct_psi = 1,
    wildcarded_psi = 2,
    wildcarded_impu = 3
};

// Service Point Trigger: one condition on a request.
struct RequestUriTrigger {
    std::string pattern;  // extended regular expression
    bool operator==(const RequestUriTrigger&) const = default;
};
struct MethodTrigger {
    std::string method;
    bool operator==(const MethodTrigger&) const = default;
};
struct SipHeaderTrigger {
    std::string header;                  // both are extended regular expressions
    std::optional<std::string> content;  // absent: the presence of the header is enough
    bool operator==(const SipHeaderTrigger&) const = default;
};
struct SessionCaseTrigger {
    SessionCase session_case = SessionCase::originating_registered;
    bool operator==(const SessionCaseTrigger&) const = default;
};
struct SessionDescriptionTrigger {
    std::string line;  // both are extended regular expressions
    std::optional<std::string> content;
    bool operator==(const SessionDescriptionTrigger&) const = default;
};
struct ServicePointTrigger {
    bool negated = false;
    std::vector<std::uint32_t> groups;  // the OR (AND, in disjunctive form) groups it belongs to
    std::variant<RequestUriTrigger,
                 MethodTrigger,
                 SipHeaderTrigger,
                 SessionCaseTrigger,
                 SessionDescriptionTrigger>
        condition;
    std::vector<RegistrationType> registration_types;  // for Method REGISTER; empty: all
    bool operator==(const ServicePointTrigger&) const = default;
};
struct TriggerPoint {
    bool conjunctive_normal_form = true;  // groups are ORs joined by AND; else ANDs joined by OR
    std::vector<ServicePointTrigger> triggers;
    bool operator==(const TriggerPoint&) const = default;
};

struct ApplicationServer {
    std::string server_name;  // SIP URI
    DefaultHandling default_handling = DefaultHandling::session_continued;
    std::string service_info;  // empty: none
    bool include_register_request = false;
    bool include_register_response = false;
    bool operator==(const ApplicationServer&) const = default;
};
struct InitialFilterCriteria {
    std::uint32_t priority = 0;                 // lower comes first
    std::optional<TriggerPoint> trigger_point;  // absent: matches always
    ApplicationServer application_server;
    std::optional<ProfilePart> profile_part;  // absent: registered and unregistered
    bool operator==(const InitialFilterCriteria&) const = default;
};

struct PublicIdentity {
    std::string identity;  // SIP or tel URI; of a wildcarded identity, its regular expression form
    bool barred = false;
    IdentityType type = IdentityType::public_user;
    std::string display_name;    // empty: none
    std::string wildcarded_psi;  // WildcardedPSI (TS 23.003 §13.5), empty: none
    std::string wildcarded_impu;
    std::string alias_group;  // AliasIdentityGroupID
    bool operator==(const PublicIdentity&) const = default;
};

struct ServiceProfile {
    std::vector<PublicIdentity> public_identities;
    std::vector<InitialFilterCriteria> filter_criteria;  // as read; the S-CSCF sorts by priority
    std::optional<std::uint32_t> subscribed_media_profile;
    std::vector<std::string> service_ids;  // ICSIs the core network allows; empty: no list
    std::vector<std::uint32_t> shared_filter_criteria;  // SharedIFCSetID
    bool operator==(const ServiceProfile&) const = default;
};

// What an SAA or PPR carries: the implicit registration set's profiles.
struct ImsSubscription {
    std::string private_identity;
    std::vector<ServiceProfile> service_profiles;
    bool operator==(const ImsSubscription&) const = default;
};

struct UserDataError {
    std::size_t position = 0;  // octet offset in the XML
    std::string reason;
};

// Bounded: no entity declarations, at most kMaxUserDataBytes; unknown elements are skipped.
inline constexpr std::size_t kMaxUserDataBytes = 1 << 20;
Result<ImsSubscription, UserDataError> read_user_data(std::string_view xml);
std::string write_user_data(const ImsSubscription& subscription);

// The two halves of write_user_data, for who keeps the profiles ready and learns the private
// identity later.
std::string write_service_profiles(const std::vector<ServiceProfile>& profiles);
std::string user_data_from(std::string_view private_identity,
                           std::string_view service_profiles_xml);

}  // namespace imslab::cx
