// The matrix as text, as JSON and as a page.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lab/embedded.h"
#include "lab/html.h"
#include "lab/matrix.h"

namespace imslab::lab {

namespace {

// A departure, and in which cells it was seen: by cast, the scenarios.
struct Seen {
    Departure departure;
    std::vector<std::vector<std::string>> scenarios;  // beside casts()

    std::string where() const {
        std::string text;
        for (std::size_t i = 0; i < scenarios.size(); ++i) {
            if (scenarios[i].empty()) continue;
            text += (text.empty() ? "" : "; ") + std::string(casts()[i].name) + ": ";
            for (std::size_t j = 0; j < scenarios[i].size(); ++j)
                text += (j == 0 ? "" : ", ") + scenarios[i][j];
        }
        return text;
    }
};

std::vector<Seen> departures_seen(const Matrix& matrix) {
    std::vector<Seen> all;
    for (const auto& row : matrix.rows) {
        for (std::size_t i = 0; i < row.cells.size(); ++i) {
            for (const auto& departure : row.cells[i].departures) {
                auto found = std::find_if(all.begin(), all.end(), [&](const Seen& seen) {
                    return seen.departure == departure;
                });
                if (found == all.end()) {
                    all.push_back(
                        {departure, std::vector<std::vector<std::string>>(casts().size())});
                    found = std::prev(all.end());
                }
                found->scenarios[i].push_back(row.id);
            }
        }
    }
    return all;
}

std::string cell_html(const MatrixCell& cell) {
    if (!cell.not_played.empty())
        return "<td title=\"" + html(cell.not_played) + "\">not played</td>";
    const std::string word = cell.passed ? "passed" : "failed";
    const auto badge = fmt::format("<span class=\"badge {0}\">{0}</span>", word);
    return "<td>" +
           (cell.report.empty() ? badge
                                : "<a href=\"" + html(cell.report) + "\">" + badge + "</a>") +
           "</td>";
}

}  // namespace

std::string departures_text(const Matrix& matrix) {
    std::string text;
    for (const auto& seen : departures_seen(matrix))
        text += fmt::format("- {}\n    {}\n", seen.departure.to_string(), seen.where());
    std::string not_played;
    for (const auto& row : matrix.rows) {
        for (const auto& cell : row.cells) {
            if (cell.not_played.empty()) continue;
            not_played += (not_played.empty() ? "" : ", ") + row.id;
            break;
        }
    }
    if (!not_played.empty())
        text +=
            "not played with some casts, for a step asks a node what it knows and theirs says "
            "nothing: " +
            not_played + "\n";
    if (!matrix.not_run.empty()) {
        text += "interrupted, and not run with all casts:";
        for (const auto& id : matrix.not_run) text += " " + id;
        text += "\n";
    }
    return text;
}

std::string matrix_json(const Matrix& matrix) {
    nlohmann::ordered_json result;
    result["folder"] = matrix.folder;
    result["passed"] = matrix.all_passed();
    result["scenarios"] = nlohmann::ordered_json::array();
    for (const auto& row : matrix.rows) {
        nlohmann::ordered_json entry;
        entry["scenario"] = row.id;
        entry["title"] = row.title;
        for (std::size_t i = 0; i < row.cells.size(); ++i) {
            nlohmann::ordered_json cell;
            cell["cast"] = casts()[i].name;
            cell["stock"] = casts()[i].stock;
            if (row.cells[i].not_played.empty())
                cell["passed"] = row.cells[i].passed;
            else
                cell["not_played"] = row.cells[i].not_played;
            cell["departures"] = nlohmann::ordered_json::array();
            for (const auto& departure : row.cells[i].departures)
                cell["departures"].push_back({{"clause", departure.clause},
                                              {"who", departure.who},
                                              {"sentence", departure.sentence}});
            entry["cells"].push_back(std::move(cell));
        }
        result["scenarios"].push_back(std::move(entry));
    }
    if (!matrix.not_run.empty()) result["not_run"] = matrix.not_run;
    return result.dump(2) + "\n";
}

std::string html_matrix(const Matrix& matrix, const RunFacts& facts) {
    std::string page =
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width,initial-scale=1\"><title>imslab matrix</title><style>";
    page += embedded::report_css;
    page += "</style></head><body><header><h1>Who conforms</h1><p class=\"meta\">" +
            html(facts.started) + " · <code>" + html(facts.command) +
            "</code></p></header><main><table class=\"index\"><thead><tr><th>Scenario</th>"
            "<th>Title</th>";
    for (const auto& cast : casts()) page += "<th>" + html(cast.name) + "</th>";
    page += "</tr></thead><tbody>";
    for (const auto& row : matrix.rows) {
        page += "<tr><td>" + html(row.id) + "</td><td>" + html(row.title) + "</td>";
        for (const auto& cell : row.cells) page += cell_html(cell);
        for (auto i = row.cells.size(); i < casts().size(); ++i) page += "<td>interrupted</td>";
        page += "</tr>";
    }
    page +=
        "</tbody></table><section><h2>Departures</h2><table class=\"changes\"><thead><tr><th>Clause"
        "</th><th>Who</th><th>What</th><th>Where</th></tr></thead><tbody>";
    for (const auto& seen : departures_seen(matrix))
        page +=
            fmt::format("<tr><td class=\"clause\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                        html(seen.departure.clause),
                        html(seen.departure.who),
                        html_words(seen.departure.sentence),
                        html(seen.where()));
    return page + "</tbody></table></section></main></body></html>\n";
}

}  // namespace imslab::lab
