// Zn: what a server asks the bootstrapping server function about somebody who names a bootstrapping
// (TS 33.220 §4.5.3; TS 29.109 §5.2). zn_codec.h turns it into AVPs. The answer to an
// Ask{zn::Request} is a zn::Answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "diameter/message.h"

namespace imslab::zn {

using diameter::ResultCode;

// TS 29.109 §6.2.
namespace result {
inline constexpr ResultCode success{0, 2001};
inline constexpr ResultCode identity_unknown{diameter::kVendor3gpp, 5401};
inline constexpr ResultCode not_authorized{diameter::kVendor3gpp, 5402};
inline constexpr ResultCode transaction_identifier_invalid{diameter::kVendor3gpp, 5403};
}  // namespace result

// BIR 310.
struct BootstrappingInfoRequest {
    std::string transaction_identifier;  // B-TID
    std::string naf_id;                  // a domain name and a Ua security protocol identifier
    std::vector<std::string> services;   // GAA-Service-Identifiers: whose settings are wanted
    bool knows_gba_u = false;
};
struct BootstrappingInfoAnswer {
    ResultCode result;
    std::string private_identity;
    std::string me_key;                               // Ks_NAF
    std::string uicc_key;                             // of GBA_U; empty: absent
    std::optional<std::int64_t> key_expiry, created;  // seconds since 1970
    std::string user_security_settings;               // ussList, XML; empty: absent
};

using Request = std::variant<BootstrappingInfoRequest>;
using Answer = std::variant<BootstrappingInfoAnswer>;

}  // namespace imslab::zn
