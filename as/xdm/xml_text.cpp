// XML 1.0: characters, values, references.
#include "as/xdm/xml_text.h"

#include <charconv>

#include "core/utf8.h"

namespace imslab::xdm {

std::optional<std::uint32_t> referenced_character(std::string_view name) {
    if (name == "lt") return '<';
    if (name == "gt") return '>';
    if (name == "amp") return '&';
    if (name == "quot") return '"';
    if (name == "apos") return '\'';
    if (!name.starts_with('#')) return std::nullopt;
    name.remove_prefix(1);
    const bool hexadecimal = name.starts_with('x');
    if (hexadecimal) name.remove_prefix(1);
    std::uint32_t value = 0;
    const auto* end = name.data() + name.size();
    const auto [stopped, error] = std::from_chars(name.data(), end, value, hexadecimal ? 16 : 10);
    if (name.empty() || error != std::errc() || stopped != end || !is_xml_character(value))
        return std::nullopt;
    return value;
}

std::string_view prefix_of(std::string_view name) {
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? std::string_view() : name.substr(0, colon);
}
std::string_view local_of(std::string_view name) {
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}
bool declares_namespace(std::string_view name) {
    return name == "xmlns" || name.starts_with("xmlns:");
}

bool is_name_character(char c, bool first) {
    const auto octet = static_cast<unsigned char>(c);
    if ((octet >= 'A' && octet <= 'Z') || (octet >= 'a' && octet <= 'z') || octet == '_' ||
        octet >= 0x80)
        return true;
    return !first && ((octet >= '0' && octet <= '9') || octet == '-' || octet == '.');
}

std::size_t not_utf8_at(std::string_view text, bool& is_utf8) {
    is_utf8 = true;
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        if (lead >= 0x20 && lead < 0x80) {
            ++i;
            continue;
        }
        const auto character = first_character(text.substr(i));
        if (character.octets == 0) return is_utf8 = false, i;
        if (!is_xml_character(character.code)) return i;
        i += character.octets;
    }
    return std::string_view::npos;
}

bool is_attribute_content(std::string_view text) {
    bool is_utf8 = true;
    return text.find('<') == std::string_view::npos && with_references_replaced(text) &&
           not_utf8_at(text, is_utf8) == std::string_view::npos;
}

std::optional<std::string> with_references_replaced(std::string_view text) {
    std::string replaced;
    replaced.reserve(text.size());
    while (true) {
        const auto ampersand = text.find('&');
        replaced.append(text.substr(0, ampersand));
        if (ampersand == std::string_view::npos) return replaced;
        text.remove_prefix(ampersand + 1);
        const auto end = text.find(';');
        if (end == std::string_view::npos) return std::nullopt;
        const auto character = referenced_character(text.substr(0, end));
        if (!character) return std::nullopt;
        append_utf8(replaced, *character);
        text.remove_prefix(end + 1);
    }
}

}  // namespace imslab::xdm
