// TS 29.109 Annex A: guss, ussList, uss.
#include "as/gba/security_settings.h"

#include <algorithm>

#include "as/xdm/document_tree.h"

namespace imslab::gba {

std::string settings_for(std::string_view guss, const std::vector<std::string>& services) {
    const auto tree = xdm::DocumentTree::parse(guss);
    if (!tree) return {};
    std::string chosen;
    for (std::uint32_t element = 0; element < tree->size(); ++element) {
        if (tree->name(element).local != "uss") continue;
        const auto id = tree->value(element, "id");
        if (id && std::find(services.begin(), services.end(), *id) != services.end())
            chosen += tree->source(element);
    }
    if (chosen.empty()) return {};
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ussList>" + chosen + "</ussList>";
}

}  // namespace imslab::gba
