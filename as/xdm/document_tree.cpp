// What a document says of its elements and attributes.
#include "as/xdm/document_tree.h"

#include <algorithm>

namespace imslab::xdm {

std::string_view DocumentTree::qualified_name(std::uint32_t element) const {
    return text_.substr(elements_[element].begin + 1, elements_[element].name_size);
}

ExpandedName DocumentTree::name(std::uint32_t element) const {
    return {spaces_[elements_[element].space], local_of(qualified_name(element))};
}

std::string_view DocumentTree::source(std::uint32_t element) const {
    return text_.substr(elements_[element].begin,
                        elements_[element].end - elements_[element].begin);
}

std::vector<std::uint32_t> DocumentTree::attributes(std::uint32_t element) const {
    std::vector<std::uint32_t> found;
    for (auto i = elements_[element].attributes_begin; i < elements_[element].attributes_end; ++i) {
        if (!declares_namespace(text_.substr(attributes_[i].begin, attributes_[i].name_size)))
            found.push_back(i);
    }
    return found;
}

ExpandedName DocumentTree::attribute_name(std::uint32_t element, std::uint32_t index) const {
    const auto name = text_.substr(attributes_[index].begin, attributes_[index].name_size);
    const auto prefix = prefix_of(name);
    if (prefix.empty()) return {{}, name};
    if (prefix == "xml") return {kXmlNamespace, local_of(name)};
    // The nearest declaration.
    for (auto at = element; at != kNone; at = elements_[at].parent) {
        for (auto i = elements_[at].attributes_begin; i < elements_[at].attributes_end; ++i) {
            const auto other = text_.substr(attributes_[i].begin, attributes_[i].name_size);
            if (!other.starts_with("xmlns:") || local_of(other) != prefix) continue;
            const auto space = value(i);
            const auto known = std::find(spaces_.begin(), spaces_.end(), space);
            if (known != spaces_.end()) return {*known, local_of(name)};
        }
    }
    const auto around = around_.find(prefix);
    return {around == around_.end() ? std::string_view() : around->second, local_of(name)};
}

std::uint32_t DocumentTree::find_attribute(std::uint32_t element, const ExpandedName& name) const {
    for (auto i = elements_[element].attributes_begin; i < elements_[element].attributes_end; ++i) {
        const auto own = text_.substr(attributes_[i].begin, attributes_[i].name_size);
        if (local_of(own) != name.local || declares_namespace(own)) continue;
        if (attribute_name(element, i) == name) return i;
    }
    return kNone;
}

std::string DocumentTree::value(std::uint32_t attribute) const {
    const auto& one = attributes_[attribute];
    std::string raw(text_.substr(one.value_begin, one.value_end - one.value_begin));
    for (char& c : raw) c = is_xml_space(c) ? ' ' : c;
    return with_references_replaced(raw).value_or(std::string());
}

std::optional<std::string> DocumentTree::value(std::uint32_t element,
                                               std::string_view attribute) const {
    const auto found = find_attribute(element, {{}, attribute});
    if (found == kNone) return std::nullopt;
    return value(found);
}

std::string DocumentTree::character_data(std::uint32_t element) const {
    const auto& own = elements_[element];
    std::string data;
    std::size_t at = own.content_begin;
    const auto take = [&](std::size_t end) {
        auto rest = text_.substr(at, end - at);
        while (!rest.empty()) {
            const auto aside = rest.find("<");
            data += with_references_replaced(rest.substr(0, aside)).value_or(std::string());
            if (aside == std::string_view::npos) break;
            rest.remove_prefix(aside);
            const bool literal = rest.starts_with("<![CDATA[");
            const std::string_view ends = literal ? "]]>" : rest.starts_with("<!--") ? "-->" : "?>";
            const auto end_of_aside = rest.find(ends);
            if (literal) data += rest.substr(9, end_of_aside - 9);
            rest.remove_prefix(end_of_aside + ends.size());
        }
    };
    for (auto child = own.first_child; child != kNone; child = elements_[child].next_sibling) {
        take(elements_[child].begin);
        at = elements_[child].end;
    }
    take(own.content_end);
    const auto first = data.find_first_not_of(" \t\r\n");
    if (first == std::string::npos) return {};
    return data.substr(first, data.find_last_not_of(" \t\r\n") - first + 1);
}

DocumentTree::Bindings DocumentTree::bindings(std::uint32_t element) const {
    Bindings found;
    for (auto at = element; at != kNone; at = elements_[at].parent) {
        for (auto i = elements_[at].attributes_begin; i < elements_[at].attributes_end; ++i) {
            const auto name = text_.substr(attributes_[i].begin, attributes_[i].name_size);
            if (!declares_namespace(name)) continue;
            found.try_emplace(name == "xmlns" ? std::string() : std::string(local_of(name)),
                              value(i));
        }
    }
    for (const auto& [prefix, space] : around_) found.try_emplace(prefix, space);
    std::erase_if(found, [](const auto& binding) { return binding.second.empty(); });
    return found;
}

}  // namespace imslab::xdm
