// MAR and MAA of Zh, there and back (TS 29.109 §4.2).
#include "diameter/zh_codec.h"

#include <catch2/catch_test_macros.hpp>

using namespace imslab;

namespace {

const zh::Envelope kEnvelope{"s;1;1", "xdms.home", "home", "hss.home", "home"};

}  // namespace

TEST_CASE("TS 29.109 §4.2: a MAR names the private identity, and a resynchronisation") {
    zh::MultimediaAuthRequest mar;
    mar.private_identity = "alice@home";
    mar.resynchronisation = std::string(30, 'r');
    const auto message = zh::to_message(zh::Request(mar), kEnvelope);
    CHECK(message.application == diameter::kApplicationZh);
    CHECK(message.command == 303);
    const auto read = zh::request_from(message);
    REQUIRE(read);
    const auto& again = std::get<zh::MultimediaAuthRequest>(*read);
    CHECK(again.private_identity == "alice@home");
    CHECK(again.resynchronisation == mar.resynchronisation);
    CHECK(again.auth_scheme.empty());

    mar.resynchronisation = "short";
    const auto refused = zh::request_from(zh::to_message(zh::Request(mar), kEnvelope));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().result == diameter::result::invalid_avp_value);
}

TEST_CASE("TS 29.109 §4.2: a MAA carries one vector and the security settings") {
    zh::MultimediaAuthAnswer maa;
    maa.result = diameter::result::success;
    maa.private_identity = "alice@home";
    maa.user_security_settings = "<guss/>";
    maa.vector.emplace();
    maa.vector->auth_scheme = cx::scheme::aka;
    maa.vector->rand_autn = std::string(32, 'a');
    maa.vector->xres = "12345678";
    const auto read = zh::answer_from(zh::to_message(zh::Answer(maa), kEnvelope));
    REQUIRE(read);
    const auto& again = std::get<zh::MultimediaAuthAnswer>(*read);
    CHECK(again.result == diameter::result::success);
    CHECK(again.user_security_settings == "<guss/>");
    REQUIRE(again.vector);
    CHECK(again.vector->rand_autn == maa.vector->rand_autn);
    CHECK(again.vector->xres == "12345678");
}
