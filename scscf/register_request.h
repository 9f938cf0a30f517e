// A REGISTER as a registrar reads it (RFC 3261 §10.3, TS 24.229 §5.4.1.1): who, and which bindings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "scscf/scscf.h"
#include "sip/message.h"

namespace imslab::scscf {

struct ContactWish {
    std::string value;  // name-addr with its parameters, without expires
    std::string uri;
    std::string instance;  // +sip.instance; empty: none
    std::uint32_t expires_seconds = 0;
    std::uint16_t q = 1000;
    bool has_flow = false;  // reg-id (RFC 5626)
};

struct RegisterRequest {
    sip::Message message;
    std::string private_identity, public_identity, call_id;
    std::uint32_t cseq = 0;
    std::vector<ContactWish> contacts;
    bool all_contacts = false;  // Contact: *

    bool is_fetch() const { return contacts.empty() && !all_contacts; }
    // Nothing but removals.
    bool is_deregistration() const;
    // Path as a comma list; empty: it has none.
    std::string path() const;
};

struct Refusal {
    int status = 400;
    std::string reason;
    std::string min_expires, unsupported;  // header values of 423 and 420
};

// A contact as it was kept elsewhere, with the time it was granted (TS 23.380); nullopt: it is none.
std::optional<ContactWish> read_kept_contact(std::string_view value, const Config& config);

// All of it but the message itself, which the caller hands over.
Result<RegisterRequest, Refusal> read_register(const sip::Message& message, const Config& config);

}  // namespace imslab::scscf
