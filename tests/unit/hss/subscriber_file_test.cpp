// The subscriber file: what it derives, what it refuses and where, and that it comes back as it
// went.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <fstream>
#include <sstream>

#include "hss/subscriber_file.h"
#include "sip/digest.h"
#include "tests/unit/hss/home.h"

using namespace imslab;
using namespace imslab::test;

namespace {

hss::Subscription one(const std::string& element) {
    const auto all =
        hss::read_subscribers("<subscribers>" + element + "</subscribers>", "test.xml");
    if (!all) FAIL(all.error().front().to_string());
    return all->at(0);
}

std::string first_error(const std::string& xml) {
    const auto all = hss::read_subscribers(xml, "test.xml");
    return all ? "none" : all.error().front().to_string();
}

}  // namespace

TEST_CASE("Subscriber file: the least that a subscriber needs") {
    const auto alice = one(
        R"(<subscriber imsi="001010000000001" k="465b5ce8b199b49faa5f0a2ee238a6bc" opc="cd63cb71954a9f4e48a5994e37a02baf">
             <public>sip:alice@example.org</public></subscriber>)");
    CHECK(alice.name == "001010000000001");
    REQUIRE(alice.private_identities.size() == 1);
    CHECK(alice.private_identities[0].identity ==
          "001010000000001@ims.mnc001.mcc001.3gppnetwork.org");
    CHECK(alice.private_identities[0].scheme == hss::AuthScheme::aka);
    REQUIRE(alice.sets.size() == 1);
    const auto& identities = alice.sets[0].service_profiles.at(0).public_identities;
    REQUIRE(identities.size() == 2);
    CHECK(identities[0].identity == "sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org");
    CHECK(identities[0].barred);
    CHECK(identities[1].identity == "sip:alice@example.org");
    CHECK_FALSE(identities[1].barred);
}

TEST_CASE(
    "Subscriber file: OP becomes OPc (TS 35.208, set 1); keys may be 16 characters; an MNC has 2 "
    "or 3 digits") {
    const auto by_op = one(
        R"(<subscriber imsi="310410000000001" mnc-digits="3" k="465b5ce8b199b49faa5f0a2ee238a6bc" op="cdc202d5123e20f62b6d676ac72cb318" amf="b9b9" sqn="ff9bb4d0b607"/>)");
    const auto& aka = *by_op.private_identities[0].aka;
    CHECK(aka.opc[0] == 0xcd);
    CHECK(aka.opc[15] == 0xaf);
    CHECK(aka.amf == std::array<std::uint8_t, 2>{0xb9, 0xb9});
    CHECK(aka.sqn == 0xff9bb4d0b607);
    CHECK(by_op.private_identities[0].identity ==
          "310410000000001@ims.mnc410.mcc310.3gppnetwork.org");
    const auto by_text =
        one(R"(<subscriber imsi="001010000000001" k="alice-lab-key-01" opc="imslab-lab-op-01"/>)");
    CHECK(by_text.private_identities[0].aka->k[0] == 'a');
}

TEST_CASE("Subscriber file: a password is kept as H(A1)") {
    const auto erin = one(
        R"(<subscriber private="erin@home" password="secret"><public>sip:erin@home</public></subscriber>)");
    CHECK(erin.name == "erin@home");
    CHECK(erin.private_identities[0].scheme == hss::AuthScheme::digest);
    CHECK(erin.private_identities[0].digest->ha1 ==
          sip::ha1(sip::HashAlgorithm::md5, "erin@home", "home", "secret"));
    CHECK(erin.sets[0].service_profiles[0].public_identities.size() == 1);
    CHECK(hss::write_subscribers({erin}).find("secret") == std::string::npos);
}

TEST_CASE("Subscriber file: mistakes are found where they stand") {
    const std::string head = "<subscribers>\n  ";
    const std::string tail = "\n</subscribers>\n";
    const auto error = [&](const std::string& element) {
        return first_error(head + element + tail);
    };
    CHECK(first_error("<subscribers>\n  <subscriber") ==
          "test.xml:2:13: found Error parsing start element tag, expected well-formed XML");
    CHECK(
        first_error("<users/>").starts_with("test.xml:1:2: found <users>, expected <subscribers>"));
    CHECK(first_error("").starts_with("test.xml:1:1: found"));
    CHECK(error("<subscriber/>").starts_with("test.xml:2:4: found"));
    CHECK(error(R"(<user/>)") == "test.xml:2:4: found <user>, expected subscriber");
    CHECK(error(R"(<subscriber imsi="x" k="alice-lab-key-01" op="imslab-lab-op-01"/>)") ==
          "test.xml:2:4: found imsi=\"x\", expected 6 to 15 digits");
    CHECK(error(R"(<subscriber imsi="001010000000001" k="abc" op="imslab-lab-op-01"/>)") ==
          "test.xml:2:4: found k of 3 characters, expected 32 hexadecimal digits or 16 characters");
    CHECK(error(R"(<subscriber imsi="001010000000001" k="alice-lab-key-01"/>)")
              .find("neither op nor opc") != std::string::npos);
    CHECK(error(R"(<subscriber imsi="001010000000001" kk="alice-lab-key-01"/>)")
              .find("attribute \"kk\"") != std::string::npos);
    CHECK(
        error(
            R"(<subscriber imsi="001010000000001" k="alice-lab-key-01" op="imslab-lab-op-01"><public>alice</public></subscriber>)")
            .find("a sip:, sips: or tel: URI") != std::string::npos);
    CHECK(error(R"(<subscriber imsi="001010000000001" k="alice-lab-key-01" op="imslab-lab-op-01">
    <public barred="maybe">sip:a@b</public></subscriber>)") ==
          "test.xml:3:6: found barred=\"maybe\", expected no, yes");
    CHECK(error(R"(<subscriber name="p"><public type="psi">sip:a-!.*!@b</public></subscriber>)")
              .find("wildcarded-psi") != std::string::npos);
    CHECK(
        error(
            R"(<subscriber name="p"><public>sip:a@b</public><InitialFilterCriteria><Priority>x</Priority><ApplicationServer><ServerName>sip:c</ServerName></ApplicationServer></InitialFilterCriteria></subscriber>)")
            .find("a number from 0") != std::string::npos);
}

TEST_CASE("Subscriber file: no document type, no entities, nothing twice") {
    CHECK(first_error(
              "<!DOCTYPE subscribers [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><subscribers/>")
              .find("a document type") != std::string::npos);
    const std::string alice =
        R"(<subscriber imsi="001010000000001" k="alice-lab-key-01" op="imslab-lab-op-01"/>)";
    CHECK(first_error("<subscribers>" + alice + alice + "</subscribers>").find("again") !=
          std::string::npos);
    const std::string other =
        R"(<subscriber name="b" private="b@c" password="x"><public>sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org</public></subscriber>)";
    CHECK(first_error("<subscribers>" + alice + other + "</subscribers>").find("has already") !=
          std::string::npos);
}

TEST_CASE("Subscriber file: every mistake is told, in order") {
    const auto all = hss::read_subscribers(
        "<subscribers>\n<a/>\n<b/>\n<subscriber name='x'><public/></subscriber></subscribers>",
        "f");
    REQUIRE_FALSE(all);
    REQUIRE(all.error().size() >= 3);
    CHECK(all.error()[0].line == 2);
    CHECK(all.error()[1].line == 3);
    CHECK(all.error()[2].line == 4);
}

TEST_CASE("Subscriber file: import, export, import is the identity, through either store") {
    const std::string file = GENERATE("tests/vectors/hss/home.xml", "scenarios/subscribers.xml");
    std::ifstream stream(std::string(IMSLAB_SOURCE_DIR) + "/" + file);
    std::ostringstream xml;
    xml << stream.rdbuf();
    auto read = hss::read_subscribers(xml.str(), file);
    if (!read) FAIL(read.error().front().to_string());
    std::sort(
        read->begin(), read->end(), [](const auto& a, const auto& b) { return a.name < b.name; });

    const auto again = hss::read_subscribers(hss::write_subscribers(*read), "again");
    if (!again) FAIL(again.error().front().to_string());
    CHECK(*again == *read);

    auto store = make_store(GENERATE(from_range(store_kinds())));
    hss::StoreRequest provision(hss::Provision{*read});
    REQUIRE(std::holds_alternative<hss::Done>(store->perform(provision)));
    hss::StoreRequest question(hss::LoadSubscriptions{});
    const auto stored = std::get<hss::Subscriptions>(store->perform(question));
    CHECK(stored.subscriptions == *read);
}

TEST_CASE("Subscriber file: the list shows no key") {
    const auto text = hss::list_subscribers(home_subscribers());
    CHECK(text.find("sip:alice@") != std::string::npos);
    CHECK(text.find("465b5ce8") == std::string::npos);
    CHECK(text.find("lab-key") == std::string::npos);
    CHECK(text.find("(barred)") != std::string::npos);
}
