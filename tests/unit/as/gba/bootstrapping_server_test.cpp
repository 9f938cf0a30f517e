// Ub (TS 24.109 §4), Zn (TS 29.109 §5.2).
#include "tests/unit/as/gba/bsf_fixture.h"

using namespace imslab;
using namespace imslab::gba;

namespace {

std::string bootstrap(BsfLab& lab) {
    Usim usim{lab.hss};
    const auto response = lab.send(usim.answer(lab.send(first_words())));
    REQUIRE(response.status == 200);
    return read_bootstrapping_info(response.body).value().transaction_identifier;
}

}  // namespace

TEST_CASE("TS 24.109 §4.2: a UE that proves its USIM gets a name for the key, and a lifetime") {
    BsfLab lab;
    const auto challenge = lab.send(first_words());
    REQUIRE(lab.hss.asked.size() == 1);
    CHECK(lab.hss.asked[0].private_identity == kAlice);
    CHECK(lab.hss.asked[0].auth_scheme == cx::scheme::aka);
    CHECK(lab.hss.asked[0].resynchronisation.empty());

    Usim usim{lab.hss};
    const auto response = lab.send(usim.answer(challenge));
    REQUIRE(response.status == 200);
    CHECK(lab.hss.asked.size() == 1);
    CHECK(response.fields.get("Content-Type") == "application/vnd.3gpp.bsf+xml");
    CHECK(response.fields.get("Expires") == "Sat, 16 Jan 2027 08:00:00 GMT");
    const auto info = read_bootstrapping_info(response.body).value();
    CHECK(info.transaction_identifier == transaction_identifier(usim.rand, kBsf));
    CHECK(info.lifetime == 1'800'086'400);

    // The server proves itself too: with RES, over what it said.
    sip::DigestInput input;
    input.ha1 = usim.ha1;
    input.nonce = usim.nonce;
    input.uri = "/";
    input.qop = "auth-int";
    input.nonce_count = "00000001";
    input.cnonce = "abc";
    input.body = response.body;
    CHECK(response.fields.get("Authentication-Info") == "qop=auth-int, rspauth=\"" +
                                                            sip::digest_rspauth(input) +
                                                            "\", cnonce=\"abc\", nc=00000001");

    const auto bia = lab.key(info.transaction_identifier);
    CHECK(bia.result == zn::result::success);
    CHECK(bia.private_identity == kAlice);
    CHECK(bia.me_key == naf_key(usim.ks, usim.rand, kAlice, {kNaf, kHttpDigest}));
    CHECK(bia.key_expiry == info.lifetime);
    CHECK(bia.created == 1'800'000'000);
}

TEST_CASE("TS 24.109 §4.3: a wrong RES is challenged again, and the old challenge is over") {
    BsfLab lab;
    Usim usim{lab.hss};
    const auto right = usim.answer(lab.send(first_words()));
    const auto again = lab.send(usim.credentials("12345678"));
    CHECK(again.status == 401);
    CHECK(lab.hss.asked.size() == 2);
    CHECK(lab.send(right).status == 401);  // had been right
    CHECK(lab.node.state()["enablers"]["bsf"]["bootstrappings"] == 0);
}

TEST_CASE("TS 24.109 §4.2: an answer counts once, for its own user, with auth-int") {
    BsfLab lab;
    Usim usim{lab.hss};
    const auto right = usim.answer(lab.send(first_words()));
    REQUIRE(lab.send(right).status == 200);
    CHECK(lab.send(right).status == 401);

    const auto challenge = lab.send(first_words());
    usim.user = "bob@home.example";
    CHECK(lab.send(usim.answer(challenge)).status == 403);  // Bob is asked about, and not known
    usim.user = kAlice;
    usim.qop = "auth";
    CHECK(lab.send(usim.answer(lab.send(first_words()))).status == 401);
    usim.qop = "auth-int";
    usim.realm = "other.example";
    CHECK(lab.send(usim.answer(lab.send(first_words()))).status == 401);
    usim.realm = kBsf;
    usim.uri = "/other";
    CHECK(lab.send(usim.answer(lab.send(first_words()))).status == 400);
}

TEST_CASE("TS 24.109 §4.2: a challenge is forgotten after its time") {
    ServerSettings settings;
    settings.challenge_lifetime = std::chrono::seconds(10);
    BsfLab lab(settings);
    Usim usim{lab.hss};
    const auto right = usim.answer(lab.send(first_words()));
    REQUIRE(lab.node.next_deadline() == lab.now + std::chrono::seconds(10));
    lab.now += std::chrono::seconds(10);
    lab.node.deliver(Woken{}, lab.now);
    CHECK(lab.node.state()["enablers"]["bsf"]["challenges"] == 0);
    CHECK(lab.send(right).status == 401);
}

TEST_CASE("TS 24.109 §4.5: a USIM that is ahead says so, and the HSS goes on from there") {
    BsfLab lab;
    Usim usim{lab.hss};
    usim.highest_sqn = 1'000'000;
    const auto ahead = usim.answer(lab.send(first_words()));
    REQUIRE(ahead.find("auts=") != std::string::npos);
    const auto challenge = lab.send(ahead);
    REQUIRE(lab.hss.asked.size() == 2);
    CHECK(lab.hss.asked[1].resynchronisation.substr(0, 16) == usim.rand);
    CHECK(lab.hss.sqn > 1'000'000);
    CHECK(lab.send(usim.answer(challenge)).status == 200);
}

TEST_CASE("TS 24.109 §4.5: an AUTS that is none is refused, and the HSS is not asked") {
    for (const std::string auts : {"AAAA", "!!!!", "AAAAAAAAAAAAAAAAAAAAAAAA", "="}) {
        BsfLab lab;
        Usim usim{lab.hss};
        const auto right = usim.answer(lab.send(first_words()));
        const auto response = lab.send(right + ", auts=\"" + auts + "\"");
        CHECK(response.status == 400);
        CHECK(lab.hss.asked.size() == 1);
        CHECK(lab.send(right).status == 401);
    }
    // Of the right length, but made by nobody who has the key: the next vector, as if none.
    BsfLab lab;
    Usim usim{lab.hss};
    const auto right = usim.answer(lab.send(first_words()));
    const auto before = lab.hss.sqn;
    CHECK(lab.send(right + ", auts=\"AAAAAAAAAAAAAAAAAAA=\"").status == 401);
    CHECK(lab.hss.sqn == before + 32);
}

TEST_CASE("TS 24.109 §4.2: what is no bootstrapping") {
    BsfLab lab;
    CHECK(lab.send("").status == 400);
    CHECK(lab.send("Basic YWxpY2U6c2VjcmV0").status == 400);
    CHECK(lab.send("Digest realm=\"x\"").status == 400);
    CHECK(lab.send(first_words(), "/other").status == 404);
    CHECK(lab.send(first_words(), "*").status == 404);
    http::Request post;
    post.method = "POST";
    post.target = "/";
    const auto response = lab.send(std::move(post));
    CHECK(response.status == 405);
    CHECK(response.fields.get("Allow") == "GET");
    CHECK(lab.hss.asked.empty());
    CHECK(lab.send(first_words("nobody@home.example")).status == 403);
}

TEST_CASE("TS 29.109 §4.2: without an HSS nobody is bootstrapped, and it is nobody's fault") {
    BsfLab lab;
    lab.hss.is_down = true;
    const auto response = lab.send(first_words());
    CHECK(response.status == 503);
    CHECK(response.fields.has("Retry-After"));
}

TEST_CASE("TS 24.109 §4.2: so many challenges and bootstrappings, and no more") {
    ServerSettings settings;
    settings.max_challenges = 1;
    BsfLab lab(settings);
    CHECK(lab.send(first_words()).status == 401);
    CHECK(lab.send(first_words()).status == 503);
    settings = {};
    settings.max_bootstrappings = 1;
    BsfLab other(settings);
    bootstrap(other);
    Usim usim{other.hss};
    CHECK(other.send(usim.answer(other.send(first_words()))).status == 503);
}

TEST_CASE("TS 29.109 §5.2: a bootstrapping that is unknown or over gives no key") {
    BsfLab lab;
    const auto name = bootstrap(lab);
    CHECK(lab.key("unknown@bsf.home.example").result == zn::result::transaction_identifier_invalid);
    CHECK(lab.key("").result == zn::result::transaction_identifier_invalid);
    CHECK(lab.key(name).result == zn::result::success);
    lab.now += std::chrono::hours(24);
    CHECK(lab.key(name).result == zn::result::transaction_identifier_invalid);
    lab.node.deliver(Woken{}, lab.now);
    CHECK(lab.node.state()["enablers"]["bsf"]["bootstrappings"] == 0);
}

TEST_CASE("TS 33.220 §4.4.6: a server gets its own keys, and those of names that it may have") {
    ServerSettings settings;
    settings.names["ap.home.example"] = {"xdms.home.example"};
    BsfLab lab(settings);
    const auto name = bootstrap(lab);
    CHECK(lab.key(name, "other.example", kNaf).result == zn::result::not_authorized);
    CHECK(lab.key(name, "ap.home.example", kNaf).result == zn::result::success);
    CHECK(lab.key(name, "ap.home.example", "ap.home.example").result == zn::result::success);
    CHECK(lab.key(name, "ap.home.example", "bank.example").result == zn::result::not_authorized);
    CHECK(lab.key(name, kNaf, "not a name").result == cx::result::invalid_avp_value);
    CHECK(lab.key(name, kNaf, kNaf).me_key !=
          lab.key(name, "ap.home.example", "ap.home.example").me_key);
}

TEST_CASE("TS 33.220 §4.5.3: a server is told the settings of the services it names") {
    BsfLab lab;
    const auto name = bootstrap(lab);
    const auto told = [&](std::vector<std::string> services) {
        return lab.key(name, kNaf, kNaf, std::move(services)).user_security_settings;
    };
    CHECK(told({"0"}).find("sip:alice@home.example") != std::string::npos);
    CHECK(told({"0"}).find("sip:tv@home.example") == std::string::npos);
    CHECK(told({"0", "4"}).find("sip:tv@home.example") != std::string::npos);
    CHECK(told({"9"}).empty());
    CHECK(told({}).empty());
}

TEST_CASE("the settings of a bootstrapping server") {
    const auto read = [](const char* text) {
        return read_server_settings(nlohmann::json::parse(text));
    };
    const auto settings =
        read(R"({"lifetime_seconds": 60, "challenge_lifetime_seconds": 5, "nafs": {"ap": ["x"]}})");
    REQUIRE(settings);
    CHECK(settings->lifetime == std::chrono::minutes(1));
    CHECK(settings->challenge_lifetime == std::chrono::seconds(5));
    CHECK(settings->names.at("ap").contains("x"));
    CHECK(read(R"({"lifetime_seconds": 0})").error() ==
          "lifetime_seconds: found 0, expected seconds up to 2592000");
    CHECK(read(R"({"nafs": []})").error() ==
          "nafs: found [], expected a map from Diameter identity to domain names");
    CHECK(read(R"({"nafs": {"ap": [1]}})").error() ==
          "nafs.ap: found 1, expected a list of domain names");
    CHECK_FALSE(read(R"({"life": 1})"));
}
