// What User-Data carries on Sh (TS 29.328 Annex C, D): values, and their XML reader and writer. The
// schema of our own is hss/sh_data.xsd.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "diameter/cx.h"
#include "diameter/user_profile.h"

namespace imslab::sh {

// TS 29.328 §7.6.1: what an AS keeps in the HSS for itself; the HSS does not look inside.
struct RepositoryData {
    std::string service_indication;
    std::uint32_t sequence_number = 0;
    std::optional<std::string>
        service_data;  // what stands inside ServiceData, as XML; absent: none
    bool operator==(const RepositoryData&) const = default;
};
// 0 is for data that is not there yet; after the highest comes 1.
inline constexpr std::uint32_t kHighestSequenceNumber = 65535;
constexpr std::uint32_t next_sequence_number(std::uint32_t number) {
    return number % kHighestSequenceNumber + 1;
}

struct PublicIdentifiers {
    std::vector<std::string> identities, msisdns;
    std::optional<cx::IdentityType> type;  // of what is not a public user identity
    std::string wildcarded_psi, wildcarded_impu;
    bool operator==(const PublicIdentifiers&) const = default;
};

enum class ImsUserState : std::uint32_t {
    not_registered = 0,
    registered = 1,
    registered_unreg_services = 2,
    authentication_pending = 3
};

struct Dsai {
    std::string tag;
    bool active = true;
    bool operator==(const Dsai&) const = default;
};

// What the CS or the PS domain says of a user: elements and values in the order of the schema
// ("VLRNumber", "49171…"), and the state as a number of that domain's.
struct DomainData {
    std::vector<std::pair<std::string, std::string>> location;  // empty: none is known
    std::optional<std::uint32_t> user_state;
    bool operator==(const DomainData&) const = default;
};
inline constexpr std::uint32_t kHighestCsUserState = 3, kHighestPsUserState = 6;
// The elements that the location in each domain may have, in their order.
const std::vector<std::string_view>& location_elements(bool circuit_switched);

struct ShData {
    std::optional<PublicIdentifiers> public_identifiers;
    std::vector<RepositoryData> repository_data;

    std::optional<std::string> s_cscf_name;
    std::optional<std::vector<cx::InitialFilterCriteria>> filter_criteria;
    std::optional<ImsUserState> user_state;
    std::optional<cx::ChargingInformation> charging;
    std::optional<bool> psi_active;
    std::vector<Dsai> dsai;

    std::optional<DomainData> cs, ps;  // location and state, whichever is there

    std::optional<PublicIdentifiers> registered_identities, implicit_identities, all_identities,
        alias_identities;
    std::vector<RepositoryData> aliases_repository_data;
    bool operator==(const ShData&) const = default;
};

// Bounded: no document type, at most cx::kMaxUserDataBytes; elements of later releases are skipped.
Result<ShData, cx::UserDataError> read_sh_data(std::string_view xml);
std::string write_sh_data(const ShData& data);

}  // namespace imslab::sh
