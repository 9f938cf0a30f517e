// RFC 7616 §3.4, and how a server proves itself.
#include "as/digest_credentials.h"

#include <charconv>

#include "http/uri.h"
#include "sip/headers.h"
#include "sip/params.h"

namespace imslab::as {

std::optional<DigestCredentials> DigestCredentials::from(const http::Request& request) {
    return from(request.fields.get("Authorization"));
}

std::optional<DigestCredentials> DigestCredentials::from(
    std::optional<std::string_view> authorization) {
    const auto params = authorization ? sip::AuthParams::parse(*authorization) : std::nullopt;
    if (!params) return std::nullopt;
    const auto text = [&](const char* name) { return params->get(name).value_or(""); };
    return DigestCredentials{text("username"),
                             text("realm"),
                             text("nonce"),
                             text("uri"),
                             text("response"),
                             text("qop"),
                             text("nc"),
                             text("cnonce"),
                             text("algorithm"),
                             text("auts")};
}

std::uint32_t DigestCredentials::number() const {
    std::uint32_t value = 0;
    std::from_chars(count.data(), count.data() + count.size(), value, 16);
    return value;
}

bool DigestCredentials::names_target(std::string_view target) const {
    if (uri == target) return true;
    const auto one = http::target_of(uri), other = http::target_of(target);
    return one && other && one->path == other->path && one->query == other->query;
}

sip::DigestInput DigestCredentials::input(sip::HashAlgorithm by,
                                          std::string_view ha1,
                                          std::string_view body) const {
    sip::DigestInput input;
    input.algorithm = by;
    input.ha1 = ha1;
    input.nonce = nonce;
    input.uri = uri;
    input.qop = qop;
    input.nonce_count = count;
    input.cnonce = cnonce;
    input.body = body;
    return input;
}

bool DigestCredentials::are_right(sip::HashAlgorithm by,
                                  std::string_view ha1,
                                  const http::Request& request) const {
    return are_right(by, ha1, request.method, request.body);
}

bool DigestCredentials::are_right(sip::HashAlgorithm by,
                                  std::string_view ha1,
                                  std::string_view method,
                                  std::string_view body) const {
    auto said = input(by, ha1, body);
    said.method = method;
    return sip::equal_in_constant_time(sip::digest_response(said), response);
}

std::string DigestCredentials::authentication_info(sip::HashAlgorithm by,
                                                   std::string_view ha1,
                                                   std::string_view body) const {
    return "qop=" + qop + ", rspauth=" + sip::quote(sip::digest_rspauth(input(by, ha1, body))) +
           ", cnonce=" + sip::quote(cnonce) + ", nc=" + count;
}

}  // namespace imslab::as
