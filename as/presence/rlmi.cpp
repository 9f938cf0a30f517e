// RFC 4662 §5.1 to §5.5: application/rlmi+xml as the root of multipart/related.
#include "as/presence/rlmi.h"

#include "core/xml_escape.h"

namespace imslab::presence {

namespace {

std::string_view to_string(ListedResource::Instance instance) {
    switch (instance) {
        case ListedResource::Instance::pending:
            return "pending";
        case ListedResource::Instance::active:
            return "active";
        case ListedResource::Instance::terminated:
            return "terminated";
        case ListedResource::Instance::none:
            break;
    }
    return {};
}

std::string part(std::string_view content_type, std::string_view cid, std::string_view content) {
    std::string text = "Content-Transfer-Encoding: binary\r\nContent-ID: <";
    text.append(cid).append(">\r\nContent-Type: ").append(content_type).append("\r\n\r\n");
    return text.append(content).append("\r\n");
}

}  // namespace

sip::EventDocument list_notification(std::string_view list_uri,
                                     std::uint32_t version,
                                     bool full_state,
                                     const std::vector<ListedResource>& resources,
                                     std::string_view id,
                                     std::string_view host) {
    const auto cid = [&](std::size_t number) {
        return std::string(id) + "." + std::to_string(number) + "@" + std::string(host);
    };
    const auto boundary = "list-" + std::string(id);
    std::string list =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" uri=\"" +
        xml_escaped(list_uri) + "\" version=\"" + std::to_string(version) + "\" fullState=\"" +
        (full_state ? "true" : "false") + "\">";
    std::string parts;
    for (std::size_t i = 0; i < resources.size(); ++i) {
        const auto& resource = resources[i];
        if (!full_state && !resource.changed) continue;
        list += "<resource uri=\"" + xml_escaped(resource.uri) + "\">";
        if (!resource.display_name.empty())
            list += "<name>" + xml_escaped(resource.display_name) + "</name>";
        if (resource.instance != ListedResource::Instance::none) {
            list += "<instance id=\"1\" state=\"" + std::string(to_string(resource.instance)) + "\"";
            if (!resource.reason.empty())
                list += " reason=\"" + xml_escaped(resource.reason) + "\"";
            if (!resource.body.empty()) {
                list += " cid=\"" + cid(i + 1) + "\"";
                parts += "--" + boundary + "\r\n" +
                         part(resource.content_type, cid(i + 1), resource.body);
            }
            list += "/>";
        }
        list += "</resource>";
    }
    list += "</list>\n";
    sip::EventDocument document;
    document.content_type = "multipart/related;type=\"application/rlmi+xml\";start=\"<" + cid(0) +
                            ">\";boundary=\"" + boundary + "\"";
    document.body = "--" + boundary + "\r\n" +
                    part("application/rlmi+xml;charset=\"UTF-8\"", cid(0), list) + parts + "--" +
                    boundary + "--\r\n";
    return document;
}

}  // namespace imslab::presence
