// RFC 3261 §10.3, TS 24.229 §5.4.1.1.
#include "scscf/register_request.h"

#include <algorithm>

#include "sip/headers.h"
#include "sip/uri.h"

namespace imslab::scscf {

namespace {

using sip::HeaderId;

std::uint32_t seconds(Duration duration) {
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(duration).count());
}

// "0.7" -> 700; anything else that is no qvalue: 1000 (RFC 3261 §25.1).
std::uint16_t thousandths(std::string_view q) {
    if (q.empty() || (q[0] != '0' && q[0] != '1') || q[0] == '1') return 1000;
    std::uint16_t value = 0;
    std::uint16_t weight = 100;
    for (std::size_t i = 2; i < q.size() && weight > 0; ++i) {
        if (q[i] < '0' || q[i] > '9') break;
        value = static_cast<std::uint16_t>(value + weight * (q[i] - '0'));
        weight = static_cast<std::uint16_t>(weight / 10);
    }
    return value;
}

// TS 24.229 §5.4.1.1: from Authorization, else the public identity without scheme and parameters.
std::string private_identity_of(const sip::Message& message, const std::string& public_identity) {
    if (const auto value = message.get(HeaderId::authorization)) {
        if (const auto auth = sip::AuthParams::parse(*value)) {
            if (auto username = auth->get("username"); username && !username->empty())
                return *std::move(username);
        }
    }
    return public_identity.substr(public_identity.find(':') + 1);
}

// All of a contact but how long it is to live.
std::optional<ContactWish> wish_of(const sip::NameAddr& contact, std::string_view value) {
    const auto uri = sip::Uri::parse(contact.uri);
    if (!uri || !uri->is_sip()) return std::nullopt;
    ContactWish wish;
    wish.uri = contact.uri;
    // Bare addr-specs get their brackets, so that parameters added later are the header's.
    wish.value = sip::without_param(value, "expires");
    if (value.find('<') == std::string_view::npos) {
        wish.value = "<" + wish.uri + ">";
        if (!contact.params.raw().empty())
            wish.value =
                sip::without_param(wish.value + ";" + std::string(contact.params.raw()), "expires");
    }
    wish.instance = contact.params.get("+sip.instance").value_or("");
    wish.has_flow = contact.params.has("reg-id");
    if (const auto q = contact.params.get("q")) wish.q = thousandths(*q);
    return wish;
}

Result<ContactWish, Refusal> read_contact(const sip::Message& message,
                                          const sip::NameAddr& contact,
                                          std::string_view value,
                                          const Config& config) {
    auto wish = wish_of(contact, value);
    if (!wish) return failure(Refusal{400, "Contact is no SIP URI", {}, {}});
    wish->expires_seconds = sip::contact_expires(message, contact, seconds(config.default_expires));
    wish->expires_seconds = std::min(wish->expires_seconds, seconds(config.max_expires));
    // RFC 3261 §10.3 step 7: too brief, unless it is a removal.
    if (wish->expires_seconds != 0 && wish->expires_seconds < seconds(config.min_expires)) {
        return failure(Refusal{423, {}, std::to_string(seconds(config.min_expires)), {}});
    }
    return *std::move(wish);
}

Result<std::string, Refusal> public_identity_of(const sip::Message& message, const Config& config) {
    const auto to = sip::uri_of(message.get(HeaderId::to));
    const auto uri = to ? sip::Uri::parse(*to) : std::nullopt;
    auto identity = to ? sip::canonical_identity(*to) : std::nullopt;
    if (!uri || !identity) return failure(Refusal{400, "To holds no public identity", {}, {}});
    const bool ours = uri->scheme == sip::Scheme::tel ||
                      std::ranges::any_of(config.domains, [&](const std::string& domain) {
                          return sip::equals_ignoring_case(domain, uri->host);
                      });
    if (!ours) return failure(Refusal{404, "Not a domain of this registrar", {}, {}});
    return *std::move(identity);
}

// RFC 3261 §10.3 step 2: option tags we must understand.
std::string unsupported_tags(const sip::Message& message) {
    std::string unsupported;
    for (const auto tag : message.values(HeaderId::require)) {
        if (sip::equals_ignoring_case(tag, "path")) continue;
        if (!unsupported.empty()) unsupported += ", ";
        unsupported += tag;
    }
    return unsupported;
}

}  // namespace

bool RegisterRequest::is_deregistration() const {
    if (all_contacts) return true;
    return !contacts.empty() && std::ranges::all_of(contacts, [](const ContactWish& wish) {
        return wish.expires_seconds == 0;
    });
}

std::string RegisterRequest::path() const {
    std::string text;
    for (const auto value : message.values(HeaderId::path)) {
        if (!text.empty()) text += ", ";
        text += value;
    }
    return text;
}

std::optional<ContactWish> read_kept_contact(std::string_view value, const Config& config) {
    const auto contact = sip::NameAddr::parse(value);
    if (!contact || contact->is_star) return std::nullopt;
    auto wish = wish_of(*contact, value);
    if (!wish) return std::nullopt;
    const auto granted = contact->params.get("expires");
    wish->expires_seconds = granted ? sip::to_number(*granted).value_or(0) : 0;
    wish->expires_seconds = std::min(wish->expires_seconds, seconds(config.max_expires));
    return wish;
}

Result<RegisterRequest, Refusal> read_register(const sip::Message& message, const Config& config) {
    RegisterRequest request;
    if (auto tags = unsupported_tags(message); !tags.empty())
        return failure(Refusal{420, {}, {}, std::move(tags)});
    auto identity = public_identity_of(message, config);
    if (!identity) return failure(std::move(identity.error()));
    request.public_identity = *std::move(identity);
    request.private_identity = private_identity_of(message, request.public_identity);
    request.call_id = sip::call_id(message);
    request.cseq = sip::cseq(message).value_or(sip::CSeq{}).number;
    const auto values = message.values(HeaderId::contact);
    for (const auto value : values) {
        const auto contact = sip::NameAddr::parse(value);
        if (!contact) return failure(Refusal{400, "Contact cannot be read", {}, {}});
        if (contact->is_star) {  // RFC 3261 §10.3 step 6
            if (values.size() != 1 || sip::expires(message) != 0u) {
                return failure(Refusal{400, "Contact: * goes alone and with Expires: 0", {}, {}});
            }
            request.all_contacts = true;
            continue;
        }
        auto wish = read_contact(message, *contact, value, config);
        if (!wish) return failure(std::move(wish.error()));
        request.contacts.push_back(*std::move(wish));
    }
    if (request.contacts.size() > config.max_contacts)
        return failure(Refusal{403, "Too many contacts", {}, {}});
    return request;
}

}  // namespace imslab::scscf
