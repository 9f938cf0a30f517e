// The message as a value: reading, editing, writing, limits.
#include "sip/message.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <memory>

#include "sip/headers.h"

using namespace imslab::sip;

namespace {

const std::string register_text =
    "REGISTER sip:ims.example SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.1.100.1:5060;branch=z9hG4bK1, SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK0\r\n"
    "v: SIP/2.0/TCP 10.0.0.2;branch=z9hG4bKlast\r\n"
    "Max-Forwards: 70\r\n"
    "f: \"Alice, A.\" <sip:alice@ims.example>;tag=a1\r\n"
    "To: <sip:alice@ims.example>\r\n"
    "Call-ID: c1@127.1.100.1\r\n"
    "CSeq: 1 REGISTER\r\n"
    "Contact: <sip:alice@127.1.100.1:5060>;expires=600000\r\n"
    "Supported: path, gruu\r\n"
    "X-Odd:  kept ; as,it came \r\n"
    "Content-Length: 0\r\n"
    "\r\n";

Message parsed(const std::string& text) {
    auto message = parse(text);
    INFO((message ? "" : message.error().error.reason));
    REQUIRE(message);
    return *message;
}

ParseError refused(const std::string& text, const Limits& limits = {}) {
    auto message = parse(text, limits);
    REQUIRE(!message);
    return message.error().error;
}

std::string without_line(std::string text, const std::string& start) {
    auto at = text.find("\r\n" + start) + 2;
    return text.erase(at, text.find("\r\n", at) + 2 - at);
}

std::string with_line(std::string text, const std::string& start, const std::string& line) {
    auto at = text.find("\r\n" + start) + 2;
    return text.replace(at, text.find("\r\n", at) - at, line);
}

}  // namespace

TEST_CASE("a parsed request shows its start line and header fields in order") {
    Message message = parsed(register_text);
    CHECK(message.is_request());
    CHECK(message.method() == Method::register_);
    CHECK(message.method_text() == "REGISTER");
    CHECK(message.uri() == "sip:ims.example");
    REQUIRE(message.fields().size() == 11);
    CHECK(message.name(message.fields()[1]) == "v");
    CHECK(message.get("x-odd") == "kept ; as,it came");
    CHECK(message.get("FROM") == "\"Alice, A.\" <sip:alice@ims.example>;tag=a1");
    CHECK_FALSE(message.has(HeaderId::route));
    CHECK_FALSE(message.get("Nothing"));
    CHECK(message.values(HeaderId::via).size() == 3);
    CHECK(message.values(HeaderId::from).size() == 1);
    CHECK(message.first_value(HeaderId::via) == "SIP/2.0/UDP 127.1.100.1:5060;branch=z9hG4bK1");
    CHECK(message.last_value(HeaderId::via) == "SIP/2.0/TCP 10.0.0.2;branch=z9hG4bKlast");
    CHECK(message.has_token(HeaderId::supported, "GRUU"));
    CHECK_FALSE(message.has_token(HeaderId::supported, "gru"));
}

TEST_CASE("what is written is what came, with one Content-Length at the end") {
    std::string bytes = parsed(register_text).to_bytes();
    CHECK(bytes.find("X-Odd: kept ; as,it came\r\nContent-Length: 0\r\n\r\n") != bytes.npos);
    CHECK(parsed(bytes).to_bytes() == bytes);
}

TEST_CASE("copies and moves keep every view") {
    auto original = std::make_unique<Message>(parsed(register_text));
    Message copy = *original;
    std::string bytes = original->to_bytes();
    Message moved = std::move(*original);
    original.reset();
    CHECK(copy.to_bytes() == bytes);
    CHECK(moved.to_bytes() == bytes);
    copy.set(HeaderId::subject, "only here");
    CHECK(moved.to_bytes() == bytes);
}

TEST_CASE("header fields are added beside their like") {
    Message message = parsed(register_text);
    message.prepend(HeaderId::via, "SIP/2.0/UDP proxy;branch=z9hG4bKnew");
    message.prepend(HeaderId::route, "<sip:first;lr>");
    message.append(HeaderId::contact, "<sip:second@127.1.100.1>");
    message.append("x-odd", "again");
    message.append("X-New", "last");
    CHECK(message.first_value(HeaderId::via) == "SIP/2.0/UDP proxy;branch=z9hG4bKnew");
    CHECK(message.fields()[0].id == HeaderId::route);
    CHECK(message.last_value(HeaderId::contact) == "<sip:second@127.1.100.1>");
    std::string bytes = message.to_bytes();
    CHECK(bytes.find("X-Odd: kept ; as,it came\r\nx-odd: again\r\nX-New: last\r\n") != bytes.npos);
}

TEST_CASE("set leaves one field where the first stood, remove leaves none") {
    Message message = parsed(register_text);
    message.set(HeaderId::via, "SIP/2.0/UDP one;branch=z9hG4bK1");
    CHECK(message.values(HeaderId::via).size() == 1);
    CHECK(message.fields()[0].id == HeaderId::via);
    message.set(HeaderId::expires, "0");
    CHECK(message.fields().back().id == HeaderId::expires);
    message.remove(HeaderId::via);
    CHECK_FALSE(message.has(HeaderId::via));
    message.remove("x-ODD");
    CHECK_FALSE(message.get("X-Odd"));
}

TEST_CASE("first values go one by one through shared and separate fields") {
    Message message = parsed(register_text);
    message.replace_first_value(HeaderId::via, "SIP/2.0/UDP changed;branch=z9hG4bKc");
    CHECK(message.get(HeaderId::via) ==
          "SIP/2.0/UDP changed;branch=z9hG4bKc, SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK0");
    message.remove_first_value(HeaderId::via);
    CHECK(message.first_value(HeaderId::via) == "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK0");
    message.remove_first_value(HeaderId::via);
    CHECK(message.get(HeaderId::via) == "SIP/2.0/TCP 10.0.0.2;branch=z9hG4bKlast");
    message.remove_first_value(HeaderId::via);
    CHECK_FALSE(message.has(HeaderId::via));
    message.remove_first_value(HeaderId::via);
    message.replace_first_value(HeaderId::route, "<sip:new;lr>");
    CHECK(message.get(HeaderId::route) == "<sip:new;lr>");
}

TEST_CASE("arguments may be views into the message itself") {
    Message message = parsed(register_text);
    for (int i = 0; i < 50; ++i)
        message.prepend(HeaderId::record_route, *message.get(HeaderId::contact));
    message.set(HeaderId::subject, *message.get("X-Odd"));
    message.append("X-Copy", message.uri());
    message.append(message.name(message.fields().back()), message.value(message.fields().back()));
    message.set_uri(*uri_of(message.get(HeaderId::contact)));
    message.replace_first_value(HeaderId::via, *message.last_value(HeaderId::via));
    message.set_body(*message.get("X-Copy"), *message.get(HeaderId::call_id));
    Message again = parsed(message.to_bytes());
    CHECK(again.values(HeaderId::record_route).size() == 50);
    CHECK(again.uri() == "sip:alice@127.1.100.1:5060");
    CHECK(again.get(HeaderId::subject) == "kept ; as,it came");
    CHECK(again.get(HeaderId::content_type) == "sip:ims.example");
    CHECK(again.body() == "c1@127.1.100.1");
    CHECK(again.first_value(HeaderId::via) == "SIP/2.0/TCP 10.0.0.2;branch=z9hG4bKlast");
}

TEST_CASE("a body comes and goes with the fields that describe it") {
    Message message = parsed(register_text);
    message.set_body("application/sdp", "v=0\r\n");
    message.append(HeaderId::content_disposition, "session");
    CHECK(message.to_bytes().find("Content-Length: 5\r\n\r\nv=0\r\n") != std::string::npos);
    message.clear_body();
    CHECK(message.body().empty());
    CHECK_FALSE(message.has(HeaderId::content_type));
    CHECK_FALSE(message.has(HeaderId::content_disposition));
}

TEST_CASE(
    "a response takes Via, From, To, Call-ID and CSeq of its request, Timestamp into 100 only") {
    Message request = parsed(with_line(register_text, "Supported", "Timestamp: 54"));
    Message trying = Message::response_to(request, 100);
    CHECK(trying.get(HeaderId::timestamp) == "54");
    Message ok = Message::response_to(request, 200);
    CHECK_FALSE(ok.is_request());
    CHECK(ok.status() == 200);
    CHECK(ok.reason() == "OK");
    CHECK(ok.method() == Method::register_);
    CHECK(ok.method_text() == "REGISTER");
    CHECK(ok.values(HeaderId::via) == request.values(HeaderId::via));
    CHECK_FALSE(ok.has(HeaderId::timestamp));
    CHECK_FALSE(ok.has(HeaderId::contact));
    CHECK_FALSE(to_tag(ok));
    set_to_tag(ok, "s1");
    CHECK(to_tag(ok) == "s1");
    Message again = parsed(ok.to_bytes());
    CHECK(again.method() == Method::register_);
    CHECK(to_tag(again) == "s1");
}

TEST_CASE("messages are made from nothing") {
    Message message = Message::request(Method::invite, "sip:bob@ims.example");
    message.append(HeaderId::via, "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx");
    message.append(HeaderId::from, "<sip:alice@ims.example>;tag=1");
    message.append(HeaderId::to, "<sip:bob@ims.example>");
    message.append(HeaderId::call_id, "made");
    message.append(HeaderId::cseq, "1 INVITE");
    CHECK(parsed(message.to_bytes()).method() == Method::invite);
    Message extension = Message::request("NEWMETHOD", "tel:+1555");
    CHECK(extension.method() == Method::other);
    CHECK(extension.method_text() == "NEWMETHOD");
    Message response = Message::response(404);
    response.append(HeaderId::cseq, "7 MESSAGE");
    CHECK(response.method() == Method::message);
    response.set_status(499);
    CHECK(response.reason() == "Bad Request");
    response.set_status(480, "Gone fishing");
    CHECK(response.to_bytes().substr(0, 25) == "SIP/2.0 480 Gone fishing\r");
}

TEST_CASE("every known header name is found in any case, and compact forms too") {
    for (int i = 1; i < static_cast<int>(HeaderId::count_); ++i) {
        auto id = static_cast<HeaderId>(i);
        std::string name(canonical_name(id));
        REQUIRE_FALSE(name.empty());
        CHECK(header_from(name) == id);
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
            return static_cast<char>(std::toupper(c));
        });
        CHECK(header_from(name) == id);
        CHECK(header_from(name + "X") == HeaderId::other);
        name.back() = '_';
        CHECK(header_from(name) == HeaderId::other);
    }
    const std::pair<const char*, HeaderId> compact[] = {
        {"i", HeaderId::call_id},
        {"m", HeaderId::contact},
        {"L", HeaderId::content_length},
        {"c", HeaderId::content_type},
        {"F", HeaderId::from},
        {"t", HeaderId::to},
        {"v", HeaderId::via},
        {"k", HeaderId::supported},
        {"r", HeaderId::refer_to},
        {"x", HeaderId::session_expires},
        {"o", HeaderId::event},
        {"u", HeaderId::allow_events},
        {"z", HeaderId::other},
        {"", HeaderId::other},
    };
    for (auto [letter, id] : compact) CHECK(header_from(letter) == id);
}

TEST_CASE("methods are told apart by case") {
    CHECK(method_from("INVITE") == Method::invite);
    CHECK(method_from("invite") == Method::other);
    CHECK(method_from("") == Method::other);
    CHECK(to_string(Method::register_) == "REGISTER");
    CHECK(reason_phrase(488) == "Not Acceptable Here");
    CHECK(reason_phrase(699) == "Busy Everywhere");
}

TEST_CASE("folded lines are one value; the position of a fault behind them is right") {
    std::string folded = with_line(register_text, "Supported", "Subject: one\r\n two\r\n\tthree");
    CHECK(parsed(folded).get(HeaderId::subject) == "one   two  \tthree");
    auto error =
        refused(with_line(folded, "X-Odd", "P-Asserted-Identity: <sip:a@b>,\r\n   <sip:c d>"));
    CHECK(error.reason == "P-Asserted-Identity has a character in its URI that no URI may hold");
    CHECK(error.line == 14);
    CHECK(error.column == 10);
}

TEST_CASE("a mandatory header field that is missing or stands twice is named") {
    CHECK(refused(without_line(register_text, "Call-ID")).reason == "Call-ID is missing");
    CHECK(refused(without_line(register_text, "To")).reason == "To is missing");
    CHECK(refused(without_line(register_text, "f:")).reason == "From is missing");
    CHECK(refused(without_line(register_text, "CSeq")).reason == "CSeq is missing");
    CHECK(refused(without_line(without_line(register_text, "Via"), "v:")).reason ==
          "Via is missing");
    auto twice = refused(with_line(register_text, "Supported", "From: <sip:a@b>"));
    CHECK(twice.reason == "From stands twice");
    CHECK(twice.line == 10);
    parsed(without_line(register_text, "Max-Forwards"));
    parsed(without_line(register_text, "Content-Length"));
}

TEST_CASE("what is wrong is said in one sentence") {
    auto reason = [](const std::string& start, const std::string& line) {
        return refused(with_line(register_text, start, line)).reason;
    };
    CHECK(reason("CSeq", "CSeq: 1") == "CSeq has no method");
    CHECK(reason("CSeq", "CSeq: REGISTER") == "CSeq has no number");
    CHECK(reason("CSeq", "CSeq: 2147483648 REGISTER") == "CSeq number is 2^31 or more");
    CHECK(reason("Max-F", "Max-Forwards: many") == "Max-Forwards is no number");
    CHECK(reason("Max-F", "Max-Forwards: 256") == "Max-Forwards is above 255");
    CHECK(reason("Call", "Call-ID:") == "Call-ID is empty");
    CHECK(reason("Call", "Call-ID: a b") == "Call-ID holds a blank or comma");
    CHECK(reason("To", "To: <sip:bob@ims.example") == "To has a < that never closes");
    CHECK(reason("To", "To: \"Bob\" sip:bob@ims.example") ==
          "To has a display name without an address in <>");
    CHECK(reason("To", "To: <sip:bob@>") == "To has a malformed URI");
    CHECK(reason("To", "To: <sip:a@b>, <sip:c@d>") == "To has more than one value");
    CHECK(reason("To", "To:") == "To has no address");
    CHECK(reason("v:", "v: SIP/2.0/UDP host:99999") == "Via has a malformed port");
    CHECK(reason("v:", "v: SIP/2.0/UDP") == "Via has no blank between transport and host");
    CHECK(reason("v:", "v: SIP/2.0/UDP [::1") == "Via has a malformed IPv6 address");
    CHECK(reason("X-Odd", "Route: sip:a@b;lr") == "Route has a URI outside of <>");
    CHECK(reason("X-Odd", "no header at all") ==
          "Line is no header field: it has no name and colon");
    CHECK(reason("X-Odd", "bad name: x") == "Header field name is malformed");
    CHECK(reason("X-Odd", std::string("X: a\0b", 6)) == "Control character in the header");
    CHECK(reason("Content-L", "Content-Length: 1") == "Content-Length is larger than the body");
    CHECK(refused(register_text.substr(0, register_text.size() - 2)).reason ==
          "Header does not end with an empty line");
}

TEST_CASE("responses and ACKs with faults are dropped, not answered") {
    auto response = parse("SIP/2.0 200 OK\r\nCSeq: x\r\n\r\n");
    REQUIRE(!response);
    CHECK(response.error().error.status == 0);
    CHECK_FALSE(response.error().answerable);
    std::string ack = with_line("ACK" + register_text.substr(8), "CSeq", "CSeq: x");
    CHECK(refused(ack).status == 0);
    CHECK(refused("").status == 0);
    CHECK(refused("\r\n\r\n").status == 0);
}

TEST_CASE(
    "empty lines before the message and octets behind it are passed over; bare line feeds end "
    "lines") {
    std::string feeds = register_text;
    std::erase(feeds, '\r');
    Message message = parsed("\r\n\r\n" + register_text + "behind");
    CHECK(message.body().empty());
    CHECK(parsed(feeds).to_bytes() == parsed(register_text).to_bytes());
}

TEST_CASE("limits bound what a message may cost") {
    Limits limits;
    limits.message_bytes = register_text.size();
    CHECK(parse(register_text, limits));
    --limits.message_bytes;
    CHECK(refused(register_text, limits).status == 513);
    limits.message_bytes = register_text.size() + 10;
    CHECK(
        refused(with_line(register_text, "Content-L", "Content-Length: 40") + std::string(40, 'x'),
                limits)
            .status == 413);
    Limits few;
    few.header_fields = 10;
    CHECK(refused(register_text, few).reason ==
          "Message has more header fields than this element accepts");
    Limits shorter;
    shorter.field_bytes = 60;
    CHECK(refused(register_text, shorter).reason ==
          "Header field is longer than this element accepts");
    Limits start;
    start.start_line_bytes = 20;
    CHECK(refused(register_text, start).status == 414);
}

TEST_CASE("pathological input is refused or read, and never grows") {
    auto with = [](const std::string& line) { return with_line(register_text, "X-Odd", line); };
    Limits wide;
    wide.message_bytes = wide.field_bytes = 1 << 20;
    std::string commas(64 * 1024, ',');
    Message listed = *parse(with("Supported: " + commas), wide);
    CHECK(listed.values(HeaderId::supported).size() == 2);
    CHECK(parse(with("Contact: " + commas), wide).error().error.reason ==
          "Contact has neither a URI nor a well-formed display name");

    std::string folds = "Subject: x";
    for (int i = 0; i < 20'000; ++i) folds += "\r\n ";
    Message folded = *parse(with(folds + "y"), wide);
    CHECK(folded.get(HeaderId::subject)->size() == 2 + 3 * 20'000);

    std::string params = "Contact: <sip:a@b>";
    for (int i = 0; i < 10'000; ++i)
        params += ";p" + std::to_string(i) + "=\"" + std::to_string(i) + "\"";
    Message many = *parse(with_line(register_text, "Contact", params), wide);
    CHECK(NameAddr::parse(*many.get(HeaderId::contact))->params.get("p9999") == "\"9999\"");

    std::string quotes = "To: ";
    for (int i = 0; i < 20'000; ++i) quotes += "\"\\\"";
    CHECK_FALSE(parse(with_line(register_text, "To", quotes), wide));
    std::string brackets = "Supported: " + std::string(60'000, '<');
    CHECK(parse(with(brackets), wide)->values(HeaderId::supported).size() == 3);
    CHECK_FALSE(parse(std::string(65'000, 'A'), wide));
    CHECK_FALSE(parse(std::string(65'000, ' '), wide));
    CHECK_FALSE(parse(register_text.substr(0, 30) + std::string(60'000, '\n'), wide));
}
