// A list of contacts that a user keeps in his resource lists with XCAP: whom he does not want to
// hear from (oma_blockedcontacts), whom he has given permission to send him what goes to several
// people.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "as/enabler.h"

namespace imslab::messaging {

class ContactList {
public:
    ContactList(as::Services& services, std::string list)
        : services_(services), list_(std::move(list)) {}

    // What the document says now; a document that is not there has nobody on it.
    bool contains(const std::string& owner, const std::string& contact);

private:
    struct Known {
        std::string etag;
        std::set<std::string> contacts;  // canonical
    };
    as::Services& services_;
    std::string list_;
    std::map<std::string, Known, std::less<>> known_;
};

}  // namespace imslab::messaging
