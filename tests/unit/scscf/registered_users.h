// An S-CSCF whose HSS is the test: registrations and calls in a few words.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "diameter/user_profile.h"
#include "scscf/scscf.h"
#include "sip/digest.h"
#include "tests/support/node_flow.h"

namespace imslab::test {

inline const std::string kHome = "ims.mnc001.mcc001.3gppnetwork.org";
inline const Address kPcscf = at("127.1.1.2:5060");
inline const Address kIcscf = at("127.1.2.1:5060");
inline const Address kScscf = at("127.1.3.1:5060");
inline const std::string kXres = "12345678";
inline const std::string kAlice = "001010000000001@" + kHome;
inline const std::string kBob = "001010000000002@" + kHome;

inline cx::MultimediaAuthAnswer aka_vector(char fill = 'r') {
    cx::MultimediaAuthAnswer maa;
    maa.result = cx::result::success;
    cx::AuthVector vector;
    vector.auth_scheme = cx::scheme::aka;
    vector.rand_autn = std::string(32, fill);
    vector.xres = kXres;
    vector.confidentiality_key = std::string(16, '\x0c');
    vector.integrity_key = std::string(16, '\x01');
    maa.vectors.push_back(vector);
    return maa;
}

inline cx::MultimediaAuthAnswer digest_vector(const std::string& username, std::string algorithm) {
    cx::MultimediaAuthAnswer maa;
    maa.result = cx::result::success;
    cx::AuthVector vector;
    vector.auth_scheme = cx::scheme::digest;
    vector.realm = kHome;
    vector.qop = "auth";
    vector.ha1 = sip::ha1(algorithm == "MD5" ? sip::HashAlgorithm::md5 : sip::HashAlgorithm::sha256,
                          username,
                          kHome,
                          "secret");
    vector.algorithm = std::move(algorithm);
    maa.vectors.push_back(vector);
    return maa;
}

// The set of a user: a barred temporary identity, then "sip:<name>@home" and a number.
inline cx::ServerAssignmentAnswer profile_of(std::string_view private_identity,
                                             std::string_view name,
                                             std::string_view number) {
    cx::ImsSubscription subscription;
    subscription.private_identity = private_identity;
    cx::ServiceProfile profile;
    profile.public_identities.push_back(
        {"sip:" + std::string(private_identity), true, {}, {}, {}, {}, {}});
    profile.public_identities.push_back(
        {"sip:" + std::string(name) + "@" + kHome, false, {}, {}, {}, {}, {}});
    profile.public_identities.push_back({"tel:" + std::string(number), false, {}, {}, {}, {}, {}});
    cx::InitialFilterCriteria criteria;
    criteria.priority = 1;
    criteria.application_server.server_name = "sip:mmtel." + kHome;
    profile.filter_criteria.push_back(criteria);
    subscription.service_profiles.push_back(profile);
    cx::ServerAssignmentAnswer saa;
    saa.result = cx::result::success;
    saa.private_identity = private_identity;
    saa.user_data = cx::write_user_data(subscription);
    cx::ChargingInformation charging;
    charging.primary_collection = "aaa://ccf.example";
    saa.charging = charging;
    return saa;
}

// A SAA that grants what was asked and brings no profile.
inline cx::Answer granted() {
    cx::ServerAssignmentAnswer saa;
    saa.result = cx::result::success;
    return saa;
}

struct RegisterText {
    std::string identity = "sip:alice@" + kHome;
    std::string contact = "<sip:alice@127.1.100.1:5060>;expires=600000";
    std::string call_id = "reg-1";
    std::string username = kAlice;
    std::string authorization = "nonce=\"\", response=\"\"";
    std::string extra;
    unsigned cseq = 1;
    std::string protection = "no";  // what the P-CSCF says of the way it came; empty: nothing

    std::string text() const {
        static unsigned branch = 0;
        std::string text = "REGISTER sip:scscf." + kHome +
                           ":5060 SIP/2.0\n"
                           "Via: SIP/2.0/UDP 127.1.2.1:5060;branch=z9hG4bKi" +
                           std::to_string(++branch) +
                           "\n"
                           "Max-Forwards: 68\n"
                           "From: <" +
                           identity + ">;tag=a1\nTo: <" + identity +
                           ">\n"
                           "Call-ID: " +
                           call_id + "\nCSeq: " + std::to_string(cseq) +
                           " REGISTER\n"
                           "Path: <sip:term@pcscf." +
                           kHome +
                           ";lr>\nRequire: path\n"
                           "P-Visited-Network-ID: \"" +
                           kHome +
                           "\"\n"
                           "P-Charging-Vector: icid-value=icid1;orig-ioi=visited\n" +
                           extra;
        if (!contact.empty()) text += "Contact: " + contact + "\n";
        text += "Authorization: Digest username=\"" + username + "\", realm=\"" + kHome +
                "\", uri=\"sip:" + kHome + "\", " + authorization +
                (protection.empty() ? "" : ", integrity-protected=\"" + protection + "\"") + "\n";
        return text + "Content-Length: 0\n\n";
    }
};

struct CoreUnderTest {
    CountingEntropy entropy;
    scscf::Scscf node;
    NodeFlow flow{node, kScscf};

    explicit CoreUnderTest(scscf::Config config = default_config())
        : node(std::move(config), entropy) {}

    static scscf::Config default_config() {
        scscf::Config config;
        config.address = kScscf;
        config.hosts = {{kHome, kIcscf},
                        {"icscf." + kHome, kIcscf},
                        {"pcscf." + kHome, kPcscf},
                        {"scscf." + kHome, kScscf},
                        {"pcscf2." + kHome, at("127.1.1.4:5060")},
                        {"other.example", at("127.8.8.8:5060")}};
        config.numbers = {{"+15550002", "sip:bob@" + kHome}};
        return config;
    }

    // ---- REGISTER
    sip::Message challenged(const RegisterText& request,
                            cx::MultimediaAuthAnswer maa = aka_vector()) {
        flow.arrives(kIcscf, request.text());
        flow.asked<cx::MultimediaAuthRequest>();
        flow.answered(cx::Answer(std::move(maa)));
        return flow.sent().message;
    }
    static std::string parameter(const sip::Message& challenge, std::string_view name) {
        const auto value = challenge.get(sip::HeaderId::www_authenticate);
        REQUIRE(value);
        return sip::AuthParams::parse(*value)->get(name).value_or("");
    }
    // The Authorization parameters that answer a challenge.
    static std::string response_to(const sip::Message& challenge,
                                   const std::string& username,
                                   const std::string& password,
                                   const std::string& count = "00000001") {
        const auto algorithm = parameter(challenge, "algorithm");
        const auto nonce = parameter(challenge, "nonce");
        const auto hash = algorithm == "SHA-256" || algorithm == "AKAv2-SHA-256"
                              ? sip::HashAlgorithm::sha256
                              : sip::HashAlgorithm::md5;
        const auto ha1 = sip::ha1(hash, username, kHome, password);
        const std::string uri = "sip:" + kHome;
        sip::DigestInput input;
        input.algorithm = hash;
        input.ha1 = ha1;
        input.nonce = nonce;
        input.method = "REGISTER";
        input.uri = uri;
        input.qop = "auth";
        input.nonce_count = count;
        input.cnonce = "c0ffee";
        return "nonce=\"" + nonce + "\", algorithm=" + algorithm +
               ", qop=auth, nc=" + count + ", cnonce=\"c0ffee\", response=\"" +
               sip::digest_response(input) + "\"";
    }
    // A REGISTER, its challenge, the right response; the SAR is left for the test.
    void authenticates(RegisterText request) {
        const auto challenge = challenged(request);
        REQUIRE(challenge.status() == 401);
        request.authorization = response_to(challenge, request.username, kXres);
        ++request.cseq;
        flow.arrives(kIcscf, request.text());
    }
    sip::Message registers(RegisterText request, cx::ServerAssignmentAnswer saa) {
        authenticates(std::move(request));
        flow.asked<cx::ServerAssignmentRequest>();
        flow.answered(cx::Answer(std::move(saa)));
        return flow.sent().message;
    }
    sip::Message registers_alice(RegisterText request = {}) {
        return registers(std::move(request), profile_of(kAlice, "alice", "+15550001"));
    }
    sip::Message registers_bob(std::string contact = "<sip:bob@127.1.100.2:5060>;expires=600000",
                               std::string call_id = "reg-bob",
                               unsigned cseq = 1) {
        RegisterText request;
        request.identity = "sip:bob@" + kHome;
        request.contact = std::move(contact);
        request.call_id = std::move(call_id);
        request.username = kBob;
        request.cseq = cseq;
        return registers(std::move(request), profile_of(kBob, "bob", "+15550002"));
    }

    // ---- other requests
    void request(const Address& from,
                 std::string_view method,
                 std::string_view uri,
                 std::string_view headers,
                 std::string_view to_tag = {},
                 std::string_view branch = "b1",
                 unsigned cseq = 1) {
        std::string text = std::string(method) + " " + std::string(uri) +
                           " SIP/2.0\nVia: SIP/2.0/UDP " + from.to_string() + ";branch=z9hG4bK" +
                           std::string(branch) + "\nMax-Forwards: 68\n" + std::string(headers) +
                           "From: <sip:alice@" + kHome + ">;tag=a1\nTo: <sip:bob@" + kHome + ">";
        if (!to_tag.empty()) text += ";tag=" + std::string(to_tag);
        text += "\nCall-ID: call-1\nCSeq: " + std::to_string(cseq) + " " + std::string(method) +
                "\nContact: <sip:alice@127.1.100.1:5060>\nContent-Length: 0\n\n";
        flow.arrives(from, text);
    }
    void originates(std::string_view method, std::string_view uri, std::string_view extra = {}) {
        request(kPcscf,
                method,
                uri,
                "Route: <sip:orig@scscf." + kHome + ";lr>\nRecord-Route: <sip:pcscf." + kHome +
                    ";lr>\nP-Asserted-Identity: <sip:alice@" + kHome +
                    ">\nP-Charging-Vector: icid-value=icid1\n" + std::string(extra));
    }
    void terminates(std::string_view method, std::string_view uri, std::string_view extra = {}) {
        request(kIcscf,
                method,
                uri,
                "Route: <sip:scscf." + kHome + ":5060;lr>\nRecord-Route: <sip:mo@scscf." + kHome +
                    ";lr>\nP-Asserted-Identity: <sip:alice@" + kHome +
                    ">\nP-Charging-Vector: icid-value=icid1;orig-ioi=caller.example\n" +
                    std::string(extra));
    }
};

}  // namespace imslab::test
