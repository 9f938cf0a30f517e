// Cx: the six procedures between I-/S-CSCF and HSS as plain structs (TS 29.228 §6, TS 29.229 §6).
// cx_codec.h turns them into AVPs. The answer to an Ask{cx::Request} is a cx::Answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "diameter/message.h"

namespace imslab::cx {

using diameter::ResultCode;

// Result codes, (vendor, code): TS 29.229 §6.2 and RFC 6733 §7.1.
namespace result {
inline constexpr ResultCode success{0, 2001};
inline constexpr ResultCode first_registration{diameter::kVendor3gpp, 2001};
inline constexpr ResultCode subsequent_registration{diameter::kVendor3gpp, 2002};
inline constexpr ResultCode unregistered_service{diameter::kVendor3gpp, 2003};
inline constexpr ResultCode server_name_not_stored{diameter::kVendor3gpp, 2004};
inline constexpr ResultCode user_unknown{diameter::kVendor3gpp, 5001};
inline constexpr ResultCode identities_dont_match{diameter::kVendor3gpp, 5002};
inline constexpr ResultCode identity_not_registered{diameter::kVendor3gpp, 5003};
inline constexpr ResultCode roaming_not_allowed{diameter::kVendor3gpp, 5004};
inline constexpr ResultCode identity_already_registered{diameter::kVendor3gpp, 5005};
inline constexpr ResultCode auth_scheme_not_supported{diameter::kVendor3gpp, 5006};
inline constexpr ResultCode in_assignment_type{diameter::kVendor3gpp, 5007};
inline constexpr ResultCode too_much_data{diameter::kVendor3gpp, 5008};
inline constexpr ResultCode not_supported_user_data{diameter::kVendor3gpp, 5009};
inline constexpr ResultCode feature_unsupported{diameter::kVendor3gpp, 5011};
inline constexpr ResultCode unable_to_deliver{0, 3002};
inline constexpr ResultCode too_busy{0, 3004};
inline constexpr ResultCode authorization_rejected{0, 5003};
inline constexpr ResultCode invalid_avp_value{0, 5004};
inline constexpr ResultCode missing_avp{0, 5005};
inline constexpr ResultCode avp_occurs_too_many_times{0, 5009};
inline constexpr ResultCode unable_to_comply{0, 5012};
}  // namespace result

enum class UserAuthorizationType : std::uint32_t {
    registration = 0,
    de_registration = 1,
    registration_and_capabilities = 2
};

enum class ServerAssignmentType : std::uint32_t {
    no_assignment = 0,
    registration = 1,
    re_registration = 2,
    unregistered_user = 3,
    timeout_deregistration = 4,
    user_deregistration = 5,
    timeout_deregistration_store_server_name = 6,
    user_deregistration_store_server_name = 7,
    administrative_deregistration = 8,
    authentication_failure = 9,
    authentication_timeout = 10,
    deregistration_too_much_data = 11,
    aaa_user_data_request = 12,
    pgw_update = 13,
};

enum class DeregistrationReason : std::uint32_t {
    permanent_termination = 0,
    new_server_assigned = 1,
    server_change = 2,
    remove_s_cscf = 3
};

struct ServerCapabilities {  // AVP 603
    std::vector<std::uint32_t> mandatory, optional;
    std::vector<std::string> server_names;
    bool operator==(const ServerCapabilities&) const = default;
};

struct ChargingInformation {  // AVP 618; DiameterURIs
    std::string primary_event, secondary_event, primary_collection, secondary_collection;
    bool operator==(const ChargingInformation&) const = default;
};

// SCSCF-Restoration-Info (AVP 639, TS 29.229 §6.3.46): what survives an S-CSCF (TS 23.380).
struct SubscriptionInfo {  // AVP 642: the UE's subscription to its reg event
    std::string call_id, from, to, record_route, contact;
    bool operator==(const SubscriptionInfo&) const = default;
};
struct RestorationContact {
    std::string contact, path;
    std::optional<SubscriptionInfo> subscription;
    bool operator==(const RestorationContact&) const = default;
};
struct RestorationInfo {
    std::string private_identity;
    std::vector<RestorationContact> contacts;
    bool operator==(const RestorationInfo&) const = default;
};

// ---- I-CSCF asks: UAR 300 (§6.1.1), LIR 302 (§6.1.4)
struct UserAuthorizationRequest {
    std::string private_identity, public_identity, visited_network;
    UserAuthorizationType type = UserAuthorizationType::registration;
    bool emergency = false;  // UAR-Flags bit 0
};
struct UserAuthorizationAnswer {
    ResultCode result;
    std::string server_name;  // empty: absent
    std::optional<ServerCapabilities> capabilities;
};

struct LocationInfoRequest {
    std::string public_identity;
    bool originating = false;          // Originating-Request (AVP 633)
    bool capabilities_wanted = false;  // User-Authorization-Type 2
};
struct LocationInfoAnswer {
    ResultCode result;
    std::string server_name;
    std::optional<ServerCapabilities> capabilities;
    std::string wildcarded_psi;  // Wildcarded-Public-Identity (AVP 634)
};

// ---- S-CSCF asks: MAR 303 (§6.3), SAR 301 (§6.1.2)
namespace scheme {  // TS 29.229 §6.3.9
inline constexpr std::string_view aka = "Digest-AKAv1-MD5";
inline constexpr std::string_view aka_v2 = "Digest-AKAv2-SHA-256";
inline constexpr std::string_view digest = "SIP Digest";
inline constexpr std::string_view unknown = "Unknown";
}  // namespace scheme

struct MultimediaAuthRequest {
    std::string private_identity, public_identity, server_name;
    std::uint32_t vectors = 1;  // SIP-Number-Auth-Items
    std::string auth_scheme{scheme::aka};
    std::string resynchronisation;  // SIP-Authorization: RAND || AUTS, 30 octets; empty: none
};
struct AuthVector {  // SIP-Auth-Data-Item (AVP 612)
    std::uint32_t item = 0;
    std::string auth_scheme;
    std::string rand_autn;  // SIP-Authenticate: 32 octets
    std::string xres;       // SIP-Authorization
    std::string confidentiality_key, integrity_key;
    // SIP-Digest-Authenticate (AVP 635) instead:
    std::string realm, algorithm, qop, ha1;
};
struct MultimediaAuthAnswer {
    ResultCode result;
    std::string private_identity, public_identity;
    std::vector<AuthVector> vectors;
};

struct ServerAssignmentRequest {
    std::string private_identity;  // empty: absent (unregistered user)
    std::vector<std::string> public_identities;
    std::string server_name;
    ServerAssignmentType type = ServerAssignmentType::no_assignment;
    bool user_data_already_available = false;
    std::string wildcarded_psi;
    std::optional<RestorationInfo> restoration;
};
struct ServerAssignmentAnswer {
    ResultCode result;
    std::string private_identity;
    std::string user_data;  // CxDataType XML (TS 29.228 Annex E); empty: absent
    std::optional<ChargingInformation> charging;
    std::vector<std::string> associated_private_identities;
    std::vector<RestorationInfo> restoration;
    bool loose_route = false;
    std::string
        server_name;  // the S-CSCF that holds the user, with 5005 IDENTITY_ALREADY_REGISTERED
};

// ---- HSS asks the S-CSCF: RTR 304 (§6.1.3), PPR 305 (§6.2)
struct RegistrationTerminationRequest {
    std::string destination_host;  // the S-CSCF's Diameter identity
    std::string private_identity;
    std::vector<std::string> associated_private_identities;
    std::vector<std::string> public_identities;  // empty: all of the private identities
    DeregistrationReason reason = DeregistrationReason::permanent_termination;
    std::string reason_info;
};
struct RegistrationTerminationAnswer {
    ResultCode result;
    std::vector<std::string> associated_private_identities;
};

struct PushProfileRequest {
    std::string destination_host;
    std::string private_identity;
    std::string user_data;  // empty: absent
    std::optional<ChargingInformation> charging;
};
struct PushProfileAnswer {
    ResultCode result;
};

using Request = std::variant<UserAuthorizationRequest,
                             LocationInfoRequest,
                             MultimediaAuthRequest,
                             ServerAssignmentRequest,
                             RegistrationTerminationRequest,
                             PushProfileRequest>;
using Answer = std::variant<UserAuthorizationAnswer,
                            LocationInfoAnswer,
                            MultimediaAuthAnswer,
                            ServerAssignmentAnswer,
                            RegistrationTerminationAnswer,
                            PushProfileAnswer>;

}  // namespace imslab::cx
