// What a person reads of a Diameter message: commands, result codes (RFC 6733 §7.1, TS 29.230 §8),
// enumerations (TS 29.229 §6.3, TS 29.329 §6.3), values.
#include <algorithm>
#include <array>
#include <span>

#include "core/address.h"
#include "diameter/dictionary.h"

namespace imslab::diameter {
namespace {

struct Command {
    std::uint32_t code;
    std::string_view stem;  // "UA" of UAR and UAA
};
constexpr std::array kCommands = {
    Command{257, "CE"}, Command{258, "RA"}, Command{265, "AA"}, Command{271, "AC"},
    Command{272, "CC"}, Command{274, "AS"}, Command{275, "ST"}, Command{280, "DW"},
    Command{282, "DP"}, Command{300, "UA"}, Command{301, "SA"}, Command{302, "LI"},
    Command{303, "MA"}, Command{304, "RT"}, Command{305, "PP"}, Command{306, "UD"},
    Command{307, "PU"}, Command{308, "SN"}, Command{309, "PN"}, Command{310, "BI"},
};

struct Name {
    std::uint32_t value;
    std::string_view name;
};

constexpr std::array kBaseResults = {
    Name{1001, "DIAMETER_MULTI_ROUND_AUTH"},
    Name{2001, "DIAMETER_SUCCESS"},
    Name{2002, "DIAMETER_LIMITED_SUCCESS"},
    Name{3001, "DIAMETER_COMMAND_UNSUPPORTED"},
    Name{3002, "DIAMETER_UNABLE_TO_DELIVER"},
    Name{3003, "DIAMETER_REALM_NOT_SERVED"},
    Name{3004, "DIAMETER_TOO_BUSY"},
    Name{3005, "DIAMETER_LOOP_DETECTED"},
    Name{3006, "DIAMETER_REDIRECT_INDICATION"},
    Name{3007, "DIAMETER_APPLICATION_UNSUPPORTED"},
    Name{3008, "DIAMETER_INVALID_HDR_BITS"},
    Name{3009, "DIAMETER_INVALID_AVP_BITS"},
    Name{3010, "DIAMETER_UNKNOWN_PEER"},
    Name{4001, "DIAMETER_AUTHENTICATION_REJECTED"},
    Name{4002, "DIAMETER_OUT_OF_SPACE"},
    Name{4003, "ELECTION_LOST"},
    Name{5001, "DIAMETER_AVP_UNSUPPORTED"},
    Name{5002, "DIAMETER_UNKNOWN_SESSION_ID"},
    Name{5003, "DIAMETER_AUTHORIZATION_REJECTED"},
    Name{5004, "DIAMETER_INVALID_AVP_VALUE"},
    Name{5005, "DIAMETER_MISSING_AVP"},
    Name{5006, "DIAMETER_RESOURCES_EXCEEDED"},
    Name{5007, "DIAMETER_CONTRADICTING_AVPS"},
    Name{5008, "DIAMETER_AVP_NOT_ALLOWED"},
    Name{5009, "DIAMETER_AVP_OCCURS_TOO_MANY_TIMES"},
    Name{5010, "DIAMETER_NO_COMMON_APPLICATION"},
    Name{5011, "DIAMETER_UNSUPPORTED_VERSION"},
    Name{5012, "DIAMETER_UNABLE_TO_COMPLY"},
    Name{5013, "DIAMETER_INVALID_BIT_IN_HEADER"},
    Name{5014, "DIAMETER_INVALID_AVP_LENGTH"},
    Name{5015, "DIAMETER_INVALID_MESSAGE_LENGTH"},
    Name{5016, "DIAMETER_INVALID_AVP_BIT_COMBO"},
    Name{5017, "DIAMETER_NO_COMMON_SECURITY"},
};
constexpr std::array k3gppResults = {
    Name{2001, "DIAMETER_FIRST_REGISTRATION"},
    Name{2002, "DIAMETER_SUBSEQUENT_REGISTRATION"},
    Name{2003, "DIAMETER_UNREGISTERED_SERVICE"},
    Name{2004, "DIAMETER_SUCCESS_SERVER_NAME_NOT_STORED"},
    Name{2005, "DIAMETER_SERVER_SELECTION"},
    Name{4100, "DIAMETER_USER_DATA_NOT_AVAILABLE"},
    Name{4101, "DIAMETER_PRIOR_UPDATE_IN_PROGRESS"},
    Name{5001, "DIAMETER_ERROR_USER_UNKNOWN"},
    Name{5002, "DIAMETER_ERROR_IDENTITIES_DONT_MATCH"},
    Name{5003, "DIAMETER_ERROR_IDENTITY_NOT_REGISTERED"},
    Name{5004, "DIAMETER_ERROR_ROAMING_NOT_ALLOWED"},
    Name{5005, "DIAMETER_ERROR_IDENTITY_ALREADY_REGISTERED"},
    Name{5006, "DIAMETER_ERROR_AUTH_SCHEME_NOT_SUPPORTED"},
    Name{5007, "DIAMETER_ERROR_IN_ASSIGNMENT_TYPE"},
    Name{5008, "DIAMETER_ERROR_TOO_MUCH_DATA"},
    Name{5009, "DIAMETER_ERROR_NOT_SUPPORTED_USER_DATA"},
    Name{5011, "DIAMETER_ERROR_FEATURE_UNSUPPORTED"},
    Name{5012, "DIAMETER_ERROR_SERVING_NODE_FEATURE_UNSUPPORTED"},
    Name{5100, "DIAMETER_ERROR_USER_DATA_NOT_RECOGNIZED"},
    Name{5101, "DIAMETER_ERROR_OPERATION_NOT_ALLOWED"},
    Name{5102, "DIAMETER_ERROR_USER_DATA_CANNOT_BE_READ"},
    Name{5103, "DIAMETER_ERROR_USER_DATA_CANNOT_BE_MODIFIED"},
    Name{5104, "DIAMETER_ERROR_USER_DATA_CANNOT_BE_NOTIFIED"},
    Name{5105, "DIAMETER_ERROR_TRANSPARENT_DATA_OUT_OF_SYNC"},
    Name{5106, "DIAMETER_ERROR_SUBS_DATA_ABSENT"},
    Name{5107, "DIAMETER_ERROR_NO_SUBSCRIPTION_TO_DATA"},
    Name{5108, "DIAMETER_ERROR_DSAI_NOT_AVAILABLE"},
    Name{5401, "DIAMETER_ERROR_IDENTITY_UNKNOWN"},
    Name{5402, "DIAMETER_ERROR_NOT_AUTHORIZED"},
    Name{5403, "DIAMETER_ERROR_TRANSACTION_IDENTIFIER_INVALID"},
};

struct Enumerator {
    std::uint32_t code, vendor, value;
    std::string_view name;
};
constexpr auto g3pp = kVendor3gpp;
constexpr std::array kEnumerators = {
    Enumerator{273, 0, 0, "REBOOTING"},
    Enumerator{273, 0, 1, "BUSY"},
    Enumerator{273, 0, 2, "DO_NOT_WANT_TO_TALK_TO_YOU"},
    Enumerator{277, 0, 0, "STATE_MAINTAINED"},
    Enumerator{277, 0, 1, "NO_STATE_MAINTAINED"},
    Enumerator{416, 0, 1, "INITIAL_REQUEST"},
    Enumerator{416, 0, 2, "UPDATE_REQUEST"},
    Enumerator{416, 0, 3, "TERMINATION_REQUEST"},
    Enumerator{416, 0, 4, "EVENT_REQUEST"},
    Enumerator{480, 0, 1, "EVENT_RECORD"},
    Enumerator{480, 0, 2, "START_RECORD"},
    Enumerator{480, 0, 3, "INTERIM_RECORD"},
    Enumerator{480, 0, 4, "STOP_RECORD"},
    Enumerator{407, g3pp, 0, "NO"},
    Enumerator{407, g3pp, 1, "YES"},
    Enumerator{410, g3pp, 0, "3G GBA"},
    Enumerator{410, g3pp, 1, "2G GBA"},
    Enumerator{614, g3pp, 0, "NO_ASSIGNMENT"},
    Enumerator{614, g3pp, 1, "REGISTRATION"},
    Enumerator{614, g3pp, 2, "RE_REGISTRATION"},
    Enumerator{614, g3pp, 3, "UNREGISTERED_USER"},
    Enumerator{614, g3pp, 4, "TIMEOUT_DEREGISTRATION"},
    Enumerator{614, g3pp, 5, "USER_DEREGISTRATION"},
    Enumerator{614, g3pp, 6, "TIMEOUT_DEREGISTRATION_STORE_SERVER_NAME"},
    Enumerator{614, g3pp, 7, "USER_DEREGISTRATION_STORE_SERVER_NAME"},
    Enumerator{614, g3pp, 8, "ADMINISTRATIVE_DEREGISTRATION"},
    Enumerator{614, g3pp, 9, "AUTHENTICATION_FAILURE"},
    Enumerator{614, g3pp, 10, "AUTHENTICATION_TIMEOUT"},
    Enumerator{614, g3pp, 11, "DEREGISTRATION_TOO_MUCH_DATA"},
    Enumerator{614, g3pp, 12, "AAA_USER_DATA_REQUEST"},
    Enumerator{614, g3pp, 13, "PGW_UPDATE"},
    Enumerator{616, g3pp, 0, "PERMANENT_TERMINATION"},
    Enumerator{616, g3pp, 1, "NEW_SERVER_ASSIGNED"},
    Enumerator{616, g3pp, 2, "SERVER_CHANGE"},
    Enumerator{616, g3pp, 3, "REMOVE_S-CSCF"},
    Enumerator{623, g3pp, 0, "REGISTRATION"},
    Enumerator{623, g3pp, 1, "DE_REGISTRATION"},
    Enumerator{623, g3pp, 2, "REGISTRATION_AND_CAPABILITIES"},
    Enumerator{624, g3pp, 0, "USER_DATA_NOT_AVAILABLE"},
    Enumerator{624, g3pp, 1, "USER_DATA_ALREADY_AVAILABLE"},
    Enumerator{633, g3pp, 0, "ORIGINATING"},
    Enumerator{638, g3pp, 0, "LOOSE_ROUTE_NOT_REQUIRED"},
    Enumerator{638, g3pp, 1, "LOOSE_ROUTE_REQUIRED"},
    Enumerator{648, g3pp, 0, "NOT_MULTIPLE_REGISTRATION"},
    Enumerator{648, g3pp, 1, "MULTIPLE_REGISTRATION"},
    Enumerator{703, g3pp, 0, "RepositoryData"},
    Enumerator{703, g3pp, 10, "IMSPublicIdentity"},
    Enumerator{703, g3pp, 11, "IMSUserState"},
    Enumerator{703, g3pp, 12, "S-CSCFName"},
    Enumerator{703, g3pp, 13, "InitialFilterCriteria"},
    Enumerator{703, g3pp, 14, "LocationInformation"},
    Enumerator{703, g3pp, 15, "UserState"},
    Enumerator{703, g3pp, 16, "ChargingInformation"},
    Enumerator{703, g3pp, 17, "MSISDN"},
    Enumerator{703, g3pp, 18, "PSIActivation"},
    Enumerator{703, g3pp, 19, "DSAI"},
    Enumerator{703, g3pp, 20, "AliasesRepositoryData"},
    Enumerator{703, g3pp, 21, "ServiceLevelTraceInfo"},
    Enumerator{703, g3pp, 22, "IPAddressSecureBindingInformation"},
    Enumerator{703, g3pp, 23, "ServicePriorityLevel"},
    Enumerator{703, g3pp, 24, "SMSRegistrationInfo"},
    Enumerator{703, g3pp, 25, "UEReachabilityForIP"},
    Enumerator{703, g3pp, 26, "TADSinformation"},
    Enumerator{703, g3pp, 27, "STN-SR"},
    Enumerator{703, g3pp, 28, "UE-SRVCC-Capability"},
    Enumerator{703, g3pp, 29, "ExtendedPriority"},
    Enumerator{703, g3pp, 30, "CSRN"},
    Enumerator{703, g3pp, 31, "ReferenceLocationInformation"},
    Enumerator{705, g3pp, 0, "Subscribe"},
    Enumerator{705, g3pp, 1, "Unsubscribe"},
    Enumerator{706, g3pp, 0, "CS-Domain"},
    Enumerator{706, g3pp, 1, "PS-Domain"},
    Enumerator{707, g3pp, 0, "DoNotNeedInitiateActiveLocationRetrieval"},
    Enumerator{707, g3pp, 1, "InitiateActiveLocationRetrieval"},
    Enumerator{708, g3pp, 0, "ALL_IDENTITIES"},
    Enumerator{708, g3pp, 1, "REGISTERED_IDENTITIES"},
    Enumerator{708, g3pp, 2, "IMPLICIT_IDENTITIES"},
    Enumerator{708, g3pp, 3, "ALIAS_IDENTITIES"},
    Enumerator{710, g3pp, 0, "USER_DATA_NOT_REQUESTED"},
    Enumerator{710, g3pp, 1, "USER_DATA_REQUESTED"},
    Enumerator{712, g3pp, 0, "ONE_TIME_NOTIFICATION_REQUESTED"},
    Enumerator{829, g3pp, 0, "ORIGINATING_ROLE"},
    Enumerator{829, g3pp, 1, "TERMINATING_ROLE"},
    Enumerator{862, g3pp, 0, "S-CSCF"},
    Enumerator{862, g3pp, 1, "P-CSCF"},
    Enumerator{862, g3pp, 2, "I-CSCF"},
    Enumerator{862, g3pp, 3, "MRFC"},
    Enumerator{862, g3pp, 4, "MGCF"},
    Enumerator{862, g3pp, 5, "BGCF"},
    Enumerator{862, g3pp, 6, "AS"},
    Enumerator{862, g3pp, 7, "IBCF"},
};

std::string_view name_in(std::span<const Name> names, std::uint32_t value) {
    const auto found = std::find_if(
        names.begin(), names.end(), [&](const Name& name) { return name.value == value; });
    return found != names.end() ? found->name : std::string_view{};
}

std::string_view enumerator_name(const Avp& avp, std::uint32_t value) {
    const auto found =
        std::find_if(kEnumerators.begin(), kEnumerators.end(), [&](const Enumerator& one) {
            return one.code == avp.code && one.vendor == avp.vendor && one.value == value;
        });
    return found != kEnumerators.end() ? found->name : std::string_view{};
}

std::string named(std::string_view name, std::uint32_t value) {
    return std::string(name.empty() ? "unknown" : name) + " (" + std::to_string(value) + ")";
}

std::string hexadecimal(std::string_view octets) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(octets.size() * 2);
    for (const char octet : octets) {
        const auto value = static_cast<unsigned char>(octet);
        text.push_back(digits[value >> 4]);
        text.push_back(digits[value & 15]);
    }
    return text;
}

bool is_printable(std::string_view octets) {
    return std::all_of(octets.begin(), octets.end(), [](char octet) {
        const auto value = static_cast<unsigned char>(octet);
        return value >= 0x20 || value == '\n' || value == '\t' || value == '\r';
    });
}

// RFC 6733 §4.3.1: an AddressType of 2 octets (1: IPv4, 2: IPv6), then the address.
std::string address_text(std::string_view octets) {
    const bool v4 = octets.size() == 6 && octets[1] == 1;
    const bool v6 = octets.size() == 18 && octets[1] == 2;
    if (!v4 && !v6) return hexadecimal(octets);
    return IpAddress::from_octets(octets.substr(2)).to_string();
}

std::string number_text(const Avp& avp, AvpType type) {
    if (type == AvpType::unsigned64 || type == AvpType::integer64) {
        if (avp.data.size() != 8) return hexadecimal(avp.data);
        std::uint64_t value = 0;
        for (const char octet : avp.data) value = value << 8 | static_cast<unsigned char>(octet);
        return type == AvpType::unsigned64 ? std::to_string(value)
                                           : std::to_string(static_cast<std::int64_t>(value));
    }
    const auto value = avp.as_number();
    if (!value) return hexadecimal(avp.data);
    if (type == AvpType::enumerated) return named(enumerator_name(avp, *value), *value);
    if (type == AvpType::integer32) return std::to_string(static_cast<std::int32_t>(*value));
    return std::to_string(*value);
}

void describe_avps(const std::vector<Avp>& avps,
                   std::size_t depth,
                   std::uint32_t result_vendor,
                   std::string& into) {
    for (const auto& avp : avps) {
        const auto* definition = find_avp(avp.code, avp.vendor);
        into.append(2 * depth, ' ');
        into += definition != nullptr ? std::string(definition->name)
                                      : "AVP " + std::to_string(avp.code);
        if (avp.vendor != 0 && definition == nullptr)
            into += " of vendor " + std::to_string(avp.vendor);
        if (avp.grouped) {
            into += "\n";
            const auto* vendor = avp.find(266, 0);
            describe_avps(avp.group,
                          depth + 1,
                          vendor != nullptr ? vendor->as_number().value_or(0) : 0,
                          into);
            continue;
        }
        into += ": ";
        const bool is_result = avp.vendor == 0 && (avp.code == 268 || avp.code == 298);
        into += is_result && avp.as_number()
                    ? result_name({avp.code == 298 ? result_vendor : 0, *avp.as_number()})
                    : value_text(avp);
        into += "\n";
    }
}

}  // namespace

std::string command_name(std::uint32_t command, bool request) {
    const auto found = std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& one) {
        return one.code == command;
    });
    if (found == kCommands.end())
        return "Command-" + std::to_string(command) + (request ? " Request" : " Answer");
    return std::string(found->stem) + (request ? "R" : "A");
}

std::string result_name(ResultCode result) {
    if (result.vendor == 0) return named(name_in(kBaseResults, result.code), result.code);
    if (result.vendor == kVendor3gpp) return named(name_in(k3gppResults, result.code), result.code);
    return "unknown of vendor " + std::to_string(result.vendor) + " (" +
           std::to_string(result.code) + ")";
}

std::string value_text(const Avp& avp) {
    if (avp.grouped) return {};
    const auto* definition = find_avp(avp.code, avp.vendor);
    const auto type = definition != nullptr ? definition->type : AvpType::octets;
    switch (type) {
        case AvpType::unsigned32:
            if (avp.vendor == 0 && avp.code == 268 && avp.as_number())
                return result_name({0, *avp.as_number()});
            [[fallthrough]];
        case AvpType::unsigned64:
        case AvpType::integer32:
        case AvpType::integer64:
        case AvpType::enumerated:
        case AvpType::time:
            return number_text(avp, type);
        case AvpType::address:
            return address_text(avp.data);
        case AvpType::octets:
        case AvpType::text:
        case AvpType::identity:
        case AvpType::grouped:
            break;
    }
    // Keys and vectors are binary even when by chance they could be printed.
    const bool binary = avp.vendor == kVendor3gpp &&
                        (avp.code == 609 || avp.code == 610 || avp.code == 625 || avp.code == 626);
    return !binary && is_printable(avp.data) ? avp.data : hexadecimal(avp.data);
}

std::string describe(const Message& message) {
    std::string text = command_name(message.command, message.request);
    text += " application " + std::to_string(message.application);
    text += message.request ? " request" : " answer";
    if (message.proxiable) text += " proxiable";
    if (message.error) text += " error";
    if (message.retransmitted) text += " retransmitted";
    text += " hop-by-hop " + std::to_string(message.hop_by_hop) + " end-to-end " +
            std::to_string(message.end_to_end) + "\n";
    describe_avps(message.avps, 1, 0, text);
    return text;
}

}  // namespace imslab::diameter
