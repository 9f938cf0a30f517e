// An S-CSCF that lost its users, or takes those of another one over (TS 23.380 §4): what the HSS
// keeps for it, and what comes back.
#include "tests/unit/scscf/service_profiles.h"

using namespace imslab;
using namespace imslab::test;
using cx::ServerAssignmentType;
using cx::SessionCase;
using sip::HeaderId;

namespace {

const std::string kAliceUri = "sip:alice@" + kHome;
const std::string kBobUri = "sip:bob@" + kHome;
const std::string kPath = "<sip:term@pcscf." + kHome + ";lr>";
const std::string kPath2 = "<sip:term@pcscf2." + kHome + ";lr>";

cx::RestorationInfo kept(const std::string& private_identity,
                         std::vector<cx::RestorationContact> contacts) {
    cx::RestorationInfo info;
    info.private_identity = private_identity;
    info.contacts = std::move(contacts);
    return info;
}

// Bob is registered at the HSS; this S-CSCF has never seen him.
cx::ServerAssignmentAnswer bob_restored(std::string contact = "<sip:bob@127.1.100.2:5060>") {
    auto saa = profile_of(kBob, "bob", "+15550002");
    saa.restoration.push_back(
        kept(kBob, {{std::move(contact) + ";expires=3600", kPath, std::nullopt}}));
    return saa;
}

}  // namespace

TEST_CASE("With each registration the HSS is given the contacts and their Paths") {
    CoreUnderTest core;
    core.authenticates({});
    auto sar = core.flow.asked<cx::ServerAssignmentRequest>();
    CHECK(sar.restoration ==
          kept(kAlice, {{"<sip:alice@127.1.100.1:5060>;expires=600000", kPath, std::nullopt}}));
    core.flow.answered(cx::Answer(profile_of(kAlice, "alice", "+15550001")));
    core.flow.forget_sent();

    core.flow.passes(std::chrono::seconds(100));
    RegisterText other;
    other.call_id = "reg-2";
    SECTION("a second contact beside the first") {
        other.contact = "<sip:alice@127.1.100.9>;q=0.5;expires=3600";
        core.authenticates(other);
        sar = core.flow.asked<cx::ServerAssignmentRequest>();
        CHECK(sar.type == ServerAssignmentType::re_registration);
        CHECK(sar.restoration ==
              kept(kAlice,
                   {{"<sip:alice@127.1.100.9>;q=0.5;expires=3600", kPath, std::nullopt},
                    {"<sip:alice@127.1.100.1:5060>;expires=599900", kPath, std::nullopt}}));
    }
    SECTION("the same contact again, and one that goes") {
        other.contact = "<sip:alice@127.1.100.1:5060>;expires=7200";
        core.authenticates(other);
        sar = core.flow.asked<cx::ServerAssignmentRequest>();
        CHECK(sar.restoration ==
              kept(kAlice, {{"<sip:alice@127.1.100.1:5060>;expires=7200", kPath, std::nullopt}}));
    }
}

TEST_CASE("A call for a user whom another S-CSCF registered reaches his phone") {
    CoreUnderTest core;
    core.terminates("INVITE", kBobUri);
    CHECK(core.flow.asked<cx::ServerAssignmentRequest>().type ==
          ServerAssignmentType::unregistered_user);
    core.flow.answered(cx::Answer(bob_restored()));
    const auto invite = core.flow.sent();
    CHECK(invite.flow.remote == kPcscf);
    CHECK(invite.message.uri() == "sip:bob@127.1.100.2:5060");
    CHECK(invite.message.get(HeaderId::route) == kPath);
    CHECK(invite.message.get(HeaderId::p_called_party_id) == "<" + kBobUri + ">");
    CHECK(core.node.registered_users() == 1);
    CHECK(core.node.state()["unregistered_users"].empty());
    core.flow.answers(invite, 200, "Contact: <sip:bob@127.1.100.2:5060>\n");
    CHECK(core.flow.sent().message.status() == 200);

    // From now on he is known here, by his number too; and it ends when the time granted ends.
    core.request(kIcscf, "MESSAGE", "tel:+15550002", "", {}, "b2", 2);
    CHECK(core.flow.sent().flow.remote == kPcscf);
    core.flow.forget_sent();
    core.flow.passes(std::chrono::seconds(3601));
    const auto sar = core.flow.asked<cx::ServerAssignmentRequest>();
    CHECK(sar.type == ServerAssignmentType::timeout_deregistration);
    CHECK(sar.private_identity == kBob);
    CHECK(core.node.registered_users() == 0);
}

TEST_CASE("All phones of the user come back, each by the P-CSCF it is attached to") {
    CoreUnderTest core;
    core.terminates("INVITE", kBobUri);
    core.flow.asked<cx::ServerAssignmentRequest>();
    auto saa = bob_restored();
    saa.restoration.push_back(
        kept("second@" + kHome, {{"<sip:bob@127.1.100.12>;expires=60", kPath2, std::nullopt}}));
    core.flow.answered(cx::Answer(saa));
    CHECK(core.flow.sent().flow.remote == kPcscf);
    CHECK(core.flow.sent().flow.remote == at("127.1.1.4:5060"));
    CHECK(core.node.bindings() == 2);
}

TEST_CASE("Two calls at once restore him once; who registers meanwhile is registered") {
    CoreUnderTest core;
    core.terminates("INVITE", kBobUri);
    core.flow.asked<cx::ServerAssignmentRequest>();
    const auto first = core.flow.open();
    SECTION("two calls") {
        core.request(kIcscf, "MESSAGE", kBobUri, "", {}, "b2", 2);
        core.flow.asked<cx::ServerAssignmentRequest>();
        core.flow.answered(cx::Answer(bob_restored()));
        CHECK(core.flow.sent().message.uri() == "sip:bob@127.1.100.2:5060");
        core.flow.answered(first, cx::Answer(bob_restored()));
        CHECK(core.flow.sent().message.uri() == "sip:bob@127.1.100.2:5060");
    }
    SECTION("a registration") {
        core.registers_bob("<sip:bob@127.1.100.7:5060>;expires=600000");
        core.flow.answered(first, cx::Answer(bob_restored()));
        CHECK(core.flow.sent().message.uri() == "sip:bob@127.1.100.7:5060");
    }
    CHECK(core.node.bindings() == 1);
}

TEST_CASE("What cannot be used is no registration: 480") {
    CoreUnderTest core;
    core.terminates("INVITE", kBobUri);
    core.flow.asked<cx::ServerAssignmentRequest>();
    core.flow.answered(
        cx::Answer(bob_restored(GENERATE("", "<tel:+15550002>", "*", "<sip:bob@h>;expires=0"))));
    CHECK(core.flow.sent().message.status() == 480);
    CHECK(core.node.registered_users() == 0);
    CHECK(core.flow.quiet());
}

TEST_CASE("A user calls by an S-CSCF that has restarted: he is restored, and his call goes on") {
    CoreUnderTest core;
    core.originates("INVITE", kBobUri);
    const auto sar = core.flow.asked<cx::ServerAssignmentRequest>();
    CHECK(sar.type == ServerAssignmentType::no_assignment);
    CHECK(sar.public_identities == std::vector{kAliceUri});
    SECTION("he was registered") {
        auto saa = profile_of(kAlice, "alice", "+15550001");
        saa.restoration.push_back(
            kept(kAlice, {{"<sip:alice@127.1.100.1>;expires=3600", kPath, std::nullopt}}));
        core.flow.answered(cx::Answer(saa));
        CHECK(core.flow.sent().flow.remote == kIcscf);
        CHECK(core.node.registered_users() == 1);
    }
    SECTION("he was not, or another S-CSCF serves him") {
        cx::ServerAssignmentAnswer saa = profile_of(kAlice, "alice", "+15550001");
        saa.result = GENERATE(cx::result::success, cx::result::unable_to_comply);
        core.flow.answered(cx::Answer(saa));
        CHECK(core.flow.sent().message.status() == 403);
        CHECK(core.node.registered_users() == 0);
    }
    SECTION("the HSS does not answer") {
        core.flow.unanswered();
        CHECK(core.flow.sent().message.status() == 504);
    }
    CHECK(core.flow.quiet());
}

TEST_CASE("An application server calls on behalf of a user who is restored: registered services") {
    CoreUnderTest core(config_with_servers());
    core.request(
        kFirst,
        "INVITE",
        kAliceUri,
        "Route: <sip:scscf." + kHome + ";lr;orig>\nP-Asserted-Identity: <" + kBobUri + ">\n");
    core.flow.asked<cx::ServerAssignmentRequest>();
    auto saa =
        profile_with(kBob,
                     "bob",
                     "+15550002",
                     {criterion(1, kSecondUri, "INVITE", SessionCase::originating_registered)});
    saa.restoration = bob_restored().restoration;
    core.flow.answered(cx::Answer(saa));
    const auto second = core.flow.sent();
    CHECK(second.flow.remote == kSecond);
    CHECK(second.message.get(HeaderId::p_served_user) ==
          "<" + kBobUri + ">;sescase=orig;regstate=reg");
}
