// Whom a user does not want to hear from: the list oma_blockedcontacts of his resource lists, as
// his phone keeps it with XCAP.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "as/enabler.h"

namespace imslab::messaging {

class BlockList {
public:
    BlockList(as::Services& services, std::string list)
        : services_(services), list_(std::move(list)) {}

    // What the document says now; a document that is not there blocks nobody.
    bool is_blocked(const std::string& owner, const std::string& sender);

private:
    struct Known {
        std::string etag;
        std::set<std::string> blocked;  // canonical
    };
    as::Services& services_;
    std::string list_;
    std::map<std::string, Known, std::less<>> known_;
};

}  // namespace imslab::messaging
