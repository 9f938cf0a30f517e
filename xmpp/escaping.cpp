// XEP-0106, section 4.
#include "xmpp/escaping.h"

#include <array>

namespace imslab::xmpp {

namespace {

struct Escape {
    char character;
    std::string_view text;
};
constexpr std::array<Escape, 10> kEscapes{{{' ', "\\20"},
                                           {'"', "\\22"},
                                           {'&', "\\26"},
                                           {'\'', "\\27"},
                                           {'/', "\\2f"},
                                           {':', "\\3a"},
                                           {'<', "\\3c"},
                                           {'>', "\\3e"},
                                           {'@', "\\40"},
                                           {'\\', "\\5c"}}};

const Escape* of_character(char c) {
    for (const auto& one : kEscapes) {
        if (one.character == c) return &one;
    }
    return nullptr;
}

// Hexadecimal digits are read in either case: a server's Nodeprep makes them small ones.
const Escape* at_start(std::string_view text) {
    if (text.size() < 3 || text[0] != '\\') return nullptr;
    const char last =
        text[2] >= 'A' && text[2] <= 'F' ? static_cast<char>(text[2] - 'A' + 'a') : text[2];
    for (const auto& one : kEscapes) {
        if (one.text[1] == text[1] && one.text[2] == last) return &one;
    }
    return nullptr;
}

}  // namespace

Result<std::string, std::string> escape_localpart(std::string_view text) {
    if (text.starts_with(' ') || text.ends_with(' '))
        return failure(std::string("a localpart has no space at its start or end"));
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto* escape = of_character(text[i]);
        if (escape == nullptr || (text[i] == '\\' && at_start(text.substr(i)) == nullptr)) {
            result += text[i];
        } else {
            result += escape->text;
        }
    }
    return result;
}

std::string unescape_localpart(std::string_view localpart) {
    std::string result;
    while (!localpart.empty()) {
        const auto* escape = at_start(localpart);
        result += escape == nullptr ? localpart.front() : escape->character;
        localpart.remove_prefix(escape == nullptr ? 1 : 3);
    }
    return result;
}

}  // namespace imslab::xmpp
