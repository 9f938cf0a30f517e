// Users and public service identities that nobody has registered and that have services all the
// same (TS 24.229 §5.4.3.2, §5.4.3.3; TS 29.228 §6.1.2): what the HSS said of them, kept as long as
// it is used.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/time.h"
#include "scscf/registrar.h"

namespace imslab::scscf {

struct UnregisteredUser {
    std::string private_identity;
    std::vector<RegisteredIdentity> identities;
    bool is_service = false;  // a public service identity
    Time until{};
    std::uint64_t number = 0;

    const RegisteredIdentity* find(std::string_view identity) const;
    // Has it anything to do while nobody is registered?
    bool has_services() const;
};

class UnregisteredUsers {
public:
    explicit UnregisteredUsers(Duration lifetime) : lifetime_(lifetime) {}

    const UnregisteredUser* find(std::string_view identity) const;
    const UnregisteredUser* find_private(std::string_view private_identity) const;
    // Replaces what was known of these identities.
    const UnregisteredUser& keep(UnregisteredUser user, Time now);
    void use(const UnregisteredUser& user, Time now);
    // He is registered now, or the HSS has taken him away.
    void forget(std::string_view identity);

    std::optional<Time> next_deadline() const;
    // Who was not used for a lifetime.
    std::optional<UnregisteredUser> take_unused(Time now);
    std::size_t size() const { return users_.size(); }
    nlohmann::ordered_json state(Time now) const;

private:
    void erase(std::uint64_t number);

    Duration lifetime_;
    std::map<std::uint64_t, UnregisteredUser> users_;
    std::map<std::string, std::uint64_t, std::less<>> by_identity_;
    std::map<std::pair<Time, std::uint64_t>, std::uint64_t> by_time_;
    std::uint64_t last_number_ = 0;
};

}  // namespace imslab::scscf
