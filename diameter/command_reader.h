// Reading AVPs into structs, with the checks of RFC 6733 §7.1.5: missing, repeated, unknown
// mandatory, ill-formed AVPs. For the readers of Cx and Sh.
#pragma once

#include <string>
#include <vector>

#include "diameter/command_codec.h"

namespace imslab::diameter {

struct Key {
    std::uint32_t code, vendor;
};
std::string name_of(Key key);
CodecError missing(Key key);

// Reads members one by one and remembers the first thing that is wrong.
class Members {
public:
    explicit Members(const std::vector<Avp>& avps) : avps_(avps) {}
    Members(const std::vector<Avp>& avps, Members& parent) : avps_(avps), parent_(&parent) {}

    const Avp* find(Key key);
    const Avp* need(Key key);
    std::string text(std::uint32_t code, std::uint32_t vendor = kVendor3gpp) {
        const auto* found = find({code, vendor});
        return found != nullptr ? found->data : std::string{};
    }
    std::string needed_text(std::uint32_t code, std::uint32_t vendor = kVendor3gpp) {
        const auto* found = need({code, vendor});
        return found != nullptr ? found->data : std::string{};
    }
    std::uint32_t number(std::uint32_t code,
                         std::uint32_t otherwise,
                         std::uint32_t vendor = kVendor3gpp) {
        const auto* found = find({code, vendor});
        return found != nullptr ? value(*found) : otherwise;
    }
    std::uint32_t needed_number(std::uint32_t code) {
        const auto* found = need({code, kVendor3gpp});
        return found != nullptr ? value(*found) : 0;
    }
    // An enumeration without gaps from 0 to `highest`.
    template <class Enumeration>
    Enumeration enumerated(const Avp* found, Enumeration highest, Enumeration otherwise) {
        if (found == nullptr) return otherwise;
        const auto number = value(*found);
        if (number <= static_cast<std::uint32_t>(highest)) return static_cast<Enumeration>(number);
        refuse_value(*found, "has no value " + std::to_string(number));
        return otherwise;
    }
    std::vector<std::string> texts(std::uint32_t code, std::uint32_t vendor = kVendor3gpp) const;
    std::vector<std::uint32_t> numbers(std::uint32_t code);
    // The value of an Unsigned32, Enumerated or Time.
    std::uint32_t value(const Avp& one);

    void refuse(CodecError error);
    // INVALID_AVP_VALUE: `what` follows the AVP's name.
    void refuse_value(const Avp& one, const std::string& what);
    const std::optional<CodecError>& error() const { return error_; }
    const std::vector<Avp>& all() const { return avps_; }

private:
    const std::vector<Avp>& avps_;
    Members* parent_ = nullptr;
    std::optional<CodecError> error_;
};

// RFC 6733 §4.1: an AVP with the M bit that nobody here knows.
const Avp* unknown_mandatory(const std::vector<Avp>& avps);
// Whether a message is a request of the application, as far as its header and its M bits say.
std::optional<CodecError> objection_to_request(const Message& message,
                                               std::uint32_t application,
                                               const char* name);
// What every command carries; a request also says where it goes. Zn's need not say whether a state
// is kept (TS 29.109 §5.2).
void check_envelope(Members& members,
                    std::uint32_t application,
                    const char* name,
                    bool is_request,
                    bool says_state = true);
CodecError unknown_command(const Message& message, const char* application);

template <class Value, class Command>
Result<Value, CodecError> unless_refused(Command command, const Members& members) {
    if (members.error()) return failure(*members.error());
    return Value{std::move(command)};
}

}  // namespace imslab::diameter
