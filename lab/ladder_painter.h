// A ladder's lines in a terminal: lifelines as columns, a message as an arrow between two of them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lab/ladder.h"
#include "lab/text_canvas.h"

namespace imslab::lab {

constexpr std::size_t kTimeWidth = 9;   // "  12.345 "
constexpr std::size_t kPointWidth = 4;  // "Gm  "
constexpr std::size_t kMinColumn = 14, kMaxColumn = 26;

struct Rung {
    std::size_t from = 0, to = 0;  // columns
    std::string label, time, point, note;
    bool dashed = false, lost = false, wrong = false;
    std::string caption;  // a line of its own instead of an arrow
};

enum class Colour { none, request, success, failure, diameter, wrong, faint };

struct Signs {
    std::string_view vertical, horizontal, dashed, right, left, lost, here, between, differs;
};

class Painter {
public:
    // As wide as the style's width allows.
    Painter(std::vector<std::string> names, const LadderStyle& style);
    // As wide as `column` says.
    Painter(std::vector<std::string> names, const LadderStyle& style, std::size_t column);

    std::string names() const;  // these three without the end of the line
    std::string lifelines() const { return empty().to_string(); }
    std::string rung(const Rung& rung, Colour colour) const;
    std::string heading() const { return names() + "\n" + lifelines() + "\n"; }

    std::size_t width() const { return left_width() + names_.size() * column_; }
    std::string painted(const std::string& text, Colour colour) const;
    const Signs& signs() const { return signs_; }
    static std::size_t left_width(const LadderStyle& style) {
        return kTimeWidth + (style.reference_points ? kPointWidth : 0);
    }

private:
    std::size_t left_width() const { return left_width(style_); }
    std::size_t at(std::size_t column) const {
        return left_width() + column * column_ + column_ / 2;
    }
    Canvas empty() const;
    void arrow(Canvas& line, const Rung& rung) const;

    std::vector<std::string> names_;
    LadderStyle style_;
    const Signs& signs_;
    std::size_t column_ = kMinColumn;
};

// A message between two columns, and its colour; `start_ns` is the time that counts as none.
Rung rung_of(const ObservedMessage& message,
             std::size_t from,
             std::size_t to,
             std::int64_t start_ns,
             bool wrong);
Colour colour_of(const ObservedMessage& message);
Rung rung_of(const Arrow& arrow, std::size_t from, std::size_t to, bool wrong);

}  // namespace imslab::lab
