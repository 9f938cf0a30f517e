// Typed views of header field values: parse on demand, valid as long as the message. A malformed
// value is nullopt.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/message.h"
#include "sip/params.h"
#include "sip/uri.h"

namespace imslab::sip {

// From, To, Contact, Route, Record-Route, Path, Service-Route, P-Asserted-Identity, Refer-To … (RFC
// 3261 §20.10)
struct NameAddr {
    std::string_view display;  // as written, quotes kept
    std::string_view uri;      // without angle brackets
    Params params;             // header parameters
    bool is_star = false;      // Contact: *

    NameAddr() noexcept {}
    static std::optional<NameAddr> parse(std::string_view value);
    std::optional<std::string_view> tag() const { return params.get("tag"); }
};

struct Via {
    Transport transport = Transport::udp;
    std::string_view transport_text;  // as written; may be unknown to us
    std::string_view host;
    std::uint16_t port = 0;  // 0: absent
    Params params;
    // The parameters that the transport layer goes by, found while the value is read. As of all
    // parameters, the first of a name counts.
    struct Known {
        std::string_view value;
        bool given = false;
    };
    Known branch_param, received, rport, maddr;

    Via() noexcept {}
    static std::optional<Via> parse(std::string_view value);
    std::string_view branch() const { return branch_param.value; }
    void note(std::string_view param, std::string_view value);
    // RFC 3261 §8.1.1.7: the branch starts with z9hG4bK.
    bool has_magic_cookie() const {
        return branch().size() > 7 && branch().substr(0, 7) == "z9hG4bK";
    }
};

struct CSeq {
    std::uint32_t number = 0;
    std::string_view method;

    static std::optional<CSeq> parse(std::string_view value);
};

struct RAck {  // RFC 3262 §7.2
    std::uint32_t response = 0, cseq = 0;
    std::string_view method;

    static std::optional<RAck> parse(std::string_view value);
};

// Authorization, WWW-Authenticate and their Proxy- twins: scheme and comma-separated parameters
// (RFC 3261 §20.44).
struct AuthParams {
    std::string_view scheme;  // "Digest"
    std::string_view raw;

    static std::optional<AuthParams> parse(std::string_view value);
    // Unquoted value; nullopt if absent.
    std::optional<std::string> get(std::string_view name) const;
    bool has(std::string_view name) const;
};
// The Authorization value with `name` set (written last, as name="value"; what bore the name before
// is gone), or without some.
std::string with_auth_param(std::string_view value,
                            std::string_view name,
                            std::string_view new_value);
std::string without_auth_params(std::string_view value,
                                std::initializer_list<std::string_view> names);

// A name-addr or plain value with one header parameter set (";name=value", or ";name" if value is
// empty) or removed.
std::string with_param(std::string_view value, std::string_view name, std::string_view new_value);
std::string without_param(std::string_view value, std::string_view name);

// P-Charging-Vector (RFC 7315 §4.6, §5.6): parameters only; the first is icid-value.
struct ChargingVector {
    std::string icid;
    std::string generated_at, orig_ioi, term_ioi;
    std::string others;  // ";name=value…" kept as it came

    static std::optional<ChargingVector> parse(std::string_view value);
    std::string to_string() const;
};

// Shorthands that every element needs. Malformed or missing: nullopt, empty or the default.
std::optional<std::string_view> from_tag(const Message& message);
std::optional<std::string_view> to_tag(const Message& message);
void set_to_tag(Message& message, std::string_view tag);
std::optional<Via> top_via(const Message& message);
std::optional<CSeq> cseq(const Message& message);
std::string_view call_id(const Message& message);
std::optional<std::string_view> uri_of(std::optional<std::string_view> name_addr_value);
std::optional<std::uint32_t> expires(const Message& message);  // the Expires header field
// The expiry asked for or granted by one contact: its own parameter, else Expires, else `otherwise`
// (§10.2.1.1).
std::uint32_t contact_expires(const Message& message,
                              const NameAddr& contact,
                              std::uint32_t otherwise);

}  // namespace imslab::sip
