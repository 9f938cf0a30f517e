// Who may read and write which documents (RFC 4825 §5.7, §8; TS 33.222; OMA XDM Core).
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "as/xdm/application_usage.h"

namespace imslab::xdm {

// A rule that lets somebody into another one's tree.
struct Grant {
    std::string to, owner;        // canonical; owner "*": everybody's
    std::set<std::string> auids;  // empty: all
    bool write = false;           // else reading alone
};

struct Access {
    std::set<std::string> administrators;  // canonical: may write everywhere, also globally
    std::vector<Grant> grants;

    // `identities`: of who asks, canonical.
    bool may_read(const ApplicationUsage& usage,
                  const DocumentPath& path,
                  const std::vector<std::string>& identities) const;
    bool may_write(const ApplicationUsage& usage,
                   const DocumentPath& path,
                   const std::vector<std::string>& identities) const;

private:
    bool is_granted(const DocumentPath& path,
                    const std::vector<std::string>& identities,
                    bool write) const;
};

}  // namespace imslab::xdm
