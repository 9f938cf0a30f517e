// Nonces for Digest (RFC 7616 §3.3) that say themselves when they were made, under a seal: nothing
// is kept of who never comes back with his.
#pragma once

#include <string>
#include <string_view>

#include "core/time.h"

namespace imslab::as {

class Services;

class SealedNonces {
public:
    explicit SealedNonces(Services& services);

    std::string fresh() const;
    // Is it one of these, and not older than that?
    bool is_fresh(std::string_view nonce, Duration lifetime) const;

private:
    std::string seal(std::string_view time) const;

    Services& services_;
    std::string secret_;
};

}  // namespace imslab::as
