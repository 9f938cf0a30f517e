// RFC 5262 §3: writing partial documents.
#include "as/presence/pidf_diff.h"

#include <algorithm>
#include <optional>

#include "core/xml_escape.h"

namespace imslab::presence {

namespace {

bool has_id(const Component& component) { return !name_of(component.kind).empty(); }

std::string document_of(std::string_view root,
                        const std::string& entity,
                        std::uint32_t version,
                        const std::string& inside) {
    const auto name = "pdiff:" + std::string(root);
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" + name;
    text += declarations_for("<" + name + ">" + inside);
    text += " entity=\"";
    text += xml_escaped(entity);
    text += "\" version=\"" + std::to_string(version) + "\">";
    return text + inside + "</" + name + ">\n";
}

// The patches, in the order in which they are to be applied.
class Difference {
public:
    Difference(const PresenceDocument& before, const PresenceDocument& after)
        : before_(before), after_(after) {}

    // nullopt: it cannot be said so.
    std::optional<std::string> patches() {
        if (before_.entity != after_.entity || !notes()) return std::nullopt;
        for (const auto& component : before_.components) {
            if (has_id(component) && find(after_, component) == nullptr)
                operation("remove", path_of(component), {});
        }
        for (const auto& component : after_.components) {
            if (!has_id(component)) continue;
            const auto* known = find(before_, component);
            if (known == nullptr) {
                add(component);
            } else if (*known != component) {
                change(*known, component);
            }
        }
        if (!can_be_said_) return std::nullopt;
        return std::move(patches_);
    }

private:
    static const Component* find(const PresenceDocument& document, const Component& like) {
        for (const auto& component : document.components) {
            if (component.kind == like.kind && component.id == like.id) return &component;
        }
        return nullptr;
    }
    // What has no id can only be counted: notes that were and are as many.
    bool notes() {
        const auto of = [](const PresenceDocument& document, ComponentKind kind) {
            std::vector<std::string> texts;
            for (const auto& component : document.components) {
                if (component.kind == kind) texts.push_back(component.text());
            }
            return texts;
        };
        if (of(before_, ComponentKind::extension) != of(after_, ComponentKind::extension))
            return false;
        const auto was = of(before_, ComponentKind::note), is = of(after_, ComponentKind::note);
        if (was.size() != is.size()) return false;
        for (std::size_t i = 0; i < is.size(); ++i) {
            if (was[i] != is[i])
                operation("replace", "*/note[" + std::to_string(i + 1) + "]", is[i]);
        }
        return true;
    }
    std::string path_of(const Component& component) {
        const char quote = component.id.find('\'') == std::string::npos ? '\'' : '"';
        if (component.id.find(quote) != std::string::npos) can_be_said_ = false;
        return "*/" + std::string(name_of(component.kind)) + "[@id=" + quote + component.id +
               quote + "]";
    }
    // RFC 3863 §4.4: tuples come first, the rest of ours comes last.
    void add(const Component& component) {
        const bool first = component.kind == ComponentKind::tuple;
        operation("add", "*", component.text(), first ? " pos=\"prepend\"" : "");
    }
    // Element by element where they are the same elements, each once.
    void change(const Component& was, const Component& is) {
        bool same = was.attributes == is.attributes && was.elements.size() == is.elements.size();
        for (std::size_t i = 0; same && i < is.elements.size(); ++i) {
            const auto& name = is.elements[i].name;
            // a name of a namespace that we do not know says nothing without its declaration
            same = was.elements[i].name == name && !name.starts_with("x:") &&
                   std::count_if(is.elements.begin(), is.elements.end(), [&](const Element& e) {
                       return e.name == name;
                   }) == 1;
        }
        if (!same) return operation("replace", path_of(is), is.text());
        for (std::size_t i = 0; i < is.elements.size(); ++i) {
            const auto& element = is.elements[i];
            if (was.elements[i] != element)
                operation("replace", path_of(is) + "/" + element.name, element.text);
        }
    }
    void operation(std::string_view name,
                   const std::string& path,
                   const std::string& content,
                   std::string_view more = {}) {
        patches_.append("<pdiff:").append(name).append(" sel=\"");
        patches_ += xml_escaped(path);
        patches_.append("\"").append(more);
        if (content.empty()) {
            patches_ += "/>";
        } else {
            patches_.append(">").append(content).append("</pdiff:").append(name).append(">");
        }
    }

    const PresenceDocument& before_;
    const PresenceDocument& after_;
    std::string patches_;
    bool can_be_said_ = true;
};

}  // namespace

std::string pidf_full(const PresenceDocument& document, std::uint32_t version) {
    return document_of("pidf-full", document.entity, version, document.content());
}

std::string pidf_diff(const PresenceDocument& before,
                      const PresenceDocument& after,
                      std::uint32_t version) {
    auto whole = pidf_full(after, version);
    const auto patches = Difference(before, after).patches();
    if (!patches) return whole;
    auto partial = document_of("pidf-diff", after.entity, version, *patches);
    // RFC 5262 §4
    return partial.size() < whole.size() ? partial : whole;
}

}  // namespace imslab::presence
