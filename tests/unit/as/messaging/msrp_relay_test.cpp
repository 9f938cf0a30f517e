// A relay as call flows: who gets a URI, what goes by it, and what its sender hears (RFC 4976).
#include "as/messaging/msrp_relay.h"

#include "as/application_server.h"
#include "diameter/zh.h"
#include "sip/digest.h"
#include "sip/headers.h"
#include "sip/params.h"
#include "tests/unit/as/messaging/session_fixture.h"

using namespace imslab;
using namespace imslab::messaging;
using std::chrono::seconds;

namespace {

const std::string kUser = "alice@home.example", kPassword = "secret";
const Address kPlain = test::at("127.1.10.21:2855"), kByTls = test::at("127.1.10.21:2856");
const Address kOther = test::at("127.1.10.22:2856");
const std::string kOwnHost = "relay1.home.example", kOtherHost = "relay2.home.example";

struct RelayLab {
    explicit RelayLab(RelaySettings settings = {}) : node(config(), entropy) {
        node.host([&](as::Services& services) {
            return std::make_unique<MsrpRelay>(services, "msrp-relay", settings);
        });
    }
    static as::Config config() {
        as::Config config;
        config.host = kOwnHost;
        config.address = test::at("127.1.10.21:5060");
        config.domains = {kHome};
        config.msrp = kPlain;
        config.msrp_by_tls = kByTls;
        config.hosts = {{kOwnHost, config.address}, {kOtherHost, test::at("127.1.10.22:5060")}};
        return config;
    }
    void deliver(Event event) {
        node.deliver(std::move(event), now);
        std::vector<Effect> effects;
        node.take_effects(effects);
        for (auto& effect : effects) {
            if (auto* send = std::get_if<Send>(&effect)) {
                if (send->bytes.empty()) opened.push_back(send->flow);
                octets[send->flow.remote] += send->bytes;
            } else if (auto* ask = std::get_if<Ask>(&effect)) {
                if (const auto* who = std::any_cast<msrp::WhoIsThere>(&ask->request))
                    deliver(Answered{ask->id, msrp::PeerCertificate{"", names[who->connection]}});
                else
                    deliver(Answered{ask->id, on_zh(std::any_cast<zh::Request>(ask->request))});
            } else if (auto* closes = std::get_if<Close>(&effect)) {
                closed.push_back(closes->flow.remote);
            } else if (auto* reading = std::get_if<Reading>(&effect)) {
                reads[reading->flow.remote] = reading->wanted;
            }
        }
    }
    std::any on_zh(const zh::Request& request) const {
        if (hss_is_down) return AskFailed{AskFailed::Why::timed_out, "nobody"};
        const auto& mar = std::get<zh::MultimediaAuthRequest>(request);
        zh::MultimediaAuthAnswer maa;
        maa.result =
            mar.private_identity == kUser ? cx::result::success : zh::result::identity_unknown;
        if (mar.private_identity == kUser) {
            cx::AuthVector vector;
            vector.auth_scheme = cx::scheme::digest;
            vector.realm = kHome;
            vector.algorithm = "MD5";
            vector.ha1 = sip::ha1(sip::HashAlgorithm::md5, kUser, kHome, kPassword);
            maa.vector = vector;
        }
        return zh::Answer(std::move(maa));
    }
    void passes(Duration duration) {
        now += duration;
        deliver(Woken{});
    }
    std::vector<Read::Message> written(const Address& to) {
        Read read;
        msrp::Reader reader;
        REQUIRE(reader.push(octets[to], read));
        octets[to].clear();
        return std::move(read.messages);
    }
    Read::Message only(const Address& to) {
        auto all = written(to);
        REQUIRE(all.size() == 1);
        return std::move(all.front());
    }
    void arrives(const Flow& flow, const std::string& bytes) { deliver(Arrived{flow, bytes}); }
    static msrp::Head auth(const std::string& authorization = {},
                           const std::string& from = "msrps://127.1.100.51:2855/alice;tcp",
                           const std::string& expires = {}) {
        msrp::Head head;
        head.transaction = "auth0001";
        head.method = "AUTH";
        head.to_path = "msrps://" + kOwnHost + ":2856;tcp";
        head.from_path = from;
        if (!expires.empty()) head.others.emplace_back("Expires", expires);
        if (!authorization.empty()) head.others.emplace_back("Authorization", authorization);
        return head;
    }
    static std::string proof(const msrp::Head& challenge,
                             const std::string& password = kPassword,
                             const std::string& count = "00000001",
                             const std::string& user = kUser) {
        const auto params = sip::AuthParams::parse(*challenge.get("WWW-Authenticate"));
        REQUIRE(params);
        const auto nonce = params->get("nonce").value_or("");
        return proof_with(nonce, password, count, user);
    }
    static std::string proof_with(const std::string& nonce,
                                  const std::string& password = kPassword,
                                  const std::string& count = "00000001",
                                  const std::string& user = kUser) {
        const auto ha1 = sip::ha1(sip::HashAlgorithm::md5, user, kHome, password);
        const auto uri = "msrps://" + kOwnHost + ":2856;tcp";
        sip::DigestInput input;
        input.ha1 = ha1;
        input.nonce = nonce;
        input.method = "AUTH";
        input.uri = uri;
        input.qop = "auth";
        input.nonce_count = count;
        input.cnonce = "c";
        return "Digest username=" + sip::quote(user) + ", realm=" + sip::quote(kHome) +
               ", nonce=" + sip::quote(nonce) + ", qop=auth, nc=" + count +
               ", cnonce=\"c\", response=" + sip::quote(sip::digest_response(input));
    }
    // The URI that the client of this connection gets.
    std::string authorized(const Flow& flow,
                           const std::string& from,
                           const std::string& expires = {}) {
        arrives(flow, msrp::whole(auth({}, from, expires)));
        const auto challenge = only(flow.remote).head;
        REQUIRE(challenge.status == 401);
        arrives(flow, msrp::whole(auth(proof(challenge), from, expires)));
        const auto accepted = only(flow.remote).head;
        REQUIRE(accepted.status == 200);
        return std::string(accepted.get("Use-Path").value_or(""));
    }
    // Alice has a URI; the relay is connected to by her.
    void alice_is_there() {
        deliver(ConnectionOpened{alice});
        uri = authorized(alice, kAliceUri);
    }
    msrp::Head send(const std::string& id, const char* range, const std::string& to) const {
        msrp::Head head;
        head.transaction = "t" + id;
        head.method = "SEND";
        head.to_path = to;
        head.from_path = kAliceUri;
        head.message_id = id;
        head.range = msrp::ByteRange::parse(range);
        head.others = {{"Content-Type", "text/plain"}};
        head.has_body = true;
        return head;
    }

    const std::string kAliceUri = "msrps://127.1.100.51:2855/alice;tcp";
    const std::string kBobUri = "msrp://127.1.100.52:2855/bob;tcp";
    Flow alice{Transport::tls, kByTls, test::at("127.1.100.51:40000"), 1};
    Flow bob{Transport::tcp, kPlain, kBob, 2};
    test::CountingEntropy entropy;
    as::ApplicationServer node;
    Time now = Time{} + std::chrono::hours(10'000);
    std::map<Address, std::string> octets;
    std::map<Address, bool> reads;
    std::map<std::uint64_t, std::vector<std::string>> names;  // vouched for, by connection
    std::vector<Flow> opened;
    std::vector<Address> closed;
    std::string uri;
    bool hss_is_down = false;
};

}  // namespace

TEST_CASE("AUTH is challenged, and who knows the password gets a URI (RFC 4976 §5.1, §9.1)") {
    RelayLab lab;
    lab.deliver(ConnectionOpened{lab.alice});
    lab.arrives(lab.alice, msrp::whole(RelayLab::auth()));
    const auto challenge = lab.only(lab.alice.remote).head;
    CHECK(challenge.status == 401);
    CHECK(challenge.to_path == lab.kAliceUri);
    const std::string asked(challenge.get("WWW-Authenticate").value_or(""));
    CHECK(asked.find("qop=\"auth\"") != std::string::npos);
    CHECK(asked.find("auth-int") == std::string::npos);
    const auto proof = RelayLab::proof(challenge);
    lab.arrives(lab.alice, msrp::whole(RelayLab::auth(proof)));
    const auto accepted = lab.only(lab.alice.remote).head;
    CHECK(accepted.status == 200);
    CHECK(accepted.get("Expires") == "900");
    const std::string info(accepted.get("Authentication-Info").value_or(""));
    for (const auto* part :
         {"nextnonce=\"", "rspauth=\"", "cnonce=\"c\"", "nc=00000001", "qop=auth"})
        CHECK(info.find(part) != std::string::npos);
    const auto path = msrp::parse_path(accepted.get("Use-Path").value_or(""));
    REQUIRE(path);
    CHECK(path->front().secure);
    CHECK(path->front().host == kOwnHost);
    CHECK(path->front().port == 2856);
    CHECK(path->front().session_id.size() >= 16);

    SECTION("what has proved him once proves nothing again") {
        lab.arrives(lab.alice, msrp::whole(RelayLab::auth(proof)));
        const auto again = lab.only(lab.alice.remote).head;
        CHECK(again.status == 401);
        CHECK(std::string(again.get("WWW-Authenticate").value_or("")).find("stale=true") !=
              std::string::npos);
    }
    SECTION("the nonce goes on by counting up, and the next one is known already") {
        const auto nonce = sip::AuthParams::parse("Digest " + info)->get("nextnonce");
        REQUIRE(nonce);
        lab.arrives(lab.alice,
                    msrp::whole(RelayLab::auth(RelayLab::proof(challenge, kPassword, "00000002"))));
        CHECK(lab.only(lab.alice.remote).head.status == 200);
        lab.arrives(lab.alice, msrp::whole(RelayLab::auth(RelayLab::proof_with(*nonce))));
        CHECK(lab.only(lab.alice.remote).head.status == 200);
    }
}

TEST_CASE("who does not know the password gets none, and is sent away at last (RFC 4976 §6.3)") {
    RelayLab lab;
    lab.deliver(ConnectionOpened{lab.alice});
    lab.arrives(lab.alice, msrp::whole(RelayLab::auth()));
    auto challenge = lab.only(lab.alice.remote).head;
    const std::string user = GENERATE(kUser, std::string("nobody@home.example"));
    for (int attempt = 0; attempt < 3; ++attempt) {
        CHECK(lab.closed.empty());
        lab.arrives(
            lab.alice,
            msrp::whole(RelayLab::auth(RelayLab::proof(challenge, "wrong", "00000001", user))));
        challenge = lab.only(lab.alice.remote).head;
        CHECK(challenge.status == 401);
    }
    CHECK(lab.closed == std::vector{lab.alice.remote});
}

TEST_CASE("a nonce is good for a while, and only one that was given out") {
    RelayLab lab;
    lab.deliver(ConnectionOpened{lab.alice});
    lab.arrives(lab.alice, msrp::whole(RelayLab::auth()));
    const auto challenge = lab.only(lab.alice.remote).head;
    SECTION("too late") {
        lab.now += seconds(301);
        lab.arrives(lab.alice, msrp::whole(RelayLab::auth(RelayLab::proof(challenge))));
    }
    SECTION("made up") {
        lab.arrives(lab.alice, msrp::whole(RelayLab::auth(RelayLab::proof_with("12345.abc"))));
    }
    CHECK(lab.only(lab.alice.remote).head.status == 401);
}

TEST_CASE("how long a URI is good (RFC 4976 §4.6)") {
    RelayLab lab;
    lab.deliver(ConnectionOpened{lab.alice});
    lab.deliver(ConnectionOpened{lab.bob});
    const auto ask_for = [&](const std::string& expires) {
        lab.arrives(lab.alice, msrp::whole(RelayLab::auth()));
        const auto challenge = lab.only(lab.alice.remote).head;
        lab.arrives(
            lab.alice,
            msrp::whole(RelayLab::auth(RelayLab::proof(challenge), lab.kAliceUri, expires)));
        return lab.only(lab.alice.remote).head;
    };
    CHECK(ask_for("59").get("Min-Expires") == "60");
    CHECK(ask_for("3601").get("Max-Expires") == "3600");
    CHECK(ask_for("3601").status == 423);
    CHECK(ask_for("soon").status == 400);
    const auto accepted = ask_for("60");
    CHECK(accepted.get("Expires") == "60");
    const std::string uri(*accepted.get("Use-Path"));
    lab.now += seconds(59);
    lab.arrives(lab.alice,
                msrp::whole(lab.send("m0001", "1-5/5", uri + " " + lab.kBobUri), "hello"));
    CHECK(lab.only(lab.alice.remote).head.status == 200);
    lab.passes(seconds(1));
    lab.arrives(lab.alice,
                msrp::whole(lab.send("m0002", "1-5/5", uri + " " + lab.kBobUri), "hello"));
    CHECK(lab.only(lab.alice.remote).head.status == 481);
}

TEST_CASE("AUTH goes by TLS (RFC 4976 §9.2)") {
    RelayLab lab;
    const Flow plain{Transport::tcp, kPlain, test::at("127.1.100.51:40001"), 3};
    lab.deliver(ConnectionOpened{plain});
    auto head = RelayLab::auth();
    head.to_path = "msrp://" + kOwnHost + ":2855;tcp";
    lab.arrives(plain, msrp::whole(head));
    CHECK(lab.only(plain.remote).head.status == 403);
}

TEST_CASE("without the HSS nobody is let in") {
    RelayLab lab;
    lab.deliver(ConnectionOpened{lab.alice});
    lab.arrives(lab.alice, msrp::whole(RelayLab::auth()));
    const auto challenge = lab.only(lab.alice.remote).head;
    lab.hss_is_down = true;
    lab.arrives(lab.alice, msrp::whole(RelayLab::auth(RelayLab::proof(challenge))));
    CHECK(lab.only(lab.alice.remote).head.status == 403);
}

TEST_CASE("a message goes on with the paths changed, and its report comes back (RFC 4976 §6.4)") {
    RelayLab lab;
    lab.alice_is_there();
    lab.arrives(lab.alice,
                msrp::whole(lab.send("m0001", "1-5/5", lab.uri + " " + lab.kBobUri), "hello"));
    // Each hop is answered by itself.
    CHECK(lab.only(lab.alice.remote).head.status == 200);
    REQUIRE(lab.opened.size() == 1);
    CHECK(lab.opened[0].remote == kBob);
    CHECK(lab.octets[kBob].empty());  // nobody is there yet
    CHECK(lab.reads.at(lab.alice.remote) == false);
    lab.deliver(ConnectionOpened{lab.bob});
    CHECK(lab.reads.at(lab.alice.remote));
    const auto on = lab.only(kBob);
    CHECK(on.head.method == "SEND");
    CHECK(on.head.transaction != "tm0001");
    CHECK(on.head.to_path == lab.kBobUri);
    CHECK(on.head.from_path == lab.uri + " " + lab.kAliceUri);
    CHECK(on.head.message_id == "m0001");
    CHECK(on.body == "hello");
    CHECK(on.flag == '$');
    lab.arrives(lab.bob, msrp::whole(msrp::response_to(on.head, 200)));
    CHECK(lab.octets[lab.alice.remote].empty());

    msrp::Head report;
    report.transaction = "rep00001";
    report.method = "REPORT";
    report.to_path = on.head.from_path;
    report.from_path = lab.kBobUri;
    report.message_id = "m0001";
    report.report_status = "000 200 OK";
    lab.arrives(lab.bob, msrp::whole(report));
    const auto reported = lab.only(lab.alice.remote).head;
    CHECK(reported.method == "REPORT");
    CHECK(reported.to_path == lab.kAliceUri);
    CHECK(reported.from_path == lab.uri + " " + lab.kBobUri);

    SECTION("an answer that is a failure becomes a REPORT") {
        lab.arrives(lab.alice,
                    msrp::whole(lab.send("m0002", "1-5/5", lab.uri + " " + lab.kBobUri), "hello"));
        CHECK(lab.only(lab.alice.remote).head.status == 200);
        lab.arrives(lab.bob, msrp::whole(msrp::response_to(lab.only(kBob).head, 413)));
        const auto failed = lab.only(lab.alice.remote).head;
        CHECK(failed.method == "REPORT");
        CHECK(failed.report_status == "000 413 Stop Sending Message");
        CHECK(failed.from_path == lab.uri);
        CHECK(failed.to_path == lab.kAliceUri);
        CHECK(failed.range->to_string() == "1-5/5");
    }
    SECTION("no answer within 30 s does, too") {
        lab.arrives(lab.alice,
                    msrp::whole(lab.send("m0002", "1-5/5", lab.uri + " " + lab.kBobUri), "hello"));
        CHECK(lab.only(lab.alice.remote).head.status == 200);
        lab.passes(seconds(30));
        CHECK(lab.only(lab.alice.remote).head.reported() == 408);
    }
    SECTION("so does a connection that is lost, unless nobody wants to know") {
        auto quiet = lab.send("m0002", "1-5/5", lab.uri + " " + lab.kBobUri);
        quiet.failure_report = msrp::FailureReport::no;
        lab.arrives(lab.alice, msrp::whole(quiet, "hello"));
        lab.arrives(lab.alice,
                    msrp::whole(lab.send("m0003", "1-5/5", lab.uri + " " + lab.kBobUri), "hello"));
        CHECK(lab.only(lab.alice.remote).head.status == 200);
        lab.deliver(ConnectionClosed{lab.bob, "gone"});
        const auto failed = lab.only(lab.alice.remote).head;
        CHECK(failed.reported() == 408);
        CHECK(failed.message_id == "m0003");
    }
}

TEST_CASE("a next hop that cannot be reached is reported") {
    RelayLab lab;
    lab.alice_is_there();
    lab.arrives(lab.alice,
                msrp::whole(lab.send("m0001", "1-5/5", lab.uri + " " + lab.kBobUri), "hello"));
    CHECK(lab.only(lab.alice.remote).head.status == 200);
    lab.deliver(SendFailed{lab.opened.at(0), "refused"});
    CHECK(lab.only(lab.alice.remote).head.reported() == 408);
    CHECK(lab.reads.at(lab.alice.remote));
}

TEST_CASE("a relay is no open relay (RFC 4976 §6.2, §6.4)") {
    RelayLab lab;
    lab.alice_is_there();
    SECTION("a URI that it has not given out") {
        const auto made_up = "msrps://" + kOwnHost + ":2856/guessed;tcp " + lab.kBobUri;
        lab.arrives(lab.alice, msrp::whole(lab.send("m0001", "1-5/5", made_up), "hello"));
        CHECK(lab.only(lab.alice.remote).head.status == 481);
        CHECK(lab.opened.empty());
    }
    SECTION("a URI of somebody else: the connection is dropped") {
        lab.arrives(
            lab.alice,
            msrp::whole(lab.send("m0001", "1-5/5", "msrps://elsewhere:2856/x;tcp"), "hello"));
        CHECK(lab.closed == std::vector{lab.alice.remote});
    }
    SECTION("a good URI, and neither to nor from who has it") {
        const Flow mallory{Transport::tls, kByTls, test::at("127.1.100.66:40000"), 6};
        lab.deliver(ConnectionOpened{mallory});
        lab.arrives(mallory,
                    msrp::whole(lab.send("m0001", "1-5/5", lab.uri + " " + lab.kBobUri), "hello"));
        CHECK(lab.only(mallory.remote).head.status == 403);
        CHECK(lab.opened.empty());
    }
    SECTION("a URI is good on its client's connection alone") {
        lab.deliver(ConnectionClosed{lab.alice, "gone"});
        lab.alice.connection = 7;
        lab.deliver(ConnectionOpened{lab.alice});
        lab.arrives(lab.alice,
                    msrp::whole(lab.send("m0001", "1-5/5", lab.uri + " " + lab.kBobUri), "hello"));
        CHECK(lab.only(lab.alice.remote).head.status == 481);
    }
    SECTION("who says nothing good for 30 s is sent away (§6.1)") {
        const Flow silent{Transport::tls, kByTls, test::at("127.1.100.67:40000"), 8};
        lab.deliver(ConnectionOpened{silent});
        lab.passes(seconds(30));
        CHECK(lab.closed == std::vector{silent.remote});
    }
}

TEST_CASE("two who send to one are interrupted and go on, octet for octet") {
    RelayLab lab;
    lab.alice_is_there();
    lab.deliver(ConnectionOpened{lab.bob});
    Flow erin{Transport::tls, kByTls, test::at("127.1.100.55:40000"), 5};
    lab.deliver(ConnectionOpened{erin});
    const auto erins = lab.authorized(erin, "msrps://127.1.100.55:2855/erin;tcp");
    const auto first =
        msrp::whole(lab.send("m0001", "1-10/10", lab.uri + " " + lab.kBobUri), "0123456789");
    auto head = lab.send("m0002", "1-3/3", erins + " " + lab.kBobUri);
    head.from_path = "msrps://127.1.100.55:2855/erin;tcp";
    const auto middle = first.find("56789");
    lab.arrives(lab.alice, first.substr(0, middle));
    lab.arrives(erin, msrp::whole(head, "abc"));
    lab.arrives(lab.alice, first.substr(middle));
    std::map<std::string, std::string> whole;
    for (const auto& one : lab.written(kBob)) {
        auto& message = whole[one.head.message_id];
        CHECK(one.head.range->start == message.size() + 1);
        CHECK_FALSE(one.head.range->end.has_value());
        message += one.body;
    }
    CHECK(whole.at("m0001") == "0123456789");
    CHECK(whole.at("m0002") == "abc");
}

TEST_CASE("who reads slowly makes who writes wait") {
    RelayLab lab;
    lab.alice_is_there();
    lab.arrives(lab.alice,
                msrp::whole(lab.send("m0001", "1-5/5", lab.uri + " " + lab.kBobUri), "hello"));
    lab.deliver(ConnectionOpened{lab.bob});
    lab.deliver(Blocked{lab.bob});
    lab.arrives(lab.alice,
                msrp::whole(lab.send("m0002", "1-5/5", lab.uri + " " + lab.kBobUri), "hello"));
    CHECK(lab.reads.at(lab.alice.remote) == false);
    lab.deliver(Writable{lab.bob});
    CHECK(lab.reads.at(lab.alice.remote));
}

TEST_CASE("two relays in a row: the other one is known by its certificate (RFC 4976 §9.2)") {
    RelayLab lab;
    lab.alice_is_there();
    const auto to = lab.uri + " msrps://" + kOtherHost + ":2856/bobs;tcp " + lab.kBobUri;
    lab.arrives(lab.alice, msrp::whole(lab.send("m0001", "1-5/5", to), "hello"));
    CHECK(lab.only(lab.alice.remote).head.status == 200);
    REQUIRE(lab.opened.size() == 1);
    CHECK(lab.opened[0].remote == kOther);
    CHECK(lab.opened[0].transport == Transport::tls);
    const Flow other{Transport::tls, kByTls, kOther, 9};
    SECTION("it is the one") {
        lab.names[9] = {kOtherHost};
        lab.deliver(ConnectionOpened{other});
        const auto on = lab.only(kOther);
        CHECK(on.head.to_path == "msrps://" + kOtherHost + ":2856/bobs;tcp " + lab.kBobUri);
        CHECK(on.body == "hello");
        // What comes back comes on the same connection.
        msrp::Head report;
        report.transaction = "rep00001";
        report.method = "REPORT";
        report.to_path = lab.uri + " " + lab.kAliceUri;
        report.from_path = "msrps://" + kOtherHost + ":2856/bobs;tcp " + lab.kBobUri;
        report.report_status = "000 200 OK";
        lab.arrives(other, msrp::whole(report));
        CHECK(lab.only(lab.alice.remote).head.reported() == 200);
        CHECK(lab.opened.size() == 1);
    }
    SECTION("it is somebody else") {
        lab.names[9] = {"relay3.home.example"};
        lab.deliver(ConnectionOpened{other});
        CHECK(lab.octets[kOther].empty());
        CHECK(lab.closed == std::vector{kOther});
        CHECK(lab.only(lab.alice.remote).head.reported() == 408);
    }
}

TEST_CASE("AUTH at an outer relay by way of this one, and for this one by way of an inner one") {
    RelayLab lab;
    SECTION("it goes on, and its answer comes back") {
        lab.alice_is_there();
        auto head = RelayLab::auth();
        head.to_path = lab.uri + " msrps://" + kOtherHost + ":2856;tcp";
        lab.arrives(lab.alice, msrp::whole(head));
        const Flow other{Transport::tls, kByTls, kOther, 9};
        lab.names[9] = {kOtherHost};
        lab.deliver(ConnectionOpened{other});
        const auto on = lab.only(kOther).head;
        CHECK(on.method == "AUTH");
        CHECK(on.to_path == "msrps://" + kOtherHost + ":2856;tcp");
        CHECK(on.from_path == lab.uri + " " + lab.kAliceUri);
        auto challenge = msrp::response_to(on, 401);
        challenge.others.emplace_back("WWW-Authenticate", "Digest realm=\"x\"");
        lab.arrives(other, msrp::whole(challenge));
        const auto back = lab.only(lab.alice.remote).head;
        CHECK(back.status == 401);
        CHECK(back.transaction == "auth0001");
        CHECK(back.to_path == lab.kAliceUri);
        CHECK(back.from_path == lab.uri + " msrps://" + kOtherHost + ":2856;tcp");
        CHECK(back.get("WWW-Authenticate") == "Digest realm=\"x\"");
    }
    SECTION("it comes from a relay that its certificate names") {
        const Flow inner{Transport::tls, kByTls, test::at("127.1.10.22:40000"), 9};
        const auto before = "msrps://" + kOtherHost + ":2856/inner;tcp";
        lab.names[9] = {kOtherHost};
        lab.deliver(ConnectionOpened{inner});
        const auto path = lab.authorized(inner, before + " " + lab.kAliceUri);
        CHECK(path.starts_with(before + " msrps://" + kOwnHost));
        // To her by way of that relay, and from her, on whichever connection it has.
        const auto own = path.substr(path.find(' ') + 1);
        auto head = lab.send("m0001", "1-5/5", own + " " + lab.kBobUri);
        head.from_path = before + " " + lab.kAliceUri;
        lab.deliver(ConnectionOpened{lab.bob});
        lab.arrives(inner, msrp::whole(head, "hello"));
        CHECK(lab.only(kBob).head.to_path == lab.kBobUri);
    }
    SECTION("it comes from nobody that its From-Path names") {
        const Flow inner{Transport::tls, kByTls, test::at("127.1.10.22:40000"), 9};
        lab.deliver(ConnectionOpened{inner});
        const auto from = "msrps://" + kOtherHost + ":2856/inner;tcp " + lab.kAliceUri;
        lab.arrives(inner, msrp::whole(RelayLab::auth({}, from)));
        const auto challenge = lab.only(inner.remote).head;
        lab.arrives(inner, msrp::whole(RelayLab::auth(RelayLab::proof(challenge), from)));
        CHECK(lab.only(inner.remote).head.status == 403);
    }
}
