// Which application server may do what on Sh: the operations that each data reference has
// (TS 29.328 §7.6, table 7.6.1), and the HSS's list of application servers (§6.2).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <string_view>

#include "core/result.h"
#include "diameter/sh.h"

namespace imslab::hss {

enum class ShOperation : std::uint8_t { pull, update, subscribe };

// Whether anybody may do this with that data.
bool exists(ShOperation operation, sh::DataReference reference);

class Permissions {
public:
    // By an AS's Diameter identity: "all", or {"pull": "all", "update": ["RepositoryData"], …},
    // where what is not named is not allowed. Null: every AS that is connected may do everything.
    static Result<Permissions, std::string> from(const nlohmann::json& list);

    bool allows(std::string_view server, ShOperation operation, sh::DataReference reference) const;

private:
    using Allowed = std::array<std::set<sh::DataReference>, 3>;  // by operation
    bool everybody_ = true;
    std::map<std::string, Allowed, std::less<>> servers_;
};

}  // namespace imslab::hss
