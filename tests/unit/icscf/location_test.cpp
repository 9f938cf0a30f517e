// Initial requests through the I-CSCF (TS 24.229 §5.3.2).
#include "icscf/icscf.h"
#include "tests/support/node_flow.h"

using namespace imslab;
using namespace imslab::test;
using sip::HeaderId;

namespace {

const std::string kHome = "ims.mnc001.mcc001.3gppnetwork.org";
const Address kCaller = at("127.1.3.9:5060");

struct Fixture {
    CountingEntropy entropy;
    icscf::Icscf node{config(), entropy};
    NodeFlow flow{node, at("127.1.2.1:5060")};

    static icscf::Config config() {
        icscf::Config config;
        config.address = at("127.1.2.1:5060");
        config.serving = {{"sip:scscf." + kHome + ":5060", {}},
                          {"sip:scscf2." + kHome + ":5060", {}}};
        config.hosts = {{"scscf." + kHome, at("127.1.3.1:5060")},
                        {"scscf2." + kHome, at("127.1.3.2:5060")},
                        {"elsewhere.example", at("127.9.9.9:5060")}};
        return config;
    }
    void arrives(std::string_view method, std::string_view uri, std::string_view extra = {}) {
        flow.arrives(kCaller,
                     std::string(method) + " " + std::string(uri) +
                         " SIP/2.0\n"
                         "Via: SIP/2.0/UDP 127.1.3.9:5060;branch=z9hG4bKs1\n"
                         "Max-Forwards: 68\n" +
                         std::string(extra) +
                         "From: <sip:alice@other.example>;tag=a1\nTo: <sip:bob@x>\n"
                         "Call-ID: call-1\nCSeq: 1 " +
                         std::string(method) +
                         "\nContact: <sip:alice@127.1.100.1>\nContent-Length: 0\n\n");
    }
    void located(diameter::ResultCode result, std::string server = {}) {
        cx::LocationInfoAnswer lia;
        lia.result = result;
        lia.server_name = std::move(server);
        flow.answered(cx::Answer(lia));
    }
};

}  // namespace

TEST_CASE(
    "A call goes to the S-CSCF of the called user, and the I-CSCF stays out of the route set") {
    Fixture f;
    f.arrives("INVITE", "sip:bob@" + kHome);
    const auto lir = f.flow.asked<cx::LocationInfoRequest>();
    CHECK(lir.public_identity == "sip:bob@" + kHome);
    CHECK_FALSE(lir.originating);
    f.located(cx::result::success, "sip:scscf." + kHome + ":5060");
    const auto invite = f.flow.sent();
    CHECK(invite.flow.remote == at("127.1.3.1:5060"));
    CHECK(invite.message.uri() == "sip:bob@" + kHome);
    CHECK(invite.message.get(HeaderId::route) == "<sip:scscf." + kHome + ":5060;lr>");
    CHECK_FALSE(invite.message.has(HeaderId::record_route));
    f.flow.answers(invite, 180);
    CHECK(f.flow.sent().message.status() == 180);
    f.flow.answers(invite, 200);
    CHECK(f.flow.sent().message.status() == 200);
    CHECK(f.flow.quiet());
}

TEST_CASE("Each refusal of a location query has its answer") {
    const auto [result, status] = GENERATE(table<diameter::ResultCode, int>({
        {cx::result::user_unknown, 404},
        {cx::result::identity_not_registered, 480},
        {cx::result::too_busy, 480},
        {cx::result::unable_to_comply, 500},
    }));
    Fixture f;
    f.arrives("MESSAGE", "sip:bob@" + kHome);
    f.flow.asked<cx::LocationInfoRequest>();
    f.located(result);
    CHECK(f.flow.sent().message.status() == status);
}

TEST_CASE("The HSS does not answer a location query: 504") {
    Fixture f;
    f.arrives("INVITE", "sip:bob@" + kHome);
    f.flow.asked<cx::LocationInfoRequest>();
    f.flow.unanswered();
    CHECK(f.flow.sent().message.status() == 504);
}

TEST_CASE("An unregistered user with services gets an S-CSCF by capabilities") {
    Fixture f;
    f.arrives("INVITE", "sip:bob@" + kHome);
    f.flow.asked<cx::LocationInfoRequest>();
    f.located(cx::result::unregistered_service);
    CHECK(f.flow.sent().flow.remote == at("127.1.3.1:5060"));
}

TEST_CASE("A number is looked for as a tel URI, whichever way it is written") {
    const auto uri = GENERATE(std::string("tel:+15550002"),
                              "sip:+15550002@ims.mnc001.mcc001.3gppnetwork.org;user=phone");
    Fixture f;
    f.arrives("INVITE", uri);
    CHECK(f.flow.asked<cx::LocationInfoRequest>().public_identity == "tel:+15550002");
    f.located(cx::result::success, "sip:scscf." + kHome + ":5060");
    CHECK(f.flow.sent().message.uri() == "tel:+15550002");
}

TEST_CASE("Route with orig: the location of the one it is made for") {
    Fixture f;
    f.arrives("INVITE",
              "sip:bob@" + kHome,
              "Route: <sip:icscf." + kHome + ";lr;orig>\nP-Asserted-Identity: <sip:carol@" + kHome +
                  ">\n");
    const auto lir = f.flow.asked<cx::LocationInfoRequest>();
    CHECK(lir.originating);
    CHECK(lir.public_identity == "sip:carol@" + kHome);
    f.located(cx::result::success, "sip:scscf." + kHome + ":5060");
    CHECK(f.flow.sent().message.get(HeaderId::route) == "<sip:scscf." + kHome + ":5060;lr;orig>");
}

TEST_CASE("Nobody to originate for: 403, and another network's user: 404") {
    Fixture f;
    f.arrives("INVITE", "sip:bob@" + kHome, "Route: <sip:icscf." + kHome + ";lr;orig>\n");
    CHECK(f.flow.sent().message.status() == 403);
    Fixture g;
    g.arrives("INVITE", "sip:bob@elsewhere.example");
    CHECK(g.flow.sent().message.status() == 404);
    CHECK(g.flow.quiet());
}

TEST_CASE("CANCEL while the HSS is being asked: 487, and the late answer moves nothing") {
    Fixture f;
    f.arrives("INVITE", "sip:bob@" + kHome);
    f.flow.asked<cx::LocationInfoRequest>();
    f.flow.arrives(
        kCaller,
        "CANCEL sip:bob@" + kHome +
            " SIP/2.0\nVia: SIP/2.0/UDP 127.1.3.9:5060;branch=z9hG4bKs1\nMax-Forwards: 68\n"
            "From: <sip:alice@other.example>;tag=a1\nTo: <sip:bob@x>\nCall-ID: call-1\n"
            "CSeq: 1 CANCEL\nContent-Length: 0\n\n");
    CHECK(f.flow.sent().message.status() == 200);
    CHECK(f.flow.sent().message.status() == 487);
    f.located(cx::result::success, "sip:scscf." + kHome + ":5060");
    CHECK(f.flow.quiet());
}

TEST_CASE("OPTIONS to the I-CSCF itself is answered by it") {
    Fixture f;
    f.arrives("OPTIONS", "sip:icscf." + kHome);
    CHECK(f.flow.sent().message.status() == 200);
}

// TS 24.229 §5.3.2.2
TEST_CASE("The S-CSCF of the called user is unavailable: capabilities, and another one") {
    Fixture f;
    f.arrives("INVITE", "sip:bob@" + kHome);
    f.flow.asked<cx::LocationInfoRequest>();
    f.located(cx::result::success, "sip:scscf." + kHome + ":5060");
    f.flow.answers(f.flow.sent(), 503);
    CHECK(f.flow.sent().message.method() == sip::Method::ack);
    const auto lir = f.flow.asked<cx::LocationInfoRequest>();
    CHECK(lir.capabilities_wanted);
    CHECK(lir.public_identity == "sip:bob@" + kHome);
    f.located(cx::result::success);
    const auto second = f.flow.sent();
    CHECK(second.flow.remote == at("127.1.3.2:5060"));
    CHECK(second.message.get(HeaderId::route) == "<sip:scscf2." + kHome + ":5060;lr>");
    f.flow.answers(second, 200);
    CHECK(f.flow.sent().message.status() == 200);
    CHECK(f.flow.quiet());
}

TEST_CASE("A called user who is away or busy is looked for nowhere else") {
    const int status = GENERATE(408, 480, 486, 500, 504);
    Fixture f;
    f.arrives("MESSAGE", "sip:bob@" + kHome);
    f.flow.asked<cx::LocationInfoRequest>();
    f.located(cx::result::success, "sip:scscf." + kHome + ":5060");
    f.flow.answers(f.flow.sent(), status);
    CHECK(f.flow.sent().message.status() == status);
    CHECK(f.flow.quiet());
}

TEST_CASE("A phone that stays silent to a MESSAGE is not taken for a silent S-CSCF") {
    Fixture f;
    f.arrives("MESSAGE", "sip:bob@" + kHome);
    f.flow.asked<cx::LocationInfoRequest>();
    f.located(cx::result::success, "sip:scscf." + kHome + ":5060");
    const auto first = f.flow.sent();
    f.flow.passes(std::chrono::milliseconds(3500));
    f.flow.forget_sent();  // retransmissions
    f.flow.answers(first, 100);
    f.flow.passes(std::chrono::seconds(30));
    std::optional<int> last;
    while (f.flow.sent_waiting() > 0) {
        const auto sent = f.flow.sent();
        if (sent.message.is_request())
            CHECK(sent.flow.remote == first.flow.remote);
        else
            last = sent.message.status();
    }
    CHECK(last == 408);
    CHECK(f.flow.quiet());  // nobody asks the HSS for another one
}

TEST_CASE("The S-CSCF of the called user does not even say 100: another one, and no second call") {
    Fixture f;
    f.arrives("INVITE", "sip:bob@" + kHome);
    f.flow.asked<cx::LocationInfoRequest>();
    f.located(cx::result::success, "sip:scscf." + kHome + ":5060");
    const auto first = f.flow.sent();
    f.flow.passes(std::chrono::seconds(4));
    f.flow.forget_sent();  // retransmissions
    CHECK(f.flow.asked<cx::LocationInfoRequest>().capabilities_wanted);
    f.located(cx::result::unregistered_service);
    const auto second = f.flow.sent();
    CHECK(second.flow.remote == at("127.1.3.2:5060"));
    // It was but slow: nobody waits for it any more.
    f.flow.answers(first, 180);
    const auto cancel = f.flow.sent();
    CHECK(cancel.message.method() == sip::Method::cancel);
    CHECK(cancel.flow.remote == at("127.1.3.1:5060"));
    f.flow.answers(second, 200);
    CHECK(f.flow.sent().message.status() == 200);
    CHECK(f.flow.quiet());
}

TEST_CASE("An S-CSCF that works on a call is waited for as long as it rings") {
    Fixture f;
    f.arrives("INVITE", "sip:bob@" + kHome);
    f.flow.asked<cx::LocationInfoRequest>();
    f.located(cx::result::success, "sip:scscf." + kHome + ":5060");
    f.flow.answers(f.flow.sent(), 100);
    f.flow.passes(std::chrono::seconds(100));
    CHECK(f.flow.quiet());
}

TEST_CASE("An S-CSCF that worked on a call until Timer C is none that is silent") {
    const auto progress = GENERATE(100, 180);
    Fixture f;
    f.arrives("INVITE", "sip:bob@" + kHome);
    f.flow.asked<cx::LocationInfoRequest>();
    f.located(cx::result::success, "sip:scscf." + kHome + ":5060");
    f.flow.answers(f.flow.sent(), progress);
    if (progress == 180) CHECK(f.flow.sent().message.status() == 180);
    f.flow.passes(std::chrono::seconds(180));
    CHECK(f.flow.quiet());
    f.flow.passes(std::chrono::seconds(40));  // the CANCEL, and 64*T1 (RFC 3261 §16.8)
    std::optional<int> last;
    while (f.flow.sent_waiting() > 0) {
        const auto sent = f.flow.sent();
        if (sent.message.is_request())
            CHECK(sent.message.method() == sip::Method::cancel);
        else
            last = sent.message.status();
    }
    CHECK(last == 408);
    CHECK(f.flow.quiet());  // no other S-CSCF is looked for
}
