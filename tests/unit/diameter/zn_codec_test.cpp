// BIR and BIA of Zn, there and back (TS 29.109 §5.2).
#include "diameter/zn_codec.h"

#include <catch2/catch_test_macros.hpp>

#include "diameter/dictionary.h"

using namespace imslab;

namespace {

const zn::Envelope kEnvelope{"s;1;1", "xdms.home", "home", "bsf.home", "home"};

zn::BootstrappingInfoRequest request() {
    zn::BootstrappingInfoRequest bir;
    bir.transaction_identifier = "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home";
    bir.naf_id = std::string("xdms.home\x01\x00\x00\x00\x02", 14);
    bir.services = {"0", "1000000"};
    return bir;
}

}  // namespace

TEST_CASE("TS 29.109 §5.2: a BIR names a bootstrapping and who wants its key") {
    const auto message = zn::to_message(zn::Request(request()), kEnvelope);
    CHECK(message.application == 16777220);
    CHECK(message.command == 310);
    CHECK(diameter::command_name(310, true) == "BIR");
    const auto read = zn::request_from(message);
    REQUIRE(read);
    const auto& again = std::get<zn::BootstrappingInfoRequest>(*read);
    CHECK(again.transaction_identifier == request().transaction_identifier);
    CHECK(again.naf_id == request().naf_id);
    CHECK(again.services == request().services);
    CHECK_FALSE(again.knows_gba_u);
}

TEST_CASE("TS 29.109 §5.2: a BIR without a name, or of another application, is refused") {
    const auto without = [](std::uint32_t code) {
        auto message = zn::to_message(zn::Request(request()), kEnvelope);
        std::erase_if(message.avps, [&](const auto& avp) { return avp.code == code; });
        return zn::request_from(message);
    };
    for (const std::uint32_t code : {401U, 402U, 263U, 283U}) {
        const auto refused = without(code);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().result == diameter::result::missing_avp);
    }
    // Auth-Session-State is none of its AVPs.
    CHECK(without(277));
    auto message = zn::to_message(zn::Request(request()), kEnvelope);
    message.application = diameter::kApplicationZh;
    CHECK(zn::request_from(message).error().result == diameter::result::application_unsupported);
    message = zn::to_message(zn::Request(request()), kEnvelope);
    message.command = 303;
    CHECK(zn::request_from(message).error().result == diameter::result::command_unsupported);
}

TEST_CASE("TS 29.109 §5.2: a BIA carries the key, until when it is good, and who the user is") {
    zn::BootstrappingInfoAnswer bia;
    bia.result = zn::result::success;
    bia.private_identity = "alice@home";
    bia.me_key = std::string(32, 'k');
    bia.key_expiry = 1'800'003'600;
    bia.created = 1'800'000'000;
    bia.user_security_settings = "<ussList/>";
    const auto message = zn::to_message(zn::Answer(bia), kEnvelope);
    const auto read = zn::answer_from(message);
    REQUIRE(read);
    const auto& again = std::get<zn::BootstrappingInfoAnswer>(*read);
    CHECK(again.result == zn::result::success);
    CHECK(again.private_identity == "alice@home");
    CHECK(again.me_key == bia.me_key);
    CHECK(again.uicc_key.empty());
    CHECK(again.key_expiry == bia.key_expiry);
    CHECK(again.created == bia.created);
    CHECK(again.user_security_settings == "<ussList/>");

    bia.me_key.clear();
    CHECK_FALSE(zn::answer_from(zn::to_message(zn::Answer(bia), kEnvelope)));
    bia.me_key = "k";
    bia.key_expiry.reset();
    CHECK_FALSE(zn::answer_from(zn::to_message(zn::Answer(bia), kEnvelope)));
}

TEST_CASE("TS 29.109 §6.2: an unknown bootstrapping is an experimental result") {
    zn::BootstrappingInfoAnswer bia;
    bia.result = zn::result::transaction_identifier_invalid;
    const auto message = zn::to_message(zn::Answer(bia), kEnvelope);
    CHECK(message.find(297) != nullptr);
    const auto read = zn::answer_from(message);
    REQUIRE(read);
    CHECK(std::get<zn::BootstrappingInfoAnswer>(*read).result ==
          zn::result::transaction_identifier_invalid);
    CHECK(diameter::result_name(bia.result) ==
          "DIAMETER_ERROR_TRANSACTION_IDENTIFIER_INVALID (5403)");
    CHECK_FALSE(zn::answer_from(zn::to_message(zn::Request(request()), kEnvelope)));
}
