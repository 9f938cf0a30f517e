// Filters toward a list (RFC 4660 §4): which of them go to whom of its members, and which the list
// server applies itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "as/presence/subscribed_filters.h"

namespace imslab::presence {

struct ListOfMembers {
    std::string_view uri;
    const std::vector<std::string>& members;
    const std::vector<std::string>& domains;  // that are ours
};

// What goes along with the subscription to a member.
FilterSet filters_for_member(const SubscribedFilters& filters,
                             std::string_view member,
                             const ListOfMembers& list);
// What a member's server that has been told `before` is to be told so that it has `now`; without
// changes if that is the same.
FilterSet difference(const FilterSet& before, const FilterSet& now);

// The part of a member's document that the watcher of the list wants: "": nothing of it. What is
// no presence document passes as it is.
std::string selected_text(const std::string& content_type,
                          const std::string& body,
                          const Filter& filter);
// Whether what has happened to it is worth telling the watcher.
bool is_worth_telling(const Filter& filter, const std::string& before, const std::string& now);

}  // namespace imslab::presence
