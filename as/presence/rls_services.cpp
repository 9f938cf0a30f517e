// RFC 4826 §4.1: rls-services documents.
#include "as/presence/rls_services.h"

#include "as/presence/strict_xml.h"
#include "sip/uri.h"

namespace imslab::presence {

void ListServices::document_changed(const xdm::DocumentPath& path) {
    if (path.auid == "rls-services") is_current_ = false;
}

const ListService* ListServices::find(std::string_view uri) {
    if (!is_current_) read();
    const auto found = services_.find(uri);
    return found == services_.end() ? nullptr : &found->second;
}

void ListServices::read() {
    services_.clear();
    is_current_ = true;
    if (documents_ == nullptr) return;
    for (const auto& path : documents_->list("rls-services")) {
        const auto* stored = documents_->find(path);
        pugi::xml_document document;
        if (stored == nullptr || path.xui.empty() ||
            !read_strictly(stored->body, document, kListDocument))
            continue;
        for (const auto& node : document.document_element().children("rls:service")) {
            const auto uri = sip::canonical_identity(node.attribute("uri").value());
            if (!uri) continue;
            ListService service;
            service.owner = path.xui;
            for (const auto& package : node.child("rls:packages").children("rls:package"))
                service.packages.insert(package.text().get());
            service.anchor = node.child("rls:resource-list").text().get();
            for (const auto& child : node.child("rls:list").children())
                service.list += text_of(child);
            services_.emplace(*uri, std::move(service));  // RFC 4826 §4.4.5: the first has it
        }
    }
}

Result<std::vector<ListEntry>, std::string> ListServices::members_of(
    const ListService& service) const {
    if (documents_ == nullptr) return failure(std::string("there are no documents"));
    if (service.anchor.empty()) return entries_in(*documents_, service.owner, service.list);
    const auto anchor = read_list_anchor(service.anchor);
    if (!anchor || anchor->document.xui != service.owner)
        return failure("the list " + service.anchor + " is none of " + service.owner + "'s");
    return entries_of(*documents_, *anchor);
}

}  // namespace imslab::presence
