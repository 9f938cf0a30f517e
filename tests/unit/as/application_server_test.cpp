// The application server and its small enablers (TS 24.229 §5.7).
#include "as/application_server.h"

#include <nlohmann/json.hpp>

#include "as/enablers.h"
#include "tests/support/node_flow.h"

using namespace imslab;
using namespace imslab::test;
using sip::HeaderId;

namespace {

const std::string kHome = "ims.mnc001.mcc001.3gppnetwork.org";
const std::string kHost = "as1." + kHome;
const Address kAs = at("127.1.10.1:5060");
const Address kScscf = at("127.1.3.1:5060");
const Address kIcscf = at("127.1.2.1:5060");
const std::string kOdi = "<sip:odi_1@scscf." + kHome + ";lr>";

struct ServerUnderTest {
    CountingEntropy entropy;
    as::ApplicationServer node;
    NodeFlow flow{node, kAs};

    explicit ServerUnderTest(const std::string& enablers, std::size_t max_requests = 1000)
        : ServerUnderTest(enablers, config(max_requests)) {}
    ServerUnderTest(const std::string& enablers, as::Config with) : node(std::move(with), entropy) {
        const auto descriptions = nlohmann::json::parse(enablers);
        for (const auto& [name, settings] : descriptions.items()) {
            const auto recipe = as::read_enabler(name, settings);
            REQUIRE(recipe);
            node.host(recipe->make, recipe->identities);
        }
    }
    static as::Config config(std::size_t max_requests) {
        as::Config config;
        config.host = kHost;
        config.address = kAs;
        config.hosts = {{kHost, kAs}, {"scscf." + kHome, kScscf}, {kHome, kIcscf}};
        config.max_requests = max_requests;
        return config;
    }
    // As the S-CSCF sends it.
    void request(std::string_view method,
                 std::string_view enabler,
                 std::string_view extra = {},
                 const Address& from = kScscf,
                 std::string_view branch = "b1") {
        flow.arrives(
            from,
            std::string(method) + " sip:bob@" + kHome + " SIP/2.0\nVia: SIP/2.0/UDP " +
                from.to_string() + ";branch=z9hG4bK" + std::string(branch) +
                "\nRoute: <sip:" + std::string(enabler) + "@" + kHost + ";lr>, " + kOdi +
                "\nRecord-Route: <sip:mo@scscf." + kHome +
                ";lr>\nMax-Forwards: 60\nFrom: <sip:alice@" + kHome + ">;tag=a1\nTo: <sip:bob@" +
                kHome + ">\nCall-ID: call-1\nCSeq: 1 " + std::string(method) +
                "\nContact: <sip:alice@127.1.100.1:5060>\nP-Asserted-Identity: <sip:alice@" +
                kHome + ">\nP-Served-User: <sip:alice@" + kHome +
                ">;sescase=orig;regstate=reg\nP-Charging-Vector: icid-value=i1\n" +
                std::string(extra) + "Content-Length: 0\n\n");
    }
    void registers(unsigned expires, const Address& from = kScscf) {
        static unsigned branch = 0;
        const std::string body =
            expires == 0
                ? ""
                : "<ims-3gpp version=\"1\"><service-info>a &lt; b</service-info></ims-3gpp>";
        flow.arrives(from,
                     "REGISTER sip:welcoming@" + kHost + " SIP/2.0\nVia: SIP/2.0/UDP " +
                         from.to_string() + ";branch=z9hG4bKr" + std::to_string(++branch) +
                         "\nMax-Forwards: 70\nFrom: <sip:scscf." + kHome +
                         ":5060>;tag=s\nTo: <sip:wilma@" + kHome + ">\nCall-ID: r" +
                         std::to_string(branch) + "\nCSeq: 1 REGISTER\nContact: <sip:scscf." +
                         kHome + ":5060>\nExpires: " + std::to_string(expires) +
                         "\nP-Charging-Vector: icid-value=reg1;orig-ioi=home\nContent-Type: "
                         "application/3gpp-ims+xml\nContent-Length: " +
                         std::to_string(body.size()) + "\n\n" + body);
    }
};

}  // namespace

TEST_CASE("A third-party REGISTER is answered with its expiry, and kept") {
    ServerUnderTest server(R"({"welcoming": {"from": "sip:alice@)" + kHome + R"("}})");
    server.registers(3600);
    const auto ok = server.flow.sent().message;
    CHECK(ok.status() == 200);
    CHECK(ok.get(HeaderId::expires) == "3600");
    const auto state = server.node.state();
    CHECK(state["registrations"][0]["identity"] == "sip:wilma@" + kHome);
    CHECK(state["registrations"][0]["icid"] == "reg1");
    CHECK(state["registrations"][0]["service_information"] == "a < b");
    // The originating user agent, by way of the S-CSCF's entry point (Ma).
    const auto welcome = server.flow.sent();
    CHECK(welcome.flow.remote == kIcscf);
    CHECK(welcome.message.get(HeaderId::route) == "<sip:" + kHome + ";lr;orig>");
    CHECK(welcome.message.uri() == "sip:wilma@" + kHome);
    server.flow.answers(welcome, 200);
    server.registers(3600);  // again: nobody is welcomed twice
    CHECK(server.flow.sent().message.status() == 200);
    CHECK(server.flow.quiet());
    server.registers(0);
    CHECK(server.flow.sent().message.status() == 200);
    CHECK(server.node.state()["registrations"].empty());
    server.registers(60, at("127.9.9.9:5060"));
    CHECK(server.flow.sent().message.status() == 403);
}

TEST_CASE("A registration that has expired is over for the enablers, too") {
    ServerUnderTest server(R"({"welcoming": {"from": "sip:alice@)" + kHome + R"("}})");
    server.registers(60);
    CHECK(server.flow.sent().message.status() == 200);
    server.flow.answers(server.flow.sent(), 200);
    server.flow.passes(std::chrono::seconds(61));
    CHECK(server.node.state()["registrations"].empty());
    CHECK(server.node.state()["enablers"]["welcoming"]["present"].empty());
    server.registers(60);
    CHECK(server.flow.sent().message.status() == 200);
    CHECK(server.flow.sent().message.method() == sip::Method::message);  // she is welcomed anew
}

TEST_CASE("A home network has several I-CSCFs: what a server sends there of its own fails over") {
    const Address other = at("127.1.2.2:5060");
    auto config = ServerUnderTest::config(1000);
    config.hosts[kHome].add({other, 1, 1});
    ServerUnderTest server(R"({"welcoming": {"from": "sip:alice@)" + kHome + R"("}})", config);
    server.registers(3600);
    CHECK(server.flow.sent().message.status() == 200);
    const auto first = server.flow.sent();
    CHECK(first.flow.remote == kIcscf);
    server.flow.deliver(SendFailed{first.flow, "connection refused"});
    const auto second = server.flow.sent();
    CHECK(second.flow.remote == other);
    CHECK(second.message.method() == sip::Method::message);
    CHECK(second.message.get(HeaderId::call_id) == first.message.get(HeaderId::call_id));
    server.flow.answers(second, 200);
    CHECK(server.flow.quiet());
}

TEST_CASE("What a server sends for a user whose S-CSCF is gone goes by the entry of his home") {
    ServerUnderTest server(R"({"welcoming": {"from": "sip:wilma@)" + kHome +
                           R"(", "to": "sip:bob@)" + kHome + R"("}})");
    const std::string serving = "<sip:scscf." + kHome + ":5060;lr;orig>";
    const std::string entry = "<sip:" + kHome + ";lr;orig>";
    const auto welcome = [&] {
        server.registers(3600);
        CHECK(server.flow.sent().message.status() == 200);
        return server.flow.sent();
    };
    const auto leave = [&] {
        server.registers(0);
        CHECK(server.flow.sent().message.status() == 200);
    };
    const auto first = welcome();
    CHECK(first.flow.remote == kScscf);
    CHECK(first.message.values(HeaderId::route) == std::vector<std::string_view>{serving});
    SECTION("it is not there") {
        server.flow.deliver(SendFailed{first.flow, "connection refused"});
    }
    SECTION("it is silent") { server.flow.passes(std::chrono::seconds(13)); }
    SECTION("it cannot") { server.flow.answers(first, 503); }
    auto second = server.flow.sent();
    while (second.flow.remote == kScscf) second = server.flow.sent();  // sent again before
    CHECK(second.flow.remote == kIcscf);
    CHECK(second.message.values(HeaderId::route) == std::vector<std::string_view>{entry});
    CHECK(second.message.get(HeaderId::p_served_user) == "<sip:wilma@" + kHome + ">;sescase=orig");
    CHECK(second.message.get(HeaderId::call_id) == first.message.get(HeaderId::call_id));
    server.flow.forget_sent();  // sent again
    server.flow.answers(second, 200);
    leave();

    // For a while nobody is sent there first; whose way it is, is found again.
    const auto third = welcome();
    CHECK(third.flow.remote == kIcscf);
    CHECK(third.message.values(HeaderId::route) == std::vector<std::string_view>{entry});
    server.flow.answers(third, 503);
    const auto fourth = server.flow.sent();
    CHECK(fourth.flow.remote == kScscf);
    CHECK(fourth.message.values(HeaderId::route) == std::vector<std::string_view>{serving});
    server.flow.answers(fourth, 200);
    CHECK(server.flow.quiet());
}

TEST_CASE("A SIP proxy keeps the original dialog identifier and stays in the dialog") {
    ServerUnderTest server(R"({"marking": {"header": "X-Mark: yes"}})");
    server.request("INVITE", "marking");
    const auto on = server.flow.sent();
    CHECK(on.flow.remote == kScscf);
    CHECK(on.message.values(HeaderId::route) == std::vector<std::string_view>{kOdi});
    CHECK(on.message.get("X-Mark") == "yes");
    CHECK(on.message.first_value(HeaderId::record_route) == "<sip:marking@" + kHost + ";lr>");
    CHECK(on.message.get(HeaderId::p_served_user)->starts_with("<sip:alice@"));
    CHECK(on.message.get(HeaderId::max_forwards) == "59");
}

TEST_CASE("Whom the core did not send asserts nothing") {
    ServerUnderTest server(R"({"marking": {}})");
    server.request("MESSAGE", "marking", {}, at("127.9.9.9:5060"));
    const auto on = server.flow.sent();
    CHECK_FALSE(on.message.has(HeaderId::p_asserted_identity));
    CHECK_FALSE(on.message.has(HeaderId::p_served_user));
}

TEST_CASE("A redirect server answers, or sends the request elsewhere itself") {
    ServerUnderTest answers(
        R"({"moved": {"kind": "redirecting", "to": "sip:c@h", "answer": true}})");
    answers.request("MESSAGE", "moved");
    const auto moved = answers.flow.sent().message;
    CHECK(moved.status() == 302);
    CHECK(moved.get(HeaderId::contact) == "<sip:c@h>");
    ServerUnderTest goes(R"({"redirecting": {"to": "sip:c@h"}})");
    goes.request("MESSAGE", "redirecting");
    const auto on = goes.flow.sent().message;
    CHECK(on.uri() == "sip:c@h");
    CHECK(on.get(HeaderId::history_info) == "<sip:bob@" + kHome + ">;index=1");
}

TEST_CASE("A terminating user agent answers, repeats its answer until the ACK, and ends with BYE") {
    ServerUnderTest server(R"({"answering": {}})");
    server.request("INVITE", "answering");
    CHECK(server.flow.sent().message.status() == 180);
    const auto ok = server.flow.sent().message;
    CHECK(ok.status() == 200);
    CHECK(ok.get(HeaderId::contact) == "<sip:answering@" + kHost + ">");
    CHECK(ok.body().find("127.1.10.1") != std::string_view::npos);
    server.flow.passes(std::chrono::milliseconds(600));
    CHECK(server.flow.sent().message.status() == 200);
    const auto inside = [&](std::string_view method, unsigned cseq) {
        server.flow.arrives(kScscf,
                            std::string(method) + " sip:answering@" + kHost +
                                " SIP/2.0\nVia: SIP/2.0/UDP 127.1.3.1:5060;branch=z9hG4bKi" +
                                std::string(method) + "\nMax-Forwards: 60\nFrom: <sip:alice@" +
                                kHome + ">;tag=a1\nTo: " + std::string(*ok.get(HeaderId::to)) +
                                "\nCall-ID: call-1\nCSeq: " + std::to_string(cseq) + " " +
                                std::string(method) + "\nContent-Length: 0\n\n");
    };
    inside("ACK", 1);
    server.flow.passes(std::chrono::seconds(3));
    CHECK(server.flow.quiet());
    CHECK(server.node.state()["enablers"]["answering"]["calls"].size() == 1);
    inside("BYE", 2);
    CHECK(server.flow.sent().message.status() == 200);
    CHECK(server.node.state()["enablers"]["answering"]["calls"].empty());
}

TEST_CASE("A back-to-back user agent makes another call by the same Route") {
    ServerUnderTest server(R"({"back-to-back": {}})");
    server.request("INVITE", "back-to-back");
    const auto other = server.flow.sent();
    CHECK(other.flow.remote == kScscf);
    CHECK(other.message.get(HeaderId::call_id) != "call-1");
    CHECK(sip::from_tag(other.message) != "a1");
    CHECK(other.message.values(HeaderId::route) == std::vector<std::string_view>{kOdi});
    CHECK(other.message.values(HeaderId::via).size() == 1);
    CHECK_FALSE(other.message.has(HeaderId::record_route));
    SECTION("answered, acknowledged, hung up") {
        server.flow.answers(other, 180, "Contact: <sip:bob@127.1.100.2:5060>\n");
        CHECK(server.flow.sent().message.status() == 180);
        server.flow.answers(other, 200, "Contact: <sip:bob@127.1.100.2:5060>\n");
        const auto ok = server.flow.sent().message;
        CHECK(ok.status() == 200);
        CHECK(ok.get(HeaderId::call_id) == "call-1");
        const auto inside = [&](std::string_view method, unsigned cseq) {
            server.flow.arrives(kScscf,
                                std::string(method) + " sip:back-to-back@" + kHost +
                                    " SIP/2.0\nVia: SIP/2.0/UDP 127.1.3.1:5060;branch=z9hG4bKi" +
                                    std::string(method) + "\nMax-Forwards: 60\nFrom: <sip:alice@" +
                                    kHome + ">;tag=a1\nTo: " + std::string(*ok.get(HeaderId::to)) +
                                    "\nCall-ID: call-1\nCSeq: " + std::to_string(cseq) + " " +
                                    std::string(method) + "\nContent-Length: 0\n\n");
        };
        inside("ACK", 1);
        const auto ack = server.flow.sent().message;
        CHECK(ack.method() == sip::Method::ack);
        CHECK(ack.uri() == "sip:bob@127.1.100.2:5060");
        inside("BYE", 2);
        CHECK(server.flow.sent().message.status() == 200);
        const auto bye = server.flow.sent();
        CHECK(bye.message.method() == sip::Method::bye);
        CHECK(bye.message.get(HeaderId::call_id) == other.message.get(HeaderId::call_id));
        // charged as the call is
        const auto vector =
            sip::ChargingVector::parse(bye.message.get(HeaderId::p_charging_vector).value_or(""));
        REQUIRE(vector);
        CHECK(vector->icid == "i1");
    }
    SECTION("never acknowledged: both legs are hung up") {
        server.flow.answers(other, 200, "Contact: <sip:bob@127.1.100.2:5060>\n");
        CHECK(server.flow.sent().message.status() == 200);
        server.flow.passes(std::chrono::seconds(31));
        while (server.flow.sent_waiting() > 0) CHECK(server.flow.sent().message.status() == 200);
        CHECK(server.node.state()["enablers"]["back-to-back"]["calls"].size() == 2);
        server.flow.passes(std::chrono::seconds(2));
        std::vector<std::string> sent;
        while (server.flow.sent_waiting() > 0) {
            const auto message = server.flow.sent();
            if (!message.message.is_request()) continue;
            sent.push_back(std::string(message.message.method_text()) + " " +
                           std::string(message.message.uri()));
        }
        REQUIRE(sent.size() >= 3);
        CHECK(sent[0] == "ACK sip:bob@127.1.100.2:5060");
        CHECK(sent[1] == "BYE sip:alice@127.1.100.1:5060");
        CHECK(sent[2] == "BYE sip:bob@127.1.100.2:5060");
        CHECK(server.node.state()["enablers"]["back-to-back"]["calls"].empty());
    }
    SECTION("RFC 4028: the session timer is between the two ends, in UPDATE, too") {
        server.flow.answers(other,
                            200,
                            "Contact: <sip:bob@127.1.100.2:5060>\nRequire: timer\n"
                            "Session-Expires: 1800;refresher=uac\n");
        const auto ok = server.flow.sent().message;
        CHECK(ok.get(HeaderId::require) == "timer");
        CHECK(ok.get(HeaderId::session_expires) == "1800;refresher=uac");
        const auto inside = [&](std::string_view method, std::string_view extra) {
            server.flow.arrives(kScscf,
                                std::string(method) + " sip:back-to-back@" + kHost +
                                    " SIP/2.0\nVia: SIP/2.0/UDP 127.1.3.1:5060;branch=z9hG4bKi" +
                                    std::string(method) + "\nMax-Forwards: 60\nFrom: <sip:alice@" +
                                    kHome + ">;tag=a1\nTo: " + std::string(*ok.get(HeaderId::to)) +
                                    "\nCall-ID: call-1\nCSeq: 2 " + std::string(method) + "\n" +
                                    std::string(extra) + "Content-Length: 0\n\n");
        };
        inside("ACK", "");
        server.flow.sent();
        inside("UPDATE",
               "Contact: <sip:alice@127.1.100.1:5060>\nSupported: 100rel, timer\n"
               "Session-Expires: 1800;refresher=uac\nMin-SE: 90\n");
        const auto update = server.flow.sent();
        CHECK(update.message.get(HeaderId::supported) == "timer");
        CHECK(update.message.get(HeaderId::session_expires) == "1800;refresher=uac");
        CHECK(update.message.get(HeaderId::min_se) == "90");
        server.flow.answers(update,
                            200,
                            "Contact: <sip:bob@127.1.100.2:5060>\nRequire: timer\n"
                            "Session-Expires: 1800;refresher=uac\n");
        const auto refreshed = server.flow.sent().message;
        CHECK(refreshed.status() == 200);
        CHECK(refreshed.get(HeaderId::require) == "timer");
        CHECK(refreshed.get(HeaderId::session_expires) == "1800;refresher=uac");
        CHECK(refreshed.get(HeaderId::contact) == "<sip:back-to-back@" + kHost + ">");
    }
    SECTION("refused") {
        server.flow.answers(other, 486);
        CHECK(server.flow.sent().message.method() == sip::Method::ack);
        CHECK(server.flow.sent().message.status() == 486);
    }
    SECTION("cancelled") {
        server.flow.answers(other, 180);
        server.flow.forget_sent();
        server.flow.arrives(kScscf,
                            "CANCEL sip:bob@" + kHome +
                                " SIP/2.0\nVia: SIP/2.0/UDP 127.1.3.1:5060;branch=z9hG4bKb1\n"
                                "Max-Forwards: 60\nFrom: <sip:alice@" +
                                kHome + ">;tag=a1\nTo: <sip:bob@" + kHome +
                                ">\nCall-ID: call-1\nCSeq: 1 CANCEL\nContent-Length: 0\n\n");
        CHECK(server.flow.sent().message.status() == 200);
        CHECK(server.flow.sent().message.status() == 487);
        CHECK(server.flow.sent().message.method() == sip::Method::cancel);
    }
}

TEST_CASE("More than it can take is answered 503 with Retry-After") {
    ServerUnderTest server(R"({"marking": {}})", 1);
    server.request("MESSAGE", "marking");
    server.flow.sent();
    server.request("MESSAGE", "marking", {}, kScscf, "b2");
    const auto refused = server.flow.sent().message;
    CHECK(refused.status() == 503);
    CHECK(refused.get(HeaderId::retry_after) == "10");
    CHECK(server.node.state()["refused_for_overload"] == 1);
}

TEST_CASE("An identity of its own, and one that nobody has") {
    ServerUnderTest server(R"({"answering": {"identities": ["sip:echo@h"]}, "marking": {}})");
    const auto asks = [&](std::string_view uri, std::string_view branch) {
        server.flow.arrives(kIcscf,
                            "MESSAGE " + std::string(uri) +
                                " SIP/2.0\nVia: SIP/2.0/UDP 127.1.2.1:5060;branch=z9hG4bK" +
                                std::string(branch) +
                                "\nMax-Forwards: 60\nFrom: <sip:a@h>;tag=1\nTo: <sip:b@h>\n"
                                "Call-ID: m1\nCSeq: 1 MESSAGE\nContent-Length: 0\n\n");
    };
    asks("sip:echo@h", "1");
    CHECK(server.flow.sent().message.status() == 200);
    asks("sip:nobody@h", "2");
    CHECK(server.flow.sent().message.status() == 404);
    asks("sip:nobody@" + kHost, "3");
    CHECK(server.flow.sent().message.status() == 404);
}

TEST_CASE("What is wrong in an enabler's settings is said in a sentence") {
    const auto said = [](const std::string& name, const char* settings) {
        const auto recipe = as::read_enabler(name, nlohmann::json::parse(settings));
        return recipe ? std::string() : recipe.error();
    };
    CHECK(said("marking", R"({"header": "none"})") ==
          R"(enablers.marking.header: found "none", expected "Name: value")");
    CHECK(said("redirecting", "{}") ==
          "enablers.redirecting.to: found nothing, expected a sip: or tel: URI");
    CHECK(said("answering", R"({"status": 99})") ==
          "enablers.answering.status: found 99, expected a final status from 300 to 699");
    CHECK(said("thing", "{}") ==
          "enablers.thing: found the kind \"thing\", expected answering, marking, redirecting, "
          "back-to-back, welcoming, callback, or a larger one: messaging, presence, "
          "resource-lists, xdm, aggregation-proxy, bsf, interaction");
    CHECK(said("answering", R"({"colour": 1})") ==
          "enablers.answering.colour: found 1, expected one of identities kind status");
    CHECK(said("answering", "3") == "enablers.answering: found 3, expected a map");
}

TEST_CASE("The session case is what P-Served-User says, else what our own Route entry says") {
    auto message = sip::Message::request("MESSAGE", "sip:b@h");
    const auto read = [&](const char* served, const char* route) {
        auto copy = message;
        if (*served != '\0') copy.append(HeaderId::p_served_user, served);
        return as::read_service_request(copy, Flow{}, true, route).session_case;
    };
    using cx::SessionCase;
    CHECK(read("<sip:a@h>;sescase=term;regstate=unreg", "") ==
          SessionCase::terminating_unregistered);
    CHECK(read("<sip:a@h>;sescase=orig", "") == SessionCase::originating_registered);
    CHECK(read("<sip:a@h>;orig-cdiv", "") == SessionCase::originating_cdiv);
    CHECK(read("", "sip:as.h;lr;sescase=term") == SessionCase::terminating_registered);
    CHECK_FALSE(read("", "sip:as.h;lr"));
}
