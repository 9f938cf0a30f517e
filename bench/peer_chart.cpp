// CPU per 1,000 as grouped bars, an SVG that needs nothing.
#include <fmt/format.h>

#include <algorithm>

#include "bench/peer_report.h"

namespace imslab::bench {

namespace {

constexpr double kWidth = 860, kHeight = 380, kLeft = 56, kRight = 16, kTop = 56, kBottom = 48;
constexpr double kBarShare = 0.8;  // of a group's width
const std::map<std::string, std::pair<std::string, std::string>> kLooks{
    {"native", {"#1b6ca8", "native host"}},
    {"kamailio", {"#5fb49c", "our nodes in Kamailio"}},
    {"stock", {"#b0b7bf", "stock Kamailio IMS modules"}}};

std::string text_at(
    double x, double y, const std::string& anchor, const std::string& text, int size = 12) {
    return fmt::format(
        "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" font-size=\"{}\">{}</text>\n",
        x,
        y,
        anchor,
        size,
        text);
}

double highest(const Results& results) {
    double most = 0.1;
    for (const auto& [name, column] : results.columns) {
        for (const auto& cell : column.cells) {
            if (cell && cell->load.succeeded > 0) most = std::max(most, sum(cell->cpu_seconds));
        }
    }
    return most * 1.1;
}

double step_of(double most) {
    for (const double step : {0.1, 0.2, 0.5, 1.0, 2.0, 5.0}) {
        if (most / step <= 8) return step;
    }
    return 10;
}

std::string frame(const Results& results, double most) {
    const double plot = kHeight - kTop - kBottom;
    std::string svg;
    for (double value = 0; value <= most; value += step_of(most)) {
        const double y = kTop + plot * (1 - value / most);
        svg += fmt::format(
            "<line x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#e3e6e9\"/>\n",
            kLeft,
            kWidth - kRight,
            y,
            y);
        svg += text_at(kLeft - 6, y + 4, "end", fmt::format("{:.1f}", value));
    }
    svg += text_at(kLeft, 20, "start", "CPU-s of P-, I- and S-CSCF per 1,000 that succeeded", 14);
    double x = kLeft;
    for (const auto& name : kColumns) {
        if (!results.columns.contains(name)) continue;
        const auto& [colour, title] = kLooks.at(name);
        svg += fmt::format(
            "<rect x=\"{}\" y=\"30\" width=\"12\" height=\"12\" fill=\"{}\"/>\n", x, colour);
        svg += text_at(x + 18, 40, "start", title);
        x += 200;
    }
    return svg;
}

}  // namespace

std::string chart(const Results& results) {
    const double plot = kHeight - kTop - kBottom, most = highest(results);
    const double group = (kWidth - kLeft - kRight) / static_cast<double>(results.cells.size());
    const double bar = group * kBarShare / static_cast<double>(kColumns.size());
    std::string svg = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" "
        "font-family=\"sans-serif\" fill=\"#24292f\">\n"
        "<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n",
        kWidth,
        kHeight);
    svg += frame(results, most);
    for (std::size_t i = 0; i < results.cells.size(); ++i) {
        const double left = kLeft + group * static_cast<double>(i);
        svg += text_at(left + group / 2, kHeight - kBottom + 18, "middle", results.cells[i].text());
        double x = left + group * (1 - kBarShare) / 2;
        for (const auto& name : kColumns) {
            const auto found = results.columns.find(name);
            const auto* cell = found == results.columns.end() || !found->second.cells[i]
                                   ? nullptr
                                   : &*found->second.cells[i];
            if (cell != nullptr && cell->load.succeeded > 0) {
                const double value = sum(cell->cpu_seconds), height = plot * value / most;
                svg += fmt::format(
                    "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
                    "fill=\"{}\"/>\n",
                    x,
                    kTop + plot - height,
                    bar - 2,
                    height,
                    kLooks.at(name).first);
                svg += text_at(x + bar / 2 - 1,
                               kTop + plot - height - 4,
                               "middle",
                               fmt::format("{:.2f}", value),
                               10);
                if (cell->success() < 99.5)
                    svg += text_at(x + bar / 2 - 1,
                                   kHeight - kBottom + 32,
                                   "middle",
                                   fmt::format("{:.0f} %", cell->success()),
                                   10);
            }
            x += bar;
        }
    }
    svg += text_at(kLeft,
                   kHeight - 4,
                   "start",
                   "percentages below a bar: how many succeeded, where not all did",
                   10);
    return svg + "</svg>\n";
}

}  // namespace imslab::bench
