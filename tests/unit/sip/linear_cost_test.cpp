// Pathological input costs linear time, with every limit lifted; with the limits in place it is
// refused before it costs anything.
#include "sip/headers.h"
#include "sip/message.h"
#include "sip/params.h"
#include "sip/sdp.h"
#include "sip/uri.h"
#include "tests/support/cost.h"

using namespace imslab;
using namespace imslab::test;

namespace {

sip::Limits unlimited() {
    sip::Limits limits;
    limits.message_bytes = limits.header_fields = limits.field_bytes = limits.start_line_bytes =
        1U << 30U;
    return limits;
}

std::string message(const std::string& fields, const std::string& uri = "sip:b@example.com") {
    return "INVITE " + uri +
           " SIP/2.0\r\nVia: SIP/2.0/UDP a.example.com;branch=z9hG4bK1\r\nFrom: "
           "<sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\nCall-ID: 1\r\nCSeq: 1 "
           "INVITE\r\nMax-Forwards: 70\r\n" +
           fields + "Content-Length: 0\r\n\r\n";
}

void parse(const std::string& bytes) {
    auto parsed = sip::parse(bytes, unlimited());
    if (!parsed) return;
    // what an element asks of any message
    (void)sip::top_via(*parsed);
    (void)sip::uri_of(parsed->get(sip::HeaderId::contact));
    (void)parsed->to_bytes();
}

}  // namespace

TEST_CASE("header fields: many, long, folded, with many values") {
    const auto with = [](const char* unit) {
        return [unit](std::size_t n) { return message(repeated(unit, n)); };
    };
    const auto field = [](const char* begin, const char* unit, const char* end) {
        return [=](std::size_t n) { return message(begin + repeated(unit, n) + end); };
    };
    check_linear("unknown fields", with("X-Unknown: value\r\n"), parse);
    check_linear("the same known field", with("Supported: path\r\n"), parse);
    check_linear("Via fields", with("Via: SIP/2.0/UDP h;branch=z9hG4bK\r\n"), parse);
    check_linear("Route fields", with("Route: <sip:h;lr>\r\n"), parse);
    check_linear("empty fields", with("Subject:\r\n"), parse);
    check_linear("folded lines", field("Subject: a", "\r\n b", "\r\n"), parse);
    check_linear("folds of nothing", field("Subject: a", "\r\n ", "b\r\n"), parse);
    check_linear("commas", field("Contact: <sip:a@h>", ",<sip:a@h>", "\r\n"), parse);
    check_linear("commas alone", field("Route: ", ",", "\r\n"), parse);
    check_linear("Via values", field("Via: SIP/2.0/UDP h", ",SIP/2.0/UDP h", "\r\n"), parse);
    check_linear("parameters", field("Contact: <sip:a@h>", ";p=v", "\r\n"), parse);
    check_linear("semicolons", field("Contact: <sip:a@h>", ";", "\r\n"), parse);
    check_linear("Via parameters", field("Via: SIP/2.0/UDP h", ";p", "\r\n"), parse);
    check_linear("quotes", field("Contact: ", "\"\"", "<sip:a@h>\r\n"), parse);
    check_linear("escaped quotes", field("Contact: \"", "\\\"", "\" <sip:a@h>\r\n"), parse);
    check_linear("a quote never closed", field("Contact: \"", "a\\", "\r\n"), parse);
    check_linear("angle brackets", field("Contact: ", "<", "\r\n"), parse);
    check_linear("comments", field("User-Agent: ", "(", "\r\n"), parse);
    check_linear("white space", field("Subject:", " \t", "\r\n"), parse);
    check_linear("credentials", field("Authorization: Digest a=\"b\"", ",a=\"b\"", "\r\n"), parse);
    check_linear("methods", field("Allow: A", ",A", "\r\n"), parse);
    check_linear(
        "no end", [](std::size_t n) { return repeated("A", n); }, parse);
    check_linear(
        "line feeds", [](std::size_t n) { return repeated("\r\n", n); }, parse);
    check_linear("a field name", field("", "N", ": v\r\n"), parse);
}

TEST_CASE("URIs, parameters, credentials, SDP") {
    const auto around = [](const char* begin, const char* unit, const char* end) {
        return [=](std::size_t n) { return begin + repeated(unit, n) + end; };
    };
    const auto uri = [](const std::string& text) { (void)sip::Uri::parse(text); };
    check_linear("user", around("sip:", "a", "@h"), uri);
    check_linear("escapes", around("sip:", "%41", "@h"), uri);
    check_linear("at signs", around("sip:", "@", "h"), uri);
    check_linear("URI parameters", around("sip:a@h", ";a=b", ""), uri);
    check_linear("URI headers", around("sip:a@h?a=b", "&a=b", ""), uri);
    check_linear("labels", around("sip:a@", "a.", "h"), uri);
    check_linear("brackets", around("sip:a@", "[", ""), uri);
    check_linear(
        "request line",
        [](std::size_t n) { return message("", "sip:" + repeated("b;", n) + "@h"); },
        parse);

    const auto name_addr = [](const std::string& text) {
        const auto value = sip::NameAddr::parse(text);
        if (value) (void)value->tag();
    };
    check_linear("display", around("\"", "\\a", "\" <sip:h>;tag=1"), name_addr);
    check_linear("parameters in quotes", around("<sip:h>;a=\"", ";", "\";tag=1"), name_addr);
    check_linear("parameters before the tag", around("<sip:h>", ";a=\"b\"", ";tag=1"), name_addr);

    const auto credentials = [](const std::string& text) {
        const auto value = sip::AuthParams::parse(text);
        if (value) (void)value->get("nonce");
        (void)sip::with_auth_param(text, "integrity-protected", "no");
    };
    check_linear("directives", around("Digest a=b", ",a=b", ""), credentials);
    check_linear("commas in quotes", around("Digest a=\"", ",", "\",nonce=1"), credentials);

    const auto sdp = [](const std::string& text) { (void)sip::Sdp::parse(text); };
    constexpr const char* kSession =
        "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n";
    check_linear("media", around(kSession, "m=audio 9 RTP/AVP 0\r\n", ""), sdp);
    check_linear("attributes", around(kSession, "a=sendrecv\r\n", ""), sdp);
    check_linear(
        "formats",
        [&](std::size_t n) {
            return kSession + ("m=audio 9 RTP/AVP" + repeated(" 0", n)) + "\r\n";
        },
        sdp);
}

TEST_CASE("with its limits the parser refuses what exceeds them, at linear cost") {
    const auto refused = [](const std::string& bytes) { CHECK_FALSE(sip::parse(bytes)); };
    check_linear(
        "fields", [](std::size_t n) { return message(repeated("X: y\r\n", n)); }, refused, 1000);
    check_linear(
        "a field",
        [](std::size_t n) { return message("Subject: " + repeated("a", n) + "\r\n"); },
        refused,
        100'000);
    check_linear(
        "no line", [](std::size_t n) { return repeated("A", n); }, refused, 100'000);
}
