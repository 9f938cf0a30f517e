// RFC 4825 §8.2.1 to §8.2.4, §8.4.
#include "as/xdm/document_edit.h"

#include <algorithm>

namespace imslab::xdm {

namespace {

using Kind = Conflict::Kind;

Conflict conflict(Kind kind, std::string phrase) { return {kind, std::move(phrase), {}, {}}; }

std::string spliced(std::string_view text,
                    std::size_t begin,
                    std::size_t end,
                    std::string_view replacement) {
    std::string result;
    result.reserve(text.size() - (end - begin) + replacement.size());
    result.append(text.substr(0, begin)).append(replacement).append(text.substr(end));
    return result;
}

// §11.1: the closest ancestor that is there.
Conflict no_parent(const DocumentTree& tree, const NodeSelector& selector, std::string_view base) {
    auto result = conflict(Kind::no_parent, "the parent is not there");
    std::string path;
    for (std::size_t count = 1; count < selector.steps.size() + 1; ++count) {
        if (!select(tree, selector, count)) break;
        path += (path.empty() ? "" : "/") + selector.written[count - 1];
    }
    if (!path.empty()) result.ancestor = std::string(base) + path;
    return result;
}

// The element of the request, in the namespaces that hold at its place.
Result<void, Conflict> check_fragment(std::string_view element,
                                      const DocumentTree::Bindings& around,
                                      const XmlLimits& limits) {
    const auto fragment = DocumentTree::parse_element(element, around, limits);
    if (fragment) return {};
    return failure(
        conflict(fragment.error().not_utf8 ? Kind::not_utf_8 : Kind::not_xml_frag,
                 fragment.error().what + " at octet " + std::to_string(fragment.error().offset)));
}

// §8.2.3: where the new child goes, as an offset in the text.
Result<std::size_t, Conflict> place_for(const DocumentTree& tree,
                                        std::uint32_t parent,
                                        const Step& step,
                                        const ExpandedName& name) {
    std::vector<std::uint32_t> same, all;
    for (auto child = tree.at(parent).first_child; child != DocumentTree::kNone;
         child = tree.at(child).next_sibling) {
        all.push_back(child);
        if (tree.name(child) == name) same.push_back(child);
    }
    const auto& counted = step.any ? all : same;
    if (step.position) {
        const std::size_t before = *step.position - 1;
        if (before > counted.size())
            return failure(conflict(
                Kind::cannot_insert,
                "there are no " + std::to_string(before) + " elements before that position"));
        if (before > 0) return tree.at(counted[before - 1]).end;
        if (!counted.empty()) return tree.at(counted.front()).begin;
        return tree.at(parent).content_end;
    }
    if (!step.any && !same.empty()) return tree.at(same.back()).end;
    return tree.at(parent).content_end;
}

// Puts a child into an element; <a/> becomes <a>…</a>.
std::string inserted(const DocumentTree& tree,
                     std::uint32_t parent,
                     std::size_t place,
                     std::string_view element) {
    const auto& into = tree.at(parent);
    if (!into.empty_tag) return spliced(tree.text(), place, place, element);
    auto opened =
        ">" + std::string(element) + "</" + std::string(tree.qualified_name(parent)) + ">";
    return spliced(tree.text(), into.end - 2, into.end, opened);
}

}  // namespace

Result<Edited, Conflict> put_element(const DocumentTree& tree,
                                     const NodeSelector& selector,
                                     std::string_view element,
                                     std::string_view base,
                                     const XmlLimits& limits) {
    const auto last = selector.steps.size() - 1;
    const auto parent = select(tree, selector, last);
    if (!parent) return failure(no_parent(tree, selector, base));
    const auto& step = selector.steps[last];
    const bool is_root = *parent == DocumentTree::kNone;
    const auto around = is_root ? DocumentTree::Bindings{} : tree.bindings(*parent);
    if (auto fine = check_fragment(element, around, limits); !fine) return failure(fine.error());
    // White space around the element is no part of it.
    const auto first = element.find('<');
    element = element.substr(first, element.rfind('>') - first + 1);

    const auto targets = selected_children(tree, *parent, step);
    if (targets.size() > 1)
        return failure(conflict(Kind::cannot_insert, "the selector names several elements"));
    Edited edited;
    edited.created = targets.empty();
    if (!targets.empty()) {
        const auto& old = tree.at(targets.front());
        edited.body = spliced(tree.text(), old.begin, old.end, element);
    } else if (is_root) {
        return failure(conflict(Kind::cannot_insert, "a document has one root element"));
    } else {
        const auto fragment = DocumentTree::parse_element(element, around, limits);
        const auto place = place_for(tree, *parent, step, fragment->name(0));
        if (!place) return failure(place.error());
        edited.body = inserted(tree, *parent, *place, element);
    }
    // §8.2.3: GET(PUT(x)) is x, or nothing is done.
    const auto after = DocumentTree::parse(edited.body, limits);
    if (!after) return failure(conflict(Kind::constraint_failure, after.error().what));
    const auto found = select(*after, selector, selector.steps.size());
    if (!found || after->source(*found) != element)
        return failure(
            conflict(Kind::cannot_insert, "the URI would not name the element that was put"));
    return edited;
}

Result<Edited, Conflict> put_attribute(const DocumentTree& tree,
                                       const NodeSelector& selector,
                                       std::string_view value,
                                       std::string_view base,
                                       const XmlLimits& limits) {
    const auto owner = select(tree, selector, selector.steps.size());
    if (!owner) return failure(no_parent(tree, selector, base));
    const ExpandedName name{selector.attribute_space, selector.attribute_local};
    const auto old = tree.find_attribute(*owner, name);
    std::string text(value);
    if (text.find('"') != std::string::npos) {  // it stood in single quotes
        for (auto at = text.find('"'); at != std::string::npos; at = text.find('"', at + 1))
            text.replace(at, 1, "&quot;");
    }
    Edited edited;
    edited.created = old == DocumentTree::kNone;
    if (!edited.created) {
        const auto& attribute = tree.attribute(old);
        edited.body = spliced(
            tree.text(), attribute.value_begin - 1, attribute.value_end + 1, "\"" + text + "\"");
    } else {
        // With a prefix that means its namespace where it will stand.
        std::string written = selector.attribute_local;
        if (!selector.attribute_space.empty()) {
            const auto bindings = tree.bindings(*owner);
            const auto bound = std::find_if(bindings.begin(), bindings.end(), [&](const auto& one) {
                return one.second == selector.attribute_space && !one.first.empty();
            });
            if (bound == bindings.end())
                return failure(conflict(Kind::cannot_insert,
                                        "no prefix is bound to the attribute's namespace there"));
            written = bound->first + ":" + written;
        }
        const auto& element = tree.at(*owner);
        const auto at = element.begin + 1 + element.name_size;
        edited.body = spliced(tree.text(), at, at, " " + written + "=\"" + text + "\"");
    }
    // §7.7: an attribute that the selector itself selects by.
    const auto after = DocumentTree::parse(edited.body, limits);
    if (!after) return failure(conflict(Kind::constraint_failure, after.error().what));
    const auto found = select(*after, selector, selector.steps.size());
    if (!found || after->find_attribute(*found, name) == DocumentTree::kNone ||
        after->at(*found).begin != tree.at(*owner).begin)
        return failure(
            conflict(Kind::cannot_insert, "the URI would not name the attribute that was put"));
    return edited;
}

Result<std::string, Conflict> remove_element(const DocumentTree& tree,
                                             const NodeSelector& selector,
                                             std::uint32_t element,
                                             const XmlLimits& limits) {
    const auto& old = tree.at(element);
    if (old.parent == DocumentTree::kNone)
        return failure(
            conflict(Kind::schema_validation_error, "a document without a root element is none"));
    auto body = spliced(tree.text(), old.begin, old.end, {});
    const auto after = DocumentTree::parse(body, limits);
    // §8.4: a second DELETE must find nothing.
    const auto parent = after ? select(*after, selector, selector.steps.size() - 1) : std::nullopt;
    if (parent && !selected_children(*after, *parent, selector.steps.back()).empty())
        return failure(conflict(Kind::cannot_delete, "the URI would name another element then"));
    return body;
}

std::string remove_attribute(const DocumentTree& tree, std::uint32_t attribute) {
    const auto& old = tree.attribute(attribute);
    std::size_t begin = old.begin;
    const auto text = tree.text();
    // With the white space before it.
    while (begin > 0 && std::string_view(" \t\r\n").find(text[begin - 1]) != std::string_view::npos)
        --begin;
    return spliced(text, begin, old.end, {});
}

}  // namespace imslab::xdm
