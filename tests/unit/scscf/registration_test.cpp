// Registered, reregistered, deregistered, expired (TS 24.229 §5.4.1.2.2F, §5.4.1.4).
#include "scscf/registrar.h"
#include "tests/unit/scscf/registered_users.h"

using namespace imslab;
using namespace imslab::test;
using sip::HeaderId;

TEST_CASE("Given the right RES, the profile comes from the HSS and the 200 tells it") {
    CoreUnderTest core;
    core.authenticates({});
    const auto sar = core.flow.asked<cx::ServerAssignmentRequest>();
    CHECK(sar.type == cx::ServerAssignmentType::registration);
    CHECK(sar.private_identity == kAlice);
    CHECK(sar.public_identities == std::vector<std::string>{"sip:alice@" + kHome});
    CHECK_FALSE(sar.user_data_already_available);
    CHECK(core.node.registered_users() == 0);
    core.flow.answered(cx::Answer(profile_of(kAlice, "alice", "+15550001")));
    const auto ok = core.flow.sent().message;
    CHECK(ok.status() == 200);
    CHECK(ok.get(HeaderId::service_route) == "<sip:orig@scscf." + kHome + ";lr>");
    CHECK(ok.get(HeaderId::p_associated_uri) == "<sip:alice@" + kHome + ">, <tel:+15550001>");
    CHECK(ok.get(HeaderId::path) == "<sip:term@pcscf." + kHome + ";lr>");
    CHECK(ok.get(HeaderId::contact) == "<sip:alice@127.1.100.1:5060>;expires=600000");
    CHECK(ok.get(HeaderId::p_charging_function_addresses) == "ccf=\"aaa://ccf.example\"");
    const auto vector =
        sip::ChargingVector::parse(ok.get(HeaderId::p_charging_vector).value_or(""));
    REQUIRE(vector);
    CHECK(vector->icid == "icid1");
    CHECK(vector->orig_ioi == "visited");
    CHECK(vector->term_ioi == kHome);
    CHECK(core.node.registered_users() == 1);
    CHECK(core.node.bindings() == 1);
    CHECK(core.node.challenges() == 0);
    CHECK(core.flow.quiet());
}

TEST_CASE("Each refusal of a SAR has its answer, and nothing is kept") {
    const auto [result, status] = GENERATE(table<diameter::ResultCode, int>({
        {cx::result::user_unknown, 403},
        {cx::result::identities_dont_match, 403},
        {cx::result::identity_already_registered, 403},
        {cx::result::in_assignment_type, 403},
        {cx::result::too_busy, 480},
        {cx::result::unable_to_comply, 500},
    }));
    CoreUnderTest core;
    core.authenticates({});
    core.flow.asked<cx::ServerAssignmentRequest>();
    cx::ServerAssignmentAnswer saa;
    saa.result = result;
    core.flow.answered(cx::Answer(saa));
    CHECK(core.flow.sent().message.status() == status);
    CHECK(core.node.registered_users() == 0);
    CHECK(core.flow.quiet());
}

TEST_CASE("The HSS does not answer a SAR: 504; a registration that was there goes on") {
    CoreUnderTest core;
    core.registers_alice();
    RegisterText request;
    request.cseq = 3;
    core.authenticates(request);
    CHECK(core.flow.asked<cx::ServerAssignmentRequest>().type ==
          cx::ServerAssignmentType::re_registration);
    core.flow.unanswered();
    CHECK(core.flow.sent().message.status() == 504);
    CHECK(core.node.bindings() == 1);
}

TEST_CASE("A profile that cannot be read: 500, and the HSS takes the assignment back") {
    CoreUnderTest core;
    core.authenticates({});
    core.flow.asked<cx::ServerAssignmentRequest>();
    auto saa = profile_of(kAlice, "alice", "+15550001");
    saa.user_data = "<IMSSubscription>";
    core.flow.answered(cx::Answer(saa));
    CHECK(core.flow.sent().message.status() == 500);
    CHECK(core.flow.asked<cx::ServerAssignmentRequest>().type ==
          cx::ServerAssignmentType::administrative_deregistration);
    CHECK(core.node.registered_users() == 0);
}

TEST_CASE("Reregistration: challenged again, then RE_REGISTRATION, same binding, new time") {
    CoreUnderTest core;
    core.registers_alice();
    core.flow.passes(std::chrono::seconds(1000));
    RegisterText request;
    request.cseq = 3;
    request.contact = "<sip:alice@127.1.100.1:5060>;expires=3600";
    core.authenticates(request);
    const auto sar = core.flow.asked<cx::ServerAssignmentRequest>();
    CHECK(sar.type == cx::ServerAssignmentType::re_registration);
    CHECK(sar.user_data_already_available);
    core.flow.answered(granted());
    const auto ok = core.flow.sent().message;
    CHECK(ok.get(HeaderId::contact) == "<sip:alice@127.1.100.1:5060>;expires=3600");
    CHECK(ok.get(HeaderId::p_associated_uri) == "<sip:alice@" + kHome + ">, <tel:+15550001>");
    CHECK(core.node.bindings() == 1);
}

TEST_CASE("A changed contact of the same user agent replaces the old one") {
    CoreUnderTest core;
    RegisterText request;
    SECTION("known by its instance") {
        request.contact =
            "<sip:alice@127.1.100.1:5060>;+sip.instance=\"<urn:uuid:1>\";expires=3600";
        core.registers_alice(request);
        request.call_id = "reg-2";
        request.contact =
            "<sip:alice@127.1.100.9:5060>;+sip.instance=\"<urn:uuid:1>\";expires=3600";
    }
    SECTION("known by its Call-ID") {
        core.registers_alice(request);
        request.cseq = 3;
        request.contact = "<sip:alice@127.1.100.9:5060>;expires=3600";
    }
    core.registers_alice(request);
    CHECK(core.node.bindings() == 1);
    const std::string contact = core.node.state()["registrations"][0]["bindings"][0]["contact"];
    CHECK(contact.starts_with("<sip:alice@127.1.100.9:5060>"));
}

TEST_CASE("Several contacts: all are listed; each goes alone") {
    CoreUnderTest core;
    RegisterText request;
    request.contact =
        "<sip:alice@127.1.100.1>;q=0.5;expires=3600, <sip:alice@127.1.100.2>;q=0.9;expires=7200";
    const auto ok = core.registers_alice(request);
    CHECK(ok.values(HeaderId::contact).size() == 2);
    CHECK(core.node.bindings() == 2);
    request.cseq = 3;
    request.contact = "<sip:alice@127.1.100.1>;expires=0";
    core.authenticates(request);
    const auto left = core.flow.sent().message;  // no SAR: the user is still registered
    CHECK(left.status() == 200);
    CHECK(left.get(HeaderId::contact) == "<sip:alice@127.1.100.2>;q=0.9;expires=7200");
    CHECK(core.node.bindings() == 1);
    CHECK(core.flow.quiet());
}

TEST_CASE("A second user agent, registered apart, is a second binding") {
    CoreUnderTest core;
    core.registers_alice();
    RegisterText request;
    request.call_id = "reg-tablet";
    request.contact = "<sip:alice@127.1.100.7:5060>;expires=600000";
    core.registers_alice(request);
    CHECK(core.node.bindings() == 2);
    CHECK(core.node.registered_users() == 1);
}

TEST_CASE("Too many contacts: 403") {
    auto config = CoreUnderTest::default_config();
    config.max_contacts = 1;
    CoreUnderTest core(config);
    RegisterText request;
    request.contact = "<sip:a@127.1.100.1>, <sip:a@127.1.100.2>";
    core.flow.arrives(kIcscf, request.text());
    CHECK(core.flow.sent().message.status() == 403);
}

TEST_CASE(
    "Expires: too brief is 423 with Min-Expires, too long is shortened, absent is the default") {
    CoreUnderTest core;
    RegisterText request;
    request.contact = "<sip:alice@127.1.100.1:5060>;expires=59";
    core.flow.arrives(kIcscf, request.text());
    const auto brief = core.flow.sent().message;
    CHECK(brief.status() == 423);
    CHECK(brief.get(HeaderId::min_expires) == "60");
    request.contact = "<sip:alice@127.1.100.1:5060>;expires=4294967295";
    CHECK(core.registers_alice(request).get(HeaderId::contact) ==
          "<sip:alice@127.1.100.1:5060>;expires=600000");
}

TEST_CASE("A REGISTER that asks for too much: 400, 404, 420") {
    CoreUnderTest core;
    RegisterText request;
    int status = 400;
    SECTION("a star with an expiry") { request.contact = "*"; }
    SECTION("no SIP URI in Contact") { request.contact = "<mailto:alice@x>"; }
    SECTION("another domain") {
        request.identity = "sip:alice@other.example";
        status = 404;
    }
    SECTION("an unknown option tag") {
        request.extra = "Require: teleport\n";
        status = 420;
    }
    core.flow.arrives(kIcscf, request.text());
    const auto answer = core.flow.sent().message;
    CHECK(answer.status() == status);
    if (status == 420) CHECK(answer.get(HeaderId::unsupported) == "teleport");
    CHECK(core.flow.quiet());
}

TEST_CASE("Deregistration of the last contact: USER_DEREGISTRATION, then 200, the record is gone") {
    const bool all = GENERATE(false, true);
    const bool hss_is_up = GENERATE(false, true);
    CoreUnderTest core;
    core.registers_alice();
    RegisterText request;
    request.cseq = 3;
    request.contact = all ? "*" : "<sip:alice@127.1.100.1:5060>;expires=0";
    if (all) request.extra = "Expires: 0\n";
    core.authenticates(request);
    CHECK(core.flow.asked<cx::ServerAssignmentRequest>().type ==
          cx::ServerAssignmentType::user_deregistration);
    if (hss_is_up) {
        core.flow.answered(granted());
    } else {
        core.flow.unanswered();
    }
    const auto ok = core.flow.sent().message;
    CHECK(ok.status() == 200);
    CHECK_FALSE(ok.has(HeaderId::contact));
    CHECK(core.node.registered_users() == 0);
    CHECK(core.node.bindings() == 0);
    CHECK(core.flow.quiet());
}

TEST_CASE("Deregistration of what is not registered: 481") {
    CoreUnderTest core;
    RegisterText request;
    request.contact = "<sip:alice@127.1.100.1:5060>;expires=0";
    core.flow.arrives(kIcscf, request.text());
    CHECK(core.flow.sent().message.status() == 481);
    CHECK(core.flow.quiet());
}

TEST_CASE("A REGISTER without Contact fetches the bindings") {
    CoreUnderTest core;
    core.registers_alice();
    RegisterText request;
    request.cseq = 3;
    request.contact.clear();
    core.authenticates(request);
    CHECK(core.flow.sent().message.get(HeaderId::contact) ==
          "<sip:alice@127.1.100.1:5060>;expires=600000");
    CHECK(core.flow.quiet());
}

TEST_CASE("An old CSeq changes nothing") {
    CoreUnderTest core;
    RegisterText request;
    request.cseq = 10;
    core.registers_alice(request);
    request.cseq = 3;
    core.authenticates(request);
    CHECK(core.flow.sent().message.status() == 500);
    CHECK(core.flow.quiet());
}

TEST_CASE("Expiry: the binding goes by itself and the HSS is told") {
    CoreUnderTest core;
    RegisterText request;
    request.contact = "<sip:alice@127.1.100.1>;expires=3600, <sip:alice@127.1.100.2>;expires=7200";
    core.registers_alice(request);
    core.flow.passes(std::chrono::seconds(3599));
    CHECK(core.node.bindings() == 2);
    core.flow.passes(std::chrono::seconds(2));
    CHECK(core.node.bindings() == 1);
    CHECK(core.flow.quiet());
    core.flow.passes(std::chrono::seconds(3600));
    CHECK(core.node.bindings() == 0);
    CHECK(core.node.registered_users() == 0);
    const auto sar = core.flow.asked<cx::ServerAssignmentRequest>();
    CHECK(sar.type == cx::ServerAssignmentType::timeout_deregistration);
    CHECK(sar.private_identity == kAlice);
    CHECK(sar.public_identities == std::vector<std::string>{"sip:alice@" + kHome});
    core.flow.unanswered();
    CHECK(core.flow.quiet());
}

TEST_CASE("A binding does not expire under a reregistration that the HSS is just granting") {
    CoreUnderTest core;
    RegisterText request;
    request.contact = "<sip:alice@127.1.100.1:5060>;expires=60";
    core.registers_alice(request);
    core.flow.passes(std::chrono::seconds(59));
    request.cseq = 3;
    core.authenticates(request);
    core.flow.asked<cx::ServerAssignmentRequest>();
    const auto id = core.flow.open();
    core.flow.passes(std::chrono::seconds(3));
    CHECK(core.node.bindings() == 1);
    core.flow.answered(id, granted());
    CHECK(core.flow.sent().message.status() == 200);
    core.flow.passes(std::chrono::seconds(50));
    CHECK(core.node.bindings() == 1);
    CHECK(core.flow.quiet());
}

TEST_CASE("Two private identities share a public one: each comes and goes by itself") {
    CoreUnderTest core;
    core.registers_alice();
    RegisterText second;
    second.username = "001010000000009@" + kHome;
    second.call_id = "reg-9";
    second.contact = "<sip:alice@127.1.100.9:5060>;expires=600000";
    core.registers(second, profile_of(kAlice, "alice", "+15550001"));
    CHECK(core.node.registered_users() == 1);
    CHECK(core.node.bindings() == 2);
    second.contact = "<sip:alice@127.1.100.9:5060>;expires=0";
    second.cseq = 3;
    core.authenticates(second);
    const auto sar = core.flow.asked<cx::ServerAssignmentRequest>();
    CHECK(sar.private_identity == second.username);
    core.flow.answered(granted());
    CHECK(core.flow.sent().message.status() == 200);
    CHECK(core.node.bindings() == 1);
    CHECK(core.node.registered_users() == 1);
}

TEST_CASE("Equal profiles are stored once") {
    CoreUnderTest core;
    core.registers_alice();
    core.registers_bob();
    CHECK(core.node.registered_users() == 2);
    CHECK(core.node.state()["shared_profiles"] == 1);
}

TEST_CASE(
    "The HSS ends a registration (RTR): the bindings go, open challenges too, and no SAR follows") {
    CoreUnderTest core;
    core.registers_alice();
    RegisterText request;
    request.call_id = "reg-2";
    core.challenged(request, aka_vector('s'));
    cx::RegistrationTerminationRequest rtr;
    rtr.private_identity = kAlice;
    SECTION("of the private identity") {}
    SECTION("of a public identity") { rtr.public_identities = {"tel:+15550001"}; }
    const auto rta = core.flow.hss_asks<cx::RegistrationTerminationAnswer>(cx::Request(rtr));
    CHECK(rta.result == cx::result::success);
    CHECK(core.node.registered_users() == 0);
    CHECK(core.node.challenges() == 0);
    CHECK(core.flow.quiet());
}

TEST_CASE("RTR while a reregistration is being granted: it is not brought back to life") {
    CoreUnderTest core;
    core.registers_alice();
    RegisterText request;
    request.cseq = 3;
    core.authenticates(request);
    core.flow.asked<cx::ServerAssignmentRequest>();
    cx::RegistrationTerminationRequest rtr;
    rtr.private_identity = kAlice;
    core.flow.hss_asks<cx::RegistrationTerminationAnswer>(cx::Request(rtr));
    core.flow.answered(granted());
    CHECK(core.flow.sent().message.status() == 403);
    CHECK(core.node.registered_users() == 0);
}

TEST_CASE("A pushed profile (PPR) replaces the old one") {
    CoreUnderTest core;
    core.registers_alice();
    cx::PushProfileRequest ppr;
    ppr.private_identity = kAlice;
    ppr.user_data = profile_of(kAlice, "alice", "+15559999").user_data;
    CHECK(core.flow.hss_asks<cx::PushProfileAnswer>(cx::Request(ppr)).result ==
          cx::result::success);
    CHECK(core.node.state()["registrations"][0]["public_identities"][2]["identity"] ==
          "tel:+15559999");
    RegisterText request;
    request.cseq = 3;
    core.authenticates(request);
    core.flow.asked<cx::ServerAssignmentRequest>();
    core.flow.answered(granted());
    CHECK(core.flow.sent().message.get(HeaderId::p_associated_uri) ==
          "<sip:alice@" + kHome + ">, <tel:+15559999>");

    ppr.user_data = "<nonsense";
    CHECK(core.flow.hss_asks<cx::PushProfileAnswer>(cx::Request(ppr)).result ==
          cx::result::not_supported_user_data);
    ppr.private_identity = kBob;
    CHECK(core.flow.hss_asks<cx::PushProfileAnswer>(cx::Request(ppr)).result ==
          cx::result::user_unknown);
}

TEST_CASE("The registration set's state machine") {
    CHECK(scscf::kSetTransitions.to_text() ==
          "not_registered --registered--> registered\n"
          "not_registered --restored--> registered\n"
          "registered --registered--> registered\n"
          "registered --reregistered--> registered\n"
          "registered --contact_removed--> registered\n"
          "registered --last_deregistered--> not_registered\n"
          "registered --last_expired--> not_registered\n"
          "registered --terminated_by_hss--> not_registered\n"
          "registered --terminated_by_network--> not_registered\n");
}
