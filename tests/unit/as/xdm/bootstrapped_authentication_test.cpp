// Ua (TS 24.109 §5.2, TS 33.222 §5.3) at the XDM server, the BSF on Zn played by the test.
#include "as/xdm/aggregation_proxy.h"
#include "diameter/command_codec.h"
#include "sip/bootstrapped_keys.h"
#include "sip/headers.h"
#include "tests/unit/as/xdm/xdm_fixture.h"

using namespace imslab;
using namespace imslab::xdm;

namespace {

constexpr const char* kName = "xdms.home.example";
constexpr const char* kRealm = "3GPP-bootstrapping@xdms.home.example";
const std::string kTransaction = "AAECAwQFBgcICQoLDA0ODw==@bsf.home.example";
const std::string kKey(32, 'k');

XdmSettings by_bootstrapping(bool digest = false) {
    auto settings = XdmLab::trusting_the_proxy();
    settings.authentication.gba = true;
    settings.authentication.digest = digest;
    return settings;
}

// A BSF that knows one bootstrapping, Alice's, and counts who asks.
struct TestBsf {
    XdmLab& lab;
    Duration lifetime = std::chrono::hours(1);
    diameter::ResultCode result = zn::result::success;
    std::string settings =
        "<ussList><uss id=\"0\" type=\"0\"><uids><uid>sip:alice@home.example</uid>"
        "<uid>tel:+15550001</uid></uids></uss></ussList>";
    std::vector<zn::BootstrappingInfoRequest> asked;

    explicit TestBsf(XdmLab& of) : lab(of) {
        lab.bsf = [this](const zn::BootstrappingInfoRequest& bir) -> zn::Answer {
            asked.push_back(bir);
            zn::BootstrappingInfoAnswer bia;
            bia.result = bir.transaction_identifier == kTransaction
                             ? result
                             : zn::result::transaction_identifier_invalid;
            if (bia.result != zn::result::success) return bia;
            bia.private_identity = "alice@home.example";
            bia.me_key = kKey;
            const auto end = (lab.now + lifetime).time_since_epoch();
            bia.key_expiry = std::chrono::duration_cast<std::chrono::seconds>(end).count();
            bia.user_security_settings = settings;
            return bia;
        };
    }
};

struct Phone {
    std::string username = kTransaction, key = kKey, realm = kRealm, qop = "auth-int";
    std::string agent = "imslab 3gpp-gba", nonce, cnonce = "abc";
    unsigned count = 0;
    std::uint16_t suite = 0;
    std::vector<http::Field> fields;

    http::Request request(const std::string& method = "GET",
                          const std::string& body = {},
                          const std::string& target = kIndex) {
        http::Request request;
        request.method = method;
        request.target = target;
        request.body = body;
        request.flow.remote = *Address::parse("127.9.0.77:1000");
        if (suite != 0) request.flow.transport = Transport::tls;
        request.cipher_suite = suite;
        request.fields.add("User-Agent", agent);
        for (const auto& [name, value] : fields) request.fields.add(name, value);
        if (!body.empty()) request.fields.add("Content-Type", kLists);
        if (nonce.empty()) return request;
        char number[9];
        std::snprintf(number, sizeof number, "%08x", ++count);
        const auto ha1 = sip::ha1(sip::HashAlgorithm::md5, username, realm, gba::password_of(key));
        sip::DigestInput input;
        input.ha1 = ha1;
        input.nonce = nonce;
        input.method = method;
        input.uri = target;
        input.qop = qop;
        input.nonce_count = number;
        input.cnonce = cnonce;
        input.body = body;
        request.fields.add("Authorization",
                           "Digest username=\"" + username + "\", realm=\"" + realm +
                               "\", nonce=\"" + nonce + "\", uri=\"" + target + "\", response=\"" +
                               sip::digest_response(input) + "\", qop=" + qop + ", nc=" + number +
                               ", cnonce=\"" + cnonce + "\"");
        return request;
    }
    // Asks without proof, and keeps the nonce.
    void be_challenged(XdmLab& lab) {
        nonce.clear();
        const auto response = lab.send(request());
        REQUIRE(response.status == 401);
        nonce = param(response, "nonce");
        count = 0;
    }
    static std::string param(const http::Response& response, const char* name) {
        return sip::AuthParams::parse(*response.fields.get("WWW-Authenticate"))
            ->get(name)
            .value_or("");
    }
};

}  // namespace

TEST_CASE("TS 24.109 §5.2: a bootstrapped key proves who one is, and the server proves itself") {
    XdmLab lab(by_bootstrapping());
    TestBsf bsf(lab);
    Phone phone;
    const auto challenge = lab.send(phone.request());
    REQUIRE(challenge.status == 401);
    CHECK(Phone::param(challenge, "realm") == kRealm);
    CHECK(Phone::param(challenge, "qop") == "auth-int");
    CHECK(Phone::param(challenge, "algorithm") == "MD5");
    CHECK(bsf.asked.empty());

    phone.nonce = Phone::param(challenge, "nonce");
    CHECK(lab.send(phone.request("PUT", kFriends)).status == 201);
    REQUIRE(bsf.asked.size() == 1);
    CHECK(bsf.asked[0].transaction_identifier == kTransaction);
    CHECK(bsf.asked[0].naf_id == gba::NafId{kName, gba::kHttpDigest}.to_octets());
    CHECK(bsf.asked[0].services == std::vector<std::string>{"0"});

    const auto read = lab.send(phone.request());
    CHECK(read.status == 200);
    CHECK(bsf.asked.size() == 1);  // the nonce is used on
    // rspauth is over the answer's body.
    const auto ha1 =
        sip::ha1(sip::HashAlgorithm::md5, kTransaction, kRealm, gba::password_of(kKey));
    sip::DigestInput input;
    input.ha1 = ha1;
    input.nonce = phone.nonce;
    input.uri = kIndex;
    input.qop = "auth-int";
    input.nonce_count = "00000002";
    input.cnonce = "abc";
    input.body = read.body;
    CHECK(read.fields.get("Authentication-Info").value_or("").find(sip::digest_rspauth(input)) !=
          std::string_view::npos);
}

TEST_CASE("TS 24.109 §5.2.1: who does not say that he can bootstrap is not asked to") {
    XdmLab lab(by_bootstrapping());
    Phone phone;
    phone.agent = "curl/7.88.1";
    CHECK(lab.send(phone.request()).status == 403);
    XdmLab both(by_bootstrapping(true));
    const auto response = both.send(phone.request());
    REQUIRE(response.status == 401);
    CHECK(Phone::param(response, "realm") == "home.example");
    // With bootstrapping alone a password is none.
    phone.realm = "home.example";
    phone.nonce = "x";
    CHECK(lab.send(phone.request()).status == 403);
}

TEST_CASE("TS 24.109 §5.2.3: a wrong key, a count that was used, a body that was changed") {
    XdmLab lab(by_bootstrapping());
    TestBsf bsf(lab);
    Phone phone;
    phone.be_challenged(lab);
    phone.key = std::string(32, 'x');
    CHECK(lab.send(phone.request()).status == 401);
    phone.key = kKey;
    phone.be_challenged(lab);
    const auto put = phone.request("PUT", kFriends);
    CHECK(lab.send(put).status == 201);
    const auto replayed = lab.send(put);
    CHECK(replayed.status == 401);
    CHECK(Phone::param(replayed, "stale") == "true");

    auto changed = phone.request("PUT", kFriends);
    changed.body += " ";
    CHECK(lab.send(changed).status == 401);
    // Without TLS a response that protects no body is not enough.
    phone.be_challenged(lab);
    phone.qop = "auth";
    CHECK(lab.send(phone.request()).status == 401);
    phone.qop = "";
    CHECK(lab.send(phone.request()).status == 401);
}

TEST_CASE("TS 24.109 §5.2.5: a bootstrapping that is unknown or over is asked for anew") {
    XdmLab lab(by_bootstrapping());
    TestBsf bsf(lab);
    Phone phone;
    phone.be_challenged(lab);
    phone.username = "AQECAwQFBgcICQoLDA0ODw==@bsf.home.example";
    const auto unknown = lab.send(phone.request());
    REQUIRE(unknown.status == 401);
    CHECK(Phone::param(unknown, "realm") == kRealm);
    CHECK(Phone::param(unknown, "stale").empty());
    CHECK(bsf.asked.size() == 1);
    // What is no name of a bootstrapping is not asked about.
    phone.username = "alice@home.example";
    CHECK(lab.send(phone.request()).status == 401);
    CHECK(bsf.asked.size() == 1);

    phone.username = kTransaction;
    bsf.lifetime = std::chrono::seconds(10);
    phone.be_challenged(lab);
    CHECK(lab.send(phone.request()).status == 404);
    lab.now += std::chrono::seconds(10);
    bsf.result = zn::result::transaction_identifier_invalid;
    const auto over = lab.send(phone.request());
    CHECK(over.status == 401);
    CHECK(Phone::param(over, "stale").empty());
    // A BSF whose clock is behind: the key has expired here.
    bsf.result = zn::result::success;
    bsf.lifetime = std::chrono::seconds(0);
    phone.be_challenged(lab);
    CHECK(lab.send(phone.request()).status == 401);
}

TEST_CASE("TS 24.109 §5.2.5: a nonce that is too old is not the key's fault") {
    XdmLab lab(by_bootstrapping());
    TestBsf bsf(lab);
    Phone phone;
    phone.be_challenged(lab);
    lab.now += std::chrono::minutes(6);
    const auto response = lab.send(phone.request());
    CHECK(response.status == 401);
    CHECK(Phone::param(response, "stale") == "true");
    CHECK(bsf.asked.empty());
}

TEST_CASE("TS 33.220 §4.5.3: a user acts as one of those that the settings name") {
    XdmLab lab(by_bootstrapping());
    TestBsf bsf(lab);
    Phone phone;
    phone.be_challenged(lab);
    CHECK(lab.send(phone.request("PUT", kFriends)).status == 201);
    const std::string bobs = "/resource-lists/users/sip:bob@home.example/index";
    CHECK(lab.send(phone.request("GET", {}, bobs)).status == 403);
    phone.fields = {{"X-3GPP-Intended-Identity", "\"sip:bob@home.example\""}};
    CHECK(lab.send(phone.request()).status == 403);
    phone.fields = {{"X-3GPP-Intended-Identity", "\"tel:+15550001\""}};
    CHECK(lab.send(phone.request()).status == 200);

    phone.fields.clear();
    bsf.settings.clear();
    phone.be_challenged(lab);
    CHECK(lab.send(phone.request()).status == 403);
}

TEST_CASE("TS 29.109 §5.2: what the BSF says, or does not") {
    XdmLab lab(by_bootstrapping());
    Phone phone;
    phone.be_challenged(lab);
    const auto alone = lab.send(phone.request());
    CHECK(alone.status == 503);
    CHECK(alone.fields.has("Retry-After"));
    TestBsf bsf(lab);
    bsf.result = zn::result::not_authorized;
    CHECK(lab.send(phone.request()).status == 403);
    bsf.result = diameter::result::unable_to_comply;
    CHECK(lab.send(phone.request()).status == 503);
}

TEST_CASE("TS 33.220 Annex H: inside TLS the key is of the cipher suite") {
    XdmLab lab(by_bootstrapping());
    TestBsf bsf(lab);
    Phone phone;
    phone.suite = 0x1301;
    const auto challenge = lab.send(phone.request());
    CHECK(Phone::param(challenge, "qop") == "auth,auth-int");
    phone.nonce = Phone::param(challenge, "nonce");
    phone.qop = "auth";
    CHECK(lab.send(phone.request()).status == 404);
    REQUIRE(bsf.asked.size() == 1);
    CHECK(bsf.asked[0].naf_id == gba::NafId{kName, gba::http_digest_in_tls(0x1301)}.to_octets());
    // Elsewhere it is none.
    phone.suite = 0x1302;
    CHECK(lab.send(phone.request()).status == 401);
    phone.suite = 0;
    phone.qop = "auth-int";
    CHECK(lab.send(phone.request()).status == 401);
}

TEST_CASE("TS 24.109 §5.2: a nonce of one way to prove oneself is none of another") {
    XdmLab lab(by_bootstrapping(true));
    TestBsf bsf(lab);
    Phone phone;
    phone.be_challenged(lab);
    CHECK(lab.send(phone.request()).status == 404);
    phone.realm = "home.example";
    CHECK(lab.send(phone.request()).status == 401);
    phone.realm = "3GPP-bootstrapping@other.example";
    CHECK(lab.send(phone.request()).status == 401);
}

TEST_CASE("the settings of who takes bootstrapped keys") {
    const auto xdm = [](const char* text) {
        return read_xdm_settings(nlohmann::json::parse(text));
    };
    CHECK(xdm(R"({"root": "/", "gba": true})")->authentication.gba);
    CHECK(xdm(R"({"gba": 1})").error() == "gba: found 1, expected true or false");
    const auto proxy = [](const char* text) {
        return read_proxy_settings(nlohmann::json::parse(text));
    };
    const auto settings = proxy(R"({"to": "127.0.0.1:80", "gba": true, "digest": false})");
    REQUIRE(settings);
    CHECK(settings->authentication.gba);
    CHECK_FALSE(settings->authentication.digest);
    CHECK(proxy(R"({"to": "127.0.0.1:80", "digest": false})").error() ==
          "digest: found false, expected true, or gba: true");
}
