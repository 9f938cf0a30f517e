// Refusals that do not depend on the procedure (RFC 3261 §8.2.1 to §8.2.3, §16.3).
#include "sip/acceptance.h"

#include <algorithm>

#include "sip/headers.h"

namespace imslab::sip {
namespace {

bool contains(const std::vector<std::string_view>& known, std::string_view word) {
    return std::any_of(known.begin(), known.end(), [word](std::string_view one) {
        return equals_ignoring_case(one, word);
    });
}

std::string join(const std::vector<std::string_view>& words) {
    std::string text;
    for (auto word : words) text.append(text.empty() ? "" : ", ").append(word);
    return text;
}

// RFC 3261 §8.2.1: a method of the RFCs that is not wanted here is 405, one that nobody knows 501.
std::optional<Refusal> check_method(const Message& request, const Capabilities& element) {
    bool any = element.role == Role::proxy || element.methods.empty();
    auto method = request.method_text();
    if (any || std::find(element.methods.begin(), element.methods.end(), method) !=
                   element.methods.end()) {
        return std::nullopt;
    }
    int status = request.method() == Method::other ? 501 : 405;
    return Refusal{
        status, "Method is not supported here", {{HeaderId::allow, join(element.methods)}}};
}

// RFC 3261 §8.2.2.1, §16.3 step 2.
std::optional<Refusal> check_scheme(const Message& request, const Capabilities& element) {
    // The parser has read the URI; what stands before the colon is its scheme.
    auto uri = request.uri();
    if (contains(element.schemes, uri.substr(0, uri.find(':')))) return std::nullopt;
    return Refusal{416, std::string(reason_phrase(416)), {}};
}

// RFC 3261 §16.3 step 3: OPTIONS may be answered by the proxy itself; that is for its procedure to
// do before this.
std::optional<Refusal> check_hops(const Message& request, const Capabilities& element) {
    auto hops = request.get(HeaderId::max_forwards);
    if (element.role != Role::proxy || !hops || to_number(*hops) != 0u) return std::nullopt;
    return Refusal{483, std::string(reason_phrase(483)), {}};
}

// RFC 3261 §8.2.2.3, §16.3 step 5; an ACK or CANCEL never asks for extensions (§8.2.2.3, §9.1).
std::optional<Refusal> check_extensions(const Message& request, const Capabilities& element) {
    if (request.method() == Method::ack || request.method() == Method::cancel) return std::nullopt;
    std::vector<std::string_view> unknown;
    for (auto tag : request.values(element.role == Role::proxy ? HeaderId::proxy_require
                                                               : HeaderId::require)) {
        if (!contains(element.option_tags, tag)) unknown.push_back(tag);
    }
    if (unknown.empty()) return std::nullopt;
    return Refusal{420, std::string(reason_phrase(420)), {{HeaderId::unsupported, join(unknown)}}};
}

// RFC 3261 §8.2.3: an optional body may be passed over.
std::optional<Refusal> check_content(const Message& request, const Capabilities& element) {
    if (element.role == Role::proxy || request.body().empty()) return std::nullopt;
    auto disposition = request.get(HeaderId::content_disposition);
    if (disposition) {
        auto semicolon = std::min(disposition->find(';'), disposition->size() - 1);
        auto handling = Params(disposition->substr(semicolon + 1)).get("handling");
        if (handling && equals_ignoring_case(*handling, "optional")) return std::nullopt;
    }
    for (auto encoding : request.values(HeaderId::content_encoding)) {
        if (equals_ignoring_case(encoding, "identity")) continue;
        return Refusal{
            415, "Content-Encoding is not supported", {{HeaderId::accept_encoding, "identity"}}};
    }
    auto type = request.get(HeaderId::content_type).value_or("");
    if (element.content_types.empty() ||
        contains(element.content_types, trim(type.substr(0, type.find(';'))))) {
        return std::nullopt;
    }
    return Refusal{
        415, std::string(reason_phrase(415)), {{HeaderId::accept, join(element.content_types)}}};
}

}  // namespace

std::optional<Refusal> check_request(const Message& request, const Capabilities& element) {
    for (auto check : {check_method, check_scheme, check_hops, check_extensions, check_content}) {
        if (auto refusal = check(request, element)) {
            // RFC 3261 §17.1.1.3: an ACK is never answered.
            return request.method() == Method::ack ? std::nullopt : refusal;
        }
    }
    return std::nullopt;
}

}  // namespace imslab::sip
