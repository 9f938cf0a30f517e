// Application usages (RFC 4825 §5): what kinds of documents the server keeps, what each must be,
// who may read it, and what depends on it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "as/xdm/document_tree.h"
#include "as/xdm/documents.h"
#include "as/xdm/xcap_error.h"

namespace imslab::xdm {

// What a constraint may look at.
struct Proposed {
    const DocumentPath& path;
    const DocumentTree& tree;  // the document as it would be
    const Documents& documents;
};
using Constraint = std::optional<Conflict> (*)(const Proposed& proposed);

struct ApplicationUsage {
    std::string_view auid, content_type, default_namespace;
    std::string_view schema;      // a file of as/xdm/schemas
    std::string_view namespaces;  // that the server understands, separated by spaces (§12)
    std::string_view only_name;   // the one document's name; empty: any
    Constraint constraint = nullptr;
    bool computed = false;          // the server makes it; nobody writes it
    bool in_users_tree = true;      // else in the global tree alone
    bool all_may_read = false;      // also another user's (OMA Profile XDM)
    bool unique_in_server = false;  // what is in it must be found in no other document
};

std::span<const ApplicationUsage> application_usages();
const ApplicationUsage* find_usage(std::string_view auid);

// §8.2.5, in its order: the schema, what must be unique, other constraints.
std::optional<Conflict> conflict_of(const ApplicationUsage& usage, const Proposed& proposed);

}  // namespace imslab::xdm
