// AVPs to Cx structs, with the checks of RFC 6733 §7.1.5: missing, repeated, unknown mandatory,
// ill-formed AVPs. What each command must carry: TS 29.229 §6.1.
#include <algorithm>
#include <array>
#include <span>

#include "diameter/avp_codes.h"
#include "diameter/cx_codec.h"
#include "diameter/dictionary.h"

namespace imslab::cx {
namespace {

using diameter::Avp;
using diameter::AvpType;
using diameter::Message;
namespace avp = diameter::avp;
constexpr auto g3pp = diameter::kVendor3gpp;

constexpr ResultCode kCommandUnsupported{0, 3001}, kApplicationUnsupported{0, 3007},
    kAvpUnsupported{0, 5001}, kInvalidAvpLength{0, 5014}, kInvalidHeaderBits{0, 3008};

struct Key {
    std::uint32_t code, vendor;
};

std::string name_of(Key key) {
    const auto* definition = diameter::find_avp(key.code, key.vendor);
    return definition != nullptr ? std::string(definition->name)
                                 : "AVP " + std::to_string(key.code);
}

// RFC 6733 §7.5: for a missing AVP, one with the shortest data its type allows, all zeros.
Avp example_of(Key key) {
    const auto* definition = diameter::find_avp(key.code, key.vendor);
    const auto type = definition != nullptr ? definition->type : AvpType::octets;
    if (type == AvpType::grouped) return Avp::of(key.code, key.vendor, {});
    const bool is_number =
        type == AvpType::unsigned32 || type == AvpType::enumerated || type == AvpType::integer32;
    return is_number ? Avp::number(key.code, key.vendor, 0) : Avp::text(key.code, key.vendor, {});
}

CodecError missing(Key key) {
    return {result::missing_avp, name_of(key) + " is missing", example_of(key)};
}

// Reads members one by one and remembers the first thing that is wrong.
class Members {
public:
    explicit Members(const std::vector<Avp>& avps) : avps_(avps) {}
    Members(const std::vector<Avp>& avps, Members& parent) : avps_(avps), parent_(&parent) {}

    const Avp* find(Key key) {
        const Avp* found = nullptr;
        for (const auto& one : avps_) {
            if (one.code != key.code || one.vendor != key.vendor) continue;
            if (found != nullptr) {
                refuse({result::avp_occurs_too_many_times,
                        name_of(key) + " occurs more than once",
                        one});
                break;
            }
            found = &one;
        }
        return found;
    }
    const Avp* need(Key key) {
        const auto* found = find(key);
        if (found == nullptr) refuse(missing(key));
        return found;
    }
    std::string text(std::uint32_t code, std::uint32_t vendor = g3pp) {
        const auto* found = find({code, vendor});
        return found != nullptr ? found->data : std::string{};
    }
    std::string needed_text(std::uint32_t code, std::uint32_t vendor = g3pp) {
        const auto* found = need({code, vendor});
        return found != nullptr ? found->data : std::string{};
    }
    std::uint32_t number(std::uint32_t code, std::uint32_t otherwise, std::uint32_t vendor = g3pp) {
        const auto* found = find({code, vendor});
        return found != nullptr ? value(*found) : otherwise;
    }
    std::uint32_t needed_number(std::uint32_t code) {
        const auto* found = need({code, g3pp});
        return found != nullptr ? value(*found) : 0;
    }
    // An enumeration without gaps from 0 to `highest`.
    template <class Enumeration>
    Enumeration enumerated(const Avp* found, Enumeration highest, Enumeration otherwise) {
        if (found == nullptr) return otherwise;
        const auto number = value(*found);
        if (number <= static_cast<std::uint32_t>(highest)) return static_cast<Enumeration>(number);
        refuse({result::invalid_avp_value,
                name_of({found->code, found->vendor}) + " has no value " + std::to_string(number),
                *found});
        return otherwise;
    }
    std::vector<std::string> texts(std::uint32_t code, std::uint32_t vendor = g3pp) const {
        std::vector<std::string> all;
        for (const auto& one : avps_) {
            if (one.code == code && one.vendor == vendor) all.push_back(one.data);
        }
        return all;
    }
    std::vector<std::uint32_t> numbers(std::uint32_t code) {
        std::vector<std::uint32_t> all;
        for (const auto& one : avps_) {
            if (one.code == code && one.vendor == g3pp) all.push_back(value(one));
        }
        return all;
    }
    void refuse(CodecError error) {
        if (parent_ != nullptr) return parent_->refuse(std::move(error));
        if (!error_) error_ = std::move(error);
    }
    const std::optional<CodecError>& error() const { return error_; }
    const std::vector<Avp>& all() const { return avps_; }

private:
    std::uint32_t value(const Avp& one) {
        if (const auto number = one.as_number()) return *number;
        refuse({kInvalidAvpLength,
                name_of({one.code, one.vendor}) + " is not 4 octets long",
                example_of({one.code, one.vendor})});
        return 0;
    }

    const std::vector<Avp>& avps_;
    Members* parent_ = nullptr;
    std::optional<CodecError> error_;
};

// RFC 6733 §4.1: an AVP with the M bit that nobody here knows.
const Avp* unknown_mandatory(const std::vector<Avp>& avps) {
    for (const auto& one : avps) {
        if (one.mandatory && diameter::find_avp(one.code, one.vendor) == nullptr) return &one;
        if (const auto* inside = unknown_mandatory(one.group)) return inside;
    }
    return nullptr;
}

// TS 29.229 §6.1: every Cx command carries these; a request also says where it goes.
void check_envelope(Members& members, bool is_request) {
    members.need({avp::session_id, 0});
    if (const auto* application = members.need({avp::vendor_specific_application_id, 0})) {
        Members inside(application->group, members);
        inside.need({avp::vendor_id, 0});
        const auto* id = inside.need({avp::auth_application_id, 0});
        if (id != nullptr && id->as_number() != diameter::kApplicationCx) {
            members.refuse({result::invalid_avp_value, "Auth-Application-Id is not Cx", *id});
        }
    }
    members.need({avp::auth_session_state, 0});
    members.need({avp::origin_host, 0});
    members.need({avp::origin_realm, 0});
    if (is_request) members.need({avp::destination_realm, 0});
}

UserAuthorizationRequest read_user_authorization(Members& members) {
    UserAuthorizationRequest uar;
    uar.private_identity = members.needed_text(avp::user_name, 0);
    uar.public_identity = members.needed_text(avp::public_identity);
    uar.visited_network = members.needed_text(avp::visited_network_identifier);
    uar.type = members.enumerated(members.find({avp::user_authorization_type, g3pp}),
                                  UserAuthorizationType::registration_and_capabilities,
                                  UserAuthorizationType::registration);
    uar.emergency = (members.number(avp::uar_flags, 0) & 1) != 0;
    return uar;
}

LocationInfoRequest read_location_info(Members& members) {
    LocationInfoRequest lir;
    lir.public_identity = members.needed_text(avp::public_identity);
    lir.originating = members.find({avp::originating_request, g3pp}) != nullptr;
    lir.capabilities_wanted = members.number(avp::user_authorization_type, 0) == 2;
    return lir;
}

MultimediaAuthRequest read_multimedia_auth(Members& members) {
    MultimediaAuthRequest mar;
    mar.private_identity = members.needed_text(avp::user_name, 0);
    mar.public_identity = members.needed_text(avp::public_identity);
    mar.server_name = members.needed_text(avp::server_name);
    mar.vectors = members.needed_number(avp::sip_number_auth_items);
    if (const auto* item = members.need({avp::sip_auth_data_item, g3pp})) {
        Members inside(item->group, members);
        mar.auth_scheme = inside.needed_text(avp::sip_authentication_scheme);
        if (const auto* authorization = inside.find({avp::sip_authorization, g3pp})) {
            mar.resynchronisation = authorization->data;
            if (mar.resynchronisation.size() != 30) {
                members.refuse({result::invalid_avp_value,
                                "SIP-Authorization is not RAND and AUTS (30 octets)",
                                *authorization});
            }
        }
    }
    return mar;
}

RestorationInfo read_restoration(const Avp& group, Members& parent) {
    Members members(group.group, parent);
    RestorationInfo restoration;
    restoration.private_identity = members.needed_text(avp::user_name, 0);
    for (const auto& one : members.all()) {
        if (one.code != avp::restoration_info || one.vendor != g3pp) continue;
        Members inside(one.group, members);
        RestorationContact contact;
        contact.path = inside.needed_text(avp::path);
        contact.contact = inside.needed_text(avp::contact);
        if (const auto* info = inside.find({avp::subscription_info, g3pp})) {
            Members parts(info->group, members);
            contact.subscription = SubscriptionInfo{parts.text(avp::call_id),
                                                    parts.text(avp::from),
                                                    parts.text(avp::to),
                                                    parts.text(avp::record_route),
                                                    parts.text(avp::contact)};
        }
        restoration.contacts.push_back(std::move(contact));
    }
    return restoration;
}

ServerAssignmentRequest read_server_assignment(Members& members) {
    ServerAssignmentRequest sar;
    sar.private_identity = members.text(avp::user_name, 0);
    sar.public_identities = members.texts(avp::public_identity);
    sar.server_name = members.needed_text(avp::server_name);
    sar.type = members.enumerated(members.need({avp::server_assignment_type, g3pp}),
                                  ServerAssignmentType::pgw_update,
                                  ServerAssignmentType::no_assignment);
    sar.user_data_already_available = members.needed_number(avp::user_data_already_available) == 1;
    sar.wildcarded_psi = members.text(avp::wildcarded_public_identity);
    if (const auto* info = members.find({avp::scscf_restoration_info, g3pp}))
        sar.restoration = read_restoration(*info, members);
    // One of the two names the user.
    if (sar.private_identity.empty() && sar.public_identities.empty())
        members.refuse(missing({avp::public_identity, g3pp}));
    return sar;
}

std::vector<std::string> read_associated(Members& members) {
    const auto* group = members.find({avp::associated_identities, g3pp});
    return group != nullptr ? Members(group->group, members).texts(avp::user_name, 0)
                            : std::vector<std::string>{};
}

RegistrationTerminationRequest read_registration_termination(Members& members) {
    RegistrationTerminationRequest rtr;
    rtr.destination_host = members.needed_text(avp::destination_host, 0);
    rtr.private_identity = members.needed_text(avp::user_name, 0);
    rtr.associated_private_identities = read_associated(members);
    rtr.public_identities = members.texts(avp::public_identity);
    if (const auto* reason = members.need({avp::deregistration_reason, g3pp})) {
        Members inside(reason->group, members);
        rtr.reason = inside.enumerated(inside.need({avp::reason_code, g3pp}),
                                       DeregistrationReason::remove_s_cscf,
                                       DeregistrationReason::permanent_termination);
        rtr.reason_info = inside.text(avp::reason_info);
    }
    return rtr;
}

std::optional<ChargingInformation> read_charging(Members& members) {
    const auto* group = members.find({avp::charging_information, g3pp});
    if (group == nullptr) return std::nullopt;
    Members inside(group->group, members);
    ChargingInformation charging;
    charging.primary_event = inside.text(avp::primary_event_charging);
    charging.secondary_event = inside.text(avp::secondary_event_charging);
    charging.primary_collection = inside.text(avp::primary_charging_collection);
    charging.secondary_collection = inside.text(avp::secondary_charging_collection);
    return charging;
}

PushProfileRequest read_push_profile(Members& members) {
    PushProfileRequest ppr;
    ppr.destination_host = members.needed_text(avp::destination_host, 0);
    ppr.private_identity = members.needed_text(avp::user_name, 0);
    ppr.user_data = members.text(avp::user_data);
    ppr.charging = read_charging(members);
    return ppr;
}

std::optional<ServerCapabilities> read_capabilities(Members& members) {
    const auto* group = members.find({avp::server_capabilities, g3pp});
    if (group == nullptr) return std::nullopt;
    Members inside(group->group, members);
    ServerCapabilities capabilities;
    capabilities.mandatory = inside.numbers(avp::mandatory_capability);
    capabilities.optional = inside.numbers(avp::optional_capability);
    capabilities.server_names = inside.texts(avp::server_name);
    return capabilities;
}

AuthVector read_vector(const Avp& item, Members& parent) {
    Members members(item.group, parent);
    AuthVector vector;
    vector.item = members.number(avp::sip_item_number, 0);
    vector.auth_scheme = members.needed_text(avp::sip_authentication_scheme);
    vector.rand_autn = members.text(avp::sip_authenticate);
    vector.xres = members.text(avp::sip_authorization);
    vector.confidentiality_key = members.text(avp::confidentiality_key);
    vector.integrity_key = members.text(avp::integrity_key);
    if (const auto* digest = members.find({avp::sip_digest_authenticate, g3pp})) {
        Members inside(digest->group, members);
        vector.realm = inside.needed_text(avp::digest_realm, 0);
        vector.algorithm = inside.text(avp::digest_algorithm, 0);
        vector.qop = inside.text(avp::digest_qop, 0);
        vector.ha1 = inside.text(avp::digest_ha1, 0);
    }
    return vector;
}

UserAuthorizationAnswer read_user_authorization_answer(Members& members, ResultCode result) {
    return {result, members.text(avp::server_name), read_capabilities(members)};
}

LocationInfoAnswer read_location_info_answer(Members& members, ResultCode result) {
    LocationInfoAnswer lia;
    lia.result = result;
    lia.server_name = members.text(avp::server_name);
    lia.capabilities = read_capabilities(members);
    lia.wildcarded_psi = members.text(avp::wildcarded_public_identity);
    return lia;
}

MultimediaAuthAnswer read_multimedia_auth_answer(Members& members, ResultCode result) {
    MultimediaAuthAnswer maa;
    maa.result = result;
    maa.private_identity = members.text(avp::user_name, 0);
    maa.public_identity = members.text(avp::public_identity);
    for (const auto& one : members.all()) {
        if (one.code == avp::sip_auth_data_item && one.vendor == g3pp)
            maa.vectors.push_back(read_vector(one, members));
    }
    // TS 29.229 §6.3.14: their order is that of SIP-Item-Number.
    std::stable_sort(maa.vectors.begin(),
                     maa.vectors.end(),
                     [](const AuthVector& a, const AuthVector& b) { return a.item < b.item; });
    return maa;
}

ServerAssignmentAnswer read_server_assignment_answer(Members& members, ResultCode result) {
    ServerAssignmentAnswer saa;
    saa.result = result;
    saa.private_identity = members.text(avp::user_name, 0);
    saa.user_data = members.text(avp::user_data);
    saa.charging = read_charging(members);
    saa.associated_private_identities = read_associated(members);
    for (const auto& one : members.all()) {
        if (one.code == avp::scscf_restoration_info && one.vendor == g3pp) {
            saa.restoration.push_back(read_restoration(one, members));
        }
    }
    saa.loose_route = members.number(avp::loose_route_indication, 0) == 1;
    saa.server_name = members.text(avp::server_name);
    return saa;
}

template <class Value, class Command>
Result<Value, CodecError> unless_refused(Command command, const Members& members) {
    if (members.error()) return failure(*members.error());
    return Value{std::move(command)};
}

}  // namespace

Result<Request, CodecError> request_from(const Message& message) {
    if (!message.request)
        return failure(CodecError{kInvalidHeaderBits, "an answer, not a request", {}});
    if (message.application != diameter::kApplicationCx) {
        return failure(CodecError{kApplicationUnsupported, "application is not Cx (16777216)", {}});
    }
    if (const auto* unknown = unknown_mandatory(message.avps)) {
        return failure(
            CodecError{kAvpUnsupported,
                       name_of({unknown->code, unknown->vendor}) + " is mandatory and not known",
                       *unknown});
    }
    Members members(message.avps);
    check_envelope(members, true);
    switch (message.command) {
        case 300:
            return unless_refused<Request>(read_user_authorization(members), members);
        case 301:
            return unless_refused<Request>(read_server_assignment(members), members);
        case 302:
            return unless_refused<Request>(read_location_info(members), members);
        case 303:
            return unless_refused<Request>(read_multimedia_auth(members), members);
        case 304:
            return unless_refused<Request>(read_registration_termination(members), members);
        case 305:
            return unless_refused<Request>(read_push_profile(members), members);
        default:
            break;
    }
    return failure(CodecError{
        kCommandUnsupported, "command " + std::to_string(message.command) + " is none of Cx", {}});
}

// An answer may come from an agent on the way (RFC 6733 §7.2), so only its result must be there.
Result<Answer, CodecError> answer_from(const Message& message) {
    if (message.request)
        return failure(CodecError{kInvalidHeaderBits, "a request, not an answer", {}});
    const auto result = diameter::result_of(message);
    if (!result) return failure(missing({avp::result_code, 0}));
    Members members(message.avps);
    switch (message.command) {
        case 300:
            return unless_refused<Answer>(read_user_authorization_answer(members, *result),
                                          members);
        case 301:
            return unless_refused<Answer>(read_server_assignment_answer(members, *result), members);
        case 302:
            return unless_refused<Answer>(read_location_info_answer(members, *result), members);
        case 303:
            return unless_refused<Answer>(read_multimedia_auth_answer(members, *result), members);
        case 304:
            return unless_refused<Answer>(
                RegistrationTerminationAnswer{*result, read_associated(members)}, members);
        case 305:
            return unless_refused<Answer>(PushProfileAnswer{*result}, members);
        default:
            break;
    }
    return failure(CodecError{
        kCommandUnsupported, "command " + std::to_string(message.command) + " is none of Cx", {}});
}

}  // namespace imslab::cx
