// RFC 3856 §6.11.1, RFC 4827 (permanent state), TS 24.141 §5.3.3 (who is only registered): from which
// sources the raw presence document comes.
#include <algorithm>

#include "as/presence/presence_enabler.h"
#include "as/presence/transformation.h"

namespace imslab::presence {

const PresenceDocument& PresenceEnabler::raw_document(const std::string& presentity) {
    const auto known = raw_.find(presentity);
    if (known != raw_.end()) return known->second;
    auto sources = publications_.documents_of(presentity);
    const bool published = !sources.empty();
    const auto permanent = permanent_state(presentity);
    if (permanent) sources.push_back(&*permanent);
    auto document = compose(presentity, sources);
    const bool has_service = std::any_of(
        document.components.begin(), document.components.end(), [](const Component& component) {
            return component.kind == ComponentKind::tuple;
        });
    if (!has_service) {
        if (const auto registered = registration_state(presentity)) {
            document.components.insert(document.components.begin(),
                                       registered->components.begin(),
                                       registered->components.end());
        }
    }
    if (document.components.empty()) document = unavailable(presentity);
    // of a stranger to us nothing is kept
    if (!published && watchers_.watchers_of(presentity).empty()) {
        passing_ = std::move(document);
        return passing_;
    }
    return raw_.emplace(presentity, std::move(document)).first->second;
}

std::optional<PresenceDocument> PresenceEnabler::permanent_state(
    const std::string& presentity) const {
    const auto* documents = services_.documents();
    if (documents == nullptr) return std::nullopt;
    const auto* stored = documents->find({"pidf-manipulation", presentity, "index"});
    if (stored == nullptr) return std::nullopt;
    auto document = read_presence(stored->body, settings_.xml);
    if (document) return *std::move(document);
    services_.log(LogLevel::warning,
                  {},
                  "RFC 4827 §3",
                  "the permanent state of " + presentity + " is left out: " + document.error());
    return std::nullopt;
}

std::optional<PresenceDocument> PresenceEnabler::registration_state(
    const std::string& presentity) const {
    if (services_.registration_of(presentity) == nullptr) return std::nullopt;
    auto document = unavailable(presentity);
    document.components.front().elements.front().text = "<status><basic>open</basic></status>";
    return document;
}

void PresenceEnabler::changed(const std::string& presentity) {
    raw_.erase(presentity);
    tell_watchers(presentity);
}

}  // namespace imslab::presence
