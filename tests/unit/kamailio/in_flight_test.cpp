// Which requests an engine that died leaves unanswered, and what they are answered.
#include "hosts/kamailio/in_flight.h"

#include <sys/mman.h>

#include <catch2/catch_test_macros.hpp>

#include "hosts/kamailio/arrival.h"

namespace imslab::kamailio {
namespace {

const Flow kFlow{
    Transport::udp, *Address::parse("127.1.1.1:5060"), *Address::parse("127.1.100.1:5060"), 0};

std::string request(const std::string& method, const std::string& branch, int body = 0) {
    return method +
           " sip:bob@ims.example SIP/2.0\r\nVia: SIP/2.0/UDP 127.1.100.1;branch=" + branch +
           "\r\nMax-Forwards: 70\r\nFrom: <sip:alice@ims.example>;tag=1\r\nTo: "
           "<sip:bob@ims.example>\r\nCall-ID: c1\r\nCSeq: 1 " +
           method +
           "\r\nContact: <sip:alice@127.1.100.1>\r\nContent-Length: " + std::to_string(body) +
           "\r\n\r\n" + std::string(static_cast<std::size_t>(body), 'x');
}

std::string response(const std::string& status,
                     const std::string& method,
                     const std::string& branch) {
    return "SIP/2.0 " + status + "\r\nVia: SIP/2.0/UDP 127.1.100.1;branch=" + branch +
           "\r\nFrom: <sip:alice@ims.example>;tag=1\r\nTo: <sip:bob@ims.example>;tag=2\r\nCall-ID: "
           "c1\r\nCSeq: 1 " +
           method + "\r\nContent-Length: 0\r\n\r\n";
}

// An engine that lives and dies within a test.
class Life {
public:
    Life() : shared_(Shared::map()), in_flight_(*shared_) {}
    ~Life() { ::munmap(shared_, sizeof(Shared)); }
    void comes(const std::string& bytes) { in_flight_.on_request(flow_to(kFlow), bytes); }
    void goes(const std::string& bytes) { in_flight_.on_response(bytes); }
    std::vector<std::string> dies() {
        std::vector<std::string> answers;
        answer_in_flight(*shared_, [&](const ims_flow& flow, const std::string& bytes) {
            CHECK(flow_from(flow) == kFlow);
            answers.push_back(bytes);
        });
        return answers;
    }
    const Shared& shared() const { return *shared_; }

private:
    Shared* shared_;
    InFlight in_flight_;
};

}  // namespace

TEST_CASE("a request without a final response is answered 503 when the engine dies, once") {
    Life engine;
    engine.comes(request("INVITE", "z9hG4bK1", 40));
    engine.comes(request("INVITE", "z9hG4bK1", 40));  // a retransmission
    engine.goes(response("180 Ringing", "INVITE", "z9hG4bK1"));
    const auto answers = engine.dies();
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].starts_with("SIP/2.0 503 "));
    CHECK(answers[0].find("branch=z9hG4bK1\r\n") != std::string::npos);
    CHECK(answers[0].find("CSeq: 1 INVITE\r\n") != std::string::npos);
    CHECK(answers[0].find("Retry-After: 1\r\n") != std::string::npos);
    CHECK(answers[0].find(";tag=gone\r\n") != std::string::npos);
    CHECK(engine.dies().empty());
}

TEST_CASE("what was answered finally, and what is never answered, is left alone") {
    Life engine;
    engine.comes(request("MESSAGE", "z9hG4bK1"));
    engine.goes(response("200 OK", "MESSAGE", "z9hG4bK1"));
    engine.comes(request("ACK", "z9hG4bK2"));
    engine.comes(response("200 OK", "INVITE", "z9hG4bK3"));
    engine.comes("no SIP at all");
    CHECK(engine.dies().empty());
}

TEST_CASE("CANCEL and the INVITE of the same branch are two transactions") {
    Life engine;
    engine.comes(request("INVITE", "z9hG4bK1"));
    engine.comes(request("CANCEL", "z9hG4bK1"));
    engine.goes(response("200 OK", "CANCEL", "z9hG4bK1"));
    const auto answers = engine.dies();
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].find("CSeq: 1 INVITE\r\n") != std::string::npos);
}

TEST_CASE("a header that does not fit is counted, not answered") {
    Life engine;
    auto large = request("MESSAGE", "z9hG4bK1");
    large.insert(large.find("Contact:"), "Subject: " + std::string(5'000, 's') + "\r\n");
    engine.comes(large);
    CHECK(engine.shared().untracked == 1);
    CHECK(engine.dies().empty());
}

}  // namespace imslab::kamailio
