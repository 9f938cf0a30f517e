// RFC 4825 §11.1: the document of a 409.
#include "as/xdm/xcap_error.h"

#include <array>

#include "as/xdm/document_tree.h"
#include "core/xml_escape.h"

namespace imslab::xdm {

namespace {

constexpr std::array<std::string_view, 10> kNames{"not-well-formed",
                                                  "not-xml-frag",
                                                  "no-parent",
                                                  "schema-validation-error",
                                                  "not-xml-att-value",
                                                  "cannot-insert",
                                                  "cannot-delete",
                                                  "uniqueness-failure",
                                                  "constraint-failure",
                                                  "not-utf-8"};

std::string element(std::string_view name, std::string_view text) {
    return "<" + std::string(name) + ">" + xml_escaped(text) + "</" + std::string(name) + ">";
}

}  // namespace

std::string_view name_of(Conflict::Kind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::string to_xml(const Conflict& conflict) {
    std::string content;
    if (!conflict.ancestor.empty()) content += element("ancestor", conflict.ancestor);
    for (const auto& one : conflict.exists) {
        content += "<exists field=\"" + xml_escaped(one.field) + "\"";
        if (one.alternatives.empty()) {
            content += "/>";
            continue;
        }
        content += ">";
        for (const auto& value : one.alternatives) content += element("alt-value", value);
        content += "</exists>";
    }
    const auto name = std::string(name_of(conflict.kind));
    std::string xml =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<xcap-error xmlns=\"urn:ietf:params:xml:ns:xcap-error\"><" +
        name;
    if (!conflict.phrase.empty()) xml += " phrase=\"" + xml_escaped(conflict.phrase) + "\"";
    xml += content.empty() ? "/>" : ">" + content + "</" + name + ">";
    return xml + "</xcap-error>\n";
}

http::Response to_response(const Conflict& conflict) {
    return http::Response::of(409, "application/xcap-error+xml", to_xml(conflict));
}

}  // namespace imslab::xdm
