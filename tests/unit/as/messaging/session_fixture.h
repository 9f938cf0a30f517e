// Two phones and the messaging server between them (RFC 4975): SIP and MSRP played by the test.
#pragma once

#include "msrp/reader.h"
#include "msrp/session_description.h"
#include "tests/unit/as/messaging/messaging_fixture.h"

namespace imslab::messaging {

using sip::HeaderId;

inline const Address kAlice = test::at("127.1.100.51:2855"), kBob = test::at("127.1.100.52:2855");

struct Read final : msrp::Sink {
    struct Message {
        msrp::Head head;
        std::string body;
        char flag = 0;
    };
    std::vector<Message> messages;
    void on_head(msrp::Head head) override { messages.push_back({std::move(head), {}, 0}); }
    void on_body(std::string_view piece) override { messages.back().body += piece; }
    void on_end(msrp::Continuation continuation) override {
        messages.back().flag = static_cast<char>(continuation);
    }
};

// A session between alice, who connects to the server, and bob, to whom the server connects.
struct SessionLab : MessagingLab {
    explicit SessionLab(MessagingSettings settings = {}) : MessagingLab(std::move(settings)) {}

    static std::string description(const Address& at,
                                   const std::string& session,
                                   const std::string& more = {}) {
        return "v=0\r\no=- 1 1 IN IP4 " + at.ip.to_string() + "\r\ns=-\r\nc=IN IP4 " +
               at.ip.to_string() + "\r\nt=0 0\r\nm=message " + std::to_string(at.port) +
               " TCP/MSRP *\r\na=accept-types:*\r\na=path:msrp://" + at.to_string() + "/" +
               session + ";tcp\r\n" + more;
    }
    void invite(const std::string& body,
                const std::string& served = {},
                const std::string& scscf = "scscf." + kHome,
                unsigned hops = 60) {
        deliver(Arrived{
            Flow{Transport::udp, kIm, kScscf, 0},
            "INVITE sip:bob@" + kHome + " SIP/2.0\r\nVia: SIP/2.0/UDP 127.1.3.1;branch=z9hG4bKi" +
                std::to_string(++calls_) + "\r\nRoute: <sip:messaging@" + kHost +
                ";lr>, <sip:odi@" + scscf + ";lr>\r\nMax-Forwards: " + std::to_string(hops) +
                "\r\nFrom: <sip:alice@" + kHome + ">;tag=a1\r\nTo: <sip:bob@" + kHome +
                ">\r\nCall-ID: call" + std::to_string(calls_) +
                "\r\nCSeq: 1 INVITE\r\nContact: <sip:alice@127.1.100.51>\r\n"
                "P-Asserted-Identity: <sip:alice@" +
                kHome + ">\r\nP-Served-User: <sip:bob@" + kHome +
                ">;sescase=term;regstate=reg\r\n" + served +
                "Content-Type: application/sdp\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body});
    }
    // With bob, or who else is there. What is said in a dialog is of the call made last.
    void set_up(const Address& callee = kBob) {
        invite(description(kAlice, "alice1"));
        const auto on = sent();
        REQUIRE(on.message.method() == sip::Method::invite);
        const auto offer = msrp::read_media(on.message.body());
        REQUIRE(offer);
        CHECK(offer->address == "127.1.10.5");
        CHECK(offer->setup == msrp::Setup::actpass);
        to_bob = offer->path.front().to_string();
        auto ok = sip::Message::response_to(on.message, 200);
        sip::set_to_tag(ok, "bob");
        ok.set(HeaderId::contact, "<sip:bob@127.1.100.52>");
        ok.set_body("application/sdp", description(callee, "bob1", "a=setup:passive\r\n"));
        deliver(Arrived{Flow{Transport::udp, kIm, on.flow.remote, 0}, ok.to_bytes()});
        accepted = sent().message;
        const auto answer = msrp::read_media(accepted.body());
        REQUIRE(answer);
        CHECK(answer->address == "127.1.10.5");
        to_alice = answer->path.front().to_string();
        CHECK(to_alice != to_bob);
    }
    // Of alice, in the dialog of the call.
    void in_dialog(const std::string& method,
                   unsigned cseq,
                   const std::string& body = {},
                   const std::string& more = {}) {
        std::string text =
            method + " sip:messaging@" + kHost +
            " SIP/2.0\r\nVia: SIP/2.0/UDP 127.1.3.1;branch=z9hG4bKd" + std::to_string(cseq) +
            method + "\r\nMax-Forwards: 60\r\nFrom: <sip:alice@" + kHome +
            ">;tag=a1\r\nTo: <sip:bob@" + kHome + ">;tag=" + std::string(*sip::to_tag(accepted)) +
            "\r\nCall-ID: call" + std::to_string(calls_) + "\r\nCSeq: " + std::to_string(cseq) +
            " " + method + "\r\nContact: <sip:alice@127.1.100.51>\r\n" + more;
        if (!body.empty()) text += "Content-Type: application/sdp\r\n";
        text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        deliver(Arrived{Flow{Transport::udp, kIm, kScscf, 0}, text});
    }
    // Bob's 200 to what the server asks him.
    sip::Message bob_answers(const test::SentMessage& request,
                             const std::string& body,
                             const std::string& more = {}) {
        auto ok = sip::Message::response_to(request.message, 200);
        ok.set(HeaderId::contact, "<sip:bob@127.1.100.52>");
        if (!more.empty()) ok.set(HeaderId::session_expires, more);
        ok.set_body("application/sdp", body);
        deliver(Arrived{Flow{Transport::udp, kIm, request.flow.remote, 0}, ok.to_bytes()});
        return sent().message;
    }
    void connect(const Flow& flow) { deliver(ConnectionOpened{flow}); }
    void arrives(const Flow& flow, std::string bytes) { deliver(Arrived{flow, std::move(bytes)}); }
    std::vector<Read::Message> written(const Address& to) {
        Read read;
        msrp::Reader reader;
        REQUIRE(reader.push(octets[to], read));
        octets[to].clear();
        return std::move(read.messages);
    }
    msrp::Head send_head(const std::string& id, const char* range) {
        msrp::Head head;
        head.transaction = "t" + id;
        head.method = "SEND";
        head.to_path = to_alice;
        head.from_path = "msrp://" + kAlice.to_string() + "/alice1;tcp";
        head.message_id = id;
        head.range = msrp::ByteRange::parse(range);
        head.others = {{"Content-Type", "text/plain"}};
        head.has_body = true;
        return head;
    }
    void both_connected() {
        set_up();
        connect(alice);
        connect(bob);
        octets.clear();
    }

    Flow alice{Transport::tcp, kMsrp, test::at("127.1.100.51:40000"), 1};
    Flow bob{Transport::tcp, kMsrp, kBob, 2};
    std::string to_alice, to_bob;  // the server's URIs that they write to
    sip::Message accepted = sip::Message::response(200);

private:
    unsigned calls_ = 0;
};

}  // namespace imslab::messaging
