// RFC 4825 §5.7: one's own tree; the global one for reading; and what rules add to it.
#include "as/xdm/access.h"

#include <algorithm>

namespace imslab::xdm {

namespace {

bool is_one_of(const std::string& identity, const std::vector<std::string>& identities) {
    return std::find(identities.begin(), identities.end(), identity) != identities.end();
}

}  // namespace

bool Access::is_granted(const DocumentPath& path,
                        const std::vector<std::string>& identities,
                        bool write) const {
    return std::any_of(grants.begin(), grants.end(), [&](const Grant& grant) {
        return (!write || grant.write) && (grant.owner == "*" || grant.owner == path.xui) &&
               (grant.auids.empty() || grant.auids.contains(path.auid)) &&
               is_one_of(grant.to, identities);
    });
}

bool Access::may_read(const ApplicationUsage& usage,
                      const DocumentPath& path,
                      const std::vector<std::string>& identities) const {
    if (path.xui.empty() || usage.all_may_read || is_one_of(path.xui, identities)) return true;
    const bool administers =
        std::any_of(identities.begin(), identities.end(), [&](const auto& identity) {
            return administrators.contains(identity);
        });
    return administers || is_granted(path, identities, false);
}

bool Access::may_write(const ApplicationUsage& usage,
                       const DocumentPath& path,
                       const std::vector<std::string>& identities) const {
    if (usage.computed) return false;
    const bool administers =
        std::any_of(identities.begin(), identities.end(), [&](const auto& identity) {
            return administrators.contains(identity);
        });
    if (administers) return true;
    if (path.xui.empty()) return false;
    return is_one_of(path.xui, identities) || is_granted(path, identities, true);
}

}  // namespace imslab::xdm
