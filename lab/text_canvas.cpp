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

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

// Without what only colours it.
std::size_t visible(std::string_view line) {
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

std::string side_by_side(std::string_view left, std::string_view right, std::string_view between) {
    const auto left_lines = lines_of(left);
    const auto right_lines = lines_of(right);
    std::size_t width = 0;
    for (const auto line : left_lines) width = std::max(width, visible(line));
    std::string text;
    for (std::size_t i = 0; i < std::max(left_lines.size(), right_lines.size()); ++i) {
        const std::string_view line = i < left_lines.size() ? left_lines[i] : std::string_view{};
        text += line;
        text.append(width - visible(line), ' ');
        text += between;
        if (i < right_lines.size()) text += right_lines[i];
        text += '\n';
    }
    return text;
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
