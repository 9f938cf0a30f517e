// The store of registrations: small, indexed, without growth.
#include "pcscf/bindings.h"

#include <catch2/catch_test_macros.hpp>
#include <chrono>

using namespace imslab;
using namespace imslab::pcscf;

namespace {

const std::string kDomain = "@ims.example";

Registration of_user(unsigned n, const std::string& address, Time expires) {
    const std::string user = "user" + std::to_string(n);
    Registration registration;
    registration.aor = "sip:" + user + kDomain;
    registration.contact = "sip:" + user + "@" + address;
    registration.ue.flow.remote = *Address::parse(address);
    registration.ue.listening_port = registration.ue.flow.remote.port;
    registration.identities = {registration.aor, "tel:+1555" + std::to_string(n)};
    registration.service_route = {"sip:orig@scscf.ims.example;lr"};
    registration.expires = expires;
    return registration;
}

const Time kStart{std::chrono::hours(1)};

}  // namespace

TEST_CASE("a thousand users on one flow: each is found by what it claims, in any order of going") {
    Bindings bindings(2000);
    const std::string address = "127.1.100.1:5060";
    std::vector<BindingId> ids;
    for (unsigned n = 0; n < 1000; ++n)
        ids.push_back(*bindings.save(of_user(n, address, kStart + std::chrono::seconds(n + 1))));
    const UeFlow flow = of_user(0, address, kStart).ue;
    for (unsigned n = 0; n < 1000; n += 7) {
        CHECK(bindings.of_flow(flow, {"sip:user" + std::to_string(n) + kDomain}) == ids[n]);
        CHECK(bindings.of_flow(flow, {"tel:+1555" + std::to_string(n)}) == ids[n]);
    }
    for (unsigned n = 0; n < 1000; n += 2) bindings.remove(ids[n]);
    CHECK(bindings.size() == 500);
    CHECK(bindings.of_flow(flow, {}).has_value());
    CHECK_FALSE(bindings.alive(ids[0]));
    CHECK(bindings.alive(ids[1]));
    std::vector<std::string> gone;
    bindings.remove_expired(kStart + std::chrono::seconds(2000), gone);
    CHECK(gone.size() == 500);
    CHECK(bindings.size() == 0);
    CHECK_FALSE(bindings.of_flow(flow, {}).has_value());
    CHECK_FALSE(bindings.next_expiry().has_value());
}

TEST_CASE("a place that is used again is not taken for the binding that was there") {
    Bindings bindings(10);
    const BindingId first = *bindings.save(of_user(1, "127.1.100.1:5060", kStart));
    bindings.remove(first);
    const BindingId second = *bindings.save(of_user(2, "127.1.100.2:5060", kStart));
    CHECK(first.slot == second.slot);
    CHECK_FALSE(bindings.alive(first));
    CHECK(bindings.aor(second) == "sip:user2" + kDomain);
}

TEST_CASE("a refreshed binding keeps its place, moves its flow and its expiry") {
    Bindings bindings(10);
    auto registration = of_user(1, "127.1.100.1:5060", kStart + std::chrono::seconds(10));
    const BindingId id = *bindings.save(registration);
    registration.ue.flow.remote = *Address::parse("127.1.100.1:6060");
    registration.ue.listening_port = 6060;
    registration.expires = kStart + std::chrono::seconds(20);
    CHECK(bindings.save(registration) == id);
    CHECK(bindings.size() == 1);
    CHECK(bindings.next_expiry() == kStart + std::chrono::seconds(20));
    CHECK(bindings.of_flow(registration.ue, {}) == id);
    CHECK_FALSE(bindings.of_flow(of_user(1, "127.1.100.1:5060", kStart).ue, {}).has_value());
}

TEST_CASE("contacts are compared as URIs") {
    Bindings bindings(10);
    const BindingId id = *bindings.save(of_user(1, "127.1.100.1:5060", kStart));
    CHECK(bindings.of_contact("sip:%75ser1@127.1.100.1:5060") == id);
    CHECK_FALSE(bindings.of_contact("sip:user1@127.1.100.1:5061").has_value());
    CHECK_FALSE(bindings.of_contact("sip:user2@127.1.100.1:5060").has_value());
}

TEST_CASE("what many users share is kept once and goes with the last") {
    Interned shared;
    const auto a = shared.use("sip:orig@scscf.ims.example;lr");
    const auto b = shared.use("sip:orig@scscf.ims.example;lr");
    CHECK(a == b);
    CHECK(shared.size() == 1);
    shared.drop(a);
    CHECK(shared.text(b) == "sip:orig@scscf.ims.example;lr");
    shared.drop(b);
    CHECK(shared.size() == 0);
    CHECK(shared.use("") == Interned::kNone);
}
