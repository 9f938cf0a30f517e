// MAR on Zh: a vector, who the user is, and nothing of the registration changes (TS 29.109 §4.2).
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>

#include "tests/unit/hss/home.h"

using namespace imslab;
using namespace imslab::test;

namespace {

zh::MultimediaAuthAnswer asked(Home& home, const std::string& identity, std::string scheme = {}) {
    zh::MultimediaAuthRequest mar;
    mar.private_identity = identity;
    mar.auth_scheme = std::move(scheme);
    return std::get<zh::MultimediaAuthAnswer>(home.ask_zh(mar, "xdms." + kHome));
}

}  // namespace

TEST_CASE("TS 29.109 §4.2: a vector and the user's identities; no S-CSCF is noted") {
    Home home(GENERATE(from_range(store_kinds())));
    const auto maa = asked(home, kAlicePrivate);
    CHECK(maa.result == cx::result::success);
    REQUIRE(maa.vector);
    CHECK(maa.vector->auth_scheme == cx::scheme::aka);
    CHECK(maa.vector->rand_autn.size() == 32);
    CHECK(maa.user_security_settings.find("<uid>" + std::string(kAlice) + "</uid>") !=
          std::string::npos);
    const auto user = home.user(kAlicePrivate, kAlice);
    CHECK(user.server_name.empty());
    CHECK_FALSE(user.authentication_pending);
    // Another sequence number each time.
    CHECK(asked(home, kAlicePrivate).vector->rand_autn != maa.vector->rand_autn);
}

TEST_CASE("TS 29.109 §4.2: who is not known, and a scheme that the user does not have") {
    Home home(GENERATE(from_range(store_kinds())));
    CHECK(asked(home, "nobody@" + kHome).result == zh::result::identity_unknown);
    CHECK(asked(home, kAlicePrivate, "Magic").result == cx::result::auth_scheme_not_supported);
}
