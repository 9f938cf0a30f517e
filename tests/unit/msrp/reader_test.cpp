// Framing of RFC 4975 §7.1, §9, however the octets are cut.
#include "msrp/reader.h"

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <vector>

using namespace imslab::msrp;

namespace {

struct Collected final : Sink {
    struct Message {
        Head head;
        std::string body;
        Continuation continuation = Continuation::aborted;
        bool ended = false;
    };
    std::vector<Message> messages;
    void on_head(Head head) override { messages.push_back({std::move(head), {}, {}, false}); }
    void on_body(std::string_view piece) override {
        REQUIRE_FALSE(piece.empty());
        messages.back().body += piece;
    }
    void on_end(Continuation continuation) override {
        messages.back().continuation = continuation;
        messages.back().ended = true;
    }
};

const std::string kPaths =
    "To-Path: msrp://bob.example.com:8888/9di4eae923wzd;tcp\r\n"
    "From-Path: msrp://alicepc.example.com:7777/iau39soe2843z;tcp\r\n";
const std::string kSend = "MSRP d93kswow SEND\r\n" + kPaths +
                          "Message-ID: 12339sdqwer\r\nByte-Range: 1-16/16\r\n"
                          "Content-Type: text/plain\r\n\r\n";

std::string refusal(const std::string& octets) {
    Collected sink;
    Reader reader;
    const auto read = reader.push(octets, sink);
    return read ? std::string() : read.error();
}

}  // namespace

TEST_CASE("messages are the same however their octets are cut") {
    // What looks like an end and is none: another transaction, a wrong flag, no line end behind.
    const std::string body =
        "\r\n-------d93kswo$\r\n\r\n-------d93kswow!\r\n\r\n-------d93kswow$x\r\n\r\r\n--";
    const std::string stream = kSend + body + "\r\n-------d93kswow+\r\n" +
                               "MSRP d93kswow 200 OK\r\n" + kPaths + "-------d93kswow$\r\n" +
                               "MSRP dkei38sd REPORT\r\n" + kPaths +
                               "Message-ID: 12339sdqwer\r\nStatus: 000 200 OK\r\n"
                               "-------dkei38sd$\r\n" +
                               kSend + "\r\n-------d93kswow#\r\n";
    for (std::size_t piece = 1; piece <= stream.size(); piece += piece < 80 ? 1 : 37) {
        Collected sink;
        Reader reader;
        for (std::size_t at = 0; at < stream.size(); at += piece)
            REQUIRE(reader.push(std::string_view(stream).substr(at, piece), sink));
        REQUIRE(sink.messages.size() == 4);
        CHECK(sink.messages[0].body == body);
        CHECK(sink.messages[0].continuation == Continuation::more);
        CHECK(sink.messages[0].head.range->to_string() == "1-16/16");
        CHECK(sink.messages[1].head.status == 200);
        CHECK(sink.messages[1].head.comment == "OK");
        CHECK(sink.messages[2].head.reported() == 200);
        CHECK(sink.messages[2].ended);
        CHECK(sink.messages[3].body.empty());
        CHECK(sink.messages[3].continuation == Continuation::aborted);
        CHECK_FALSE(reader.in_message());
    }
}

TEST_CASE("what is no MSRP is refused with a reason") {
    CHECK(refusal("GET / HTTP/1.1\r\n\r\n") == "the start line does not begin with MSRP");
    CHECK(refusal("MSRP d93kswow\r\n") == "the start line has no method and no status code");
    CHECK(refusal("MSRP d9 SEND\r\n") == "the transaction identifier is none");
    CHECK(refusal("MSRP -93kswow SEND\r\n") == "the transaction identifier is none");
    CHECK(refusal("MSRP d93kswow send\r\n") == "the method is none");
    CHECK(refusal("MSRP d93kswow SEND\r\nnothing\r\n") ==
          "a header field without a name and a colon");
    CHECK(refusal("MSRP d93kswow SEND\r\n-------d93kswow$\r\n") ==
          "To-Path or From-Path is missing");
    CHECK(refusal("MSRP d93kswow SEND\r\n" + kPaths + "-------other000$\r\n") ==
          "the end-line is not the one of its start line");
    CHECK(refusal("MSRP d93kswow SEND\r\n" + kPaths + "\r\n") ==
          "an empty line, and no Content-Type before it");
    CHECK(refusal("MSRP d93kswow SEND\r\n" + kPaths + "Byte-Range: 1-x/2\r\n") ==
          "the Byte-Range is none");
    CHECK(refusal("MSRP d93kswow SEND\r\n" + kPaths +
                  "Byte-Range: 1-99999999999999999999999/*\r\n") == "the Byte-Range is none");
    std::string many = "MSRP d93kswow SEND\r\n" + kPaths;
    for (int i = 0; i < 100; ++i) many += "X-H: 1\r\n";
    CHECK(refusal(many) == "too many header fields");
    CHECK(refusal("MSRP d93kswow SEND\r\nX: " + std::string(40'000, 'x')) ==
          "the head does not end");
}

TEST_CASE("a head is written as it is read") {
    Collected sink;
    Reader reader;
    REQUIRE(reader.push(kSend + "Hello, world 16!\r\n-------d93kswow$\r\n", sink));
    const auto& head = sink.messages.at(0).head;
    CHECK(head.to_bytes() == kSend);
    CHECK(whole(head, sink.messages[0].body) == kSend + "Hello, world 16!\r\n-------d93kswow$\r\n");
    const auto ok = response_to(head, 200);
    CHECK(ok.to_path == "msrp://alicepc.example.com:7777/iau39soe2843z;tcp");
    CHECK(whole(ok) == "MSRP d93kswow 200 OK\r\nTo-Path: " + ok.to_path +
                           "\r\nFrom-Path: " + ok.from_path + "\r\n-------d93kswow$\r\n");
    Head no_reports = head;
    no_reports.failure_report = FailureReport::no;
    no_reports.success_report = true;
    Collected again;
    REQUIRE(reader.push(whole(no_reports, "x"), again));
    CHECK(again.messages.at(0).head.failure_report == FailureReport::no);
    CHECK(again.messages.at(0).head.success_report);
}

TEST_CASE("the end of a body is found in time linear in its octets") {
    // Each line looks like the beginning of an end-line for as long as it can.
    std::string hostile;
    while (hostile.size() < (4U << 20U)) hostile += "\r\n-------d93ksw\r\r\n-------d93kswow";
    const auto cost = [&](std::size_t size, std::size_t piece) {
        Collected sink;
        Reader reader;
        const auto before = std::chrono::steady_clock::now();
        REQUIRE(reader.push(kSend, sink));
        for (std::size_t at = 0; at < size; at += piece)
            REQUIRE(reader.push(std::string_view(hostile).substr(at, std::min(piece, size - at)),
                                sink));
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
    };
    for (const std::size_t piece : {100U, 65'536U}) {
        cost(hostile.size() / 8, piece);  // warm
        const double small = cost(hostile.size() / 8, piece), large = cost(hostile.size(), piece);
        CHECK(large < small * 8 * 4 + 0.01);
    }
}

TEST_CASE("who pauses at the end of a message gets the next one later") {
    struct Pausing final : Sink {
        explicit Pausing(Reader& reader) : reader_(reader) {}
        void on_head(Head) override { ++heads; }
        void on_body(std::string_view) override {}
        void on_end(Continuation) override { reader_.pause(); }
        int heads = 0;

    private:
        Reader& reader_;
    };
    Reader reader;
    Pausing sink(reader);
    const std::string one = kSend + "one\r\n-------d93kswow$\r\n", two = one + one;
    for (const int heads : {1, 2}) {
        const auto taken = reader.push(heads == 1 ? two : one, sink);
        REQUIRE(taken);
        CHECK(*taken == one.size());
        CHECK(sink.heads == heads);
    }
}
