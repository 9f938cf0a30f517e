// REGISTER through the I-CSCF (TS 24.229 §5.3.1): each answer of the HSS, each failure of an
// S-CSCF.
#include <map>

#include "icscf/icscf.h"
#include "icscf/selection.h"
#include "tests/support/node_flow.h"

using namespace imslab;
using namespace imslab::test;
using sip::HeaderId;

namespace {

const std::string kHome = "ims.mnc001.mcc001.3gppnetwork.org";
const Address kPcscf = at("127.1.1.2:5060");

icscf::Config config() {
    icscf::Config config;
    config.address = at("127.1.2.1:5060");
    config.serving = {{"sip:scscf." + kHome + ":5060", {1, 2}},
                      {"sip:scscf2." + kHome + ":5060", {1, 2, 3}}};
    config.hosts = {{"scscf." + kHome, at("127.1.3.1:5060")},
                    {"scscf2." + kHome, at("127.1.3.2:5060")},
                    {"pcscf." + kHome, kPcscf}};
    return config;
}

std::string register_text(std::string_view expires = "600000",
                          std::string_view authorization = {}) {
    std::string text = "REGISTER sip:" + kHome +
                       " SIP/2.0\n"
                       "Via: SIP/2.0/UDP 127.1.1.2:5060;branch=z9hG4bKp1\n"
                       "Max-Forwards: 69\n"
                       "Route: <sip:icscf." +
                       kHome +
                       ";lr>\n"
                       "From: <sip:alice@" +
                       kHome +
                       ">;tag=a1\n"
                       "To: <sip:alice@" +
                       kHome +
                       ">\n"
                       "Call-ID: reg-1\nCSeq: 1 REGISTER\n"
                       "Path: <sip:term@pcscf." +
                       kHome +
                       ";lr>\n"
                       "P-Visited-Network-ID: \"visited.example\"\n"
                       "Contact: <sip:alice@127.1.100.1:5060>;expires=" +
                       std::string(expires) + "\n";
    if (!authorization.empty()) text += "Authorization: " + std::string(authorization) + "\n";
    return text + "Content-Length: 0\n\n";
}

struct Fixture {
    CountingEntropy entropy;
    icscf::Icscf node;
    NodeFlow flow{node, at("127.1.2.1:5060")};

    explicit Fixture(icscf::Config given = config()) : node(std::move(given), entropy) {}

    void granted(std::string server) {
        cx::UserAuthorizationAnswer uaa;
        uaa.result =
            server.empty() ? cx::result::first_registration : cx::result::subsequent_registration;
        uaa.server_name = std::move(server);
        flow.answered(cx::Answer(uaa));
    }
    void refused(diameter::ResultCode result) {
        cx::UserAuthorizationAnswer uaa;
        uaa.result = result;
        flow.answered(cx::Answer(uaa));
    }
};

}  // namespace

TEST_CASE("A first REGISTER goes to an S-CSCF that the capabilities select") {
    Fixture f;
    f.flow.arrives(
        kPcscf,
        register_text("600000",
                      "Digest username=\"001010000000001@" + kHome + "\", realm=\"" + kHome +
                          "\", nonce=\"\", response=\"\", "
                          "uri=\"sip:" +
                          kHome + "\", integrity-protected=\"no\""));
    const auto uar = f.flow.asked<cx::UserAuthorizationRequest>();
    CHECK(uar.private_identity == "001010000000001@" + kHome);
    CHECK(uar.public_identity == "sip:alice@" + kHome);
    CHECK(uar.visited_network == "visited.example");
    CHECK(uar.type == cx::UserAuthorizationType::registration);

    cx::UserAuthorizationAnswer uaa;
    uaa.result = cx::result::first_registration;
    uaa.capabilities = cx::ServerCapabilities{{1}, {3}, {}};
    f.flow.answered(cx::Answer(uaa));

    const auto forwarded = f.flow.sent();
    CHECK(forwarded.flow.remote == at("127.1.3.2:5060"));
    CHECK(forwarded.message.uri() == "sip:scscf2." + kHome + ":5060");
    CHECK_FALSE(forwarded.message.has(HeaderId::route));
    CHECK_FALSE(forwarded.message.has(HeaderId::record_route));
    CHECK(forwarded.message.get(HeaderId::max_forwards) == "68");

    f.flow.answers(forwarded, 200);
    const auto answer = f.flow.sent();
    CHECK(answer.message.status() == 200);
    CHECK(answer.flow.remote == kPcscf);
    CHECK(f.flow.quiet());
}

TEST_CASE("A REGISTER from outside the trust domain is refused, and the HSS not asked") {
    auto given = config();
    SECTION("from nobody it knows") {
        Fixture f(given);
        f.flow.arrives(at("127.1.100.1:5060"), register_text());
        CHECK(f.flow.sent().message.status() == 403);
        CHECK(f.flow.quiet());
        CHECK(f.flow.logs().back().clause == "TS 24.229 §5.3.1.2");
    }
    SECTION("from another network's P-CSCF, which it was told to trust") {
        SECTION("by its address") { given.trusted.insert(at("127.2.1.2:5060").ip); }
        SECTION("as everybody") { given.trusts_everybody = true; }
        Fixture f(given);
        f.flow.arrives(at("127.2.1.2:5060"), register_text());
        f.flow.asked<cx::UserAuthorizationRequest>();
    }
}

TEST_CASE("The HSS names the S-CSCF: it is taken") {
    Fixture f;
    f.flow.arrives(kPcscf, register_text());
    CHECK(f.flow.asked<cx::UserAuthorizationRequest>().private_identity ==
          "alice@" + kHome);  // derived
    f.granted("sip:scscf." + kHome + ":5060");
    CHECK(f.flow.sent().flow.remote == at("127.1.3.1:5060"));
}

TEST_CASE("A deregistration is asked about as one") {
    Fixture f;
    f.flow.arrives(kPcscf, register_text("0"));
    CHECK(f.flow.asked<cx::UserAuthorizationRequest>().type ==
          cx::UserAuthorizationType::de_registration);
}

TEST_CASE("Each refusal of the HSS has its answer") {
    const auto [result, status] = GENERATE(table<diameter::ResultCode, int>({
        {cx::result::user_unknown, 403},
        {cx::result::identities_dont_match, 403},
        {cx::result::identity_not_registered, 403},
        {cx::result::roaming_not_allowed, 403},
        {cx::result::authorization_rejected, 403},
        {cx::result::too_busy, 480},
        {cx::result::unable_to_comply, 500},
    }));
    Fixture f;
    f.flow.arrives(kPcscf, register_text());
    f.flow.asked<cx::UserAuthorizationRequest>();
    f.refused(result);
    CHECK(f.flow.sent().message.status() == status);
    CHECK(f.flow.quiet());
}

TEST_CASE("No answer of the HSS: 504") {
    const auto why = GENERATE(AskFailed::Why::timed_out, AskFailed::Why::unreachable);
    Fixture f;
    f.flow.arrives(kPcscf, register_text());
    f.flow.asked<cx::UserAuthorizationRequest>();
    f.flow.unanswered(why);
    CHECK(f.flow.sent().message.status() == 504);
}

TEST_CASE("No S-CSCF has the mandatory capabilities: 600") {
    Fixture f;
    f.flow.arrives(kPcscf, register_text());
    f.flow.asked<cx::UserAuthorizationRequest>();
    cx::UserAuthorizationAnswer uaa;
    uaa.result = cx::result::first_registration;
    uaa.capabilities = cx::ServerCapabilities{{99}, {}, {}};
    f.flow.answered(cx::Answer(uaa));
    CHECK(f.flow.sent().message.status() == 600);
}

TEST_CASE("An S-CSCF fails: the HSS is asked for capabilities and another one is taken") {
    const int status = GENERATE(302, 480, 500, 503, 504);
    Fixture f;
    f.flow.arrives(kPcscf, register_text());
    f.flow.asked<cx::UserAuthorizationRequest>();
    f.granted("sip:scscf." + kHome + ":5060");
    const auto first = f.flow.sent();
    f.flow.answers(first, status);
    const auto uar = f.flow.asked<cx::UserAuthorizationRequest>();
    CHECK(uar.type == cx::UserAuthorizationType::registration_and_capabilities);
    f.granted("");
    const auto second = f.flow.sent();
    CHECK(second.flow.remote == at("127.1.3.2:5060"));
    f.flow.answers(second, 401);
    CHECK(f.flow.sent().message.status() == 401);
    CHECK(f.flow.quiet());
}

TEST_CASE("All S-CSCFs fail: the last answer goes back") {
    Fixture f;
    f.flow.arrives(kPcscf, register_text());
    f.flow.asked<cx::UserAuthorizationRequest>();
    f.granted("sip:scscf." + kHome + ":5060");
    f.flow.answers(f.flow.sent(), 500);
    f.flow.asked<cx::UserAuthorizationRequest>();
    f.granted("");
    f.flow.answers(f.flow.sent(), 500);
    CHECK(f.flow.sent().message.status() == 500);
    CHECK(f.flow.quiet());
}

TEST_CASE("A silent S-CSCF is given up; if all are silent the answer is 504") {
    Fixture f;
    f.flow.arrives(kPcscf, register_text());
    f.flow.asked<cx::UserAuthorizationRequest>();
    f.granted("sip:scscf." + kHome + ":5060");
    f.flow.passes(std::chrono::seconds(9));
    f.flow.forget_sent();  // retransmissions
    CHECK(f.flow.asked<cx::UserAuthorizationRequest>().type ==
          cx::UserAuthorizationType::registration_and_capabilities);
    f.granted("");
    CHECK(f.flow.sent().flow.remote == at("127.1.3.2:5060"));
    f.flow.passes(std::chrono::seconds(60));
    std::optional<int> last;
    while (f.flow.sent_waiting() > 0) {
        const auto sent = f.flow.sent();
        if (!sent.message.is_request()) last = sent.message.status();
    }
    CHECK(last == 504);
    f.flow.passes(std::chrono::seconds(60));  // timer J
    CHECK(f.node.next_deadline() == std::nullopt);
}

TEST_CASE("An S-CSCF that is silent after another has answered is given up no later") {
    auto three = config();
    three.serving.push_back({"sip:scscf3." + kHome + ":5060", {1, 2}});
    three.hosts.emplace("scscf3." + kHome, at("127.1.3.3:5060"));
    Fixture f(std::move(three));
    f.flow.arrives(kPcscf, register_text());
    f.flow.asked<cx::UserAuthorizationRequest>();
    f.granted("sip:scscf." + kHome + ":5060");
    f.flow.answers(f.flow.sent(), 480);
    f.flow.asked<cx::UserAuthorizationRequest>();
    f.granted("");
    const auto second = f.flow.sent();
    f.flow.passes(std::chrono::seconds(8));  // Config::patience
    f.flow.forget_sent();                    // retransmissions
    f.flow.asked<cx::UserAuthorizationRequest>();
    f.granted("");
    const auto third = f.flow.sent();
    CHECK(third.flow.remote != at("127.1.3.1:5060"));
    CHECK(third.flow.remote != second.flow.remote);
    f.flow.answers(third, 401);
    CHECK(f.flow.sent().message.status() == 401);
    CHECK(f.flow.quiet());
}

TEST_CASE("An answer of the S-CSCF that refuses the user goes back as it is") {
    const int status = GENERATE(401, 403, 423);
    Fixture f;
    f.flow.arrives(kPcscf, register_text());
    f.flow.asked<cx::UserAuthorizationRequest>();
    f.granted("sip:scscf." + kHome + ":5060");
    f.flow.answers(f.flow.sent(), status);
    CHECK(f.flow.sent().message.status() == status);
    CHECK(f.flow.quiet());
}

TEST_CASE("Selection: mandatory all, most optional, none twice") {
    const std::vector<icscf::ServingCscf> serving{
        {"sip:a", {1}}, {"sip:b", {1, 2}}, {"sip:c", {1, 2, 3}}};
    const auto select = [&](const cx::ServerCapabilities& wanted,
                            const std::set<std::string>& tried = {}) {
        return select_serving_cscf(serving, wanted, tried, "sip:alice@home");
    };
    CHECK(select({{1}, {2, 3}, {}}) == "sip:c");
    CHECK(select({{1}, {2, 3}, {}}, {"sip:c"}) == "sip:b");
    CHECK(select({{4}, {}, {}}) == std::nullopt);
    CHECK(select({{}, {}, {"sip:b"}}) == "sip:b");
}

TEST_CASE("Selection: equals share the users, and each user falls to the same one always") {
    const std::vector<icscf::ServingCscf> serving{{"sip:a", {}}, {"sip:b", {}}, {"sip:c", {9}}};
    std::map<std::string, int> shares;
    for (int i = 0; i < 3000; ++i) {
        const auto user = "sip:user" + std::to_string(i) + "@home";
        const auto selected = select_serving_cscf(serving, {}, {}, user);
        REQUIRE(selected);
        CHECK(selected == select_serving_cscf(serving, {}, {}, user));
        ++shares[*selected];
        // Who loses his S-CSCF goes elsewhere; nobody else moves.
        if (*selected != "sip:c")
            CHECK(select_serving_cscf(serving, {}, {"sip:c"}, user) == selected);
    }
    for (const auto& [server, share] : shares) {
        INFO(server);
        CHECK(share > 900);
        CHECK(share < 1100);
    }
    CHECK(select_serving_cscf(serving, {{9}, {}, {}}, {}, "sip:x@home") == "sip:c");
}

TEST_CASE("An S-CSCF that was silent is selected last for half a minute") {
    Fixture f;
    const auto dead = at("127.1.3.1:5060");
    // Of so many users whom the HSS knows no S-CSCF for, how many go to it? All are answered.
    const auto go_to_dead = [&f, dead](int first_user) {
        int count = 0;
        for (int user = first_user; user < first_user + 12; ++user) {
            auto text = register_text();
            const auto number = std::to_string(user);
            for (const std::string name : {"alice@", "bKp1\n", "reg-1"}) {
                for (auto found = text.find(name); found != std::string::npos;
                     found = text.find(name, found + number.size() + 1))
                    text.insert(found, number);
            }
            f.flow.arrives(kPcscf, text);
            f.flow.asked<cx::UserAuthorizationRequest>();
            f.granted("");
            const auto sent = f.flow.sent();
            count += sent.flow.remote == dead ? 1 : 0;
            f.flow.answers(sent, 401);
            f.flow.forget_sent();
        }
        return count;
    };
    CHECK(go_to_dead(100) > 0);

    f.flow.arrives(kPcscf, register_text());
    f.flow.asked<cx::UserAuthorizationRequest>();
    f.granted("sip:scscf." + kHome + ":5060");
    f.flow.passes(std::chrono::seconds(9));
    f.flow.forget_sent();
    f.flow.asked<cx::UserAuthorizationRequest>();
    f.granted("");
    f.flow.answers(f.flow.sent(), 401);
    f.flow.forget_sent();
    CHECK(go_to_dead(200) == 0);
    f.flow.passes(std::chrono::seconds(31));
    f.flow.forget_sent();
    CHECK(go_to_dead(300) > 0);
}
