// Sh: the four procedures between application servers and the HSS as plain structs (TS 29.328 §6,
// TS 29.329 §6). sh_codec.h turns them into AVPs, sh_data.h says what User-Data holds. The answer
// to an Ask{sh::Request} is an sh::Answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "diameter/command_codec.h"
#include "diameter/message.h"

namespace imslab::sh {

using diameter::ResultCode;

// Result codes, (vendor, code): TS 29.329 §6.2 and those of the base protocol.
namespace result {
using namespace diameter::result;
inline constexpr ResultCode user_data_not_available{diameter::kVendor3gpp, 4100};
inline constexpr ResultCode prior_update_in_progress{diameter::kVendor3gpp, 4101};
inline constexpr ResultCode user_unknown{diameter::kVendor3gpp, 5001};
inline constexpr ResultCode too_much_data{diameter::kVendor3gpp, 5008};
inline constexpr ResultCode user_data_not_recognized{diameter::kVendor3gpp, 5100};
inline constexpr ResultCode operation_not_allowed{diameter::kVendor3gpp, 5101};
inline constexpr ResultCode user_data_cannot_be_read{diameter::kVendor3gpp, 5102};
inline constexpr ResultCode user_data_cannot_be_modified{diameter::kVendor3gpp, 5103};
inline constexpr ResultCode user_data_cannot_be_notified{diameter::kVendor3gpp, 5104};
inline constexpr ResultCode transparent_data_out_of_sync{diameter::kVendor3gpp, 5105};
inline constexpr ResultCode subs_data_absent{diameter::kVendor3gpp, 5106};
inline constexpr ResultCode no_subscription_to_data{diameter::kVendor3gpp, 5107};
inline constexpr ResultCode dsai_not_available{diameter::kVendor3gpp, 5108};
}  // namespace result

// Data-Reference (AVP 703), TS 29.328 §7.6. The numbers above aliases_repository_data are known to
// the codec; this HSS holds nothing for them.
enum class DataReference : std::uint32_t {
    repository_data = 0,
    ims_public_identity = 10,
    ims_user_state = 11,
    s_cscf_name = 12,
    initial_filter_criteria = 13,
    location_information = 14,
    user_state = 15,
    charging_information = 16,
    msisdn = 17,
    psi_activation = 18,
    dsai = 19,
    aliases_repository_data = 20,
};
inline constexpr std::uint32_t kHighestDataReference = 34;
// "RepositoryData"; a number without a name of ours as it is.
std::string to_string(DataReference reference);
// By that name, without regard to case; nullopt: none of ours.
std::optional<DataReference> data_reference_from(std::string_view name);

enum class IdentitySet : std::uint32_t { all = 0, registered = 1, implicit = 2, alias = 3 };
enum class RequestedDomain : std::uint32_t { cs = 0, ps = 1 };
enum class SubsReqType : std::uint32_t { subscribe = 0, unsubscribe = 1 };

// User-Identity (AVP 700): one of the two.
struct UserIdentity {
    std::string public_identity;
    std::string msisdn;  // digits, international
    bool operator==(const UserIdentity&) const = default;
};

// What of a user is meant: the access key of TS 29.328 §7.6 without the user.
struct Selection {
    std::vector<DataReference> references;
    std::vector<std::string> service_indications;
    std::vector<IdentitySet> identity_sets;  // empty: all
    std::string server_name;                 // the AS whose filter criteria are meant
    std::vector<std::string> dsai_tags;      // empty: all of that AS
    bool operator==(const Selection&) const = default;
};

// ---- An AS asks: UDR 306 (§6.1.1), PUR 307 (§6.1.2), SNR 308 (§6.1.3)
struct UserDataRequest {
    std::string destination_host;  // empty: the HSS that there is
    UserIdentity user;
    Selection selection;
    std::optional<RequestedDomain> domain;
    bool active_location_retrieval = false;  // Current-Location
    std::string private_identity;
};
struct UserDataAnswer {
    ResultCode result;
    std::string user_data;  // Sh-Data XML; empty: absent
    std::string wildcarded_psi, wildcarded_impu;
};

struct ProfileUpdateRequest {
    std::string destination_host;
    UserIdentity user;
    std::vector<DataReference> references;
    std::string user_data;
};
// Repository-Data-ID (AVP 715)
struct RepositoryDataId {
    std::string service_indication;
    std::uint32_t sequence_number = 0;
    bool operator==(const RepositoryDataId&) const = default;
};
struct ProfileUpdateAnswer {
    ResultCode result;
    std::optional<RepositoryDataId> repository_data;  // the stored one it was about
    std::optional<DataReference> reference;           // the one it failed for
};

struct SubscribeNotificationsRequest {
    std::string destination_host;
    UserIdentity user;
    Selection selection;
    SubsReqType type = SubsReqType::subscribe;
    bool data_requested = false;               // Send-Data-Indication
    std::optional<std::uint32_t> expiry_time;  // seconds since 1970
    bool one_time = false;                     // One-Time-Notification
};
struct SubscribeNotificationsAnswer {
    ResultCode result;
    std::string user_data;
    std::optional<std::uint32_t> expiry_time;
};

// ---- The HSS asks the AS: PNR 309 (§6.1.4)
struct PushNotificationRequest {
    std::string destination_host, destination_realm;  // the AS; an empty realm: that of the HSS
    UserIdentity user;
    std::string wildcarded_psi, wildcarded_impu;
    std::string user_data;
};
struct PushNotificationAnswer {
    ResultCode result;
};

using Request = std::variant<UserDataRequest,
                             ProfileUpdateRequest,
                             SubscribeNotificationsRequest,
                             PushNotificationRequest>;
using Answer = std::variant<UserDataAnswer,
                            ProfileUpdateAnswer,
                            SubscribeNotificationsAnswer,
                            PushNotificationAnswer>;

}  // namespace imslab::sh
