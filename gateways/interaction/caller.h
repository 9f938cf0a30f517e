// In whose name a request is made, and by which application.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace imslab::interaction {

struct Caller {
    std::vector<std::string> identities;  // canonical, of the user; whose phone may ring
    std::string application;              // its identifier; empty: the user himself

    bool is(std::string_view identity) const {
        return std::find(identities.begin(), identities.end(), identity) != identities.end();
    }
};

}  // namespace imslab::interaction
