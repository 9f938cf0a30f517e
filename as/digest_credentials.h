// What a client of HTTP Digest says to prove who it is (RFC 7616 §3.4, RFC 3310 §3.4), as a server
// reads it, and what the server says of itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "sip/digest.h"

namespace imslab::as {

// The parameters of an Authorization; what is not there is empty.
struct DigestCredentials {
    std::string username, realm, nonce, uri, response, qop, count, cnonce, algorithm, auts;

    // nullopt: no Authorization, or none that can be read.
    static std::optional<DigestCredentials> from(const http::Request& request);
    static std::optional<DigestCredentials> from(std::optional<std::string_view> authorization);
    std::uint32_t number() const;  // the count's value
    // Is the digest-uri the resource that is asked for (RFC 7616 §3.4.6)?
    bool names_target(std::string_view target) const;
    bool proves() const { return !response.empty() && !nonce.empty(); }
    // Is the response right, for that H(A1)?
    bool are_right(sip::HashAlgorithm algorithm,
                   std::string_view ha1,
                   const http::Request& request) const;
    bool are_right(sip::HashAlgorithm algorithm,
                   std::string_view ha1,
                   std::string_view method,
                   std::string_view body) const;
    // Authentication-Info of an answer with that body.
    std::string authentication_info(sip::HashAlgorithm algorithm,
                                    std::string_view ha1,
                                    std::string_view body) const;

private:
    sip::DigestInput input(sip::HashAlgorithm algorithm,
                           std::string_view ha1,
                           std::string_view body) const;
};

}  // namespace imslab::as
