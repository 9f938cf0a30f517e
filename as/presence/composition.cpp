// RFC 4479 §3.5, RFC 3856 §6.11.1: composition.
#include "as/presence/composition.h"

#include <algorithm>
#include <set>

namespace imslab::presence {

namespace {

class Composer {
public:
    explicit Composer(PresenceDocument& into) : into_(into) {}

    void add(const PresenceDocument& source) {
        persons_of_source_.clear();
        for (const auto& component : source.components) {
            switch (component.kind) {
                case ComponentKind::tuple:
                    add_tuple(component);
                    break;
                case ComponentKind::person:
                    add_person(component);
                    break;
                case ComponentKind::device:
                    if (devices_.insert(component.value("dm:deviceID")).second) add_named(component);
                    break;
                case ComponentKind::note:
                case ComponentKind::extension:
                    if (std::find(into_.components.begin(), into_.components.end(), component) ==
                        into_.components.end())
                        into_.components.push_back(component);
                    break;
            }
        }
    }

private:
    void add_tuple(const Component& tuple) {
        const auto same = std::find_if(
            into_.components.begin(), into_.components.end(), [&](const Component& other) {
                return other.kind == ComponentKind::tuple && other.id == tuple.id &&
                       other.value("contact") == tuple.value("contact");
            });
        if (same == into_.components.end()) add_named(tuple);
    }
    // An id is unique in a document (xs:ID).
    void add_named(Component component) {
        const auto wanted = component.id;
        for (unsigned number = 2; !ids_.insert(component.id).second; ++number)
            component.id = wanted + "-" + std::to_string(number);
        into_.components.push_back(std::move(component));
    }
    // RFC 4479 §3.1: a presentity is one person. What the latest source has of a name is all of it.
    void add_person(const Component& person) {
        const auto known =
            std::find_if(into_.components.begin(), into_.components.end(), [](const Component& c) {
                return c.kind == ComponentKind::person;
            });
        if (known == into_.components.end()) {
            for (const auto& element : person.elements) persons_of_source_.insert(element.name);
            said_.insert(persons_of_source_.begin(), persons_of_source_.end());
            return add_named(person);
        }
        for (const auto& element : person.elements) {
            const bool newer = said_.contains(element.name);
            if (newer && !persons_of_source_.contains(element.name)) continue;
            said_.insert(element.name);
            persons_of_source_.insert(element.name);
            if (std::find(known->elements.begin(), known->elements.end(), element) ==
                known->elements.end())
                known->elements.push_back(element);
        }
    }

    PresenceDocument& into_;
    std::set<std::string> ids_, devices_, said_, persons_of_source_;
};

}  // namespace

PresenceDocument compose(std::string entity, const std::vector<const PresenceDocument*>& sources) {
    PresenceDocument document;
    document.entity = std::move(entity);
    Composer composer(document);
    for (const auto* source : sources) composer.add(*source);
    return document;
}

}  // namespace imslab::presence
