// A bootstrapping server as a node: Ub and Zn asked by the test, the HSS on Zh played by it with a
// USIM's MILENAGE.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "as/application_server.h"
#include "as/gba/bootstrapping_info.h"
#include "as/gba/bootstrapping_server.h"
#include "diameter/zh.h"
#include "diameter/zn.h"
#include "http/message.h"
#include "sip/bootstrapped_keys.h"
#include "sip/digest.h"
#include "sip/headers.h"
#include "sip/milenage.h"

namespace imslab::gba {

inline constexpr const char* kAlice = "alice@home.example";
inline constexpr const char* kBsf = "bsf.home.example";
inline constexpr const char* kNaf = "xdms.home.example";

template <std::size_t Size>
std::string text_of(const std::array<std::uint8_t, Size>& octets) {
    return {octets.begin(), octets.end()};
}

class CountingEntropy final : public Entropy {
public:
    void fill(std::span<std::uint8_t> octets) override {
        for (auto& octet : octets) octet = static_cast<std::uint8_t>(++count_ * 37U);
    }

private:
    std::uint64_t count_ = 0;
};

// An HSS that knows Alice alone.
struct TestHss {
    aka::Milenage milenage{aka::Key128{1, 2, 3}, aka::Key128{4, 5, 6}};
    aka::Sqn sqn = 32;
    std::uint8_t rands = 0;
    bool is_down = false;
    std::vector<zh::MultimediaAuthRequest> asked;

    std::any answer(const zh::MultimediaAuthRequest& mar) {
        asked.push_back(mar);
        if (is_down) return AskFailed{AskFailed::Why::unreachable, "no HSS"};
        zh::MultimediaAuthAnswer maa;
        maa.private_identity = mar.private_identity;
        maa.result = cx::result::user_unknown;
        if (mar.private_identity != kAlice) return zh::Answer(maa);
        if (mar.resynchronisation.size() == 30) {
            aka::Key128 rand{};
            std::array<std::uint8_t, 14> auts{};
            std::copy_n(mar.resynchronisation.begin(), 16, rand.begin());
            std::copy_n(mar.resynchronisation.begin() + 16, 14, auts.begin());
            if (const auto known = aka::sqn_from_auts(milenage, rand, auts)) sqn = *known;
        }
        sqn += 32;
        aka::Key128 rand{};
        rand.fill(++rands);
        const auto vector = aka::make_vector(milenage, rand, sqn, {0x80, 0});
        maa.result = cx::result::success;
        maa.vector.emplace();
        maa.vector->auth_scheme = cx::scheme::aka;
        maa.vector->rand_autn = text_of(vector.rand) + text_of(vector.autn);
        maa.vector->xres = text_of(vector.xres);
        maa.vector->confidentiality_key = text_of(vector.ck);
        maa.vector->integrity_key = text_of(vector.ik);
        maa.user_security_settings =
            "<guss id=\"alice@home.example\"><ussList>"
            "<uss id=\"0\" type=\"0\"><uids><uid>sip:alice@home.example</uid></uids></uss>"
            "<uss id=\"4\" type=\"4\"><uids><uid>sip:tv@home.example</uid></uids></uss>"
            "</ussList></guss>";
        return zh::Answer(maa);
    }
};

class BsfLab {
public:
    explicit BsfLab(ServerSettings settings = {}) : node(config(), entropy) {
        node.host([&](as::Services& services) {
            return make_bootstrapping_server(services, "bsf", std::move(settings));
        });
    }

    std::any ask(const std::string& peer, std::any request) {
        std::any replied;
        const AskId id = ++last_;
        node.deliver(Asked{id, peer, std::move(request)}, now);
        for (bool more = true; more;) {
            more = false;
            std::vector<Effect> effects;
            node.take_effects(effects);
            for (auto& effect : effects) {
                if (auto* reply = std::get_if<Reply>(&effect)) replied = std::move(reply->answer);
                auto* asked = std::get_if<Ask>(&effect);
                if (asked == nullptr) continue;
                auto* mar = std::any_cast<zh::Request>(&asked->request);
                REQUIRE(mar != nullptr);
                node.deliver(
                    Answered{asked->id, hss.answer(std::get<zh::MultimediaAuthRequest>(*mar))},
                    now);
                more = true;
            }
        }
        REQUIRE(replied.has_value());
        return replied;
    }
    http::Response send(http::Request request) {
        return std::any_cast<http::Response>(ask("127.9.0.77:1000", std::move(request)));
    }
    http::Response send(const std::string& authorization, const std::string& target = "/") {
        http::Request request;
        request.target = target;
        if (!authorization.empty()) request.fields.add("Authorization", authorization);
        return send(std::move(request));
    }
    zn::BootstrappingInfoAnswer key(const std::string& transaction_identifier,
                                    const std::string& peer = kNaf,
                                    const std::string& naf = kNaf,
                                    std::vector<std::string> services = {"0"}) {
        zn::BootstrappingInfoRequest bir;
        bir.transaction_identifier = transaction_identifier;
        bir.naf_id = NafId{naf, kHttpDigest}.to_octets();
        bir.services = std::move(services);
        return std::get<zn::BootstrappingInfoAnswer>(
            std::any_cast<zn::Answer>(ask(peer, zn::Request(bir))));
    }

    CountingEntropy entropy;
    as::ApplicationServer node;
    TestHss hss;
    Time now{std::chrono::seconds(1'800'000'000)};

private:
    static as::Config config() {
        as::Config config;
        config.host = kBsf;
        config.address = *Address::parse("127.9.1.1:5060");
        config.domains = {"home.example"};
        return config;
    }
    AskId last_ = 0;
};

inline std::string first_words(const std::string& user = kAlice) {
    return "Digest username=\"" + user + "\", realm=\"" + kBsf +
           "\", nonce=\"\", uri=\"/\", response=\"\"";
}

// What a USIM makes of a challenge.
struct Usim {
    const TestHss& hss;
    std::string user = kAlice, qop = "auth-int", realm = kBsf, uri = "/";
    aka::Sqn highest_sqn = 0;
    std::string ks, rand, nonce, ha1;

    std::string answer(const http::Response& challenge) {
        REQUIRE(challenge.status == 401);
        const auto params =
            sip::AuthParams::parse(*challenge.fields.get("WWW-Authenticate")).value();
        CHECK(params.get("realm") == kBsf);
        CHECK(params.get("algorithm") == "AKAv1-MD5");
        CHECK(params.get("qop") == "auth-int");
        nonce = params.get("nonce").value();
        const auto aka_nonce = sip::AkaNonce::parse(nonce).value();
        auto usim = aka::usim_answer(hss.milenage, aka_nonce.rand, aka_nonce.autn, highest_sqn);
        rand = text_of(aka_nonce.rand);
        ks = text_of(usim.ck) + text_of(usim.ik);
        if (usim.verdict == aka::UsimAnswer::Verdict::ok) return credentials(text_of(usim.res));
        return credentials("") + ", auts=\"" + sip::base64(usim.auts) + "\"";
    }
    std::string credentials(const std::string& res) {
        ha1 = sip::ha1(sip::HashAlgorithm::md5, user, realm, res);
        sip::DigestInput input;
        input.ha1 = ha1;
        input.nonce = nonce;
        input.method = "GET";
        input.uri = uri;
        input.qop = qop;
        input.nonce_count = "00000001";
        input.cnonce = "abc";
        return "Digest username=\"" + user + "\", realm=\"" + realm + "\", nonce=\"" + nonce +
               "\", uri=\"" + uri + "\", response=\"" + sip::digest_response(input) +
               "\", qop=" + qop + ", nc=00000001, cnonce=\"abc\", algorithm=AKAv1-MD5";
    }
};

}  // namespace imslab::gba
