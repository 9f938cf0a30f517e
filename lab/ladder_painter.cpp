// Arrows between lifelines in character cells, in Unicode or ASCII.
#include "lab/ladder_painter.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "diameter/dictionary.h"

namespace imslab::lab {
namespace {

constexpr Signs kUnicode{"│", "─", "╌", "▶", "◀", "✗", "  ◀━━ here", " ┃ ", "━╋━"};
constexpr Signs kAscii{"|", "-", ".", ">", "<", "x", "  <== here", " | ", "=#="};

std::string_view code_of(Colour colour) {
    switch (colour) {
        case Colour::request:
            return "\x1b[36m";
        case Colour::success:
            return "\x1b[32m";
        case Colour::failure:
            return "\x1b[33m";
        case Colour::diameter:
            return "\x1b[35m";
        case Colour::wrong:
            return "\x1b[1;31m";
        case Colour::faint:
            return "\x1b[2m";
        case Colour::none:
            break;
    }
    return {};
}

std::size_t widest_column(std::size_t count, const LadderStyle& style) {
    const std::size_t left = Painter::left_width(style);
    const std::size_t room = style.width > left + 2 ? style.width - left - 2 : 0;
    return std::clamp(room / std::max<std::size_t>(count, 1), kMinColumn, kMaxColumn);
}

std::string relative_time(std::int64_t ns) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%8.3f", static_cast<double>(ns) / 1e9);
    return text.data();
}

// Of the result of a Diameter answer what fits beside it.
std::string note_of(const ObservedMessage& message) {
    if (!message.malformed.empty()) return message.malformed;
    if (message.retransmission_of) return "retransmission";
    if (message.lost) return "lost";
    // UDP, as nearly always, is not worth a word.
    if (message.sip && message.transport != Transport::udp)
        return "over " + std::string(to_string(message.transport));
    if (!message.diameter || message.diameter->request) return {};
    const auto result = diameter::result_of(*message.diameter);
    if (!result) return {};
    std::string name = diameter::result_name(*result);
    if (name.rfind("DIAMETER_", 0) == 0) name = name.substr(9);
    return name;
}

}  // namespace

Painter::Painter(std::vector<std::string> names, const LadderStyle& style)
    : Painter(names, style, widest_column(names.size(), style)) {}

Painter::Painter(std::vector<std::string> names, const LadderStyle& style, std::size_t column)
    : names_(std::move(names)),
      style_(style),
      signs_(style.ascii ? kAscii : kUnicode),
      column_(column) {}

std::string Painter::names() const {
    Canvas line(width());
    for (std::size_t i = 0; i < names_.size(); ++i)
        line.centre(at(i), shortened(names_[i], column_ - 1, style_.ascii));
    return line.to_string();
}

Canvas Painter::empty() const {
    Canvas line(width());
    for (std::size_t i = 0; i < names_.size(); ++i) line.put(at(i), signs_.vertical);
    return line;
}

std::string Painter::painted(const std::string& text, Colour colour) const {
    if (!style_.colour || colour == Colour::none) return text;
    return std::string(code_of(colour)) + text + "\x1b[0m";
}

std::string Painter::rung(const Rung& rung, Colour colour) const {
    Canvas line = empty();
    if (!rung.caption.empty()) {
        line.put(left_width(), rung.caption);
        return painted(line.to_string(), Colour::faint);
    }
    line.put(0, rung.time);
    if (style_.reference_points) line.put(kTimeWidth, rung.point);
    arrow(line, rung);
    std::string text = line.to_string();
    if (!rung.note.empty()) text += "  " + rung.note;
    return painted(text, rung.wrong ? Colour::wrong : colour);
}

void Painter::arrow(Canvas& line, const Rung& rung) const {
    if (rung.from == rung.to) {
        line.put(at(rung.from) + 1, " " + rung.label);
        return;
    }
    const std::size_t begin = std::min(at(rung.from), at(rung.to)) + 1;
    const std::size_t end = std::max(at(rung.from), at(rung.to));
    const bool rightwards = rung.to > rung.from;
    for (std::size_t x = begin; x < end; ++x)
        line.put(x, rung.dashed ? signs_.dashed : signs_.horizontal);
    // The label stands in the arrow, near its sender, in the first gap.
    const std::size_t gap = column_ - 1;
    const std::string label =
        " " + shortened(rung.label, gap > 5 ? gap - 5 : 1, style_.ascii) + " ";
    const std::size_t size = characters_of(label);
    const std::size_t start = rightwards ? begin + (gap > size ? (gap - size) / 2 : 0)
                                         : end - gap + (gap > size ? (gap - size) / 2 : 0);
    line.put(start, label);
    line.put(rightwards ? end - 1 : begin,
             rung.lost    ? signs_.lost
             : rightwards ? signs_.right
                          : signs_.left);
}

Rung rung_of(const ObservedMessage& message,
             std::size_t from,
             std::size_t to,
             std::int64_t start_ns,
             bool wrong) {
    return {from,
            to,
            message.label,
            relative_time(message.time_ns() - start_ns),
            message.reference_point,
            note_of(message),
            !message.request,
            message.lost,
            wrong,
            {}};
}

Colour colour_of(const ObservedMessage& message) {
    if (message.protocol == trace::Protocol::diameter) return Colour::diameter;
    if (message.implied) return Colour::faint;
    if (message.request) return Colour::request;
    return message.status >= 300 ? Colour::failure : Colour::success;
}

Rung rung_of(const Arrow& arrow, std::size_t from, std::size_t to, bool wrong) {
    return {from,
            to,
            arrow.label.text,
            "l." + std::to_string(arrow.line),
            {},
            {},
            arrow.label.is_response() || arrow.dashed,
            arrow.lost,
            wrong,
            {}};
}

}  // namespace imslab::lab
