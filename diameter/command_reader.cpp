// The checks on AVPs that every command shares: RFC 6733 §4.1, §7.1.5, §7.5.
#include "diameter/command_reader.h"

#include "diameter/avp_codes.h"
#include "diameter/dictionary.h"

namespace imslab::diameter {
namespace {

// RFC 6733 §7.5: for a missing AVP, one with the shortest data its type allows, all zeros.
Avp example_of(Key key) {
    const auto* definition = find_avp(key.code, key.vendor);
    const auto type = definition != nullptr ? definition->type : AvpType::octets;
    if (type == AvpType::grouped) return Avp::of(key.code, key.vendor, {});
    const bool is_number = type == AvpType::unsigned32 || type == AvpType::enumerated ||
                           type == AvpType::integer32 || type == AvpType::time;
    return is_number ? Avp::number(key.code, key.vendor, 0) : Avp::text(key.code, key.vendor, {});
}

}  // namespace

std::string name_of(Key key) {
    const auto* definition = find_avp(key.code, key.vendor);
    return definition != nullptr ? std::string(definition->name)
                                 : "AVP " + std::to_string(key.code);
}

CodecError missing(Key key) {
    return {result::missing_avp, name_of(key) + " is missing", example_of(key)};
}

const Avp* Members::find(Key key) {
    const Avp* found = nullptr;
    for (const auto& one : avps_) {
        if (one.code != key.code || one.vendor != key.vendor) continue;
        if (found != nullptr) {
            refuse(
                {result::avp_occurs_too_many_times, name_of(key) + " occurs more than once", one});
            break;
        }
        found = &one;
    }
    return found;
}

const Avp* Members::need(Key key) {
    const auto* found = find(key);
    if (found == nullptr) refuse(missing(key));
    return found;
}

std::vector<std::string> Members::texts(std::uint32_t code, std::uint32_t vendor) const {
    std::vector<std::string> all;
    for (const auto& one : avps_) {
        if (one.code == code && one.vendor == vendor) all.push_back(one.data);
    }
    return all;
}

std::vector<std::uint32_t> Members::numbers(std::uint32_t code) {
    std::vector<std::uint32_t> all;
    for (const auto& one : avps_) {
        if (one.code == code && one.vendor == kVendor3gpp) all.push_back(value(one));
    }
    return all;
}

std::uint32_t Members::value(const Avp& one) {
    if (const auto number = one.as_number()) return *number;
    refuse({result::invalid_avp_length,
            name_of({one.code, one.vendor}) + " is not 4 octets long",
            example_of({one.code, one.vendor})});
    return 0;
}

void Members::refuse(CodecError error) {
    if (parent_ != nullptr) return parent_->refuse(std::move(error));
    if (!error_) error_ = std::move(error);
}

void Members::refuse_value(const Avp& one, const std::string& what) {
    refuse({result::invalid_avp_value, name_of({one.code, one.vendor}) + " " + what, one});
}

const Avp* unknown_mandatory(const std::vector<Avp>& avps) {
    for (const auto& one : avps) {
        if (one.mandatory && find_avp(one.code, one.vendor) == nullptr) return &one;
        if (const auto* inside = unknown_mandatory(one.group)) return inside;
    }
    return nullptr;
}

std::optional<CodecError> objection_to_request(const Message& message,
                                               std::uint32_t application,
                                               const char* name) {
    if (!message.request)
        return CodecError{result::invalid_header_bits, "an answer, not a request", {}};
    if (message.application != application) {
        return CodecError{
            result::application_unsupported,
            "application is not " + std::string(name) + " (" + std::to_string(application) + ")",
            {}};
    }
    if (const auto* unknown = unknown_mandatory(message.avps)) {
        return CodecError{result::avp_unsupported,
                          name_of({unknown->code, unknown->vendor}) + " is mandatory and not known",
                          *unknown};
    }
    return std::nullopt;
}

void check_envelope(Members& members,
                    std::uint32_t application,
                    const char* name,
                    bool is_request,
                    bool says_state) {
    members.need({avp::session_id, 0});
    if (const auto* group = members.need({avp::vendor_specific_application_id, 0})) {
        Members inside(group->group, members);
        inside.need({avp::vendor_id, 0});
        const auto* id = inside.need({avp::auth_application_id, 0});
        if (id != nullptr && id->as_number() != application)
            members.refuse_value(*id, "is not " + std::string(name));
    }
    if (says_state) members.need({avp::auth_session_state, 0});
    members.need({avp::origin_host, 0});
    members.need({avp::origin_realm, 0});
    if (is_request) members.need({avp::destination_realm, 0});
}

CodecError unknown_command(const Message& message, const char* application) {
    return {result::command_unsupported,
            "command " + std::to_string(message.command) + " is none of " + application,
            {}};
}

}  // namespace imslab::diameter
