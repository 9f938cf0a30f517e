// Resource lists (RFC 4826): the lists of users that presence rules and list services refer to.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "as/xdm/documents.h"
#include "core/result.h"

namespace imslab::presence {

struct ListEntry {
    std::string uri;  // canonical
    std::string display_name;
};

// Where a list stands: "…/resource-lists/users/sip:a@h/index/~~/resource-lists/list[@name="x"]".
struct ListAnchor {
    xdm::DocumentPath document;
    std::vector<std::string> names;  // of the lists, from the outermost; empty: all of the document
};
std::optional<ListAnchor> read_list_anchor(std::string_view uri);

// The entries of that list and of all lists inside of it, each URI once, references followed within
// the same user's tree. A sentence if there is no such list.
Result<std::vector<ListEntry>, std::string> entries_of(const xdm::Documents& documents,
                                                       const ListAnchor& anchor);
// The entries of a list that stands in an RLS services document (RFC 4826 §4.1), as text.
Result<std::vector<ListEntry>, std::string> entries_in(const xdm::Documents& documents,
                                                       std::string_view owner,
                                                       std::string_view list_xml);

}  // namespace imslab::presence
