// RFC 6122 §2.1: at most 1,023 octets a part; §2.3 (Nodeprep): what no localpart may hold.
#include "xmpp/jid.h"

#include <algorithm>

#include "xmpp/characters.h"

namespace imslab::xmpp {

namespace {

constexpr std::size_t kPartOctets = 1'023;

std::string in_small_letters(std::string_view text) {
    std::string result(text);
    for (auto& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
}

Result<void, std::string> check(std::string_view part,
                                const std::string& what,
                                std::string_view excluded) {
    if (part.size() > kPartOctets)
        return failure("its " + what + " has " + std::to_string(part.size()) +
                       " octets, expected at most 1023");
    if (has_control(part) || !is_xml_text(part))
        return failure("its " + what + " holds what is no character of an address");
    const auto wrong = part.find_first_of(excluded);
    if (wrong != std::string_view::npos)
        return failure("its " + what + " holds '" + std::string(1, part[wrong]) +
                       "', which must be escaped there");
    return {};
}

}  // namespace

Result<Jid, std::string> Jid::parse(std::string_view text) {
    const auto slash = text.find('/');
    const bool full = slash != std::string_view::npos;
    if (full && slash + 1 == text.size()) return failure(std::string("its resourcepart is empty"));
    const auto bare = text.substr(0, slash);
    const auto at = bare.find('@');
    if (at == 0) return failure(std::string("its localpart is empty"));
    const bool has_local = at != std::string_view::npos;
    return of_parts(has_local ? bare.substr(0, at) : std::string_view(),
                    has_local ? bare.substr(at + 1) : bare,
                    full ? text.substr(slash + 1) : std::string_view());
}

Result<Jid, std::string> Jid::of_parts(std::string_view local,
                                       std::string_view domain,
                                       std::string_view resource) {
    // §2.2: a final dot of a domain name is not part of it.
    if (domain.ends_with('.')) domain.remove_suffix(1);
    if (domain.empty()) return failure(std::string("its domainpart is empty"));
    if (domain.front() == '.' || domain.back() == '.' || domain.find("..") != domain.npos)
        return failure(std::string("its domainpart has an empty label"));
    const bool is_ipv6 =
        domain.size() > 3 && domain.front() == '[' &&
        domain.find_first_not_of("0123456789abcdefABCDEF:.", 1) == domain.size() - 1 &&
        domain.back() == ']';
    for (const auto& checked : {check(local, "localpart", " \"&'/:<>@"),
                                check(domain, "domainpart", is_ipv6 ? " /@" : " \"&'/:<>@[]\\"),
                                check(resource, "resourcepart", "")}) {
        if (!checked) return failure(checked.error());
    }
    return Jid{in_small_letters(local), in_small_letters(domain), std::string(resource)};
}

std::string Jid::to_string() const {
    std::string text;
    text.reserve(local.size() + domain.size() + resource.size() + 2);
    if (!local.empty()) text.append(local).append("@");
    text += domain;
    if (!resource.empty()) text.append("/").append(resource);
    return text;
}

}  // namespace imslab::xmpp
