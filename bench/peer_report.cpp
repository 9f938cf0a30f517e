// Lines of JSON, and Markdown.
#include "bench/peer_report.h"

#include <fmt/format.h>

namespace imslab::bench {

namespace {

const std::map<std::string, std::string> kTitles{
    {"native", "native"}, {"kamailio", "in Kamailio"}, {"stock", "stock Kamailio IMS"}};

// 2,500
std::string grouped(double value) {
    std::string digits = fmt::format("{:.0f}", value);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
        digits.insert(static_cast<std::size_t>(at), ",");
    return digits;
}

std::string or_null(std::optional<double> value) {
    return value ? fmt::format("{:.3f}", *value) : "null";
}

std::string line(const std::string& id,
                 double value,
                 const char* unit,
                 std::optional<double> target = {},
                 std::optional<double> peer = {}) {
    return fmt::format(
        "{{\"id\":\"{}\",\"value\":{:.3f},\"unit\":\"{}\",\"target\":{},\"peer\":{}}}\n",
        id,
        value,
        unit,
        or_null(target),
        or_null(peer));
}

const Measured* at(const Results& results, const std::string& column, std::size_t cell) {
    const auto found = results.columns.find(column);
    if (found == results.columns.end() || cell >= found->second.cells.size()) return nullptr;
    const auto& measured = found->second.cells[cell];
    return measured ? &*measured : nullptr;
}

std::optional<double> stock_cpu(const Results& results, std::size_t cell) {
    const auto* stock = at(results, "stock", cell);
    if (stock == nullptr || stock->load.succeeded == 0) return std::nullopt;
    return sum(stock->cpu_seconds);
}

// Half of stock's for the native host, stock's own for our nodes in Kamailio.
std::optional<double> target_of(const std::string& column, std::optional<double> stock) {
    if (!stock || column == "stock") return std::nullopt;
    return column == "native" ? *stock / 2 : *stock;
}

std::string figures_of(const Results& results,
                       const std::string& column,
                       std::size_t cell,
                       const Measured& measured) {
    const auto id = "peer_" + results.cells[cell].id() + "_" + column + "_";
    const auto stock = stock_cpu(results, cell);
    std::string text = line(id + "cpu",
                            sum(measured.cpu_seconds),
                            "CPU-s",
                            target_of(column, stock),
                            column == "stock" ? std::nullopt : stock);
    for (const auto& [node, seconds] : measured.cpu_seconds)
        text += line(id + "cpu_" + node, seconds, "CPU-s");
    text += line(id + "success", measured.success(), "%");
    text += line(id + "p50", measured.load.p50_ms, "ms");
    return text + line(id + "p99", measured.load.p99_ms, "ms");
}

std::string row(const Results& results,
                const std::string& column,
                std::size_t cell,
                const Measured& measured) {
    const auto stock = stock_cpu(results, cell);
    const double all = sum(measured.cpu_seconds);
    std::string text = fmt::format(
        "| {} | {} | {:.1f} |", results.cells[cell].text(), kTitles.at(column), measured.success());
    for (const auto& node : kNodes) {
        const auto found = measured.cpu_seconds.find(node);
        text +=
            found == measured.cpu_seconds.end() ? " – |" : fmt::format(" {:.3f} |", found->second);
    }
    text += fmt::format(" {:.3f} | ", all);
    text += stock && column != "stock" ? fmt::format("{:.2f}", all / *stock) : "–";
    return text + fmt::format(" | {:.1f} | {:.0f} | {:.0f} |\n",
                              measured.load.p50_ms,
                              measured.load.p99_ms,
                              100 * measured.generator_cpu_share);
}

}  // namespace

std::string Cell::id() const { return fmt::format("{}_{:.0f}", calls ? "call" : "reg", rate); }

std::string Cell::text() const {
    return (calls ? "calls, " : "registrations, ") + grouped(rate) + "/s";
}

std::string figures(const Results& results) {
    std::string text;
    for (const auto& column : kColumns) {
        const auto found = results.columns.find(column);
        if (found == results.columns.end()) continue;
        for (std::size_t cell = 0; cell < results.cells.size(); ++cell) {
            if (const auto* measured = at(results, column, cell))
                text += figures_of(results, column, cell, *measured);
        }
        if (found->second.bytes_per_user) {
            for (const auto& [node, bytes] : *found->second.bytes_per_user)
                text += line("peer_bytes_per_user_" + column + "_" + node, bytes, "bytes");
        }
        if (found->second.boot_ms)
            text += line("peer_boot_to_401_" + column, *found->second.boot_ms, "ms");
    }
    return text;
}

std::string markdown(const Results& results) {
    std::string text =
        "| load | host | success, % | P-CSCF | I-CSCF | S-CSCF | CPU-s per 1,000 | of stock's | "
        "p50, ms "
        "| p99, ms | load generator, % of a core |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|\n";
    for (std::size_t cell = 0; cell < results.cells.size(); ++cell) {
        for (const auto& column : kColumns) {
            if (const auto* measured = at(results, column, cell))
                text += row(results, column, cell, *measured);
        }
    }
    text +=
        "\n| host | bytes per registered user: P-CSCF | I-CSCF | S-CSCF | boot to first 401, ms |\n"
        "|---|---|---|---|---|\n";
    for (const auto& column : kColumns) {
        const auto found = results.columns.find(column);
        if (found == results.columns.end()) continue;
        text += "| " + kTitles.at(column) + " |";
        for (const auto& node : kNodes) {
            const auto& bytes = found->second.bytes_per_user;
            text += bytes && bytes->contains(node) ? " " + grouped(bytes->at(node)) + " |" : " – |";
        }
        text += found->second.boot_ms ? " " + grouped(*found->second.boot_ms) + " |\n" : " – |\n";
    }
    return text;
}

}  // namespace imslab::bench
