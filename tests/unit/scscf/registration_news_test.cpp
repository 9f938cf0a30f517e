// Who is told of registrations: application servers (TS 24.229 §5.4.1.7), subscribers of the reg
// event package (§5.4.2.1, RFC 3680).
#include "tests/unit/scscf/service_profiles.h"

using namespace imslab;
using namespace imslab::test;
using sip::HeaderId;

namespace {

const std::string kAliceUri = "sip:alice@" + kHome;

cx::InitialFilterCriteria registrar_criterion() {
    auto criteria = criterion(1, kFirstUri, "REGISTER");
    criteria.application_server.service_info = "<colour>blue & green</colour>";
    return criteria;
}

void subscribes(CoreUnderTest& core,
                std::string_view asserted,
                unsigned expires = 600000,
                const Address& from = kPcscf) {
    static unsigned branch = 0;
    const auto number = std::to_string(++branch);
    core.flow.arrives(from,
                      "SUBSCRIBE " + kAliceUri + " SIP/2.0\nVia: SIP/2.0/UDP " + from.to_string() +
                          ";branch=z9hG4bKs" + number +
                          "\nMax-Forwards: 69\nRoute: <sip:orig@scscf." + kHome +
                          ";lr>\nRecord-Route: <sip:pcscf." + kHome + ";lr>\nFrom: <" + kAliceUri +
                          ">;tag=s1\nTo: <" + kAliceUri + ">\nCall-ID: sub-1\nCSeq: " + number +
                          " SUBSCRIBE\nEvent: reg\nExpires: " + std::to_string(expires) +
                          "\nP-Asserted-Identity: <" + std::string(asserted) +
                          ">\nP-Charging-Vector: icid-value=watch" + number +
                          ";orig-ioi=visited.example\nContact: <sip:alice@127.1.100.1:5060>"
                          "\nContent-Length: 0\n\n");
}

sip::ChargingVector charged(const SentMessage& sent) {
    return sip::ChargingVector::parse(
               sent.message.get(HeaderId::p_charging_vector).value_or("icid-value=none"))
        .value();
}

bool says(const sip::Message& message, std::string_view text) {
    return message.body().find(text) != std::string_view::npos;
}

}  // namespace

TEST_CASE("Registration, re-registration and deregistration are told to the application server") {
    CoreUnderTest core(config_with_servers());
    auto saa = profile_with(kAlice, "alice", "+15550001", {registrar_criterion()});
    const auto ok = core.registers({}, saa);
    CHECK(ok.status() == 200);
    const auto told = core.flow.sent();
    CHECK(told.flow.remote == kFirst);
    CHECK(told.message.uri() == kFirstUri);
    CHECK(told.message.get(HeaderId::to) == "<" + kAliceUri + ">");
    CHECK(told.message.get(HeaderId::from)->starts_with("<sip:scscf." + kHome + ":5060>;tag="));
    CHECK(told.message.get(HeaderId::contact) == "<sip:scscf." + kHome + ":5060>");
    CHECK(told.message.get(HeaderId::expires) == "600000");
    CHECK(sip::ChargingVector::parse(*told.message.get(HeaderId::p_charging_vector))->icid ==
          "icid1");
    CHECK(told.message.get(HeaderId::p_visited_network_id) == "\"" + kHome + "\"");
    CHECK(told.message.get(HeaderId::content_type) == "application/3gpp-ims+xml");
    CHECK(says(told.message, "<ims-3gpp version=\"1\"><service-info>&lt;colour&gt;blue &amp;"));
    core.flow.answers(told, 200);

    RegisterText again;
    again.cseq = 3;
    core.authenticates(again);
    core.flow.asked<cx::ServerAssignmentRequest>();
    core.flow.answered(granted());
    CHECK(core.flow.sent().message.status() == 200);
    const auto anew = core.flow.sent();
    CHECK(anew.message.get(HeaderId::expires) == "600000");
    core.flow.answers(anew, 200);

    RegisterText leaves;
    leaves.cseq = 5;
    leaves.contact = "<sip:alice@127.1.100.1:5060>;expires=0";
    core.authenticates(leaves);
    const auto gone = core.flow.sent();
    CHECK(gone.flow.remote == kFirst);
    CHECK(gone.message.get(HeaderId::expires) == "0");
    CHECK(gone.message.body().empty());
}

TEST_CASE("The registration type decides, and the embedded messages come if the profile asks") {
    CoreUnderTest core(config_with_servers());
    auto criteria = registrar_criterion();
    criteria.trigger_point->triggers[0].registration_types = {cx::RegistrationType::initial};
    criteria.application_server.include_register_request = true;
    criteria.application_server.include_register_response = true;
    core.registers({}, profile_with(kAlice, "alice", "+15550001", {criteria}));
    const auto told = core.flow.sent();
    CHECK(told.message.get(HeaderId::content_type)->starts_with("multipart/mixed;boundary="));
    CHECK(says(told.message, "Content-Type: message/sip\r\n\r\nREGISTER sip:scscf."));
    CHECK(says(told.message, "Content-Type: message/sip\r\n\r\nSIP/2.0 200 OK"));
    core.flow.answers(told, 200);
    core.flow.passes(std::chrono::hours(200));  // expired: not an initial registration
    CHECK(core.flow.asked<cx::ServerAssignmentRequest>().type ==
          cx::ServerAssignmentType::timeout_deregistration);
    CHECK(core.flow.quiet());
}

TEST_CASE("Expiry and the end by the HSS are told") {
    CoreUnderTest core(config_with_servers());
    core.registers({}, profile_with(kAlice, "alice", "+15550001", {registrar_criterion()}));
    core.flow.answers(core.flow.sent(), 200);
    SECTION("expiry") { core.flow.passes(std::chrono::hours(200)); }
    SECTION("RTR") {
        cx::RegistrationTerminationRequest rtr;
        rtr.private_identity = kAlice;
        core.flow.hss_asks<cx::RegistrationTerminationAnswer>(cx::Request(rtr));
    }
    const auto gone = core.flow.sent();
    CHECK(gone.flow.remote == kFirst);
    CHECK(gone.message.get(HeaderId::expires) == "0");
}

TEST_CASE("A server without which there shall be no session ends the registration") {
    CoreUnderTest core(config_with_servers());
    auto criteria = registrar_criterion();
    criteria.application_server.default_handling = cx::DefaultHandling::session_terminated;
    core.registers({}, profile_with(kAlice, "alice", "+15550001", {criteria}));
    core.flow.answers(core.flow.sent(), 503);
    CHECK(core.flow.asked<cx::ServerAssignmentRequest>().type ==
          cx::ServerAssignmentType::administrative_deregistration);
    CHECK(core.node.registered_users() == 0);
}

TEST_CASE("The user subscribes: the whole state, then what changes, then the end") {
    CoreUnderTest core;
    core.registers_alice();
    subscribes(core, kAliceUri);
    const auto ok = core.flow.sent();
    CHECK(ok.message.status() == 200);
    CHECK(ok.message.get(HeaderId::expires) == "600000");
    const auto first = core.flow.sent();
    CHECK(first.flow.remote == kPcscf);
    CHECK(first.message.method() == sip::Method::notify);
    CHECK(first.message.get(HeaderId::event) == "reg");
    CHECK(first.message.get(HeaderId::subscription_state) == "active;expires=600000");
    CHECK(first.message.get(HeaderId::content_type) == "application/reginfo+xml");
    CHECK(says(first.message, "version=\"0\" state=\"full\""));
    CHECK(says(first.message, "aor=\"" + kAliceUri + "\""));
    CHECK(says(first.message, "aor=\"tel:+15550001\""));
    CHECK_FALSE(says(first.message, kAlice));  // the barred one
    CHECK(says(first.message, "state=\"active\" event=\"registered\" expires=\"600000\""));
    CHECK(says(first.message, "event=\"created\""));
    CHECK(says(first.message, "<uri>sip:alice@127.1.100.1:5060</uri>"));
    core.flow.answers(first, 200);

    RegisterText shorter;
    shorter.cseq = 3;
    shorter.contact = "<sip:alice@127.1.100.1:5060>;expires=3600";
    core.authenticates(shorter);
    core.flow.asked<cx::ServerAssignmentRequest>();
    core.flow.answered(granted());
    CHECK(core.flow.sent().message.status() == 200);
    const auto second = core.flow.sent();
    CHECK(says(second.message, "version=\"1\" state=\"partial\""));
    CHECK(says(second.message, "event=\"shortened\" expires=\"3600\""));
    core.flow.answers(second, 200);

    cx::RegistrationTerminationRequest rtr;
    rtr.private_identity = kAlice;
    SECTION("for good") { rtr.reason = cx::DeregistrationReason::permanent_termination; }
    SECTION("so that he may come back") { rtr.reason = cx::DeregistrationReason::server_change; }
    core.flow.hss_asks<cx::RegistrationTerminationAnswer>(cx::Request(rtr));
    const auto last = core.flow.sent();
    CHECK(last.message.get(HeaderId::subscription_state) == "terminated;reason=noresource");
    CHECK(says(last.message, "state=\"terminated\""));
    const bool for_good = rtr.reason == cx::DeregistrationReason::permanent_termination;
    CHECK(says(last.message, for_good ? "event=\"rejected\"" : "event=\"deactivated\""));
    CHECK(core.node.state()["registration_subscriptions"].empty());
}

TEST_CASE("A subscription has one ICID, and each message names the network it comes from") {
    CoreUnderTest core;
    core.registers_alice();
    subscribes(core, kAliceUri);
    const auto ok = core.flow.sent();
    CHECK(charged(ok).icid.starts_with("watch"));
    CHECK(charged(ok).orig_ioi == "visited.example");
    CHECK(charged(ok).term_ioi == kHome);
    const auto first = core.flow.sent();
    CHECK(charged(first).icid == charged(ok).icid);
    CHECK(charged(first).orig_ioi == kHome);
    CHECK(charged(first).term_ioi.empty());
    core.flow.answers(first, 200);

    RegisterText again;
    again.cseq = 3;
    core.authenticates(again);
    core.flow.asked<cx::ServerAssignmentRequest>();
    core.flow.answered(granted());
    CHECK(core.flow.sent().message.status() == 200);
    CHECK(charged(core.flow.sent()).icid == charged(ok).icid);
}

TEST_CASE("Who may subscribe: the user, his P-CSCF, the servers of his profile, nobody else") {
    CoreUnderTest core(config_with_servers());
    core.registers({},
                   profile_with(kAlice, "alice", "+15550001", {criterion(1, kFirstUri, "INVITE")}));
    SECTION("the P-CSCF") {
        subscribes(core, "sip:pcscf." + kHome);
        CHECK(core.flow.sent().message.status() == 200);
    }
    SECTION("an application server") {
        subscribes(core, kFirstUri, 600000, kFirst);
        CHECK(core.flow.sent().message.status() == 200);
    }
    SECTION("another user") {
        subscribes(core, "sip:bob@" + kHome);
        CHECK(core.flow.sent().message.status() == 403);
    }
    SECTION("a barred identity of his own") {
        subscribes(core, "sip:" + kAlice);
        CHECK(core.flow.sent().message.status() == 403);
    }
}

TEST_CASE("A subscription is refreshed, fetched, expires, and is lost with its subscriber") {
    CoreUnderTest core;
    core.registers_alice();
    SECTION("too brief") {
        subscribes(core, kAliceUri, 5);
        const auto refused = core.flow.sent();
        CHECK(refused.message.status() == 423);
        CHECK(refused.message.get(HeaderId::min_expires) == "60");
        return;
    }
    SECTION("a fetch ends at once") {
        subscribes(core, kAliceUri, 0);
        CHECK(core.flow.sent().message.status() == 200);
        CHECK(core.flow.sent().message.get(HeaderId::subscription_state) ==
              "terminated;reason=timeout");
        CHECK(core.node.state()["registration_subscriptions"].empty());
        return;
    }
    subscribes(core, kAliceUri, 600);
    const auto ok = core.flow.sent();
    const auto first = core.flow.sent();
    SECTION("lost") {
        core.flow.answers(first, 481);
        CHECK(core.node.state()["registration_subscriptions"].empty());
    }
    SECTION("expired") {
        core.flow.answers(first, 200);
        core.flow.passes(std::chrono::seconds(601));
        const auto last = core.flow.sent();
        CHECK(last.message.get(HeaderId::subscription_state) == "terminated;reason=timeout");
        CHECK(says(last.message, "state=\"full\""));
    }
    SECTION("what happens while a NOTIFY is under way is told by a whole document") {
        RegisterText again;
        again.cseq = 3;
        core.authenticates(again);
        core.flow.asked<cx::ServerAssignmentRequest>();
        core.flow.answered(granted());
        CHECK(core.flow.sent().message.status() == 200);
        CHECK(core.flow.quiet());
        core.flow.answers(first, 200);
        const auto next = core.flow.sent();
        CHECK(says(next.message, "version=\"1\" state=\"full\""));
        CHECK(says(next.message, "event=\"refreshed\""));
    }
}
