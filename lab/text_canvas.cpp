// Character cells, counted as a terminal counts them.
#include "lab/text_canvas.h"

#include <algorithm>

namespace imslab::lab {
namespace {

bool continues(char c) { return (c & '\xC0') == '\x80'; }

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> characters;
    for (const char c : text) {
        if (continues(c) && !characters.empty()) {
            characters.back() += c;
        } else {
            const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F || continues(c);
            characters.emplace_back(1, control ? '?' : c);
        }
    }
    return characters;
}

}  // namespace

std::size_t characters_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string shortened(std::string_view text, std::size_t limit, bool ascii) {
    auto characters = split(text);
    const bool cut = characters.size() > limit;
    if (cut) characters.resize(limit > 0 ? limit - 1 : 0);
    std::string result;
    for (const auto& character : characters) result += character;
    if (cut && limit > 0) result += ascii ? "." : "…";
    return result;
}

std::size_t visible_width(std::string_view line) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\x1b') {
            while (i < line.size() && line[i] != 'm') ++i;
        } else if (!continues(line[i])) {
            ++count;
        }
    }
    return count;
}

void Canvas::put(std::size_t column, std::string_view text) {
    for (auto& character : split(text)) {
        if (column >= cells_.size()) return;
        cells_[column++] = std::move(character);
    }
}

void Canvas::centre(std::size_t column, std::string_view text) {
    const std::size_t half = characters_of(text) / 2;
    put(column > half ? column - half : 0, text);
}

std::string Canvas::to_string() const {
    std::string line;
    for (const auto& cell : cells_) line += cell;
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

}  // namespace imslab::lab
