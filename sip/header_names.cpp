// Header field names, long and compact, and what is known of each (RFC 3261 §7.3.3, §20 and the
// extensions' RFCs).
#include "sip/header_names.h"

#include <array>
#include <cstring>

#include "sip/scan.h"

namespace imslab::sip {
namespace {

constexpr unsigned list = 1;    // several values may share one field, separated by commas
constexpr unsigned single = 2;  // may stand only once

struct Known {
    HeaderId id;
    std::string_view name;
    unsigned kind = 0;
};

constexpr Known known[] = {
    {HeaderId::via, "Via", list},
    {HeaderId::from, "From", single},
    {HeaderId::to, "To", single},
    {HeaderId::call_id, "Call-ID", single},
    {HeaderId::cseq, "CSeq", single},
    {HeaderId::max_forwards, "Max-Forwards", single},
    {HeaderId::route, "Route", list},
    {HeaderId::record_route, "Record-Route", list},
    {HeaderId::contact, "Contact", list},
    {HeaderId::content_length, "Content-Length", single},
    {HeaderId::content_type, "Content-Type", single},
    {HeaderId::expires, "Expires", single},
    {HeaderId::min_expires, "Min-Expires", single},
    {HeaderId::path, "Path", list},
    {HeaderId::service_route, "Service-Route", list},
    {HeaderId::p_associated_uri, "P-Associated-URI", list},
    {HeaderId::p_called_party_id, "P-Called-Party-ID", single},
    {HeaderId::p_visited_network_id, "P-Visited-Network-ID", list},
    {HeaderId::p_access_network_info, "P-Access-Network-Info", list},
    {HeaderId::p_charging_vector, "P-Charging-Vector", single},
    {HeaderId::p_charging_function_addresses, "P-Charging-Function-Addresses"},
    {HeaderId::p_asserted_identity, "P-Asserted-Identity", list},
    {HeaderId::p_preferred_identity, "P-Preferred-Identity", list},
    {HeaderId::p_served_user, "P-Served-User", single},
    {HeaderId::p_user_database, "P-User-Database"},
    {HeaderId::p_profile_key, "P-Profile-Key"},
    {HeaderId::p_asserted_service, "P-Asserted-Service", list},
    {HeaderId::p_preferred_service, "P-Preferred-Service", list},
    {HeaderId::p_early_media, "P-Early-Media", list},
    {HeaderId::p_private_network_indication, "P-Private-Network-Indication"},
    {HeaderId::privacy, "Privacy"},
    {HeaderId::reason, "Reason", list},
    {HeaderId::history_info, "History-Info", list},
    {HeaderId::security_client, "Security-Client", list},
    {HeaderId::security_server, "Security-Server", list},
    {HeaderId::security_verify, "Security-Verify", list},
    {HeaderId::authorization, "Authorization"},
    {HeaderId::www_authenticate, "WWW-Authenticate"},
    {HeaderId::proxy_authorization, "Proxy-Authorization"},
    {HeaderId::proxy_authenticate, "Proxy-Authenticate"},
    {HeaderId::authentication_info, "Authentication-Info"},
    {HeaderId::require, "Require", list},
    {HeaderId::proxy_require, "Proxy-Require", list},
    {HeaderId::supported, "Supported", list},
    {HeaderId::unsupported, "Unsupported", list},
    {HeaderId::allow, "Allow", list},
    {HeaderId::allow_events, "Allow-Events", list},
    {HeaderId::event, "Event", single},
    {HeaderId::subscription_state, "Subscription-State", single},
    {HeaderId::refer_to, "Refer-To", single},
    {HeaderId::referred_by, "Referred-By", single},
    {HeaderId::replaces, "Replaces", single},
    {HeaderId::rack, "RAck", single},
    {HeaderId::rseq, "RSeq", single},
    {HeaderId::session_expires, "Session-Expires", single},
    {HeaderId::min_se, "Min-SE", single},
    {HeaderId::sip_etag, "SIP-ETag", single},
    {HeaderId::sip_if_match, "SIP-If-Match", single},
    {HeaderId::accept, "Accept", list},
    {HeaderId::accept_encoding, "Accept-Encoding", list},
    {HeaderId::accept_language, "Accept-Language", list},
    {HeaderId::accept_contact, "Accept-Contact", list},
    {HeaderId::reject_contact, "Reject-Contact", list},
    {HeaderId::request_disposition, "Request-Disposition", list},
    {HeaderId::accept_resource_priority, "Accept-Resource-Priority", list},
    {HeaderId::resource_priority, "Resource-Priority", list},
    {HeaderId::alert_info, "Alert-Info", list},
    {HeaderId::call_info, "Call-Info", list},
    {HeaderId::content_disposition, "Content-Disposition", single},
    {HeaderId::content_encoding, "Content-Encoding", list},
    {HeaderId::content_language, "Content-Language", list},
    {HeaderId::content_id, "Content-ID", single},
    {HeaderId::date, "Date", single},
    {HeaderId::error_info, "Error-Info", list},
    {HeaderId::in_reply_to, "In-Reply-To", list},
    {HeaderId::mime_version, "MIME-Version", single},
    {HeaderId::organization, "Organization"},
    {HeaderId::priority, "Priority"},
    {HeaderId::reply_to, "Reply-To", single},
    {HeaderId::retry_after, "Retry-After", single},
    {HeaderId::server, "Server"},
    {HeaderId::subject, "Subject"},
    {HeaderId::timestamp, "Timestamp", single},
    {HeaderId::user_agent, "User-Agent"},
    {HeaderId::warning, "Warning", list},
    {HeaderId::target_dialog, "Target-Dialog", single},
    {HeaderId::join, "Join", single},
    {HeaderId::identity, "Identity"},
    {HeaderId::geolocation, "Geolocation", list},
    {HeaderId::feature_caps, "Feature-Caps", list},
    {HeaderId::flow_timer, "Flow-Timer", single},
    {HeaderId::info_package, "Info-Package", single},
    {HeaderId::recv_info, "Recv-Info", list},
    {HeaderId::max_breadth, "Max-Breadth", single},
    {HeaderId::answer_mode, "Answer-Mode"},
    {HeaderId::restoration_info, "Restoration-Info"},
    {HeaderId::relayed_charge, "Relayed-Charge"},
    {HeaderId::response_source, "Response-Source"},
    {HeaderId::additional_identity, "Additional-Identity"},
    {HeaderId::cellular_network_info, "Cellular-Network-Info"},
};

struct Compact {
    char letter;
    HeaderId id;
};
constexpr Compact compact_forms[] = {
    {'a', HeaderId::accept_contact},
    {'b', HeaderId::referred_by},
    {'c', HeaderId::content_type},
    {'d', HeaderId::request_disposition},
    {'e', HeaderId::content_encoding},
    {'f', HeaderId::from},
    {'i', HeaderId::call_id},
    {'j', HeaderId::reject_contact},
    {'k', HeaderId::supported},
    {'l', HeaderId::content_length},
    {'m', HeaderId::contact},
    {'o', HeaderId::event},
    {'r', HeaderId::refer_to},
    {'s', HeaderId::subject},
    {'t', HeaderId::to},
    {'u', HeaderId::allow_events},
    {'v', HeaderId::via},
    {'x', HeaderId::session_expires},
    {'y', HeaderId::identity},
};

constexpr std::size_t id_count = static_cast<std::size_t>(HeaderId::count_);
static_assert(std::size(known) + 1 == id_count, "each HeaderId has its name");

// A name's first and last eight octets in lower case: with the length they tell nearly all names
// apart.
struct Key {
    std::uint64_t head = 0, tail = 0;
};

constexpr std::uint64_t lower_case_bits =
    0x2020202020202020u;  // maps letters to lower case, '-' and digits to themselves

constexpr std::uint64_t word_of(std::string_view text) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        word |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
    }
    return word | lower_case_bits;
}

constexpr Key constant_key(std::string_view name) {
    if (name.size() < 8) return {word_of(name), 0};
    return {word_of(name.substr(0, 8)), word_of(name.substr(name.size() - 8))};
}

Key key_of(std::string_view name) {
    std::uint64_t head = scan::load_word(name.data(), name.size());
    if (name.size() < 8) return {head | lower_case_bits, 0};
    return {head | lower_case_bits,
            scan::load_word(name.data() + name.size() - 8, 8) | lower_case_bits};
}

struct Slot {
    Key key;
    std::uint8_t size = 0;  // 0: free
    HeaderId id = HeaderId::other;
};
constexpr std::size_t slots = 512;

constexpr std::size_t slot_of(Key key, std::size_t size) {
    std::uint64_t mixed = (key.head ^ (key.tail << 1) ^ size) * 0x9e3779b97f4a7c15u;
    return static_cast<std::size_t>(mixed >> 55);
}

constexpr std::array<Slot, slots> make_slots() {
    std::array<Slot, slots> table{};
    for (const Known& header : known) {
        Key key = constant_key(header.name);
        std::size_t at = slot_of(key, header.name.size());
        while (table[at].size != 0) at = (at + 1) % slots;
        table[at] = {key, static_cast<std::uint8_t>(header.name.size()), header.id};
    }
    return table;
}
constexpr std::array<Slot, slots> table = make_slots();

constexpr std::array<HeaderId, 32> make_letters() {
    std::array<HeaderId, 32> letters{};
    for (const Compact& form : compact_forms) letters[form.letter & 31] = form.id;
    return letters;
}
constexpr std::array<HeaderId, 32> letters = make_letters();

constexpr std::array<std::string_view, id_count> make_names() {
    std::array<std::string_view, id_count> names{};
    for (const Known& header : known) names[static_cast<std::size_t>(header.id)] = header.name;
    return names;
}
constexpr std::array<std::string_view, id_count> names = make_names();

constexpr std::array<std::uint8_t, id_count> make_kinds() {
    std::array<std::uint8_t, id_count> kinds{};
    for (const Known& header : known)
        kinds[static_cast<std::size_t>(header.id)] = static_cast<std::uint8_t>(header.kind);
    return kinds;
}
constexpr std::array<std::uint8_t, id_count> kinds = make_kinds();

}  // namespace

std::string_view canonical_name(HeaderId id) {
    return id < HeaderId::count_ ? names[static_cast<std::size_t>(id)] : std::string_view{};
}

bool is_comma_list(HeaderId id) { return (kinds[static_cast<std::size_t>(id)] & list) != 0; }
bool is_single(HeaderId id) { return (kinds[static_cast<std::size_t>(id)] & single) != 0; }

HeaderId header_from(std::string_view name) {
    if (name.size() == 1) {
        char letter = scan::lower(name[0]);
        return letter >= 'a' && letter <= 'z' ? letters[letter & 31] : HeaderId::other;
    }
    Key key = key_of(name);
    for (std::size_t at = slot_of(key, name.size()); table[at].size != 0; at = (at + 1) % slots) {
        const Slot& slot = table[at];
        if (slot.size != name.size() || slot.key.head != key.head || slot.key.tail != key.tail)
            continue;
        if (name.size() <= 16 || equals_ignoring_case(name, canonical_name(slot.id)))
            return slot.id;
    }
    return HeaderId::other;
}

}  // namespace imslab::sip
