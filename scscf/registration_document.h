// The document of the reg event package: application/reginfo+xml (RFC 3680 §5).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/time.h"
#include "scscf/registration_change.h"

namespace imslab::scscf {

// All of a set: each identity that is not barred, each contact.
std::string full_registration_document(const ImplicitSet& set, std::uint32_t version, Time now);
// What has changed of it.
std::string partial_registration_document(const ImplicitSet& set,
                                          const RegistrationChange& change,
                                          std::uint32_t version,
                                          Time now);

}  // namespace imslab::scscf
