// OAuth 2.0: how an application gets leave to act for a user, and everything by which somebody
// might get it who should not.
#include "gateways/interaction/pkce.h"
#include "http/uri.h"
#include "sip/digest.h"
#include "tests/unit/gateways/interaction/gateway_fixture.h"

using namespace imslab;
using namespace imslab::interaction;

namespace {

const std::string kBack = "https://directory.example/back?from=ims";
const std::string kVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";  // RFC 7636 Appendix B
const std::string kChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

GatewaySettings with_applications() {
    auto settings = GatewayLab::settings_of_the_lab();
    auto& directory = settings.applications["directory"];
    directory.id = "directory";
    directory.name = "The <Directory>";
    directory.redirect_uris = {kBack};
    directory.scopes = {"thirdpartycall"};
    directory.origins = {"https://directory.example"};
    auto& other = settings.applications["other"];
    other = directory;
    other.id = "other";
    other.requests_per_minute = 3;
    auto& robot = settings.applications["robot"];
    robot.id = "robot";
    robot.secret_sha256 = sip::hex_digest(sip::HashAlgorithm::sha256, "its secret");
    robot.scopes = {"thirdpartycall"};
    robot.identities = {kCarol};
    return settings;
}

std::string authorize_target(const std::string& client = "directory",
                             const std::string& back = kBack,
                             const std::string& rest = "&scope=thirdpartycall&code_challenge=" +
                                                       kChallenge + "&code_challenge_method=S256") {
    return "/oauth2/authorize?response_type=code&client_id=" + client +
           "&state=xyz&redirect_uri=" + http::percent_encoded(back) + rest;
}

struct OauthLab : GatewayLab {
    explicit OauthLab(GatewaySettings settings = with_applications())
        : GatewayLab(std::move(settings)) {}

    http::Response post(const std::string& target,
                        const std::string& body,
                        const std::string& user = {},
                        const std::string& authorization = {}) {
        auto posted = request("POST", target, body, user);
        posted.fields.set("Content-Type", "application/x-www-form-urlencoded");
        if (!authorization.empty()) posted.fields.set("Authorization", authorization);
        return ask(std::move(posted));
    }
    std::string ticket(const http::Response& page) {
        CHECK(page.status == 200);
        const auto at = page.body.find("value=\"") + 7;
        return page.body.substr(at, page.body.find('"', at) - at);
    }
    // Where Alice's browser is sent once she has allowed it.
    std::string decided(const std::string& client, const std::string& decision = "allow") {
        const auto target = authorize_target(client);
        const auto page = ask("GET", target, {}, kAlice);
        const auto answer =
            post(target, "decision=" + decision + "&ticket=" + ticket(page), kAlice);
        CHECK(answer.status == 303);
        return std::string(answer.fields.get("Location").value_or(""));
    }
    std::string code(const std::string& client = "directory") {
        const auto location = decided(client);
        REQUIRE(location.starts_with(kBack + "&code="));
        CHECK(location.ends_with("&state=xyz"));
        const auto at = kBack.size() + 6;
        return location.substr(at, location.find('&', at) - at);
    }
    std::string exchange(const std::string& the_code,
                         const std::string& client = "directory",
                         const std::string& verifier = kVerifier,
                         const std::string& back = kBack) {
        return "grant_type=authorization_code&client_id=" + client + "&code=" + the_code +
               "&redirect_uri=" + http::percent_encoded(back) + "&code_verifier=" + verifier;
    }
    nlohmann::json tokens(const std::string& client = "directory") {
        const auto response = post("/oauth2/token", exchange(code(client), client));
        CHECK(response.status == 200);
        CHECK(response.fields.get("Cache-Control") == "no-store");
        return nlohmann::json::parse(response.body);
    }
    http::Response with(const std::string& token,
                        const std::string& method = "GET",
                        const std::string& target = kSessions,
                        const std::string& body = {}) {
        auto asked = request(method, target, body, "");
        asked.fields.set("Authorization", "Bearer " + token);
        return ask(std::move(asked));
    }
    static std::string error(const http::Response& response) {
        const auto body = nlohmann::json::parse(response.body, nullptr, false);
        return std::to_string(response.status) + " " + body.value("error", "");
    }
};

std::string basic(const std::string& user_and_secret) {
    return "Basic " + sip::base64({reinterpret_cast<const std::uint8_t*>(user_and_secret.data()),
                                   user_and_secret.size()});
}

}  // namespace

TEST_CASE("RFC 7636 §4.6: the challenge of a verifier") {
    CHECK(challenge_of(kVerifier) == kChallenge);  // Appendix B
    CHECK(proves(kVerifier, kChallenge));
    CHECK_FALSE(proves("x" + kVerifier, kChallenge));
    CHECK_FALSE(proves("", ""));
    CHECK_FALSE(proves("short", challenge_of("short")));
    CHECK_FALSE(is_challenge(kChallenge + "="));
}

TEST_CASE("RFC 6749 §4.1: a user allows an application to have calls made in his name") {
    OauthLab lab;
    const auto tokens = lab.tokens();
    CHECK(tokens["token_type"] == "Bearer");
    CHECK(tokens["expires_in"] == 3600);
    CHECK(tokens["scope"] == "thirdpartycall");
    const std::string token = tokens["access_token"];
    CHECK(token.size() == 64);

    CHECK(lab.with(token, "POST", kSessions, GatewayLab::order(kAlice, kBob)).status == 201);
    CHECK(lab.sent().message.uri() == kAlice);
    CHECK(lab.with(token, "POST", kSessions, GatewayLab::order(kBob, kCarol)).status == 403);
    // what the application has ordered is not the user's other applications' business
    CHECK(GatewayLab::read(lab.with(token))["callSessionInformation"].size() == 1);
    CHECK(GatewayLab::read(lab.ask("GET", kSessions)).count("callSessionInformation") == 0);
    // who did what is in the log
    CHECK(std::find(lab.logs.begin(),
                    lab.logs.end(),
                    "audit: directory for " + kAlice + ": POST " + kSessions + ": 201") !=
          lab.logs.end());
}

TEST_CASE("the page on which a user decides") {
    OauthLab lab;
    const auto page = lab.ask("GET", authorize_target(), {}, kAlice);
    CHECK(page.body.find("The &lt;Directory&gt;") != std::string::npos);
    CHECK(page.body.find("The <Directory>") == std::string::npos);
    CHECK(page.body.find(kAlice) != std::string::npos);
    CHECK(page.fields.get("X-Frame-Options") == "DENY");
    CHECK(page.fields.get("Cache-Control") == "no-store");
    const auto ticket = lab.ticket(page);

    SECTION("he denies it") {
        CHECK(lab.decided("directory", "deny") == kBack + "&error=access_denied&state=xyz");
    }
    SECTION("another user's ticket, one that was used, one that nobody has been given") {
        const auto body = "decision=allow&ticket=" + ticket;
        CHECK(lab.post(authorize_target(), body, kBob).status == 400);
        CHECK(lab.post(authorize_target(), body, kAlice).status == 303);
        CHECK(lab.post(authorize_target(), body, kAlice).status == 400);
        CHECK(lab.post(authorize_target(), "decision=allow&ticket=0", kAlice).status == 400);
        CHECK(lab.post(authorize_target(), "decision=allow", kAlice).status == 400);
    }
    SECTION("he thinks about it for too long") {
        lab.passes(std::chrono::minutes(11));
        CHECK(lab.post(authorize_target(), "decision=allow&ticket=" + ticket, kAlice).status ==
              400);
    }
    SECTION("nobody knows who he is") {
        CHECK(lab.ask("GET", authorize_target(), {}, "").status == 403);
    }
}

TEST_CASE("RFC 6749 §4.1.2.1: where nobody is sent back to, and where one is told why") {
    OauthLab lab;
    const auto location = [&](const std::string& target) {
        const auto response = lab.ask("GET", target, {}, kAlice);
        return std::to_string(response.status) + " " +
               std::string(response.fields.get("Location").value_or(""));
    };
    const std::string wrong = kBack + "&error=";
    // to the octet, and before anything else
    for (const auto* back : {"https://directory.example/back",
                             "https://directory.example/back?from=ims&x=1",
                             "https://directory.example/back?from=ims#",
                             "https://DIRECTORY.example/back?from=ims",
                             "https://evil.example/",
                             ""})
        CHECK(location(authorize_target("directory", back)) == "400 ");
    CHECK(location(authorize_target("nobody")) == "400 ");
    CHECK(location(authorize_target() + "&client_id=other") == "400 ");  // twice
    CHECK(location("/oauth2/authorize") == "400 ");

    CHECK(location(authorize_target("directory", kBack, "&scope=thirdpartycall"))
              .starts_with("303 " + wrong + "invalid_request"));
    CHECK(location(authorize_target("directory",
                                    kBack,
                                    "&scope=thirdpartycall&code_challenge_method=plain"
                                    "&code_challenge=" +
                                        kChallenge))
              .starts_with("303 " + wrong + "invalid_request"));
    const auto pkce = "&code_challenge_method=S256&code_challenge=" + kChallenge;
    CHECK(location(authorize_target("directory", kBack, pkce + "&scope=money"))
              .starts_with("303 " + wrong + "invalid_scope"));
    CHECK(location(authorize_target("directory", kBack, pkce))
              .starts_with("303 " + wrong + "invalid_scope"));
    CHECK(lab.ask("PUT", authorize_target(), {}, kAlice).status == 405);
}

TEST_CASE("RFC 6749 §4.1.3: a code is good for its application, its place, its verifier, once") {
    OauthLab lab;
    const auto fails = [&](const std::string& body) {
        return OauthLab::error(lab.post("/oauth2/token", body));
    };
    SECTION("made up") { CHECK(fails(lab.exchange("abc")) == "400 invalid_grant"); }
    SECTION("another application's") {
        CHECK(fails(lab.exchange(lab.code(), "other")) == "400 invalid_grant");
    }
    SECTION("without, or with another's verifier") {
        const auto code = lab.code();
        CHECK(fails(lab.exchange(code, "directory", "")) == "400 invalid_grant");
        // and now it is burnt
        CHECK(fails(lab.exchange(code)) == "400 invalid_grant");
    }
    SECTION("for another place") {
        CHECK(fails(lab.exchange(lab.code(), "directory", kVerifier, "https://evil.example/")) ==
              "400 invalid_grant");
    }
    SECTION("too late") {
        const auto code = lab.code();
        lab.passes(std::chrono::seconds(61));
        CHECK(fails(lab.exchange(code)) == "400 invalid_grant");
    }
    SECTION("twice: what came of it ends") {
        const auto code = lab.code();
        const auto response = lab.post("/oauth2/token", lab.exchange(code));
        const std::string token = nlohmann::json::parse(response.body)["access_token"];
        CHECK(lab.with(token).status == 200);
        CHECK(fails(lab.exchange(code)) == "400 invalid_grant");
        CHECK(lab.with(token).status == 401);
    }
}

TEST_CASE(
    "RFC 6749 §6, §10.4: a refresh token is exchanged, and whoever comes with the old one ends "
    "it") {
    OauthLab lab;
    const auto tokens = lab.tokens();
    const std::string refresh = tokens["refresh_token"];
    const auto body = "grant_type=refresh_token&client_id=directory&refresh_token=" + refresh;
    CHECK(OauthLab::error(lab.post("/oauth2/token",
                                   "grant_type=refresh_token&client_id=other&refresh_token=" +
                                       refresh)) == "400 invalid_grant");
    lab.passes(std::chrono::seconds(3601));
    CHECK(lab.with(tokens["access_token"]).status == 401);  // expired
    const auto renewed = nlohmann::json::parse(lab.post("/oauth2/token", body).body);
    CHECK(lab.with(renewed["access_token"]).status == 200);
    CHECK(OauthLab::error(lab.post("/oauth2/token", body)) == "400 invalid_grant");
    CHECK(lab.with(renewed["access_token"]).status == 401);
}

TEST_CASE("RFC 6749 §4.4: an application of its own right, for what it was given") {
    OauthLab lab;
    const std::string body = "grant_type=client_credentials";
    const auto response = lab.post("/oauth2/token", body, {}, basic("robot:its secret"));
    CHECK(response.status == 200);
    const auto tokens = nlohmann::json::parse(response.body);
    CHECK(tokens.count("refresh_token") == 0);
    const std::string token = tokens["access_token"];
    CHECK(lab.with(token, "POST", kSessions, GatewayLab::order(kCarol, kBob)).status == 201);
    CHECK(lab.with(token, "POST", kSessions, GatewayLab::order(kAlice, kBob)).status == 403);

    const auto wrong = lab.post("/oauth2/token", body, {}, basic("robot:guess"));
    CHECK(OauthLab::error(wrong) == "401 invalid_client");
    CHECK(wrong.fields.has("WWW-Authenticate"));
    const auto fails = [&](const std::string& form, const std::string& authorization = {}) {
        return OauthLab::error(lab.post("/oauth2/token", form, {}, authorization));
    };
    CHECK(fails(body + "&client_id=robot") == "401 invalid_client");
    CHECK(fails(body + "&client_id=directory") == "400 unauthorized_client");
    CHECK(fails(body + "&client_id=directory&client_secret=x") == "401 invalid_client");
    CHECK(fails(body, "Basic ???") == "401 invalid_client");
    CHECK(fails(body + "&scope=money", basic("robot:its secret")) == "400 invalid_scope");
    CHECK(fails("grant_type=password&client_id=directory") == "400 unsupported_grant_type");
    CHECK(fails("grant_type=a&grant_type=b&client_id=directory") == "400 invalid_request");
    CHECK(fails("%zz") == "400 invalid_request");
    CHECK(lab.ask("GET", "/oauth2/token").status == 405);
}

TEST_CASE("RFC 7009 §2: a grant is given back by the application whose it is") {
    OauthLab lab;
    const auto tokens = lab.tokens();
    const std::string token = tokens["access_token"];
    // another application's is not told from one that is not there
    CHECK(lab.post("/oauth2/revoke", "client_id=other&token=" + token).status == 200);
    CHECK(lab.with(token).status == 200);
    CHECK(lab.post("/oauth2/revoke", "client_id=directory&token=none").status == 200);
    CHECK(lab.post("/oauth2/revoke", "client_id=nobody&token=" + token).status == 401);
    CHECK(lab.post("/oauth2/revoke", "client_id=directory").status == 400);
    CHECK(lab.post("/oauth2/revoke", "client_id=directory&token=" + token).status == 200);
    CHECK(lab.with(token).status == 401);
    CHECK(OauthLab::error(lab.post("/oauth2/token",
                                   "grant_type=refresh_token&client_id=directory&refresh_token=" +
                                       std::string(tokens["refresh_token"]))) ==
          "400 invalid_grant");
}

TEST_CASE("RFC 6750 §3.1: what is wrong with a token is said in the challenge") {
    OauthLab lab;
    const auto forged = lab.with("0123456789abcdef");
    CHECK(forged.status == 401);
    CHECK(forged.fields.get("WWW-Authenticate") ==
          "Bearer realm=\"interaction\", error=\"invalid_token\"");
    const auto tokens = lab.tokens();
    CHECK(lab.with(tokens["refresh_token"]).status == 401);  // it is no access token
    CHECK(lab.with("").status == 403);                       // nothing at all
    auto twice = lab.request("GET", kSessions, {}, "");
    twice.fields.add("Authorization", "Bearer " + std::string(tokens["access_token"]));
    twice.fields.add("Authorization", "Bearer x");
    CHECK(lab.ask(std::move(twice)).status == 400);
    // a token in the URL is none
    CHECK(lab.ask("GET", kSessions + "?access_token=" + std::string(tokens["access_token"]), {}, "")
              .status == 403);
}

TEST_CASE("RFC 6585 §4: who asks too often is told when to come again") {
    OauthLab lab;
    const std::string token = lab.tokens("other")["access_token"];
    for (int i = 0; i < 3; ++i) CHECK(lab.with(token).status == 200);
    const auto refused = lab.with(token);
    CHECK(refused.status == 429);
    CHECK(refused.fields.get("Retry-After") == "21");
    lab.now += std::chrono::seconds(21);
    CHECK(lab.with(token).status == 200);
    CHECK(lab.with(token).status == 429);
    CHECK(lab.ask("GET", kSessions).status == 200);  // the user himself has his own
}

TEST_CASE("pages of other sites: those on the list, and no other") {
    OauthLab lab;
    const std::string token = lab.tokens()["access_token"];
    const auto from = [&](const std::string& origin, const std::string& method) {
        auto asked = lab.request(method, kSessions, {}, "");
        asked.fields.add("Origin", origin);
        if (method == "OPTIONS") asked.fields.add("Access-Control-Request-Method", "POST");
        if (method != "OPTIONS") asked.fields.add("Authorization", "Bearer " + token);
        return lab.ask(std::move(asked));
    };
    const auto leave = from("https://directory.example", "OPTIONS");
    CHECK(leave.status == 204);
    CHECK(leave.fields.get("Access-Control-Allow-Origin") == "https://directory.example");
    CHECK_FALSE(leave.fields.has("Access-Control-Allow-Credentials"));
    const auto read = from("https://directory.example", "GET");
    CHECK(read.status == 200);
    CHECK(read.fields.get("Access-Control-Allow-Origin") == "https://directory.example");
    for (const auto* origin : {"https://evil.example",
                               "null",
                               "https://directory.example.evil.example",
                               "http://directory.example"}) {
        CHECK(from(origin, "OPTIONS").status == 403);
        CHECK(from(origin, "GET").status == 403);
        CHECK_FALSE(from(origin, "GET").fields.has("Access-Control-Allow-Origin"));
    }
    CHECK(from(kUrl, "GET").status == 200);  // a page of the gateway's own
}

TEST_CASE("nothing is left of what has expired") {
    OauthLab lab;
    lab.tokens();
    CHECK(lab.node.state()["enablers"]["interaction"]["grants"] == 1);
    lab.passes(std::chrono::hours(24 * 31));
    CHECK(lab.node.state()["enablers"]["interaction"]["grants"] == 0);
}
