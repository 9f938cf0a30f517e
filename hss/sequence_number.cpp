// TS 33.102 Annex C: sequence numbers of 48 bits, SEQ (43) || IND (5), without time: SEQ counts
// vectors, IND goes round.
#include "hss/store.h"

namespace imslab::hss {
namespace {
constexpr unsigned kIndBits = 5;
constexpr aka::Sqn kIndMask = (1U << kIndBits) - 1;
}  // namespace

aka::Sqn advance_sqn(aka::Sqn sqn, std::uint32_t vectors) {
    return ((sqn >> kIndBits) + vectors) << kIndBits | ((sqn + vectors) & kIndMask);
}

aka::Sqn retreat_sqn(aka::Sqn sqn, std::uint32_t vectors) {
    return ((sqn >> kIndBits) - vectors) << kIndBits | ((sqn - vectors) & kIndMask);
}

std::string_view to_string(RegistrationState state) {
    switch (state) {
        case RegistrationState::not_registered:
            return "not registered";
        case RegistrationState::unregistered:
            return "unregistered";
        case RegistrationState::registered:
            return "registered";
    }
    return "";
}

}  // namespace imslab::hss
