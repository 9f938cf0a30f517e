// The registrar's records against a plain model: whatever is bound, prolonged, unbound or removed,
// the first to expire is the first to expire, and the indices find who is there.
#include "scscf/registrar.h"

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <map>
#include <random>
#include <string>

using namespace imslab;
using namespace imslab::scscf;

namespace {

std::string public_identity(unsigned user) {
    return "sip:user" + std::to_string(user) + "@example";
}
std::string private_identity(unsigned user) {
    return "u" + std::to_string(user);
}  // short: lies in the string itself

cx::ImsSubscription profile_of(unsigned user) {
    cx::ImsSubscription subscription;
    cx::ServiceProfile profile;
    cx::PublicIdentity identity;
    identity.identity = public_identity(user);
    profile.public_identities.push_back(identity);
    identity.identity = "tel:+1555" + std::to_string(user);
    profile.public_identities.push_back(identity);
    subscription.service_profiles.push_back(profile);
    return subscription;
}

Binding binding_of(unsigned phone, Time expires) {
    Binding binding;
    binding.contact = "<sip:phone" + std::to_string(phone) + "@127.0.0.1>";
    binding.expires = expires;
    return binding;
}

}  // namespace

TEST_CASE("The registrar agrees with a plain model over 20,000 random steps") {
    constexpr unsigned kUsers = 40;
    std::mt19937 random(7);
    const auto any = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
    Registrar registrar;
    std::map<unsigned, std::map<unsigned, Time>> model;  // user, phone, expiry
    Time now{};
    for (int step = 0; step < 20'000; ++step) {
        const unsigned user = any(kUsers);
        const unsigned phone = any(3);
        auto* set = registrar.find(public_identity(user));
        REQUIRE((set != nullptr) == model.contains(user));
        switch (any(4)) {
            case 0:
            case 1: {
                const Time expires = now + std::chrono::seconds(1 + any(500));
                if (set == nullptr) {
                    set = &registrar.assign(
                        private_identity(user), public_identity(user), profile_of(user));
                    registrar.happen(*set, SetEvent::registered);
                }
                registrar.bind(
                    *set, private_identity(user), binding_of(phone, expires), "<sip:path>");
                model[user][phone] = expires;
                break;
            }
            case 2:
                if (set == nullptr) break;
                for (std::size_t i = 0; i < set->bindings.size(); ++i) {
                    if (set->bindings[i].uri() !=
                        "sip:phone" + std::to_string(phone) + "@127.0.0.1")
                        continue;
                    registrar.unbind(*set, i);
                    model[user].erase(phone);
                    break;
                }
                if (set->bindings.empty()) {
                    registrar.remove(*set, SetEvent::last_deregistered);
                    model.erase(user);
                }
                break;
            default:
                if (set == nullptr || any(20) != 0) break;
                registrar.remove(*set, SetEvent::terminated_by_hss);
                model.erase(user);
        }
        std::size_t bindings = 0;
        std::optional<Time> first;
        for (const auto& [who, phones] : model) {
            bindings += phones.size();
            for (const auto& [which, expires] : phones)
                first = first ? std::min(*first, expires) : expires;
        }
        REQUIRE(registrar.bindings() == bindings);
        REQUIRE(registrar.sets() == model.size());
        REQUIRE(registrar.next_expiry() == first);
        REQUIRE(registrar.of_private_identity(private_identity(user)).size() ==
                (model.contains(user) ? 1 : 0));
        now += std::chrono::milliseconds(10);
    }
}

TEST_CASE("A changed profile changes who is found") {
    Registrar registrar;
    auto& set = registrar.assign(private_identity(1), public_identity(1), profile_of(1));
    CHECK(registrar.find("tel:+15551") == &set);
    registrar.replace_profile(set, profile_of(2));
    CHECK(registrar.find("tel:+15551") == nullptr);
    CHECK(registrar.find(public_identity(1)) == nullptr);
    CHECK(registrar.find("tel:+15552") == &set);
    CHECK(registrar.of_private_identity(private_identity(1)).size() == 1);
    registrar.remove(set, SetEvent::terminated_by_hss);
    CHECK(registrar.find("tel:+15552") == nullptr);
    CHECK(registrar.sets() == 0);
}
