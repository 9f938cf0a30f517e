// Requests of and for registered users (TS 24.229 §5.4.3.2, §5.4.3.3), and what follows inside the
// dialog.
#include "tests/unit/scscf/registered_users.h"

using namespace imslab;
using namespace imslab::test;
using sip::HeaderId;

namespace {

const std::string kBobUri = "sip:bob@" + kHome;
const std::string kOwnRoutes = "Route: <sip:mo@scscf." + kHome + ";lr>, <sip:mt@scscf." + kHome +
                               ";lr>, <sip:pcscf." + kHome + ";lr>\n";

sip::ChargingVector charging(const sip::Message& message) {
    return sip::ChargingVector::parse(message.get(HeaderId::p_charging_vector).value_or(""))
        .value_or(sip::ChargingVector{});
}

}  // namespace

TEST_CASE("A registered user's INVITE goes to the home of the called one") {
    CoreUnderTest core;
    core.registers_alice();
    core.originates("INVITE", kBobUri);
    const auto invite = core.flow.sent();
    CHECK(invite.flow.remote == kIcscf);
    CHECK(invite.message.uri() == kBobUri);
    CHECK_FALSE(invite.message.has(HeaderId::route));
    CHECK(invite.message.values(HeaderId::record_route) ==
          std::vector<std::string_view>{"<sip:mo@scscf." + kHome + ";lr>",
                                        "<sip:pcscf." + kHome + ";lr>"});
    CHECK(invite.message.values(HeaderId::p_asserted_identity) ==
          std::vector<std::string_view>{"<sip:alice@" + kHome + ">", "<tel:+15550001>"});
    CHECK(charging(invite.message).icid == "icid1");
    CHECK(charging(invite.message).orig_ioi == kHome);
    CHECK(invite.message.get(HeaderId::max_forwards) == "67");
    core.flow.answers(invite, 183, "Contact: <sip:bob@127.1.100.2:5060>\n");
    CHECK(core.flow.sent().message.status() == 183);
    CHECK(core.node.dialogs() == 1);
    CHECK(core.node.state()["dialogs"][0]["state"] == "early");
    core.flow.answers(invite, 200, "Contact: <sip:bob@127.1.100.2:5060>\n");
    const auto ok = core.flow.sent();
    CHECK(ok.message.status() == 200);
    CHECK(ok.flow.remote == kPcscf);
    CHECK(core.node.state()["dialogs"][0]["state"] == "confirmed");
    CHECK(core.node.state()["dialogs"][0]["served_user"] == "sip:alice@" + kHome);
}

TEST_CASE("Who is not registered, or barred, does not originate: 403") {
    CoreUnderTest core;
    core.originates("INVITE", kBobUri);
    core.flow.asked<cx::ServerAssignmentRequest>();  // is it we who lost him? (TS 23.380)
    core.flow.answered(granted());
    CHECK(core.flow.sent().message.status() == 403);
    CoreUnderTest other;
    other.registers_alice();
    other.request(
        kPcscf,
        "MESSAGE",
        kBobUri,
        "Route: <sip:orig@scscf." + kHome + ";lr>\nP-Asserted-Identity: <sip:" + kAlice + ">\n");
    CHECK(other.flow.sent().message.status() == 403);
    other.request(
        kPcscf, "MESSAGE", kBobUri, "Route: <sip:orig@scscf." + kHome + ";lr>\n", {}, "b2");
    CHECK(other.flow.sent().message.status() == 403);
}

TEST_CASE("A tel URI is translated by the table of numbers, or asked for at our own I-CSCF") {
    CoreUnderTest core;
    core.registers_alice();
    core.originates("INVITE", "tel:+1-555-0002");
    auto invite = core.flow.sent();
    CHECK(invite.message.uri() == kBobUri);
    CHECK(invite.flow.remote == kIcscf);
    CoreUnderTest other;
    other.registers_alice();
    other.originates("INVITE", "tel:+15557777");
    invite = other.flow.sent();
    CHECK(invite.message.uri() == "tel:+15557777");
    CHECK(invite.flow.remote == kIcscf);
}

TEST_CASE("Another network is reached by its name; a name that nobody knows is 404") {
    CoreUnderTest core;
    core.registers_alice();
    core.originates("MESSAGE", "sip:carol@other.example");
    const auto message = core.flow.sent();
    CHECK(message.flow.remote == at("127.8.8.8:5060"));
    CHECK_FALSE(message.message.has(HeaderId::record_route) ==
                false);  // the P-CSCF's is still there
    CHECK(message.message.values(HeaderId::record_route).size() == 1);
    CoreUnderTest nowhere;
    nowhere.registers_alice();
    nowhere.originates("MESSAGE", "sip:carol@nowhere.example");
    CHECK(nowhere.flow.sent().message.status() == 404);
}

TEST_CASE("Outside the trust domain a private identity and charging stay at home") {
    auto config = CoreUnderTest::default_config();
    config.untrusted_domains = {"other.example"};
    CoreUnderTest core(config);
    core.registers_alice();
    core.originates("MESSAGE", "sip:carol@other.example", "Privacy: header;id\n");
    const auto message = core.flow.sent().message;
    CHECK_FALSE(message.has(HeaderId::p_asserted_identity));
    CHECK_FALSE(message.has(HeaderId::p_charging_vector));
}

TEST_CASE(
    "Requests of all methods a user may send pass, the ones that make dialogs with Record-Route") {
    const auto [method, recorded] = GENERATE(table<std::string, bool>({
        {"INVITE", true},
        {"SUBSCRIBE", true},
        {"REFER", true},
        {"MESSAGE", false},
        {"OPTIONS", false},
        {"PUBLISH", false},
        {"INFO", false},
        {"NOTIFY", false},
    }));
    CoreUnderTest core;
    core.registers_alice();
    core.originates(method, kBobUri);
    const auto request = core.flow.sent();
    CHECK(request.message.values(HeaderId::record_route).size() == (recorded ? 2 : 1));
    core.flow.answers(request, 200);
    CHECK(core.flow.sent().message.status() == 200);
    CHECK(core.node.dialogs() == (recorded ? 1 : 0));
}

TEST_CASE(
    "A request for a registered user goes to his contact by the Path, with the identity that was "
    "called") {
    CoreUnderTest core;
    core.registers_bob();
    core.terminates("INVITE", kBobUri, "Privacy: id\n");
    const auto invite = core.flow.sent();
    CHECK(invite.flow.remote == kPcscf);
    CHECK(invite.message.uri() == "sip:bob@127.1.100.2:5060");
    CHECK(invite.message.get(HeaderId::route) == "<sip:term@pcscf." + kHome + ";lr>");
    CHECK(invite.message.get(HeaderId::p_called_party_id) == "<" + kBobUri + ">");
    CHECK(invite.message.first_value(HeaderId::record_route) == "<sip:mt@scscf." + kHome + ";lr>");
    CHECK(invite.message.get(HeaderId::p_asserted_identity) == "<sip:alice@" + kHome + ">");
    CHECK(invite.message.get(HeaderId::privacy) == "id");
    CHECK(charging(invite.message).icid == "icid1");
    core.flow.answers(invite,
                      200,
                      "P-Asserted-Identity: <" + kBobUri +
                          ">\nP-Charging-Vector: icid-value=icid1;orig-ioi=x;term-ioi=y\n"
                          "Contact: <sip:bob@127.1.100.2:5060>\n");
    const auto ok = core.flow.sent().message;
    CHECK(ok.status() == 200);
    CHECK(ok.values(HeaderId::p_asserted_identity) ==
          std::vector<std::string_view>{"<" + kBobUri + ">", "<tel:+15550002>"});
    CHECK(charging(ok).orig_ioi == "caller.example");
    CHECK(charging(ok).term_ioi == kHome);
    CHECK(core.node.state()["dialogs"][0]["role"] == "terminating");
}

TEST_CASE("A user is called by his number, too") {
    CoreUnderTest core;
    core.registers_bob();
    core.terminates("MESSAGE", "tel:+15550002");
    const auto message = core.flow.sent().message;
    CHECK(message.uri() == "sip:bob@127.1.100.2:5060");
    CHECK(message.get(HeaderId::p_called_party_id) == "<tel:+15550002>");
}

TEST_CASE("A barred identity is not called: 404") {
    CoreUnderTest core;
    core.registers_bob();
    core.terminates("INVITE", "sip:" + kBob);
    CHECK(core.flow.sent().message.status() == 404);
}

TEST_CASE("Nobody is registered: the HSS says whether the user exists") {
    CoreUnderTest core;
    core.terminates("INVITE", kBobUri);
    const auto sar = core.flow.asked<cx::ServerAssignmentRequest>();
    CHECK(sar.type == cx::ServerAssignmentType::unregistered_user);
    CHECK(sar.private_identity.empty());
    int status = 480;
    SECTION("he does") { core.flow.answered(cx::Answer(profile_of(kBob, "bob", "+15550002"))); }
    SECTION("he does not") {
        cx::ServerAssignmentAnswer saa;
        saa.result = cx::result::user_unknown;
        core.flow.answered(cx::Answer(saa));
        status = 404;
    }
    SECTION("it does not answer") {
        core.flow.unanswered();
        status = 504;
    }
    CHECK(core.flow.sent().message.status() == status);
    CHECK(core.node.registered_users() == 0);
    CHECK(core.flow.quiet());
}

TEST_CASE(
    "Two phones of equal q ring at once; the first to answer has it, the other is cancelled") {
    CoreUnderTest core;
    core.registers_bob();
    core.registers_bob("<sip:bob@127.1.100.3:5060>;expires=600000", "reg-bob-2");
    core.terminates("INVITE", kBobUri);
    const auto first = core.flow.sent();
    const auto second = core.flow.sent();
    CHECK(first.message.uri() == "sip:bob@127.1.100.2:5060");
    CHECK(second.message.uri() == "sip:bob@127.1.100.3:5060");
    core.flow.answers(first, 180, {}, "t1");
    core.flow.answers(second, 180, {}, "t2");
    CHECK(core.flow.sent().message.status() == 180);
    CHECK(core.flow.sent().message.status() == 180);
    CHECK(core.node.dialogs() == 2);
    core.flow.answers(second, 200, {}, "t2");
    CHECK(core.flow.sent().message.status() == 200);
    const auto cancel = core.flow.sent();
    CHECK(cancel.message.method() == sip::Method::cancel);
    CHECK(cancel.message.uri() == "sip:bob@127.1.100.2:5060");
    core.flow.answers(first, 487, {}, "t1");
    CHECK(core.flow.sent().message.method() == sip::Method::ack);
    core.flow.passes(std::chrono::seconds(40));
    CHECK(core.node.dialogs() == 1);
}

TEST_CASE("All phones refuse: the best answer goes back") {
    CoreUnderTest core;
    core.registers_bob();
    core.registers_bob("<sip:bob@127.1.100.3:5060>;expires=600000", "reg-bob-2");
    core.terminates("INVITE", kBobUri);
    const auto first = core.flow.sent();
    const auto second = core.flow.sent();
    core.flow.answers(first, 503);
    CHECK(core.flow.sent().message.method() == sip::Method::ack);
    core.flow.answers(second, 486);
    CHECK(core.flow.sent().message.method() == sip::Method::ack);
    CHECK(core.flow.sent().message.status() == 486);
    CHECK(core.node.dialogs() == 0);
}

TEST_CASE("Phones of lower q are tried when those of higher q have failed") {
    CoreUnderTest core;
    core.registers_bob(
        "<sip:bob@127.1.100.2>;q=0.2;expires=600000, <sip:bob@127.1.100.3>;q=0.8;expires=600000");
    core.terminates("INVITE", kBobUri);
    const auto preferred = core.flow.sent();
    CHECK(preferred.message.uri() == "sip:bob@127.1.100.3");
    CHECK(core.flow.quiet());
    core.flow.answers(preferred, 486);
    CHECK(core.flow.sent().message.method() == sip::Method::ack);
    const auto other = core.flow.sent();
    CHECK(other.message.uri() == "sip:bob@127.1.100.2");
    core.flow.answers(other, 200);
    CHECK(core.flow.sent().message.status() == 200);
    CHECK(core.flow.quiet());
}

TEST_CASE("A phone that only rings gives way to the next") {
    CoreUnderTest core;
    core.registers_bob(
        "<sip:bob@127.1.100.2>;q=0.2;expires=600000, <sip:bob@127.1.100.3>;q=0.8;expires=600000");
    core.terminates("INVITE", kBobUri);
    const auto preferred = core.flow.sent();
    core.flow.answers(preferred, 180);
    CHECK(core.flow.sent().message.status() == 180);
    core.flow.passes(std::chrono::seconds(31));
    const auto cancel = core.flow.sent();
    CHECK(cancel.message.method() == sip::Method::cancel);
    core.flow.answers(cancel, 200);
    core.flow.answers(preferred, 487);
    bool other = false;
    while (core.flow.sent_waiting() > 0)
        other = core.flow.sent().message.uri() == "sip:bob@127.1.100.2" || other;
    CHECK(other);
}

TEST_CASE("The caller gives up, or someone declines for all: nobody else is tried") {
    CoreUnderTest core;
    core.registers_bob(
        "<sip:bob@127.1.100.2>;q=0.2;expires=600000, <sip:bob@127.1.100.3>;q=0.8;expires=600000");
    core.terminates("INVITE", kBobUri);
    const auto preferred = core.flow.sent();
    core.flow.answers(preferred, 180);
    core.flow.forget_sent();
    SECTION("CANCEL") {
        core.flow.arrives(kIcscf,
                          "CANCEL " + kBobUri + " SIP/2.0\nVia: SIP/2.0/UDP " + kIcscf.to_string() +
                              ";branch=z9hG4bKb1\nMax-Forwards: 68\nFrom: <sip:alice@" + kHome +
                              ">;tag=a1\nTo: <sip:bob@" + kHome +
                              ">\nCall-ID: call-1\nCSeq: 1 CANCEL\nContent-Length: 0\n\n");
        CHECK(core.flow.sent().message.status() == 200);
        CHECK(core.flow.sent().message.method() == sip::Method::cancel);
        core.flow.answers(preferred, 487);
        CHECK(core.flow.sent().message.method() == sip::Method::ack);
        CHECK(core.flow.sent().message.status() == 487);
    }
    SECTION("603") {
        core.flow.answers(preferred, 603);
        CHECK(core.flow.sent().message.method() == sip::Method::ack);
        CHECK(core.flow.sent().message.status() == 603);
    }
    CHECK(core.flow.quiet());
    CHECK(core.node.dialogs() == 0);
}

TEST_CASE("No way to any contact: 480") {
    CoreUnderTest core;
    RegisterText request;
    auto config = CoreUnderTest::default_config();
    config.hosts.erase("pcscf." + kHome);
    CoreUnderTest lost(config);
    lost.registers_bob();
    lost.terminates("INVITE", kBobUri);
    CHECK(lost.flow.sent().message.status() == 480);
}

TEST_CASE(
    "Inside the dialog our two Route entries go at once, and the rest follows the route set") {
    CoreUnderTest core;
    const auto method = GENERATE(std::string("PRACK"),
                                 std::string("UPDATE"),
                                 std::string("INVITE"),
                                 std::string("INFO"),
                                 std::string("BYE"));
    core.request(kPcscf, method, "sip:bob@127.1.100.2:5060", kOwnRoutes, "b1", "in", 2);
    const auto request = core.flow.sent();
    CHECK(request.flow.remote == kPcscf);
    CHECK(request.message.get(HeaderId::route) == "<sip:pcscf." + kHome + ";lr>");
    CHECK_FALSE(request.message.has(HeaderId::record_route));
    core.flow.answers(request, 200);
    CHECK(core.flow.sent().message.status() == 200);
}

TEST_CASE("ACK for a 2xx follows the route set; BYE ends what is kept of the dialog") {
    CoreUnderTest core;
    core.registers_alice();
    core.originates("INVITE", kBobUri);
    core.flow.answers(core.flow.sent(), 200, "Contact: <sip:bob@127.1.100.2:5060>\n", "b1");
    CHECK(core.flow.sent().message.status() == 200);
    CHECK(core.node.dialogs() == 1);
    core.request(kPcscf, "ACK", "sip:bob@127.1.100.2:5060", kOwnRoutes, "b1", "ack");
    const auto ack = core.flow.sent();
    CHECK(ack.message.method() == sip::Method::ack);
    CHECK(ack.message.get(HeaderId::route) == "<sip:pcscf." + kHome + ";lr>");
    core.request(kPcscf, "BYE", "sip:bob@127.1.100.2:5060", kOwnRoutes, "b1", "bye", 2);
    core.flow.answers(core.flow.sent(), 200);
    CHECK(core.flow.sent().message.status() == 200);
    CHECK(core.node.dialogs() == 0);
}

TEST_CASE("A dialog of which nothing is heard is forgotten") {
    CoreUnderTest core;
    core.registers_alice();
    core.originates("INVITE", kBobUri);
    core.flow.answers(core.flow.sent(), 200, {}, "b1");
    core.flow.passes(std::chrono::hours(23));
    CHECK(core.node.dialogs() == 1);
    core.flow.passes(std::chrono::hours(2));
    CHECK(core.node.dialogs() == 0);
}

TEST_CASE("A strict router as next hop gets the Request-URI that it expects") {
    CoreUnderTest core;
    core.request(kPcscf,
                 "BYE",
                 "sip:bob@127.1.100.2:5060",
                 "Route: <sip:mo@scscf." + kHome + ";lr>, <sip:other.example>\n",
                 "b1",
                 "strict",
                 2);
    const auto bye = core.flow.sent();
    CHECK(bye.flow.remote == at("127.8.8.8:5060"));
    CHECK(bye.message.uri() == "sip:other.example");
    CHECK(bye.message.get(HeaderId::route) == "<sip:bob@127.1.100.2:5060>");
}

TEST_CASE("OPTIONS to the S-CSCF itself is answered by it") {
    CoreUnderTest core;
    core.request(kPcscf, "OPTIONS", "sip:scscf." + kHome, {});
    CHECK(core.flow.sent().message.status() == 200);
}
