// Identities: derived from an IMSI (TS 23.003 §13.2, §13.3, §13.4B), compared (RFC 3261 §19.1.4,
// RFC 3966 §4), wildcarded (TS 23.003 §13.5).
#include <regex.h>

#include <algorithm>

#include "hss/subscription.h"

namespace imslab::hss {
namespace {

constexpr std::size_t kLongestIdentity = 1024;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string canonical_telephone(std::string_view number) {
    std::string canonical = "tel:";
    for (const char c : number.substr(0, number.find(';'))) {
        if (c != '-' && c != '.' && c != '(' && c != ')') canonical.push_back(lower(c));
    }
    return canonical;
}

bool matches_expression(std::string_view expression, std::string_view text) {
    const std::string whole = "^(" + std::string(expression) + ")$";
    regex_t compiled;
    if (regcomp(&compiled, whole.c_str(), REG_EXTENDED | REG_NOSUB) != 0) return false;
    const bool matches = regexec(&compiled, std::string(text).c_str(), 0, nullptr, 0) == 0;
    regfree(&compiled);
    return matches;
}

// TS 29.228 Annex F: without a SessionCase trigger the criteria hold for every case.
bool has_session_case(const cx::InitialFilterCriteria& criteria, cx::SessionCase wanted) {
    if (!criteria.trigger_point) return true;
    bool any = false;
    for (const auto& trigger : criteria.trigger_point->triggers) {
        const auto* session_case = std::get_if<cx::SessionCaseTrigger>(&trigger.condition);
        if (session_case == nullptr || trigger.negated) continue;
        if (session_case->session_case == wanted) return true;
        any = true;
    }
    return !any;
}

}  // namespace

std::string home_domain_of(std::string_view imsi, unsigned mnc_digits) {
    const auto mcc = imsi.substr(0, 3);
    std::string mnc(imsi.substr(std::min<std::size_t>(3, imsi.size()), mnc_digits));
    if (mnc.size() < 3) mnc.insert(0, 3 - mnc.size(), '0');
    return "ims.mnc" + mnc + ".mcc" + std::string(mcc) + ".3gppnetwork.org";
}

std::string private_identity_of(std::string_view imsi, unsigned mnc_digits) {
    return std::string(imsi) + "@" + home_domain_of(imsi, mnc_digits);
}

std::string temporary_public_identity_of(std::string_view imsi, unsigned mnc_digits) {
    return "sip:" + private_identity_of(imsi, mnc_digits);
}

std::string canonical_identity(std::string_view identity) {
    const auto colon = identity.find(':');
    if (colon == std::string_view::npos) return std::string(identity);
    std::string canonical(identity);
    const auto host = canonical.begin() + static_cast<std::ptrdiff_t>(colon) + 1;
    std::transform(canonical.begin(), host, canonical.begin(), lower);
    if (canonical.starts_with("tel:")) return canonical_telephone(identity.substr(colon + 1));
    if (!canonical.starts_with("sip:") && !canonical.starts_with("sips:"))
        return std::string(identity);
    // No parameter is part of the identity; a password is.
    const auto sign = canonical.rfind('@');
    const auto from = sign != std::string::npos && sign > colon
                          ? canonical.begin() + static_cast<std::ptrdiff_t>(sign) + 1
                          : host;
    const auto end =
        std::find_if(from, canonical.end(), [](char c) { return c == ';' || c == '?'; });
    std::transform(from, end, from, lower);
    canonical.erase(end, canonical.end());
    return canonical;
}

// The expression stands between the first and the last exclamation mark; what is around it is
// literal.
bool matches_wildcard(std::string_view wildcarded, std::string_view identity) {
    const auto first = wildcarded.find('!');
    const auto last = wildcarded.rfind('!');
    if (first == last || identity.size() > kLongestIdentity) return false;
    const auto prefix = wildcarded.substr(0, first);
    const auto suffix = wildcarded.substr(last + 1);
    if (identity.size() < prefix.size() + suffix.size()) return false;
    if (!identity.starts_with(prefix) || !identity.ends_with(suffix)) return false;
    identity.remove_prefix(prefix.size());
    identity.remove_suffix(suffix.size());
    return matches_expression(wildcarded.substr(first + 1, last - first - 1), identity);
}

bool serves_unregistered(const cx::ServiceProfile& profile, bool originating) {
    const auto wanted = originating ? cx::SessionCase::originating_unregistered
                                    : cx::SessionCase::terminating_unregistered;
    return std::any_of(
        profile.filter_criteria.begin(), profile.filter_criteria.end(), [&](const auto& criteria) {
            return criteria.profile_part != cx::ProfilePart::registered &&
                   has_session_case(criteria, wanted);
        });
}

}  // namespace imslab::hss
