// RFC 5025 §3.3.1 (which components), §3.3.2 (which of their attributes).
#include "as/presence/transformation.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/xml_escape.h"

namespace imslab::presence {

namespace {

// What stands directly in an element: what an extension beside it has of that name is another's.
class Children {
public:
    explicit Children(const Element& of) { document_.load_buffer(of.text.data(), of.text.size()); }

    // With its tags; empty: there is none.
    std::string text(const char* name) const {
        const auto child = document_.document_element().child(name);
        return child ? text_of(child) : std::string();
    }
    std::string value(const char* name) const {
        return document_.document_element().child(name).text().get();
    }

private:
    pugi::xml_document document_;
};

std::string without_attribute(std::string text, std::string_view name) {
    const auto tag_end = text.find('>');
    const auto begin = text.find(" " + std::string(name) + "=\"");
    if (begin == text.npos || begin > tag_end) return text;
    const auto value = text.find('"', begin) + 1;
    text.erase(begin, text.find('"', value) + 1 - begin);
    return text;
}

class Transformation {
public:
    explicit Transformation(const Permissions& permissions) : permissions_(permissions) {}

    std::optional<Component> apply(const Component& component) const {
        if (component.kind == ComponentKind::note) {
            if (permissions_.all_attributes || permissions_.attributes.contains("note"))
                return component;
            return std::nullopt;
        }
        if (component.kind == ComponentKind::extension) {
            if (permissions_.all_attributes) return component;
            return std::nullopt;
        }
        if (!is_provided(component)) return std::nullopt;
        if (permissions_.all_attributes) return component;
        Component seen = component;
        seen.elements.clear();
        for (const auto& element : component.elements) {
            if (auto kept = apply(component.kind, element)) seen.elements.push_back(*kept);
        }
        return seen;
    }

private:
    // RFC 5025 §3.3.1.
    bool is_provided(const Component& component) const {
        const auto& provided = component.kind == ComponentKind::tuple    ? permissions_.services
                               : component.kind == ComponentKind::person ? permissions_.persons
                                                                         : permissions_.devices;
        if (provided.all) return true;
        const auto has = [&](const char* what, const std::string& value) {
            return !value.empty() && provided.some.contains(what + value);
        };
        if (has("class=", component.value("rpid:class")) ||
            has("occurrence-id=", component.id))
            return true;
        if (component.kind == ComponentKind::device)
            return has("deviceID=", component.value("dm:deviceID"));
        if (component.kind != ComponentKind::tuple) return false;
        const auto contact = component.value("contact");
        if (has("service-uri=", contact) ||
            has("service-uri-scheme=", contact.substr(0, contact.find(':'))))
            return true;
        const auto* description = component.find("op:service-description");
        if (description == nullptr) return false;
        return has("service-id=", Children(*description).value("op:service-id"));
    }
    // RFC 5025 §3.3.2: what a component is nothing without is always there.
    std::optional<Element> apply(ComponentKind kind, const Element& element) const {
        const auto& name = element.name;
        if (name == "status") {
            const Children children(element);
            std::string kept = children.text("basic");
            if (permissions_.attributes.contains("gp:geopriv")) kept += children.text("gp:geopriv");
            return Element{name, "<status>" + kept + "</status>"};
        }
        static constexpr std::array<std::string_view, 5> kAlways{"contact",
                                                                 "timestamp",
                                                                 "dm:timestamp",
                                                                 "op:service-description",
                                                                 "rpid:service-class"};
        if (std::find(kAlways.begin(), kAlways.end(), name) != kAlways.end()) return element;
        if (name == "dm:deviceID" && kind == ComponentKind::device) return element;
        if (name == "rpid:user-input") return user_input(element);
        if (name == "dm:note" && permissions_.attributes.contains("note")) return element;
        if (permissions_.attributes.contains(name)) return element;
        if (is_unknown_but_granted(element)) return element;
        return std::nullopt;
    }
    std::optional<Element> user_input(Element element) const {
        if (permissions_.user_input == UserInput::none) return std::nullopt;
        if (permissions_.user_input != UserInput::full)
            element.text = without_attribute(std::move(element.text), "last-input");
        if (permissions_.user_input == UserInput::bare)
            element.text = without_attribute(std::move(element.text), "idle-threshold");
        return element;
    }
    // RFC 5025 §3.3.2.14.
    bool is_unknown_but_granted(const Element& element) const {
        if (permissions_.unknown.empty()) return false;
        const auto colon = element.name.find(':');
        if (colon == std::string::npos) return false;
        const auto prefix = element.name.substr(0, colon);
        auto uri = std::string(namespace_of_prefix(prefix));
        if (uri.empty()) {
            const auto declared = element.text.find("xmlns:" + prefix + "=\"");
            if (declared == std::string::npos) return false;
            const auto begin = element.text.find('"', declared) + 1;
            uri = element.text.substr(begin, element.text.find('"', begin) - begin);
        }
        return permissions_.unknown.contains(uri + " " + element.name.substr(colon + 1));
    }

    const Permissions& permissions_;
};

}  // namespace

PresenceDocument transform(const PresenceDocument& raw, const Permissions& permissions) {
    if (permissions.is_everything()) return raw;
    PresenceDocument seen;
    seen.entity = raw.entity;
    const Transformation transformation(permissions);
    for (const auto& component : raw.components) {
        if (auto kept = transformation.apply(component)) seen.components.push_back(*std::move(kept));
    }
    return seen;
}

PresenceDocument unavailable(std::string entity) {
    PresenceDocument document;
    Component tuple;
    tuple.id = "state";
    tuple.elements.push_back({"status", "<status><basic>closed</basic></status>"});
    std::string contact = "<contact>";
    contact += xml_escaped(entity);
    tuple.elements.push_back({"contact", contact + "</contact>"});
    document.entity = std::move(entity);
    document.components.push_back(std::move(tuple));
    return document;
}

std::set<std::string> spheres_of(const PresenceDocument& document) {
    std::set<std::string> spheres;
    for (const auto& component : document.components) {
        if (component.kind != ComponentKind::person) continue;
        const auto* sphere = component.find("rpid:sphere");
        if (sphere == nullptr) continue;
        // <rpid:sphere><rpid:work/></rpid:sphere>, or a word
        std::string_view text = sphere->text;
        std::string word;
        const auto end_of_tag = text.find('>');
        for (std::size_t i = std::min(end_of_tag, text.size() - 1) + 1;
             i < text.size() && !text.substr(i).starts_with("</rpid:sphere>");
             ++i) {
            const char c = text[i];
            const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
            if (letter) {
                word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            } else {
                if (!word.empty() && word != "rpid") spheres.insert(word);
                word.clear();
            }
        }
        if (!word.empty()) spheres.insert(word);
    }
    return spheres;
}

}  // namespace imslab::presence
