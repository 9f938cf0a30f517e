// A line of text made of character cells, each of which may hold a Unicode character.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace imslab::lab {

// How many characters a person sees (code points; the lab draws no wide or combining ones).
std::size_t characters_of(std::string_view text);
// At most `limit` characters; what is cut off leaves an ellipsis. Control characters become '?'.
std::string shortened(std::string_view text, std::size_t limit, bool ascii);
// Of a line with escape sequences of colours, which take no room.
std::size_t visible_width(std::string_view line);

class Canvas {
public:
    explicit Canvas(std::size_t width) : cells_(width, " ") {}

    // Writes from `column` on; what goes beyond the right edge is left out.
    void put(std::size_t column, std::string_view text);
    void centre(std::size_t column, std::string_view text);
    std::string to_string() const;  // no blanks at the end

private:
    std::vector<std::string> cells_;
};

}  // namespace imslab::lab
