// URIs, byte ranges, chunks put together, session descriptions.
#include <catch2/catch_test_macros.hpp>

#include "msrp/incoming_message.h"
#include "msrp/session_description.h"

using namespace imslab::msrp;

namespace {

Head chunk(const char* range) {
    Head head;
    head.range = ByteRange::parse(range);
    REQUIRE(head.range);
    return head;
}

}  // namespace

TEST_CASE("MSRP URIs are read, written and compared (RFC 4975 §6)") {
    const auto uri = Uri::parse("msrp://alice@atlanta.example.com:7654/jshA7weztas;tcp;x=y");
    REQUIRE(uri);
    CHECK(uri->user == "alice");
    CHECK(uri->port == 7654);
    CHECK(uri->session_id == "jshA7weztas");
    CHECK(uri->to_string() == "msrp://alice@atlanta.example.com:7654/jshA7weztas;tcp;x=y");
    CHECK(uri->equals(*Uri::parse("MSRP://ATLANTA.example.com:7654/jshA7weztas;TCP")));
    CHECK_FALSE(uri->equals(*Uri::parse("msrp://atlanta.example.com:7654/JSHA7weztas;tcp")));
    CHECK_FALSE(uri->equals(*Uri::parse("msrps://atlanta.example.com:7654/jshA7weztas;tcp")));
    CHECK(Uri::parse("msrp://[2001:db8::1]:2855/x;tcp")->host == "[2001:db8::1]");
    for (const auto* none : {"",
                             "msrp://",
                             "msrp://host/x",
                             "http://host;tcp",
                             "msrp://:1/x;tcp",
                             "msrp://h:0/x;tcp",
                             "msrp://h:99999/x;tcp",
                             "msrp://h /x;tcp"})
        CHECK_FALSE(Uri::parse(none));
    CHECK(parse_path("msrp://a:1/x;tcp msrps://b:2/y;tcp")->size() == 2);
    CHECK_FALSE(parse_path(""));
}

TEST_CASE("byte ranges that lie are refused (RFC 4975 §7.1.1)") {
    IncomingMessage message(1000);
    CHECK(message.begin(chunk("0-5/5")).status == 400);
    CHECK(message.begin(chunk("10-5/20")).status == 400);
    CHECK(message.begin(chunk("1-30/20")).status == 400);
    CHECK(message.begin(chunk("30-*/20")).status == 400);
    CHECK(message.begin(chunk("1-*/2000")).status == 413);
    CHECK(message.begin(chunk("2000-*/*")).status == 413);
    CHECK_FALSE(message.begin(chunk("1-10/20")));
    CHECK(message.body(11).comment == "More octets than the Byte-Range has");
    CHECK(message.begin(chunk("11-20/30")).comment ==
          "Byte-Range has another total than the chunk before");
    IncomingMessage open_ended(10);
    CHECK_FALSE(open_ended.begin(chunk("1-*/*")));
    CHECK(open_ended.body(11).status == 413);
    IncomingMessage early(100);
    CHECK_FALSE(early.begin(chunk("1-*/20")));
    CHECK_FALSE(early.body(5));
    CHECK(early.end(Continuation::complete).status == 400);
    CHECK_FALSE(ByteRange::parse("1-2"));
    CHECK_FALSE(ByteRange::parse("-1-2/3"));
}

TEST_CASE("chunks make a message in any order, also when they overlap (RFC 4975 §7.3.1)") {
    IncomingMessage message(1000);
    CHECK_FALSE(message.begin(chunk("11-20/20")));
    CHECK(message.position() == 10);
    CHECK_FALSE(message.body(10));
    CHECK_FALSE(message.end(Continuation::complete));
    CHECK_FALSE(message.is_complete());
    CHECK_FALSE(message.begin(chunk("1-*/20")));
    CHECK_FALSE(message.body(5));  // interrupted
    CHECK_FALSE(message.end(Continuation::more));
    CHECK_FALSE(message.is_complete());
    CHECK_FALSE(message.begin(chunk("4-12/20")));
    CHECK_FALSE(message.body(9));
    CHECK_FALSE(message.end(Continuation::more));
    CHECK(message.is_complete());
    CHECK(message.received() == 20);
    IncomingMessage aborted(10);
    CHECK_FALSE(aborted.begin(chunk("1-*/5")));
    CHECK_FALSE(aborted.end(Continuation::aborted));
    CHECK(aborted.is_aborted());
    CHECK_FALSE(aborted.is_complete());
    IncomingMessage empty(10);
    CHECK_FALSE(empty.begin(chunk("1-0/0")));
    CHECK_FALSE(empty.end(Continuation::complete));
    CHECK(empty.is_complete());
}

TEST_CASE("a description says where, what and who connects") {
    Media media;
    media.address = "127.1.100.1";
    media.port = 2855;
    media.path = *parse_path("msrp://127.1.100.1:2855/abcd;tcp");
    media.accept_types = "message/cpim text/plain";
    media.setup = Setup::actpass;
    media.cema = true;
    media.direction = "sendonly";
    media.file =
        FileDescription{"my \"best\" photo.jpg", "image/jpeg", 4092, "72:24:5F", "t1", "", ""};
    const auto text = write_description(media, "s1");
    const auto read = read_media(text);
    REQUIRE(read);
    CHECK(read->address == "127.1.100.1");
    CHECK(read->path == media.path);
    CHECK(read->setup == Setup::actpass);
    CHECK(read->cema);
    CHECK(read->direction == "sendonly");
    CHECK(read->file->name == "my \"best\" photo.jpg");
    CHECK(read->file->size == 4092);
    CHECK(read->file->sha1 == "72:24:5F");
    CHECK(read->file->transfer_id == "t1");
    CHECK(read_media("v=0\r\nm=audio 1 RTP/AVP 0\r\n").error().find("no MSRP medium") !=
          std::string::npos);
    CHECK(read_media("v=0\r\nm=message 7777 TCP/MSRP *\r\n").error().find("no path") !=
          std::string::npos);
    CHECK(read_media("m=message 7777 TCP/MSRP *\r\na=path:nowhere\r\n").error().find("a=path") !=
          std::string::npos);
    CHECK_FALSE(read_file_selector("name:\"x"));
    CHECK_FALSE(read_file_selector("size:12x"));
}

TEST_CASE("who opens the connection (RFC 6135 §4.2.2)") {
    CHECK(answer_to(Setup::active) == Setup::passive);
    CHECK(answer_to(Setup::passive) == Setup::active);
    CHECK(answer_to(Setup::actpass) == Setup::passive);
    CHECK(offerer_connects(Setup::absent, Setup::absent));  // RFC 4975 §5.4
    CHECK(offerer_connects(Setup::actpass, Setup::passive));
    CHECK_FALSE(offerer_connects(Setup::actpass, Setup::active));
    CHECK_FALSE(offerer_connects(Setup::passive, Setup::absent));
}
