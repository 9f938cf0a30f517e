// What gloox's parser has read: namespaces are resolved, declarations are no attributes.
#include "hosts/xmpp/tag_elements.h"

namespace imslab::host {

xmpp::Element element_of(const gloox::Tag& tag) {
    xmpp::Element element(tag.name(), tag.xmlns(), tag.cdata());
    for (const auto* attribute : tag.attributes()) {
        const auto& name = attribute->name();
        const auto& prefix = attribute->prefix();
        if (name == "xmlns" || prefix == "xmlns" || name.starts_with("xmlns:")) continue;
        element.attributes.emplace_back(prefix.empty() ? name : prefix + ":" + name,
                                        attribute->value());
    }
    for (const auto* child : tag.children()) element.children.push_back(element_of(*child));
    return element;
}

}  // namespace imslab::host
