// The 49 messages of RFC 4475: each gets its verdict, with the reason and the position of what is
// wrong.
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <string_view>

#include "sip/acceptance.h"
#include "sip/headers.h"
#include "tests/conformance/vectors.h"

using namespace imslab;
using namespace imslab::sip;

namespace {

struct Refused {
    std::string_view name;
    int status;  // 0: dropped
    std::size_t line, column;
    std::string_view reason;
};

// §3.1.1, §3.2, §3.3 and §3.4: well formed; what an element makes of some of them stands in
// `answered` below.
constexpr std::string_view accepted[] = {
    "wsinv",     "intmeth", "esc01",      "escnull",  "esc02",    "lwsdisp",  "longreq",
    "dblreq",    "semiuri", "transports", "mpart01",  "unreason", "noreason", "baddate",
    "badbranch", "unkscm",  "novelsc",    "unksm2",   "bext01",   "invut",    "regaut01",
    "bcast",     "zeromf",  "cparam01",   "cparam02", "regescrt", "sdp01",    "inv2543",
};

// §3.1.2, insuf, multi01 and mcl01 of §3.3.
constexpr Refused refused[] = {
    {"badinv01", 400, 7, 29, "Via has an empty or malformed parameter"},
    {"clerr", 400, 10, 17, "Content-Length is larger than the body"},
    {"ncl", 400, 10, 17, "Content-Length is no number of octets"},
    {"scalar02", 400, 5, 7, "CSeq number is 2^31 or more"},
    {"scalarlg", 0, 5, 7, "CSeq number is 2^31 or more"},
    {"quotbal", 400, 2, 5, "To has a quoted string that never closes"},
    {"ltgtruri", 400, 1, 8, "Request-URI stands in angle brackets"},
    {"lwsruri", 400, 1, 30, "Request-URI holds a space, or SIP version is missing"},
    {"lwsstart", 400, 1, 8, "Request-Line has more than one space in a row"},
    {"trws", 400, 1, 46, "Request-Line has text behind the SIP version"},
    {"escruri", 400, 1, 28, "Request-URI has header fields"},
    {"regbadct", 400, 8, 30, "Contact has a URI with header fields outside of <>"},
    {"badaspec", 400, 5, 23, "To has a character in its URI that no URI may hold"},
    {"baddn", 400, 4, 14, "From has neither a URI nor a well-formed display name"},
    {"badvers", 505, 1, 34, "SIP version is not 2.0"},
    {"mismatch01", 400, 6, 9, "CSeq names another method than the Request-Line"},
    {"mismatch02", 501, 6, 9, "CSeq names another method than the Request-Line"},
    {"bigcode", 0, 1, 9, "Status code is not between 100 and 699"},
    {"insuf", 400, 7, 1, "From is missing"},
    {"multi01", 400, 7, 1, "CSeq stands twice"},
    {"mcl01", 400, 9, 1, "Content-Length stands twice"},
};

// Kept, because the tests hold views of it.
const Message& parsed(const std::string& name) {
    static std::map<std::string, Message> kept;
    auto message = parse(read_vector("rfc4475", name));
    INFO(name << ": " << (message ? "" : message.error().error.reason));
    REQUIRE(message);
    return kept.try_emplace(name, *message).first->second;
}

std::string text(std::string_view view) { return std::string(view); }

}  // namespace

TEST_CASE("RFC 4475: every message has a verdict here") {
    CHECK(std::size(accepted) + std::size(refused) == 49);
    CHECK(count_vectors("rfc4475") == 49);
}

TEST_CASE(
    "RFC 4475: well-formed messages are accepted, and what we write of them is accepted again") {
    for (auto name : accepted) {
        Message message = parsed(text(name));
        auto again = parse(message.to_bytes());
        INFO(name << ": " << (again ? "" : again.error().error.reason));
        REQUIRE(again);
        CHECK(again->to_bytes() == message.to_bytes());
        CHECK(again->body() == message.body());
        CHECK(again->is_request() == message.is_request());
    }
}

TEST_CASE("RFC 4475: malformed messages are refused with status, reason and position") {
    for (const Refused& expected : refused) {
        INFO(expected.name);
        auto message = parse(read_vector("rfc4475", text(expected.name)));
        REQUIRE(!message);
        const ParseError& error = message.error().error;
        CHECK(error.status == expected.status);
        CHECK(error.reason == expected.reason);
        CHECK(error.line == expected.line);
        CHECK(error.column == expected.column);
        CHECK(message.error().answerable.has_value() == (expected.status != 0));
    }
}

TEST_CASE("RFC 4475: an answer to a refused request carries its Via, From, To, Call-ID and CSeq") {
    auto refusal = parse(read_vector("rfc4475", "lwsruri")).error();
    REQUIRE(refusal.answerable);
    auto answer =
        Message::response_to(*refusal.answerable, refusal.error.status, refusal.error.reason);
    auto again = parse(answer.to_bytes());
    REQUIRE(again);
    CHECK(again->reason() == "Request-URI holds a space, or SIP version is missing");
    CHECK(top_via(*again)->branch() == "z9hG4bKkdjuw2395");
    CHECK(call_id(*again) == "lwsruri.asdfasdoeoi2323-asdfwrn23-asd834rk423");
    CHECK(cseq(*again)->number == 2130706432);
}

TEST_CASE("RFC 4475: what an element answers to a well-formed request") {
    Capabilities proxy;
    Capabilities endpoint;
    endpoint.role = Role::endpoint;
    endpoint.methods = {"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS"};
    endpoint.content_types = {"application/sdp", "multipart/mixed"};
    struct Answered {
        std::string_view name;
        int proxy, endpoint;  // 0: goes on
    };
    constexpr Answered answered[] = {
        {"unkscm", 416, 416},
        {"novelsc", 416, 416},
        {"unksm2", 0, 405},
        {"bext01", 420, 420},
        {"invut", 0, 415},
        {"regaut01", 0, 405},
        {"zeromf", 483, 0},
        {"esc02", 0, 501},
        {"intmeth", 0, 501},
        {"wsinv", 0, 0},
        {"mpart01", 0, 405},
        {"longreq", 0, 0},
        {"inv2543", 0, 0},
        {"dblreq", 0, 405},
    };
    for (const Answered& expected : answered) {
        INFO(expected.name);
        Message message = parsed(text(expected.name));
        auto by_proxy = check_request(message, proxy);
        auto by_endpoint = check_request(message, endpoint);
        CHECK((by_proxy ? by_proxy->status : 0) == expected.proxy);
        CHECK((by_endpoint ? by_endpoint->status : 0) == expected.endpoint);
    }
    auto refusal = check_request(parsed("bext01"), proxy);
    REQUIRE(refusal);
    REQUIRE(refusal->headers.size() == 1);
    CHECK(refusal->headers[0].first == HeaderId::unsupported);
    CHECK(refusal->headers[0].second == "noProxiesSupportThis, norDoAnyProxiesSupportThis");
}

TEST_CASE("RFC 4475 wsinv: folding, blanks, compact forms and unknown header fields") {
    Message message = parsed("wsinv");
    CHECK(message.method() == Method::invite);
    CHECK(to_number(*message.get(HeaderId::max_forwards)) == 68u);
    CHECK(cseq(message)->number == 9);
    CHECK(cseq(message)->method == "INVITE");
    CHECK(from_tag(message) == "98asjd8");
    CHECK(to_tag(message) == "1918181833n");
    auto from = NameAddr::parse(*message.get(HeaderId::from));
    REQUIRE(from);
    CHECK(unquote(from->display) == "J Rosenberg \\\"");
    auto vias = message.values(HeaderId::via);
    REQUIRE(vias.size() == 3);
    CHECK(top_via(message)->host == "192.0.2.2");
    auto second = Via::parse(vias[1]);
    REQUIRE(second);
    CHECK(second->transport == Transport::tcp);
    CHECK(second->host == "spindle.example.com");
    CHECK(second->branch() == "z9hG4bK9ikj8");
    CHECK(Via::parse(vias[2])->branch() == "z9hG4bK30239");
    CHECK(message.get(HeaderId::subject) == "");
    CHECK(message.get("UnknownHeaderWithUnusualValue") == ";;,,;;,;");
    CHECK(Uri::parse(*uri_of(message.first_value(HeaderId::route)))->is_loose_router());
    auto contact = NameAddr::parse(*message.first_value(HeaderId::contact));
    CHECK(contact->params.get("q") == "0.33");
    CHECK(contact->params.get("secondparam") == "");
    CHECK(message.body().size() == 150);
}

TEST_CASE("RFC 4475 escapes: user parts, display names, methods") {
    Message unusual = parsed("intmeth");
    CHECK(unusual.method() == Method::other);
    CHECK(unusual.method_text() == "!interesting-Method0123456789_*+`.%indeed'~");
    auto to = NameAddr::parse(*unusual.get(HeaderId::to));
    REQUIRE(to);
    CHECK(unquote(to->display) == std::string("BEL:\x07 NUL:\x00 DEL:\x7F", 17));

    Message escaped = parsed("escnull");
    auto contacts = escaped.values(HeaderId::contact);
    REQUIRE(contacts.size() == 2);
    auto first = Uri::parse(*uri_of(contacts[0])), second = Uri::parse(*uri_of(contacts[1]));
    CHECK(unescape(first->user) == std::string(1, '\0'));
    CHECK(unescape(second->user) == std::string(2, '\0'));
    CHECK_FALSE(equal(*uri_of(contacts[0]), *uri_of(contacts[1])));

    CHECK(equal(parsed("esc01").uri(), "sip:sips:user@example.com@example.net") == false);
    CHECK(unescape(Uri::parse(parsed("esc01").uri())->user) == "sips:user@example.com");
    CHECK(parsed("esc02").method_text() == "RE%47IST%45R");
    CHECK(parsed("esc02").values(HeaderId::contact).size() == 2);
}

TEST_CASE("RFC 4475: parameters belong to the contact or to the URI, by the brackets") {
    auto bare = NameAddr::parse(*parsed("cparam01").first_value(HeaderId::contact));
    CHECK(bare->params.has("unknownparam"));
    CHECK_FALSE(Uri::parse(bare->uri)->params.has("unknownparam"));
    auto bracketed = NameAddr::parse(*parsed("cparam02").first_value(HeaderId::contact));
    CHECK_FALSE(bracketed->params.has("unknownparam"));
    CHECK(Uri::parse(bracketed->uri)->params.has("unknownparam"));
    auto escaped = Uri::parse(*uri_of(parsed("regescrt").first_value(HeaderId::contact)));
    CHECK(escaped->headers == "Route=%3Csip:sip.example.com%3E");
    CHECK(Uri::parse(parsed("semiuri").uri())->user == "user;par=u%40example.net");
}

TEST_CASE("RFC 4475: octets behind the body, empty reasons, foreign transports, RFC 2543 peers") {
    Message twice = parsed("dblreq");
    CHECK(twice.method() == Method::register_);
    CHECK(twice.body().empty());
    CHECK(parsed("noreason").status() == 100);
    CHECK(parsed("noreason").reason().empty());
    CHECK(parsed("unreason").status() == 200);
    auto vias = parsed("transports").values(HeaderId::via);
    REQUIRE(vias.size() == 5);
    CHECK(Via::parse(vias[3])->transport_text == "UNKNOWN");
    CHECK_FALSE(top_via(parsed("badbranch"))->has_magic_cookie());
    Message old = parsed("inv2543");
    CHECK_FALSE(from_tag(old));
    CHECK(top_via(old)->branch().empty());
    CHECK_FALSE(old.has(HeaderId::max_forwards));
    CHECK(old.body().size() > 100);
}

TEST_CASE("RFC 4475: on a stream, framing errors end it and a message too short waits") {
    for (std::string name : {"ncl", "mcl01", "inv2543"}) {
        StreamFramer framer;
        framer.push(read_vector("rfc4475", name));
        INFO(name);
        CHECK_FALSE(framer.next());
    }
    StreamFramer waiting;
    waiting.push(read_vector("rfc4475", "clerr"));
    auto nothing = waiting.next();
    REQUIRE(nothing);
    CHECK_FALSE(nothing->has_value());
    CHECK(waiting.in_message());
}
