// Several addresses of one name: the order of RFC 2782, drawn by the user.
#include "core/hosts.h"

#include <catch2/catch_test_macros.hpp>
#include <map>

using namespace imslab;

namespace {

Address at(const char* text) { return *Address::parse(text); }

}  // namespace

TEST_CASE("one address is a host") {
    const Host host = at("127.1.2.1:5060");
    CHECK(host.in_order("anybody") == std::vector{at("127.1.2.1:5060")});
    CHECK(Host().in_order("anybody").empty());
}

TEST_CASE("priority decides, then weight among many users; one user's order is always the same") {
    Host host;
    host.add({at("127.1.2.9:5060"), 1, 1});
    host.add({at("127.1.2.1:5060"), 0, 1});
    host.add({at("127.1.2.2:5060"), 0, 3});
    host.add({at("127.1.2.3:5060"), 0, 0});
    std::map<std::string, int> first;
    for (int i = 0; i < 4000; ++i) {
        const auto user = "sip:" + std::to_string(i) + "@home";
        const auto order = host.in_order(user);
        REQUIRE(order.size() == 4);
        CHECK(order == host.in_order(user));
        CHECK(order.back() == at("127.1.2.9:5060"));
        ++first[order.front().to_string()];
    }
    CHECK(first["127.1.2.1:5060"] > 900);
    CHECK(first["127.1.2.1:5060"] < 1100);
    CHECK(first["127.1.2.3:5060"] < 5);
}

TEST_CASE("the place of a user is known in advance: the same on every machine") {
    CHECK(spread("sip:alice@home", "sip:a") == spread("sip:alice@home", "sip:a"));
    CHECK(spread("ab", "c") != spread("a", "bc"));
    for (const auto* user : {"", "x", "sip:alice@home"}) {
        CHECK(spread(user, "s") > 0);
        CHECK(spread(user, "s") < 1);
    }
}
