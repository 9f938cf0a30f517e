// Who asks: HTTP Digest and Digest AKA with what the HSS says, and whom a proxy vouches for.
#include "sip/headers.h"
#include "sip/milenage.h"
#include "tests/unit/as/xdm/xdm_fixture.h"

using namespace imslab;
using namespace imslab::xdm;

namespace {

constexpr const char* kPrivate = "alice@home.example";
constexpr const char* kSettings =
    "<guss id=\"alice@home.example\"><ussList><uss id=\"1\" type=\"0\"><uids>"
    "<uid>sip:alice@home.example</uid><uid>tel:+15550001</uid></uids></uss></ussList></guss>";

zh::MultimediaAuthAnswer known() {
    zh::MultimediaAuthAnswer maa;
    maa.result = cx::result::success;
    maa.private_identity = kPrivate;
    maa.user_security_settings = kSettings;
    return maa;
}

zh::Answer with_password(const zh::MultimediaAuthRequest& mar) {
    auto maa = known();
    if (mar.private_identity != kPrivate) {
        maa = {};
        maa.result = cx::result::user_unknown;
        return maa;
    }
    cx::AuthVector vector;
    vector.auth_scheme = cx::scheme::digest;
    vector.realm = "home.example";
    vector.algorithm = "SHA-256";
    vector.ha1 = sip::ha1(sip::HashAlgorithm::sha256, kPrivate, "home.example", "secret");
    maa.vector = vector;
    return maa;
}

XdmSettings by_digest() {
    auto settings = XdmLab::trusting_the_proxy();
    settings.authentication.digest = true;
    return settings;
}

std::string param(const http::Response& response, const char* name, std::size_t field = 0) {
    const auto values = response.fields.all("WWW-Authenticate");
    REQUIRE(values.size() > field);
    return sip::AuthParams::parse(values[field])->get(name).value_or("");
}

struct Phone {
    std::string nonce, password = "secret", qop = "auth", algorithm = "SHA-256";
    std::string username = kPrivate;
    unsigned count = 0;

    http::Request request(const std::string& method = "GET", const std::string& body = {}) {
        http::Request request;
        request.method = method;
        request.target = kIndex;
        request.body = body;
        request.flow.remote = *Address::parse("127.9.0.77:1000");
        if (!body.empty()) request.fields.add("Content-Type", kLists);
        if (nonce.empty()) return request;
        char number[9];
        std::snprintf(number, sizeof number, "%08x", ++count);
        sip::DigestInput input;
        input.algorithm =
            algorithm == "SHA-256" ? sip::HashAlgorithm::sha256 : sip::HashAlgorithm::md5;
        const auto ha1 = sip::ha1(input.algorithm, username, "home.example", password);
        input.ha1 = ha1;
        input.nonce = nonce;
        input.method = method;
        input.uri = kIndex;
        input.qop = qop;
        input.nonce_count = number;
        input.cnonce = "abc";
        input.body = body;
        auto value = "Digest username=\"" + username + "\", realm=\"home.example\", nonce=\"" +
                     nonce + "\", uri=\"" + kIndex + "\", response=\"" +
                     sip::digest_response(input) + "\", algorithm=" + algorithm;
        if (!qop.empty()) value += ", qop=" + qop + ", nc=" + number + ", cnonce=\"abc\"";
        request.fields.add("Authorization", value);
        return request;
    }
};

}  // namespace

TEST_CASE("RFC 7616 §3.7: who says nothing is challenged by both algorithms, the stronger first") {
    XdmLab lab(by_digest());
    const auto refused = lab.send(Phone{}.request());
    CHECK(refused.status == 401);
    CHECK(param(refused, "algorithm", 0) == "SHA-256");
    CHECK(param(refused, "algorithm", 1) == "MD5");
    CHECK(param(refused, "realm") == "home.example");
    CHECK_FALSE(param(refused, "nonce").empty());
    CHECK(lab.asks.empty());
}

TEST_CASE("RFC 7616 §3.4: the right response is let in, counted up, and cannot be used again") {
    XdmLab lab(by_digest());
    lab.hss = with_password;
    Phone phone;
    phone.nonce = param(lab.send(phone.request()), "nonce");

    const auto created = lab.send(phone.request("PUT", kFriends));
    CHECK(created.status == 201);
    CHECK(std::string(created.fields.get("Authentication-Info").value_or("")).find("rspauth") !=
          std::string::npos);
    lab.hss = nullptr;  // not asked again
    const auto read = phone.request();
    CHECK(lab.send(read).status == 200);
    const auto replayed = lab.send(read);
    CHECK(replayed.status == 401);
    CHECK(param(replayed, "stale") == "true");
    CHECK(lab.send(phone.request()).status == 200);
}

TEST_CASE("RFC 7616 §3.4: qop auth-int protects the body as well") {
    XdmLab lab(by_digest());
    lab.hss = with_password;
    Phone phone;
    phone.qop = "auth-int";
    phone.nonce = param(lab.send(phone.request()), "nonce");
    auto changed = phone.request("PUT", kFriends);
    changed.body += " ";
    CHECK(lab.send(changed).status == 401);
    phone.nonce = param(lab.send(Phone{}.request()), "nonce");
    CHECK(lab.send(phone.request("PUT", kFriends)).status == 201);
}

TEST_CASE("RFC 7616 §3.4: a wrong password, a stranger, another algorithm, a foreign resource") {
    XdmLab lab(by_digest());
    lab.hss = with_password;
    const auto nonce = param(lab.send(Phone{}.request()), "nonce");
    Phone wrong{nonce, "guess"};
    CHECK(lab.send(wrong.request()).status == 401);
    Phone stranger{nonce};
    stranger.username = "mallory@home.example";
    CHECK(lab.send(stranger.request()).status == 401);
    Phone weaker{nonce};
    weaker.algorithm = "MD5";
    const auto again = lab.send(weaker.request());
    CHECK(again.status == 401);
    CHECK(param(again, "algorithm") == "SHA-256");
    Phone moved{nonce};
    auto elsewhere = moved.request();
    elsewhere.target += "2";
    CHECK(lab.send(elsewhere).status == 400);
    Phone forged{"123-abc.0000"};
    const auto stale = lab.send(forged.request());
    CHECK(stale.status == 401);
    CHECK(param(stale, "stale") == "true");
}

TEST_CASE("RFC 7616 §3.3: a nonce grows old") {
    XdmLab lab(by_digest());
    lab.hss = with_password;
    Phone phone;
    phone.nonce = param(lab.send(phone.request()), "nonce");
    CHECK(lab.send(phone.request("PUT", kFriends)).status == 201);
    REQUIRE(lab.node.next_deadline());
    lab.now += std::chrono::minutes(6);
    lab.node.deliver(Woken{}, lab.now);
    lab.take();
    const auto stale = lab.send(phone.request());
    CHECK(stale.status == 401);
    CHECK(param(stale, "stale") == "true");
}

TEST_CASE("RFC 3310 §3: Digest AKA: RAND and AUTN in the nonce, RES as password; AUTS goes home") {
    XdmLab lab(by_digest());
    std::string resynchronised;
    const std::string res = "\x01\x02\x03\x04\x05\x06\x07\x08";
    lab.hss = [&](const zh::MultimediaAuthRequest& mar) -> zh::Answer {
        resynchronised = mar.resynchronisation;
        auto maa = known();
        cx::AuthVector vector;
        vector.auth_scheme = cx::scheme::aka;
        vector.rand_autn = std::string(32, resynchronised.empty() ? 'a' : 'b');
        vector.xres = res;
        maa.vector = vector;
        return maa;
    };
    http::Request first = Phone{}.request();
    first.fields.add("Authorization",
                     "Digest username=\"alice@home.example\", realm=\"home.example\", nonce=\"\", "
                     "uri=\"" +
                         kIndex + "\", response=\"\"");
    const auto challenged = lab.send(first);
    CHECK(challenged.status == 401);
    CHECK(param(challenged, "algorithm") == "AKAv1-MD5");

    Phone phone{param(challenged, "nonce"), "", "auth", "AKAv1-MD5"};
    auto ahead = phone.request();
    auto value = std::string(*ahead.fields.get("Authorization"));
    const std::string auts(14, 'x');
    value += ", auts=\"" +
             sip::base64({reinterpret_cast<const std::uint8_t*>(auts.data()), auts.size()}) + "\"";
    ahead.fields.set("Authorization", value);
    const auto anew = lab.send(ahead);
    CHECK(anew.status == 401);
    CHECK(resynchronised == std::string(16, 'a') + auts);

    Phone right{param(anew, "nonce"), res, "auth", "AKAv1-MD5"};
    CHECK(lab.send(right.request("PUT", kFriends)).status == 201);
    CHECK(lab.send(right.request()).status == 200);
}

TEST_CASE("TS 29.109 §4.2: without the HSS nobody is let in, and nobody is turned away for good") {
    XdmLab lab(by_digest());
    Phone phone;
    phone.nonce = param(lab.send(phone.request()), "nonce");
    const auto refused = lab.send(phone.request());
    CHECK(refused.status == 503);
    CHECK(refused.fields.has("Retry-After"));
}

TEST_CASE("TS 33.222 §6: asserted identities are a trusted proxy's alone") {
    XdmLab lab(by_digest());
    CHECK(lab.ask("PUT", kIndex, kFriends, kLists).status == 201);
    auto phone = Phone{}.request();
    phone.fields.add("X-3GPP-Asserted-Identity", "\"" + std::string(kAlice) + "\"");
    CHECK(lab.send(phone).status == 401);
    CHECK(
        lab.ask("GET", kIndex, {}, {}, {{"X-XCAP-Asserted-Identity", "\"nonsense\""}}, "").status ==
        403);
    CHECK(lab.ask("GET",
                  kIndex,
                  {},
                  {},
                  {{"X-XCAP-Asserted-Identity",
                    "\"tel:+15550001\", \"" + std::string(kAlice) + "\""}},
                  "")
              .status == 200);
    XdmLab closed;
    CHECK(closed.send(Phone{}.request()).status == 403);
}

TEST_CASE("TS 24.109 Annex G: the identity that is meant is one of the user's") {
    XdmLab lab(by_digest());
    lab.hss = with_password;
    Phone phone;
    phone.nonce = param(lab.send(phone.request()), "nonce");
    CHECK(lab.send(phone.request("PUT", kFriends)).status == 201);
    auto as_tel = phone.request();
    as_tel.fields.add("X-3GPP-Intended-Identity", "\"tel:+15550001\"");
    CHECK(lab.send(as_tel).status == 200);
    auto as_bob = phone.request();
    as_bob.fields.add("X-3GPP-Intended-Identity", "\"" + std::string(kBob) + "\"");
    CHECK(lab.send(as_bob).status == 403);
}
