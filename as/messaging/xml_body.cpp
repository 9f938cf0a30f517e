// Namespaces in XML, as far as one element asks for them.
#include "as/messaging/xml_body.h"

namespace imslab::messaging {

namespace {

constexpr std::size_t kMostOctets = 1U << 20U;

std::string_view prefix_of(std::string_view name) {
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? std::string_view{} : name.substr(0, colon);
}

std::string_view bound_to(pugi::xml_node node, std::string_view prefix) {
    const std::string declaration =
        prefix.empty() ? std::string("xmlns") : "xmlns:" + std::string(prefix);
    for (; node; node = node.parent()) {
        if (const auto found = node.attribute(declaration.c_str())) return found.value();
    }
    return {};
}

}  // namespace

std::optional<std::string> load_xml(pugi::xml_document& document, std::string_view text) {
    if (text.size() > kMostOctets) return "XML of more than a megabyte";
    const auto parsed = document.load_buffer(
        text.data(), text.size(), pugi::parse_default | pugi::parse_doctype, pugi::encoding_auto);
    if (!parsed) return "XML: " + std::string(parsed.description());
    for (const auto& node : document.children()) {
        if (node.type() == pugi::node_doctype) return "XML with a document type, which is refused";
    }
    return std::nullopt;
}

std::string_view local_name(const pugi::xml_node& node) {
    const std::string_view name = node.name();
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string_view namespace_of(const pugi::xml_node& node) {
    return bound_to(node, prefix_of(node.name()));
}

std::string_view namespace_of_attribute(const pugi::xml_node& node,
                                        const pugi::xml_attribute& attribute) {
    const auto prefix = prefix_of(attribute.name());
    return prefix.empty() ? std::string_view{} : bound_to(node, prefix);
}

}  // namespace imslab::messaging
