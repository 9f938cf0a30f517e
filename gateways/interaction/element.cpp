// JSON by nlohmann-json, XML by pugixml, which resolves no entity of a document's own.
#include "gateways/interaction/element.h"

#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <sstream>

namespace imslab::interaction {

namespace {

using nlohmann::ordered_json;

constexpr int kDeepest = 16;

// ---- writing

ordered_json value_of(const Element& element) {
    if (element.children.empty()) return element.text;
    auto object = ordered_json::object();
    for (const auto& child : element.children) {
        if (child.repeats)
            object[child.name].push_back(value_of(child));
        else
            object[child.name] = value_of(child);
    }
    return object;
}

void append_to(pugi::xml_node node, const Element& element) {
    if (element.children.empty()) {
        node.append_child(pugi::node_pcdata).set_value(element.text.c_str());
        return;
    }
    for (const auto& child : element.children)
        append_to(node.append_child(child.name.c_str()), child);
}

// ---- reading

bool read_value(const ordered_json& value, Element& into, int depth);

bool read_member(const std::string& name, const ordered_json& value, Element& into, int depth) {
    if (!value.is_array()) return read_value(value, into.add(Element(name)), depth);
    for (const auto& one : value) {
        if (one.is_array() || !read_value(one, into.add_one_of(Element(name)), depth)) return false;
    }
    return true;
}

bool read_value(const ordered_json& value, Element& into, int depth) {
    if (depth > kDeepest) return false;
    if (value.is_object()) {
        for (const auto& [name, member] : value.items()) {
            if (!read_member(name, member, into, depth + 1)) return false;
        }
    } else if (value.is_string()) {
        into.text = value.get<std::string>();
    } else if (!value.is_null()) {
        into.text = value.dump();
    }
    return true;
}

std::string local_name(const char* name) {
    const std::string_view whole(name);
    const auto colon = whole.find(':');
    return std::string(colon == std::string_view::npos ? whole : whole.substr(colon + 1));
}

bool read_node(const pugi::xml_node& node, Element& into, int depth) {
    if (depth > kDeepest) return false;
    for (const auto& child : node.children()) {
        if (child.type() == pugi::node_element) {
            if (!read_node(child, into.add(Element(local_name(child.name()))), depth + 1))
                return false;
        } else if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
            into.text += child.value();
        }
    }
    const auto begin = into.text.find_first_not_of(" \t\r\n");
    const auto end = into.text.find_last_not_of(" \t\r\n");
    into.text =
        begin == std::string::npos ? std::string() : into.text.substr(begin, end - begin + 1);
    return true;
}

}  // namespace

const Element* Element::find(std::string_view child) const {
    for (const auto& one : children) {
        if (one.name == child) return &one;
    }
    return nullptr;
}

std::string_view Element::text_of(std::string_view child) const {
    const auto* found = find(child);
    return found == nullptr ? std::string_view() : std::string_view(found->text);
}

std::vector<const Element*> Element::all(std::string_view child) const {
    std::vector<const Element*> found;
    for (const auto& one : children) {
        if (one.name == child) found.push_back(&one);
    }
    return found;
}

std::string to_json(const Element& element) {
    ordered_json root;
    root[element.name] = value_of(element);
    return root.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string to_xml(const Element& element, std::string_view prefix, std::string_view name_space) {
    pugi::xml_document document;
    auto root = document.append_child((std::string(prefix) + ":" + element.name).c_str());
    root.append_attribute(("xmlns:" + std::string(prefix)).c_str()) =
        std::string(name_space).c_str();
    append_to(root, element);
    std::ostringstream text;
    text << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    document.save(text, "", pugi::format_raw | pugi::format_no_declaration);
    return text.str();
}

Result<Element, std::string> from_json(std::string_view text) {
    const auto root = ordered_json::parse(text, nullptr, false);
    if (root.is_discarded()) return failure(std::string("the body is no JSON"));
    if (!root.is_object() || root.size() != 1)
        return failure(std::string("the body is not an object of one member"));
    Element element(root.begin().key());
    if (!read_value(root.begin().value(), element, 1))
        return failure(std::string("the body is nested too deeply"));
    return element;
}

Result<Element, std::string> from_xml(std::string_view text) {
    pugi::xml_document document;
    const auto read = document.load_buffer(
        text.data(), text.size(), pugi::parse_default | pugi::parse_doctype, pugi::encoding_utf8);
    if (!read) return failure("the body is no XML: " + std::string(read.description()));
    for (const auto& node : document.children()) {
        if (node.type() == pugi::node_doctype)
            return failure(std::string("the body has a document type"));
    }
    Element element(local_name(document.document_element().name()));
    if (!read_node(document.document_element(), element, 1))
        return failure(std::string("the body is nested too deeply"));
    return element;
}

}  // namespace imslab::interaction
