// Session mode as call flows: two phones, the server between them (RFC 4975, RFC 6135).
#include "tests/unit/as/messaging/session_fixture.h"

using namespace imslab;
using namespace imslab::messaging;
using sip::HeaderId;

TEST_CASE("a message passes from one side to the other, with the paths of each") {
    SessionLab lab;
    lab.set_up();
    // Bob is passive: the server connects, and says with its first request which session it is.
    const auto first = lab.written(kBob);
    REQUIRE(first.size() == 1);
    CHECK(first[0].head.to_path == "msrp://127.1.100.52:2855/bob1;tcp");
    CHECK_FALSE(first[0].head.has_body);
    lab.connect(lab.bob);
    lab.connect(lab.alice);
    lab.arrives(lab.alice, msrp::whole(lab.send_head("m0001", "1-5/5"), "hello"));
    const auto answer = lab.written(lab.alice.remote);
    REQUIRE(answer.size() == 1);
    CHECK(answer[0].head.status == 200);
    CHECK(answer[0].head.transaction == "tm0001");
    CHECK(answer[0].head.to_path == "msrp://127.1.100.51:2855/alice1;tcp");
    const auto on = lab.written(kBob);
    REQUIRE(on.size() == 1);
    CHECK(on[0].head.message_id == "m0001");
    CHECK(on[0].head.transaction != "tm0001");
    CHECK(on[0].head.to_path == "msrp://127.1.100.52:2855/bob1;tcp");
    CHECK(on[0].head.from_path == lab.to_bob);
    CHECK(on[0].head.content_type() == "text/plain");
    CHECK(on[0].body == "hello");
    CHECK(on[0].flag == '$');

    // A success report of Bob's goes back to Alice.
    msrp::Head report;
    report.transaction = "rep00001";
    report.method = "REPORT";
    report.to_path = lab.to_bob;
    report.from_path = "msrp://127.1.100.52:2855/bob1;tcp";
    report.message_id = "m0001";
    report.report_status = "000 200 OK";
    lab.arrives(lab.bob, msrp::whole(report));
    const auto reported = lab.written(lab.alice.remote);
    REQUIRE(reported.size() == 1);
    CHECK(reported[0].head.reported() == 200);
    CHECK(reported[0].head.to_path == "msrp://127.1.100.51:2855/alice1;tcp");
}

TEST_CASE("what comes before the other side is connected waits and is not lost") {
    SessionLab lab;
    lab.set_up();
    lab.octets.clear();
    lab.connect(lab.alice);
    lab.arrives(lab.alice,
                msrp::whole(lab.send_head("m0001", "1-5/5"), "hello") +
                    msrp::whole(lab.send_head("m0002", "1-6/6"), "world!"));
    CHECK(lab.reads.at(lab.alice.remote) == false);
    lab.arrives(lab.alice, msrp::whole(lab.send_head("m0003", "1-1/1"), "!"));
    CHECK(lab.octets[kBob].empty());
    lab.connect(lab.bob);
    CHECK(lab.reads.at(lab.alice.remote) == true);
    const auto on = lab.written(kBob);
    REQUIRE(on.size() == 3);
    CHECK(on[0].body + on[1].body + on[2].body == "helloworld!!");
}

TEST_CASE("a large message passes piece by piece, and an answer may interrupt it") {
    SessionLab lab;
    lab.both_connected();
    const auto head = lab.send_head("m0001", "1-*/10");
    lab.arrives(lab.alice, head.to_bytes() + "01234");
    CHECK(lab.octets[kBob].ends_with("01234"));  // nothing is gathered
    // Bob says something: the answer to it must not lie inside the chunk.
    msrp::Head other = lab.send_head("b0001", "1-2/2");
    other.to_path = lab.to_bob;
    other.from_path = "msrp://127.1.100.52:2855/bob1;tcp";
    lab.arrives(lab.bob, msrp::whole(other, "hi"));
    lab.arrives(lab.alice, "56789" + msrp::end_line(head, msrp::Continuation::complete));
    const auto on = lab.written(kBob);
    REQUIRE(on.size() == 3);
    CHECK(on[0].body == "01234");
    CHECK(on[0].flag == '+');
    CHECK(on[1].head.status == 200);
    CHECK(on[2].body == "56789");
    CHECK(on[2].head.range->to_string() == "6-*/10");
    CHECK(on[2].head.message_id == "m0001");
    CHECK(on[2].flag == '$');
}

TEST_CASE("byte ranges that lie are answered 400, and what was passed on is taken back") {
    SessionLab lab;
    lab.both_connected();
    const auto answered = [&](const char* id, const char* range, const std::string& body) {
        lab.arrives(lab.alice, msrp::whole(lab.send_head(id, range), body));
        const auto answers = lab.written(lab.alice.remote);
        REQUIRE(answers.size() == 1);
        return std::to_string(answers[0].head.status) + " " + answers[0].head.comment;
    };
    CHECK(answered("m0001", "0-5/5", "hello") ==
          "400 Byte-Range starts at 0, octets are counted from 1");
    CHECK(answered("m0002", "1-9/5", "hello") == "400 Byte-Range ends behind its total");
    CHECK(lab.octets[kBob].empty());
    CHECK(answered("m0003", "1-3/3", "hello") == "400 More octets than the Byte-Range has");
    CHECK(answered("m0004", "1-*/9", "hello") == "400 The last chunk ends before the total");
    for (const auto& on : lab.written(kBob)) CHECK(on.flag == '#');
    CHECK(answered("m0005", "1-5/5", "hello") == "200 OK");
}

TEST_CASE("a message over the limit is answered 413") {
    MessagingSettings settings;
    settings.msrp.message_octets = 10;
    SessionLab lab(settings);
    lab.both_connected();
    lab.arrives(lab.alice, msrp::whole(lab.send_head("m0001", "1-*/11"), "12345678901"));
    CHECK(lab.written(lab.alice.remote).at(0).head.status == 413);
    lab.arrives(lab.alice, msrp::whole(lab.send_head("m0002", "1-*/*"), "12345678901"));
    CHECK(lab.written(lab.alice.remote).at(0).head.status == 413);
    CHECK(lab.written(kBob).at(0).flag == '#');
}

TEST_CASE("requests for no session, on another's connection, or of no known method") {
    SessionLab lab;
    lab.both_connected();
    auto head = lab.send_head("m0001", "1-2/2");
    head.to_path = "msrp://127.1.10.5:2855/nobody;tcp";
    lab.arrives(lab.alice, msrp::whole(head, "hi"));
    CHECK(lab.written(lab.alice.remote).at(0).head.status == 481);
    head.failure_report = msrp::FailureReport::no;
    lab.arrives(lab.alice, msrp::whole(head, "hi"));
    CHECK(lab.octets[lab.alice.remote].empty());
    lab.arrives(lab.alice, msrp::whole(lab.send_head("m0002", "1-2/2"), "hi"));
    lab.octets.clear();
    lab.arrives(lab.bob, msrp::whole(lab.send_head("m0003", "1-2/2"), "hi"));
    CHECK(lab.written(kBob).at(0).head.status == 506);
    auto odd = lab.send_head("m0004", "1-2/2");
    odd.method = "NICKNAME";
    lab.arrives(lab.alice, msrp::whole(odd, "hi"));
    CHECK(lab.written(lab.alice.remote).at(0).head.status == 501);
    lab.arrives(lab.alice, "GET / HTTP/1.1\r\n\r\n");
    CHECK(lab.closed.size() == 1);
}

TEST_CASE("a failure on the other side, or no answer from it, is reported") {
    SessionLab lab;
    lab.both_connected();
    lab.arrives(lab.alice, msrp::whole(lab.send_head("m0001", "1-2/2"), "hi"));
    const auto on = lab.written(kBob).at(0).head;
    lab.octets.clear();
    lab.arrives(lab.bob, msrp::whole(msrp::response_to(on, 415)));
    auto report = lab.written(lab.alice.remote).at(0).head;
    CHECK(report.method == "REPORT");
    CHECK(report.reported() == 415);
    CHECK(report.message_id == "m0001");
    CHECK(report.range->to_string() == "1-2/*");
    lab.arrives(lab.alice, msrp::whole(lab.send_head("m0002", "1-2/2"), "hi"));
    lab.octets.clear();
    lab.passes(std::chrono::seconds(31));
    report = lab.written(lab.alice.remote).at(0).head;
    CHECK(report.reported() == 408);
    auto silent = lab.send_head("m0003", "1-2/2");
    silent.failure_report = msrp::FailureReport::no;
    lab.arrives(lab.alice, msrp::whole(silent, "hi"));
    lab.passes(std::chrono::seconds(31));
    CHECK(lab.octets[lab.alice.remote].empty());
}

TEST_CASE("who reads slowly makes the other side wait") {
    SessionLab lab;
    lab.both_connected();
    lab.arrives(lab.alice, msrp::whole(lab.send_head("m0001", "1-2/2"), "hi"));
    lab.deliver(Blocked{lab.bob});
    CHECK(lab.reads.at(lab.alice.remote) == false);
    lab.deliver(Writable{lab.bob});
    CHECK(lab.reads.at(lab.alice.remote) == true);
}

TEST_CASE(
    "what the content filter finds in a session is refused, and taken back from its recipient") {
    MessagingSettings settings;
    settings.content_filter = "/run/clamd";
    SessionLab lab(settings);
    lab.scanner = [](const std::string& octets) {
        using Verdict = ScanAnswer::Verdict;
        return octets == "evil" ? ScanAnswer{Verdict::infected, "Test.Evil"} : ScanAnswer{};
    };
    lab.both_connected();
    const auto first = lab.send_head("m0001", "1-2/4"), second = lab.send_head("m0001", "3-4/4");
    const auto good = lab.send_head("m0002", "1-4/4");
    lab.arrives(lab.alice,
                msrp::whole(first, "ev", msrp::Continuation::more) + msrp::whole(second, "il") +
                    msrp::whole(good, "good"));
    CHECK(lab.scanned == std::vector<std::string>{"evil", "good"});
    const auto answers = lab.written(lab.alice.remote);
    REQUIRE(answers.size() == 3);
    CHECK(answers[0].head.status == 200);
    CHECK(answers[1].head.status == 403);
    CHECK(answers[1].head.comment == "The content is refused: Test.Evil");
    CHECK(answers[2].head.status == 200);
    const auto to_bob = lab.written(kBob);
    REQUIRE(to_bob.size() == 3);
    CHECK(to_bob[1].flag == '#');
    CHECK(to_bob[2].body == "good");
    CHECK(to_bob[2].flag == '$');
    CHECK(lab.state()["infected"] == 1);
}

TEST_CASE("while the filter looks nothing more is read, and the message's end waits") {
    MessagingSettings settings;
    settings.content_filter = "/run/clamd";
    settings.max_filtered_bytes = 4;
    SessionLab lab(settings);
    lab.scans_wait = true;
    lab.both_connected();
    lab.arrives(lab.alice, msrp::whole(lab.send_head("m0001", "1-4/4"), "good"));
    CHECK(lab.reads.at(lab.alice.remote) == false);
    lab.arrives(lab.alice, msrp::whole(lab.send_head("m0002", "1-5/5"), "large"));
    CHECK(lab.written(lab.alice.remote).empty());
    CHECK(lab.written(kBob).front().flag == 0);
    REQUIRE(lab.scans.size() == 1);
    lab.deliver(Answered{lab.scans.front(), ScanAnswer{}});
    CHECK(lab.reads.at(lab.alice.remote));
    CHECK(lab.written(lab.alice.remote).size() == 2);  // too large to be looked at: it passes
    CHECK(lab.state()["unfiltered"] == 1);
    SECTION("a session that ends meanwhile") {
        lab.arrives(lab.alice, msrp::whole(lab.send_head("m0003", "1-4/4"), "late"));
        lab.deliver(ConnectionClosed{lab.bob, "gone"});
        lab.passes(std::chrono::seconds(1));
        lab.deliver(Answered{lab.scans.back(), ScanAnswer{}});
        CHECK(lab.state()["sessions"]["msrp"]["sessions"] == 0);
    }
}

TEST_CASE("what must be looked at and cannot be is answered 413") {
    MessagingSettings settings;
    settings.content_filter = "/run/clamd";
    settings.content_filter_required = true;
    settings.max_filtered_bytes = 4;
    SessionLab lab(settings);
    lab.scanner = [](const std::string&) { return ScanAnswer{}; };
    lab.both_connected();
    lab.arrives(lab.alice, msrp::whole(lab.send_head("m0001", "1-5/5"), "large"));
    CHECK(lab.written(lab.alice.remote).front().head.status == 413);
    CHECK(lab.written(kBob).front().flag == '#');
}

TEST_CASE("what is said in a session is in its owner's history") {
    SessionLab lab;
    const xdm::DocumentPath list{
        "org.openmobilealliance.conv-history", "sip:bob@home.example", "conv-history"};
    lab.lists->all[list] = {"1", "<history-list xmlns=\"urn:oma:xml:im:history-list\"/>", ""};
    lab.both_connected();
    lab.arrives(lab.alice,
                msrp::whole(lab.send_head("m0001", "1-2/4"), "go", msrp::Continuation::more) +
                    msrp::whole(lab.send_head("m0001", "3-4/4"), "od"));
    auto message = list;
    message.name = "1";
    REQUIRE(lab.lists->all.contains(message));
    const auto kept = read_cpim(lab.lists->all[message].body);
    REQUIRE(kept);
    CHECK(kept->content == "good");
    CHECK(kept->get("From") == "<sip:alice@home.example>");
    CHECK(kept->get("To") == "<sip:bob@home.example>");
    CHECK(lab.written(kBob).back().flag == '$');
}

TEST_CASE("a connection that is lost ends the session on both sides") {
    SessionLab lab;
    lab.both_connected();
    lab.arrives(lab.alice, lab.send_head("m0001", "1-*/10").to_bytes() + "12345");
    lab.deliver(ConnectionClosed{lab.alice, "closed by the peer"});
    CHECK(lab.written(kBob).back().flag == '+');  // what Bob has is no whole message
    lab.deliver(Woken{});
    CHECK(lab.sent().message.method() == sip::Method::ack);
    CHECK(lab.sent().message.method() == sip::Method::bye);
    CHECK(lab.sent().message.method() == sip::Method::bye);
    CHECK(lab.state()["sessions"]["msrp"]["sessions"] == 0);
}

TEST_CASE("a BYE ends the session, and the connections with it") {
    SessionLab lab;
    lab.both_connected();
    lab.arrives(lab.alice, msrp::whole(lab.send_head("m0001", "1-2/2"), "hi"));
    lab.in_dialog("ACK", 1);
    CHECK(lab.sent().message.method() == sip::Method::ack);
    lab.in_dialog("BYE", 3);
    CHECK(lab.closed.size() == 2);
    CHECK(lab.state()["sessions"]["msrp"]["sessions"] == 0);
}

TEST_CASE("a session is held and goes on, with the connections that it has (RFC 4975 §8.4)") {
    SessionLab lab;
    lab.both_connected();
    lab.in_dialog("ACK", 1);
    CHECK(lab.sent().message.method() == sip::Method::ack);
    lab.in_dialog("INVITE",
                  2,
                  SessionLab::description(kAlice, "alice1", "a=inactive\r\n"),
                  "Session-Expires: 90\r\n");
    const auto held = lab.sent();
    CHECK(held.message.method() == sip::Method::invite);
    CHECK(held.message.get(HeaderId::session_expires) == "90");
    const auto offer = msrp::read_media(held.message.body());
    REQUIRE(offer);
    CHECK(offer->direction == "inactive");
    CHECK(offer->path.front().to_string() == lab.to_bob);
    lab.in_dialog("INVITE", 3, SessionLab::description(kAlice, "alice1"));
    CHECK(lab.sent().message.status() == 491);
    const auto answered = lab.bob_answers(
        held, SessionLab::description(kBob, "bob1", "a=setup:passive\r\na=inactive\r\n"), "90");
    CHECK(answered.status() == 200);
    CHECK(answered.get(HeaderId::session_expires) == "90");
    const auto answer = msrp::read_media(answered.body());
    REQUIRE(answer);
    CHECK(answer->direction == "inactive");
    CHECK(answer->path.front().to_string() == lab.to_alice);
    lab.in_dialog("ACK", 2);
    CHECK(lab.sent().message.method() == sip::Method::ack);
    CHECK(lab.closed.empty());
    lab.arrives(lab.alice, msrp::whole(lab.send_head("m0001", "1-2/2"), "hi"));
    CHECK(lab.written(kBob).front().body == "hi");
    lab.in_dialog("INVITE", 4, SessionLab::description(kAlice, "alice1"));
    CHECK(lab.sent().message.method() == sip::Method::invite);
}

TEST_CASE("a side that moves takes the message with it that was under way (RFC 4975 §8.4)") {
    SessionLab lab;
    lab.both_connected();
    lab.in_dialog("ACK", 1);
    lab.sent();
    lab.arrives(lab.alice, msrp::whole(lab.send_head("m0000", "1-1/1"), "!"));
    lab.octets.clear();
    msrp::Head head;  // bob writes
    head.transaction = "tbob1";
    head.method = "SEND";
    head.to_path = lab.to_bob;
    head.from_path = "msrp://" + kBob.to_string() + "/bob1;tcp";
    head.message_id = "mb";
    head.range = msrp::ByteRange::parse("1-4/4");
    head.others = {{"Content-Type", "text/plain"}};
    head.has_body = true;
    lab.arrives(lab.bob, head.to_bytes() + "go");
    CHECK(lab.octets[lab.alice.remote].ends_with("go"));
    const Address moved = test::at("127.1.100.61:2855");
    lab.in_dialog("INVITE", 2, SessionLab::description(moved, "alice2"));
    const auto on = lab.sent();
    const auto answered =
        lab.bob_answers(on, SessionLab::description(kBob, "bob1", "a=setup:passive\r\n"));
    CHECK(msrp::read_media(answered.body())->path.front().to_string() == lab.to_alice);
    CHECK(lab.closed == std::vector<Address>{lab.alice.remote});
    CHECK(lab.written(lab.alice.remote).back().flag == '+');
    lab.arrives(lab.alice, "what the old place still says");
    lab.arrives(lab.bob, "od\r\n-------tbob1$\r\n");
    const Flow again{Transport::tcp, kMsrp, test::at("127.1.100.61:41000"), 3};
    lab.connect(again);
    auto first = lab.send_head("m0001", "1-2/2");
    first.from_path = "msrp://" + moved.to_string() + "/alice2;tcp";
    lab.arrives(again, msrp::whole(first, "hi"));
    const auto rest = lab.written(again.remote);
    REQUIRE_FALSE(rest.empty());
    CHECK(rest.front().head.to_path == first.from_path);
    CHECK(rest.front().head.range->to_string() == "3-*/4");
    CHECK(rest.front().body == "od");
    CHECK(rest.front().flag == '$');
    lab.deliver(ConnectionClosed{lab.alice, "closed"});
    lab.passes(std::chrono::seconds(1));
    CHECK(lab.state()["sessions"]["msrp"]["sessions"] == 1);
    bool came = false;
    for (const auto& message : lab.written(kBob)) came = came || message.body == "hi";
    CHECK(came);
}

TEST_CASE("who asks without an offer gets one, and answers in his ACK (RFC 3261 §14.1)") {
    SessionLab lab;
    lab.both_connected();
    lab.in_dialog("ACK", 1);
    lab.sent();
    lab.in_dialog("INVITE", 2);
    const auto on = lab.sent();
    CHECK(on.message.body().empty());
    const auto answered = lab.bob_answers(on, SessionLab::description(kBob, "bob1"));
    CHECK(msrp::read_media(answered.body())->path.front().to_string() == lab.to_alice);
    lab.in_dialog("ACK", 2, SessionLab::description(kAlice, "alice1", "a=setup:active\r\n"));
    const auto ack = lab.sent().message;
    REQUIRE(ack.method() == sip::Method::ack);
    CHECK(msrp::read_media(ack.body())->path.front().to_string() == lab.to_bob);
    CHECK(lab.closed.empty());
}

TEST_CASE("a change that cannot be made is refused, and the session goes on as it was") {
    SessionLab lab;
    lab.both_connected();
    lab.in_dialog("ACK", 1);
    lab.sent();
    lab.in_dialog("INVITE", 2, "v=0\r\n");
    CHECK(lab.sent().message.status() == 400);
    lab.in_dialog("INVITE", 3, "v=0\r\nm=message 0 TCP/MSRP *\r\n");
    CHECK(lab.sent().message.status() == 488);
    lab.in_dialog("UPDATE", 4, SessionLab::description(kAlice, "alice1"));
    CHECK(lab.sent().message.status() == 488);
    lab.in_dialog("INVITE", 5, SessionLab::description(test::at("127.1.100.61:2855"), "alice2"));
    const auto on = lab.sent();
    lab.answer(on, 488);
    CHECK(lab.sent().message.method() == sip::Method::ack);
    CHECK(lab.sent().message.status() == 488);
    CHECK(lab.closed.empty());
    lab.in_dialog("INVITE", 6, SessionLab::description(kAlice, "alice1"));
    CHECK(lab.sent().message.method() == sip::Method::invite);  // no change is under way any more
}

TEST_CASE("an INVITE that makes no session leaves nothing of one") {
    SessionLab lab;
    const auto offer = SessionLab::description(kAlice, "alice1");
    SECTION("there is no way on") {
        lab.invite(offer, {}, "nowhere.example");
        CHECK(lab.sent().message.status() == 404);
    }
    SECTION("it has come too far") {
        lab.invite(offer, {}, "scscf." + kHome, 0);
        CHECK(lab.sent().message.status() == 483);
    }
    CHECK(lab.state()["sessions"]["msrp"]["sessions"] == 0);
}

TEST_CASE("an offer that is none is refused with the reason") {
    SessionLab lab;
    lab.invite("v=0\r\nm=message 2855 TCP/MSRP *\r\n");
    auto refused = lab.sent().message;
    CHECK(refused.status() == 400);
    CHECK(refused.reason() == "the MSRP medium has no path");
    lab.invite("v=0\r\nm=message 2855 TCP/TLS/MSRP *\r\na=path:msrps://127.0.0.1:1/x;tcp\r\n");
    CHECK(lab.sent().message.status() == 488);
    CHECK(lab.state()["sessions"]["msrp"]["sessions"] == 0);
}
