// RFC 3863 §4.1, §4.4, RFC 4479 §5: what a presence document must be.
#include "as/presence/presence_document.h"

#include <algorithm>
#include <array>
#include <set>

#include "as/xdm/xml_text.h"
#include "core/xml_escape.h"

namespace imslab::presence {

namespace {

std::string attributes_of(const pugi::xml_node& node) {
    std::string text;
    for (const auto attribute : node.attributes()) {
        if (std::string_view(attribute.name()) == "id") continue;
        text.append(" ").append(attribute.name()).append("=\"");
        text += xml_escaped(attribute.value());
        text += '"';
    }
    return text;
}

// RFC 3863 §4.4: the pattern of qvalue.
bool is_q_value(std::string_view text) {
    if (text.empty() || (text[0] != '0' && text[0] != '1')) return false;
    if (text.size() == 1) return true;
    if (text[1] != '.' || text.size() > 5) return false;
    return std::all_of(text.begin() + 2, text.end(), [&](char c) {
        return c >= '0' && c <= '9' && (text[0] == '0' || c == '0');
    });
}

bool is_blank(std::string_view text) { return trimmed(text).empty(); }

class Reader {
public:
    Result<PresenceDocument, std::string> read(const pugi::xml_node& root) {
        if (std::string_view(root.name()) != "presence")
            return failure("found the element " + std::string(root.name()) +
                           ", expected presence of PIDF");
        PresenceDocument document;
        document.entity = root.attribute("entity").value();
        if (document.entity.empty()) return failure(std::string("presence has no entity"));
        for (const auto& child : root.children()) {
            if (child.type() == pugi::node_pcdata && !is_blank(child.value()))
                return failure(std::string("text stands in presence"));
            if (child.type() != pugi::node_element) continue;
            document.components.push_back(component(child));
            if (!reason_.empty()) return failure(std::move(reason_));
        }
        return document;
    }

private:
    Component component(const pugi::xml_node& node) {
        Component result;
        const std::string_view name = node.name();
        if (name == "tuple") {
            result.kind = ComponentKind::tuple;
        } else if (name == "dm:person") {
            result.kind = ComponentKind::person;
        } else if (name == "dm:device") {
            result.kind = ComponentKind::device;
        } else {
            result.kind = name == "note" ? ComponentKind::note : ComponentKind::extension;
            if (result.kind == ComponentKind::extension && name.find(':') == name.npos)
                refuse("the element " + std::string(name) + " is none of PIDF's");
            result.elements.push_back({std::string(name), text_of(node)});
            return result;
        }
        result.id = node.attribute("id").value();
        result.attributes = attributes_of(node);
        if (result.id.empty()) {
            refuse(std::string(name) + " has no id");
        } else if (!ids_.insert(result.id).second) {
            refuse("the id " + result.id + " stands twice");
        }
        for (const auto& child : node.children()) {
            if (child.type() == pugi::node_element) {
                check(child);
                result.elements.push_back({child.name(), text_of(child)});
            } else if (child.type() == pugi::node_pcdata && !is_blank(child.value())) {
                refuse("text stands in " + std::string(name));
            }
        }
        check(result);
        return result;
    }
    void check(const Component& component) {
        const auto count = [&](std::string_view name) {
            return std::count_if(component.elements.begin(),
                                 component.elements.end(),
                                 [&](const Element& element) { return element.name == name; });
        };
        if (component.kind == ComponentKind::tuple) {
            if (count("status") != 1) refuse("tuple " + component.id + " has not one status");
            if (count("contact") > 1) refuse("tuple " + component.id + " has several contacts");
            if (count("timestamp") > 1) refuse("tuple " + component.id + " has several timestamps");
            for (const auto& element : component.elements) {
                static constexpr std::array<std::string_view, 4> kOwn{
                    "status", "contact", "note", "timestamp"};
                const bool own = std::find(kOwn.begin(), kOwn.end(), element.name) != kOwn.end();
                if (!own && element.name.find(':') == std::string::npos)
                    refuse("the element " + element.name + " is none of a tuple's");
            }
        } else if (component.kind == ComponentKind::device && count("dm:deviceID") != 1) {
            refuse("device " + component.id + " has not one deviceID");
        }
    }
    void check(const pugi::xml_node& element) {
        const std::string_view name = element.name();
        if (name == "status") {
            unsigned basics = 0;
            for (const auto& child : element.children("basic")) {
                const auto value = trimmed(child.text().get());
                if (value != "open" && value != "closed")
                    refuse("basic is " + std::string(value) + ", expected open or closed");
                if (++basics > 1) refuse("a status has several basic");
            }
        } else if (name == "contact") {
            const auto priority = element.attribute("priority");
            if (priority && !is_q_value(priority.value()))
                refuse("the priority " + std::string(priority.value()) +
                       " is no number from 0 to 1");
        } else if (name == "timestamp" || name == "dm:timestamp") {
            if (!read_date_time(trimmed(element.text().get())))
                refuse("the timestamp " + std::string(element.text().get()) +
                       " is no date and time");
        }
    }
    void refuse(std::string reason) {
        if (reason_.empty()) reason_ = std::move(reason);
    }

    std::set<std::string> ids_;
    std::string reason_;
};

}  // namespace

std::string_view name_of(ComponentKind kind) {
    switch (kind) {
        case ComponentKind::tuple:
            return "tuple";
        case ComponentKind::person:
            return "dm:person";
        case ComponentKind::device:
            return "dm:device";
        case ComponentKind::note:
        case ComponentKind::extension:
            break;
    }
    return {};
}

const Element* Component::find(std::string_view name) const {
    for (const auto& element : elements) {
        if (element.name == name) return &element;
    }
    return nullptr;
}

std::string Component::value(std::string_view name) const {
    const auto* element = find(name);
    if (element == nullptr) return {};
    const std::string_view text = element->text;
    const auto begin = text.find('>'), end = text.rfind("</");
    if (begin == text.npos || end == text.npos || end < begin) return {};
    const auto inside = trimmed(text.substr(begin + 1, end - begin - 1));
    return xdm::with_references_replaced(inside).value_or(std::string(inside));
}

std::string Component::text() const {
    const auto name = name_of(kind);
    std::string text;
    if (!name.empty()) {
        text.append("<").append(name).append(" id=\"");
        text += xml_escaped(id);
        text.append("\"").append(attributes).append(">");
    }
    for (const auto& element : elements) text += element.text;
    if (!name.empty()) text.append("</").append(name).append(">");
    return text;
}

std::string PresenceDocument::content() const {
    std::string inside;
    const auto write = [&](auto... kinds) {
        for (const auto& component : components) {
            if (((component.kind == kinds) || ...)) inside += component.text();
        }
    };
    write(ComponentKind::tuple);
    write(ComponentKind::note);
    write(ComponentKind::person, ComponentKind::device, ComponentKind::extension);
    return inside;
}

std::string PresenceDocument::text() const {
    const auto inside = content();
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<presence";
    text += declarations_for(inside);
    text += " entity=\"";
    text += xml_escaped(entity);
    text.append("\">").append(inside).append("</presence>\n");
    return text;
}

Result<PresenceDocument, std::string> presence_in(const pugi::xml_document& document) {
    return Reader().read(document.document_element());
}

Result<PresenceDocument, std::string> read_presence(std::string_view text,
                                                    const XmlLimits& limits) {
    pugi::xml_document document;
    if (auto read = read_strictly(text, document, limits); !read)
        return failure(std::move(read.error()));
    return presence_in(document);
}

}  // namespace imslab::presence
