// RFC 3994 §3, §6.
#include "as/messaging/is_composing.h"

#include "as/messaging/xml_body.h"
#include "sip/params.h"

namespace imslab::messaging {

Result<IsComposing, std::string> read_is_composing(std::string_view xml) {
    pugi::xml_document document;
    if (auto problem = load_xml(document, xml)) return failure(std::move(*problem));
    const auto root = document.document_element();
    if (local_name(root) != "isComposing" ||
        namespace_of(root) != "urn:ietf:params:xml:ns:im-iscomposing")
        return failure(std::string("The document is no isComposing"));
    IsComposing status;
    bool has_state = false;
    for (const auto& child : root.children()) {
        const auto name = local_name(child);
        const std::string_view value = sip::trim(child.child_value());
        // A state that is not known counts as idle (RFC 3994 §3.3).
        if (name == "state") {
            status.active = value == "active";
            has_state = true;
        } else if (name == "refresh") {
            const auto seconds = sip::to_number(value);
            if (!seconds || *seconds == 0)
                return failure(
                    std::string("isComposing with a refresh that is no positive number"));
            status.refresh_seconds = *seconds;
        } else if (name == "contenttype") {
            status.content_type = value;
        }
    }
    if (!has_state) return failure(std::string("isComposing without a state"));
    return status;
}

}  // namespace imslab::messaging
