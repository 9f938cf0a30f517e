// RFC 4826: an entry of that list, or of a list in it.
#include "as/messaging/contact_list.h"

#include "as/messaging/xml_body.h"
#include "as/xdm/documents.h"
#include "sip/uri.h"

namespace imslab::messaging {

namespace {

constexpr std::size_t kMostKnown = 10'000;
constexpr int kDepth = 16;

void collect(const pugi::xml_node& list, std::set<std::string>& into, int depth) {
    for (const auto& child : list.children()) {
        if (local_name(child) == "entry") {
            if (auto identity = sip::canonical_identity(child.attribute("uri").value()))
                into.insert(std::move(*identity));
        } else if (local_name(child) == "list" && depth < kDepth) {
            collect(child, into, depth + 1);
        }
    }
}

std::set<std::string> contacts_in(std::string_view xml, const std::string& name) {
    std::set<std::string> contacts;
    pugi::xml_document document;
    if (load_xml(document, xml)) return contacts;
    for (const auto& list : document.document_element().children()) {
        if (local_name(list) == "list" && name == list.attribute("name").value())
            collect(list, contacts, 0);
    }
    return contacts;
}

}  // namespace

bool ContactList::contains(const std::string& owner, const std::string& contact) {
    auto* documents = services_.documents();
    if (documents == nullptr || contact.empty()) return false;
    const auto* document = documents->find({"resource-lists", owner, "index"});
    if (document == nullptr) return false;
    if (known_.size() >= kMostKnown) known_.clear();
    auto& known = known_[owner];
    if (known.etag != document->etag || known.etag.empty())
        known = {document->etag, contacts_in(document->body, list_)};
    return known.contacts.contains(contact);
}

}  // namespace imslab::messaging
