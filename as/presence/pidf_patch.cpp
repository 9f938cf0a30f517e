// RFC 5264 §4.3, RFC 5261 §4: applying what a phone says has changed. Nothing is changed unless all
// of it can be, and unless a presence document comes of it.
#include <string>

#include "as/presence/element_path.h"
#include "as/presence/pidf_diff.h"

namespace imslab::presence {

namespace {

class Patch {
public:
    explicit Patch(pugi::xml_document& document) : document_(document) {}

    Result<void, std::string> apply(const pugi::xml_node& operation) {
        const std::string_view name = operation.name();
        if (!name.starts_with("pdiff:"))
            return failure("found the element " + std::string(name) +
                           ", expected add, replace or remove");
        const std::string text = operation.attribute("sel").value();
        const auto path = read_element_path(text);
        if (!path) return failure("the selector " + text + " is none that is understood");
        const auto places = select(document_, *path);
        // RFC 5261 §4.1: exactly one
        if (places.size() != 1)
            return failure("the selector " + text + " finds " + std::to_string(places.size()) +
                           " places, expected one");
        const auto place = places.front();
        bool done = false;
        if (name == "pdiff:add") done = add(operation, *path, place);
        if (name == "pdiff:replace") done = replace(operation, *path, place);
        if (name == "pdiff:remove") done = remove(*path, place);
        if (!done) return failure(std::string(name.substr(6)) + " cannot be done at " + text);
        return {};
    }

private:
    bool is_root(const pugi::xml_node& node) const { return node == document_.document_element(); }

    // RFC 5261 §4.3.
    bool add(const pugi::xml_node& operation, const ElementPath& path, pugi::xml_node place) {
        if (!path.attribute.empty() || path.is_text) return false;
        if (const std::string_view type = operation.attribute("type").value(); !type.empty()) {
            const auto name = std::string(type.substr(1));
            if (type[0] != '@' || name.empty() || name.find(':') != std::string::npos ||
                place.attribute(name.c_str()))
                return false;
            place.append_attribute(name.c_str()).set_value(operation.text().get());
            return true;
        }
        const std::string_view position = operation.attribute("pos").value();
        if (position != "" && position != "prepend" && is_root(place)) return false;
        auto parent = position == "before" || position == "after" ? place.parent() : place;
        // each goes behind the one before it
        auto behind = position == "before" ? place.previous_sibling() : place;
        if (position == "prepend") behind = {};
        if (position == "") behind = place.last_child();
        for (const auto& child : operation.children()) {
            behind = behind ? parent.insert_copy_after(child, behind) : parent.prepend_copy(child);
            if (!behind) return false;
        }
        return true;
    }
    // The same of its replace and remove.
    bool replace(const pugi::xml_node& operation, const ElementPath& path, pugi::xml_node place) {
        if (!path.attribute.empty()) {
            auto attribute = place.attribute(path.attribute.spelt.c_str());
            return attribute && attribute.set_value(operation.text().get());
        }
        if (path.is_text) return place.text() && place.text().set(operation.text().get());
        pugi::xml_node by;
        for (const auto& child : operation.children()) {
            if (child.type() != pugi::node_element) continue;
            if (by) return false;
            by = child;
        }
        if (!by || is_root(place)) return false;
        return place.parent().insert_copy_after(by, place) && place.parent().remove_child(place);
    }
    static bool remove(const ElementPath& path, pugi::xml_node place) {
        if (!path.attribute.empty()) return place.remove_attribute(path.attribute.spelt.c_str());
        if (path.is_text) return place.text() && place.remove_child(place.text().data());
        return place.parent().type() == pugi::node_element && place.parent().remove_child(place);
    }

    pugi::xml_document& document_;
};

}  // namespace

Result<PresenceDocument, std::string> read_pidf_diff(std::string_view text,
                                                     const PresenceDocument* before,
                                                     const XmlLimits& limits) {
    pugi::xml_document given;
    if (auto read = read_strictly(text, given, limits); !read)
        return failure(std::move(read.error()));
    auto root = given.document_element();
    const std::string name = root.name();
    if (name == "pdiff:pidf-full") {
        root.set_name("presence");
        return presence_in(given);
    }
    if (name != "pdiff:pidf-diff")
        return failure("found the element " + name + ", expected pidf-full or pidf-diff");
    // RFC 5264 §4.3.2
    if (before == nullptr) return failure(std::string("Invalid Partial Publication"));
    pugi::xml_document patched;
    if (auto read = read_strictly(before->text(), patched, limits); !read)
        return failure(std::move(read.error()));
    Patch patch(patched);
    for (const auto& operation : root.children()) {
        if (operation.type() != pugi::node_element) continue;
        if (auto applied = patch.apply(operation); !applied)
            return failure(std::move(applied.error()));
    }
    return presence_in(patched);
}

}  // namespace imslab::presence
