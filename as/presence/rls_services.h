// The lists that have a SIP URI of their own (RFC 4826 §4): which user's they are, who is on them.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "as/presence/resource_lists.h"
#include "as/xdm/documents.h"

namespace imslab::presence {

struct ListService {
    std::string owner;
    std::set<std::string> packages;  // empty: all
    std::string anchor;              // of a resource list; empty: it stands here
    std::string list;                // XML, where there is no anchor
};

// An index over all users' documents, made anew when one changes.
class ListServices {
public:
    explicit ListServices(xdm::Documents* documents) : documents_(documents) {}

    void document_changed(const xdm::DocumentPath& path);
    const ListService* find(std::string_view uri);
    // A sentence if its list cannot be read.
    Result<std::vector<ListEntry>, std::string> members_of(const ListService& service) const;

private:
    void read();

    xdm::Documents* documents_;
    bool is_current_ = false;
    std::map<std::string, ListService, std::less<>> services_;
};

}  // namespace imslab::presence
