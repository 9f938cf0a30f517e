// Third-party call control (RFC 3725), and the enabler that begins such calls on a REFER.
#include "as/third_party_call.h"

#include <nlohmann/json.hpp>

#include "as/application_server.h"
#include "as/enablers.h"
#include "tests/support/node_flow.h"

using namespace imslab;
using namespace imslab::test;
using sip::HeaderId;

namespace {

const std::string kHome = "home.example";
const Address kAs = at("127.1.10.1:5060");
const Address kIcscf = at("127.1.2.1:5060");
const Address kScscf = at("127.1.3.1:5060");
const Address kAlice = at("127.1.100.1:5060");
const Address kBob = at("127.1.100.2:5060");
const Address kCarol = at("127.1.100.3:5060");
const std::string kAliceUri = "sip:alice@home.example", kBobUri = "sip:bob@home.example";

std::string sdp(int version, int port) {
    return "v=0\r\no=phone 7 " + std::to_string(version) +
           " IN IP4 127.1.100.9\r\ns=-\r\nc=IN IP4 127.1.100.9\r\nt=0 0\r\nm=audio " +
           std::to_string(port) + " RTP/AVP 0\r\n";
}

// Hosts the calls and nothing else.
class Controller final : public as::Enabler {
public:
    explicit Controller(as::Services& services)
        : Enabler(services, "controller"),
          calls(services, {"controller", std::chrono::seconds(60), 2}) {}
    void on_request(sip::ServerId id, as::ServiceRequest) override {
        services_.proxy().respond(id, 404);
    }
    void on_request_in_dialog(sip::ServerId id, sip::Message request) override {
        calls.on_request_in_dialog(id, std::move(request));
    }
    void on_ack(sip::Message ack) override { calls.on_ack(ack); }
    void on_ended(sip::ServerId id) override { calls.on_ended(id); }
    void on_time(Time now) override { calls.on_time(now); }
    std::optional<Time> next_deadline() const override { return calls.next_deadline(); }

    as::ThirdPartyCalls calls;
};

as::Config server_config() {
    as::Config config;
    config.host = "as1.home.example";
    config.address = kAs;
    config.domains = {kHome};
    config.hosts = {{"as1.home.example", kAs}, {kHome, kIcscf}, {"scscf.home.example", kScscf}};
    return config;
}

struct CallUnderTest {
    CountingEntropy entropy;
    as::ApplicationServer node{server_config(), entropy};
    NodeFlow flow{node, kAs};
    Controller* controller = nullptr;
    as::ThirdPartyCallProgress last;
    as::ThirdPartyCallId id = 0;

    CallUnderTest() {
        node.host([this](as::Services& services) {
            auto made = std::make_unique<Controller>(services);
            controller = made.get();
            return made;
        });
        flow.deliver(Woken{});
    }
    void begin(bool automaton = false,
               const std::string& second = kBobUri,
               const std::string& first = kAliceUri) {
        id = controller->calls
                 .begin({first, second, "sip:desk@home.example", automaton},
                        [this](const as::ThirdPartyCallProgress& progress) { last = progress; })
                 .value();
        flow.deliver(Woken{});
    }
    // A 2xx to an INVITE, from that phone.
    void accepts(const SentMessage& invite, const Address& phone, const std::string& body) {
        auto response = sip::Message::response_to(invite.message, 200);
        if (sip::to_tag(response).value_or("").empty())
            sip::set_to_tag(response, "t" + phone.ip.to_string());
        response.append(HeaderId::contact, "<sip:" + phone.to_string() + ">");
        if (!body.empty()) response.set_body("application/sdp", body);
        flow.arrives(invite.flow.remote, response);
    }
    // A request inside the dialog that this INVITE of ours made.
    void asks(const SentMessage& invite,
              const Address& phone,
              std::string_view method,
              unsigned cseq,
              const std::string& body = {},
              bool to_refusal = false) {
        auto request = sip::Message::request(method, "sip:controller@as1.home.example");
        request.append(
            HeaderId::via,
            "SIP/2.0/UDP " + phone.to_string() + ";branch=z9hG4bK" + std::to_string(cseq));
        request.append(HeaderId::max_forwards, "70");
        request.append(
            HeaderId::from,
            std::string(*invite.message.get(HeaderId::to)) + ";tag=t" + phone.ip.to_string());
        request.append(HeaderId::to, *invite.message.get(HeaderId::from));
        request.append(HeaderId::call_id, sip::call_id(invite.message));
        request.append(HeaderId::cseq, std::to_string(cseq) + " " + std::string(method));
        request.append(HeaderId::contact, "<sip:" + phone.to_string() + ">");
        if (!body.empty()) request.set_body("application/sdp", body);
        flow.arrives(phone, request);
    }
    // Flow IV as far as the first one has picked up; his INVITE.
    SentMessage first_accepts(const std::string& second = kBobUri) {
        begin(false, second);
        auto first = flow.sent();
        accepts(first, kAlice, sdp(1, 0));
        CHECK(flow.sent().message.method() == sip::Method::ack);
        return first;
    }
    // As far as both hear each other; the two first INVITEs.
    std::pair<SentMessage, SentMessage> joined() {
        auto first = first_accepts();
        auto second = flow.sent();
        accepts(second, kBob, sdp(1, 4000));
        accepts(flow.sent(), kAlice, sdp(2, 5000));
        flow.sent();
        flow.sent();
        REQUIRE(last.joined);
        return {std::move(first), std::move(second)};
    }
};

bool has_media(const sip::Message& message) {
    return message.body().find("m=") != std::string_view::npos;
}

}  // namespace

TEST_CASE("Flow IV: called without media, asked for an offer, offered it") {
    CallUnderTest call;
    call.begin();
    const auto first = call.flow.sent();
    CHECK(first.flow.remote == kIcscf);
    CHECK(first.message.uri() == kAliceUri);
    CHECK(first.message.get(HeaderId::p_asserted_identity) == "<sip:desk@home.example>");
    CHECK_FALSE(first.message.has(HeaderId::route));
    CHECK(first.message.body().find("o=- 1 1 IN IP4 127.1.10.1") != std::string_view::npos);
    CHECK_FALSE(has_media(first.message));
    call.flow.answers(first, 180);
    CHECK(call.last.first.status == as::Participant::Status::ringing);
    call.accepts(first, kAlice, sdp(1, 0));
    CHECK(call.last.first.status == as::Participant::Status::connected);
    CHECK(call.flow.sent().message.method() == sip::Method::ack);

    const auto second = call.flow.sent();
    CHECK(second.message.uri() == kBobUri);
    CHECK(second.message.body().empty());
    CHECK(second.message.get(HeaderId::p_asserted_identity) == "<" + kAliceUri + ">");
    CHECK(second.message.get(HeaderId::p_served_user) == "<" + kAliceUri + ">;sescase=orig");
    CHECK(second.message.get(HeaderId::route) == "<sip:home.example;lr;orig>");
    CHECK(second.message.get(HeaderId::p_charging_vector) ==
          first.message.get(HeaderId::p_charging_vector));
    call.accepts(second, kBob, sdp(1, 4000));

    const auto offer = call.flow.sent();
    CHECK(offer.flow.remote == kAlice);
    CHECK(sip::call_id(offer.message) == sip::call_id(first.message));
    // ours, and one more than she knows
    CHECK(offer.message.body().find("o=- 1 2 IN IP4 127.1.10.1") != std::string_view::npos);
    CHECK(offer.message.body().find("m=audio 4000") != std::string_view::npos);
    CHECK_FALSE(call.last.joined);
    call.accepts(offer, kAlice, sdp(2, 5000));

    const auto to_bob = call.flow.sent(), to_alice = call.flow.sent();
    CHECK(to_bob.flow.remote == kBob);
    CHECK(to_bob.message.method() == sip::Method::ack);
    CHECK(to_bob.message.body().find("m=audio 5000") != std::string_view::npos);
    CHECK(to_bob.message.body().find("IN IP4 127.1.10.1\r\ns=") != std::string_view::npos);
    CHECK(to_alice.flow.remote == kAlice);
    CHECK(to_alice.message.body().empty());
    CHECK(call.last.joined);

    // his 200 again: the same ACK again
    call.accepts(second, kBob, sdp(1, 4000));
    CHECK(call.flow.sent().message.body() == to_bob.message.body());

    // what one says inside goes to the other, as a description of ours
    call.asks(second, kBob, "INVITE", 10, sdp(2, 4002));
    const auto passed = call.flow.sent();
    CHECK(passed.flow.remote == kAlice);
    CHECK(passed.message.body().find("o=- 1 3 IN IP4 127.1.10.1") != std::string_view::npos);
    CHECK(passed.message.body().find("m=audio 4002") != std::string_view::npos);
    call.accepts(passed, kAlice, sdp(3, 5000));
    const auto back = call.flow.sent();
    CHECK(back.message.status() == 200);
    CHECK(back.message.body().find("127.1.10.1") != std::string_view::npos);
    call.asks(second, kBob, "ACK", 10);
    CHECK(call.flow.sent().message.method() == sip::Method::ack);

    call.asks(second, kBob, "BYE", 11);
    CHECK(call.flow.sent().message.status() == 200);
    const auto bye = call.flow.sent();
    CHECK(bye.flow.remote == kAlice);
    CHECK(bye.message.method() == sip::Method::bye);
    call.flow.answers(bye, 200);
    CHECK(call.last.over);
    CHECK(call.controller->calls.size() == 0);
    CHECK(call.flow.quiet());
}

TEST_CASE("The S-CSCF of the first one is gone: the second one is called by way of another") {
    CallUnderTest call;
    call.flow.arrives(kScscf,
                      "REGISTER sip:controller@as1.home.example SIP/2.0\nVia: SIP/2.0/UDP "
                      "127.1.3.1:5060;branch=z9hG4bKr\nMax-Forwards: 70\nFrom: "
                      "<sip:scscf.home.example>;tag=s\nTo: <" +
                          kAliceUri +
                          ">\nCall-ID: r\nCSeq: 1 REGISTER\nContact: <sip:scscf.home.example>\n"
                          "Expires: 3600\nContent-Length: 0\n\n");
    CHECK(call.flow.sent().message.status() == 200);
    call.first_accepts();
    const auto dead = call.flow.sent();
    CHECK(dead.flow.remote == kScscf);
    CHECK(dead.message.get(HeaderId::route) == "<sip:scscf.home.example;lr;orig>");
    call.flow.deliver(SendFailed{dead.flow, "connection refused"});
    const auto second = call.flow.sent();
    CHECK(second.flow.remote == kIcscf);
    CHECK(second.message.get(HeaderId::route) == "<sip:home.example;lr;orig>");
    CHECK(second.message.get(HeaderId::p_served_user) == "<" + kAliceUri + ">;sescase=orig");
    call.accepts(second, kBob, sdp(1, 4000));
    call.accepts(call.flow.sent(), kAlice, sdp(2, 5000));
    CHECK(call.last.joined);
}

TEST_CASE("An offer of one of them that he never acknowledges ends the call, and that is told") {
    CallUnderTest call;
    const auto [first, second] = call.joined();
    call.asks(second, kBob, "INVITE", 10, sdp(2, 4002));
    call.accepts(call.flow.sent(), kAlice, sdp(3, 5000));
    CHECK(call.flow.sent().message.status() == 200);
    call.flow.passes(std::chrono::seconds(31));
    CHECK(call.controller->calls.size() == 1);
    call.flow.forget_sent();  // the 200 again and again
    call.flow.passes(std::chrono::seconds(1));
    CHECK(call.last.over);
    CHECK(call.controller->calls.size() == 0);
    std::vector<std::string> hung_up;
    while (call.flow.sent_waiting() > 0) {
        const auto sent = call.flow.sent();
        if (sent.message.method() == sip::Method::bye)
            hung_up.push_back(sent.flow.remote.to_string());
    }
    CHECK(hung_up == std::vector<std::string>{kBob.to_string(), kAlice.to_string()});
}

TEST_CASE("Flow I: one who answers at once gets the first one's offer") {
    CallUnderTest call;
    call.begin(true);
    const auto first = call.flow.sent();
    CHECK(first.message.body().empty());
    call.accepts(first, kAlice, sdp(1, 5000));
    const auto second = call.flow.sent();
    CHECK(second.message.body().find("m=audio 5000") != std::string_view::npos);
    call.accepts(second, kBob, sdp(1, 4000));
    const auto to_bob = call.flow.sent(), to_alice = call.flow.sent();
    CHECK(to_bob.flow.remote == kBob);
    CHECK(to_bob.message.body().empty());
    CHECK(to_alice.flow.remote == kAlice);
    CHECK(to_alice.message.body().find("m=audio 4000") != std::string_view::npos);
    CHECK(call.last.joined);
}

TEST_CASE("The first one does not come: nobody else is called") {
    CallUnderTest call;
    call.begin();
    const auto first = call.flow.sent();
    SECTION("he is busy") {
        call.flow.answers(first, 486);
        call.flow.sent();  // ACK
        CHECK(call.last.first.why == 486);
    }
    SECTION("he lets it ring") {
        call.flow.answers(first, 180);
        call.flow.passes(std::chrono::seconds(61));
        CHECK(call.flow.sent().message.method() == sip::Method::cancel);
        CHECK(call.last.first.why == 408);
        call.flow.forget_sent();
        // and picks up just then
        call.accepts(first, kAlice, sdp(1, 0));
        CHECK(call.flow.sent().message.method() == sip::Method::ack);
        CHECK(call.flow.sent().message.method() == sip::Method::bye);
    }
    CHECK(call.last.over);
    CHECK(call.last.second.status == as::Participant::Status::gone);
    CHECK(call.controller->calls.size() == 0);
    CHECK_FALSE(call.controller->calls.end(call.id));
}

TEST_CASE("No way to somebody is an answer, too") {
    CallUnderTest call;
    call.begin(false, kBobUri, "sip:alice@elsewhere.example");
    CHECK(call.last.first.why == 404);
    CHECK(call.last.over);
    CHECK(call.controller->calls.size() == 0);
    CHECK(call.flow.quiet());
}

TEST_CASE("Somebody elsewhere is called by way of the first one's services, which know the way") {
    CallUnderTest call;
    call.first_accepts("sip:bob@elsewhere.example");
    CHECK(call.flow.sent().message.uri() == "sip:bob@elsewhere.example");
    CHECK(call.controller->calls.end(call.id));
    call.flow.deliver(Woken{});
    CHECK(call.last.over);
}

TEST_CASE("The second one does not come: the first one reads why in the BYE") {
    CallUnderTest call;
    call.first_accepts();
    call.flow.answers(call.flow.sent(), 486);
    call.flow.sent();  // ACK
    const auto bye = call.flow.sent();
    CHECK(bye.flow.remote == kAlice);
    CHECK(bye.message.get(HeaderId::reason) == "SIP;cause=486;text=\"Busy Here\"");
    CHECK(call.last.second.why == 486);
}

TEST_CASE(
    "It is ended while the first one considers the offer: the second one's stream is refused") {
    CallUnderTest call;
    call.first_accepts();
    const auto second = call.flow.sent();
    call.accepts(second, kBob, sdp(1, 4000));
    const auto offer = call.flow.sent();
    SECTION("by whoever ordered it") { CHECK(call.controller->calls.end(call.id)); }
    SECTION("as he cannot take it") {
        call.flow.answers(offer, 488);
        call.flow.sent();  // ACK
    }
    call.flow.deliver(Woken{});
    std::vector<std::string> to_bob;
    while (call.flow.sent_waiting() != 0) {
        const auto sent = call.flow.sent();
        if (sent.flow.remote != kBob) continue;
        to_bob.emplace_back(sent.message.method_text());
        if (sent.message.method() == sip::Method::ack)
            CHECK(sent.message.body().find("m=audio 0 ") != std::string_view::npos);
    }
    CHECK(to_bob == std::vector<std::string>{"ACK", "BYE"});
    CHECK(call.last.over);
}

TEST_CASE("Both ends ask at once: the offer is made again a little later") {
    CallUnderTest call;
    const auto first = call.first_accepts();
    const auto second = call.flow.sent();
    call.asks(first, kAlice, "INVITE", 5, sdp(2, 5000));  // RFC 3725 §6
    CHECK(call.flow.sent().message.status() == 491);
    call.asks(first, kAlice, "ACK", 5, {}, true);
    call.accepts(second, kBob, sdp(1, 4000));
    call.flow.answers(call.flow.sent(), 491);
    call.flow.sent();  // ACK
    CHECK(call.flow.quiet());
    call.flow.passes(std::chrono::milliseconds(2200));
    const auto again = call.flow.sent();
    CHECK(again.message.body().find("m=audio 4000") != std::string_view::npos);
    call.accepts(again, kAlice, sdp(2, 5000));
    CHECK(call.last.joined);
}

TEST_CASE("Transfer: who stays is joined with somebody else") {
    CallUnderTest call;
    const auto [first, second] = call.joined();
    CHECK_FALSE(call.controller->calls.transfer(call.id, "sip:nobody@h", "sip:carol@home.example"));
    REQUIRE(call.controller->calls.transfer(call.id, kAliceUri, "sip:carol@home.example"));
    call.flow.deliver(Woken{});
    const auto bye = call.flow.sent();
    CHECK(bye.flow.remote == kAlice);
    CHECK(bye.message.method() == sip::Method::bye);
    const auto third = call.flow.sent();
    CHECK(third.message.uri() == "sip:carol@home.example");
    CHECK_FALSE(has_media(third.message));
    call.accepts(third, kCarol, sdp(1, 0));
    call.flow.sent();  // ACK
    const auto asked = call.flow.sent();
    CHECK(asked.flow.remote == kBob);
    CHECK(asked.message.body().empty());
    CHECK(sip::call_id(asked.message) == sip::call_id(second.message));
    call.accepts(asked, kBob, sdp(3, 4004));
    const auto offer = call.flow.sent();
    CHECK(offer.flow.remote == kCarol);
    CHECK(offer.message.body().find("m=audio 4004") != std::string_view::npos);
    call.accepts(offer, kCarol, sdp(2, 6000));
    CHECK(call.flow.sent().message.body().find("m=audio 6000") != std::string_view::npos);
    CHECK(call.flow.sent().flow.remote == kCarol);
    CHECK(call.last.joined);
    CHECK(call.last.first.uri == "sip:carol@home.example");
}

TEST_CASE("There is a limit to the calls") {
    CallUnderTest call;
    call.begin();
    call.begin();
    CHECK_FALSE(call.controller->calls.begin({kAliceUri, kBobUri, "sip:desk@h"}, {}));
}

TEST_CASE("A REFER that the callback enabler cannot follow is told why") {
    CountingEntropy entropy;
    as::ApplicationServer node(server_config(), entropy);
    NodeFlow flow(node, kAs);
    const auto recipe = as::read_enabler(
        "callback", nlohmann::json::parse(R"({"service": "sip:desk@home.example"})"));
    REQUIRE(recipe);
    node.host(recipe->make, {"sip:desk@home.example"});
    unsigned branch = 0;
    const auto answer = [&](const std::string& refer_to, const Address& from = kIcscf) {
        flow.arrives(from,
                     "REFER sip:desk@home.example SIP/2.0\nVia: SIP/2.0/UDP " + from.to_string() +
                         ";branch=z9hG4bK" + std::to_string(++branch) +
                         "\nMax-Forwards: 60\nFrom: <sip:alice@home.example>;tag=a\nTo: "
                         "<sip:desk@home.example>\nCall-ID: r" +
                         std::to_string(branch) +
                         "\nCSeq: 1 REFER\nContact: <sip:127.1.100.1:5060>\nP-Asserted-Identity: "
                         "<sip:alice@home.example>\n" +
                         refer_to + "Content-Length: 0\n\n");
        return flow.sent().message.status();
    };
    CHECK(answer("") == 400);
    CHECK(answer("Refer-To: <sip:b@h>, <sip:c@h>\n") == 400);
    CHECK(answer("Refer-To: <mailto:b@h>\n") == 416);
    CHECK(answer("Refer-To: <sip:b@h;method=BYE>\n") == 403);
    CHECK(answer("Refer-To: <sip:b@h>\n", at("127.9.9.9:5060")) == 403);
    CHECK(flow.quiet());
    CHECK(answer("Refer-To: <sip:b@h>\n") == 200);
    const auto notify = flow.sent().message;
    CHECK(notify.get(HeaderId::event) == "refer");
    CHECK(notify.body() == "SIP/2.0 100 Trying\r\n");
    CHECK(flow.sent().message.uri() == "sip:alice@home.example");  // who asked is called first
}
