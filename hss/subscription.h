// One IMS subscription as it is administered (TS 23.228 §4.3.3): private and public identities,
// implicit registration sets, service profiles, what an S-CSCF must be capable of, where charging
// goes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diameter/cx.h"
#include "diameter/sh_data.h"
#include "diameter/user_profile.h"
#include "sip/milenage.h"

namespace imslab::hss {

enum class AuthScheme : std::uint8_t { aka, digest };

// TS 33.102 §6.3: what the HSS shares with a USIM.
struct AkaCredentials {
    aka::Key128 k{};
    aka::Key128 opc{};
    std::array<std::uint8_t, 2> amf{};  // TS 33.102 Annex H: separation bit 0 outside EPS
    aka::Sqn sqn = 0;                   // the last one used; TS 33.102 Annex C: SEQ || IND
    bool operator==(const AkaCredentials&) const = default;
};
// TS 33.203 Annex N
struct DigestCredentials {
    std::string realm;
    std::string ha1;  // H(private identity:realm:password), lower-case hexadecimal
    std::string algorithm = "MD5";
    bool operator==(const DigestCredentials&) const = default;
};

struct PrivateIdentity {
    std::string identity;
    AuthScheme scheme = AuthScheme::aka;  // the one chosen for scheme "Unknown"
    std::optional<AkaCredentials> aka;
    std::optional<DigestCredentials> digest;
    bool operator==(const PrivateIdentity&) const = default;
};

// Dynamic service activation information (TS 29.328 §7.6.11): a switch that an application server
// turns, and the filter criteria that are masked while it is off.
struct DsaiTag {
    std::string server_name;  // as in the filter criteria
    std::string tag;
    std::vector<std::uint32_t> priorities;  // of the criteria it masks; empty: all of that server
    bool operator==(const DsaiTag&) const = default;
};

// The public identities that are registered together; the first that is not barred is the default
// one.
struct ImplicitRegistrationSet {
    std::vector<std::string>
        private_identities;  // who may register it; empty: all of the subscription
    std::vector<cx::ServiceProfile> service_profiles;
    std::string
        application_server;  // a PSI that is routed straight to its application server; empty: none
    std::vector<DsaiTag> dsai;
    bool operator==(const ImplicitRegistrationSet&) const = default;
};

struct Subscription {
    std::string name;  // an IMSI, or a label of the operator's
    std::vector<PrivateIdentity> private_identities;
    std::vector<ImplicitRegistrationSet> sets;
    cx::ServerCapabilities capabilities;
    std::optional<cx::ChargingInformation> charging;
    bool roaming_restricted = false;  // true: only the networks below
    std::vector<std::string>
        visited_networks;  // allowed, as in P-Visited-Network-ID; the home ones always are
    bool registration_allowed = true;
    // What Sh tells and nobody else asks (TS 29.328 §7.6).
    std::vector<std::string> msisdns;  // digits
    sh::DomainData cs, ps;
    bool operator==(const Subscription&) const = default;
};

// TS 23.003 §13: identities derived from an IMSI ("001010000000001"; the MNC has 2 or 3 digits).
std::string home_domain_of(std::string_view imsi, unsigned mnc_digits = 2);
std::string private_identity_of(std::string_view imsi, unsigned mnc_digits = 2);
std::string temporary_public_identity_of(std::string_view imsi, unsigned mnc_digits = 2);

// A public identity as a key: scheme and host in lower case, no parameters, no visual separators.
std::string canonical_identity(std::string_view identity);
// TS 23.003 §13.5: does a distinct identity match a wildcarded one ("sip:conference-!.*!@home")?
bool matches_wildcard(std::string_view wildcarded, std::string_view identity);

// Iff the profile has something to do for a user who is not registered (TS 29.228 §6.1.4.1).
bool serves_unregistered(const cx::ServiceProfile& profile, bool originating);

}  // namespace imslab::hss
