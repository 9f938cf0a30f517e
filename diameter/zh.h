// Zh: what a bootstrapping server function, or a server that authenticates users itself, asks the
// HSS (TS 33.220 §4.4.5; TS 29.109 §4). zh_codec.h turns it into AVPs. The answer to an
// Ask{zh::Request} is a zh::Answer.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "diameter/cx.h"

namespace imslab::zh {

// TS 29.109 §6.2.
namespace result {
inline constexpr diameter::ResultCode identity_unknown{diameter::kVendor3gpp, 5401};
}  // namespace result

// MAR 303: one vector, or what SIP Digest needs.
struct MultimediaAuthRequest {
    std::string private_identity;
    std::string auth_scheme;        // as on Cx; empty: what the user's record has
    std::string resynchronisation;  // RAND || AUTS, 30 octets; empty: none
};
struct MultimediaAuthAnswer {
    diameter::ResultCode result;
    std::string private_identity;
    std::optional<cx::AuthVector> vector;
    std::string user_security_settings;  // GUSS, XML (TS 29.109 Annex A); empty: absent
};

using Request = std::variant<MultimediaAuthRequest>;
using Answer = std::variant<MultimediaAuthAnswer>;

}  // namespace imslab::zh
