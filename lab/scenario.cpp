// Reads a scenario file: cmark-gfm does the Markdown, this file knows what a scenario's sections
// mean.
#include "lab/scenario.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm-extension_api.h>
#include <cmark-gfm.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "sip/params.h"

namespace imslab::lab {
namespace {

struct NodeDeleter {
    void operator()(cmark_node* node) const { cmark_node_free(node); }
};
using Document = std::unique_ptr<cmark_node, NodeDeleter>;

Document read_markdown(std::string_view text) {
    static std::once_flag once;
    std::call_once(once, cmark_gfm_core_extensions_ensure_registered);
    std::unique_ptr<cmark_parser, decltype(&cmark_parser_free)> parser(
        cmark_parser_new(CMARK_OPT_DEFAULT | CMARK_OPT_VALIDATE_UTF8), cmark_parser_free);
    if (auto* tables = cmark_find_syntax_extension("table")) {
        cmark_parser_attach_syntax_extension(parser.get(), tables);
    }
    cmark_parser_feed(parser.get(), text.data(), text.size());
    return Document(cmark_parser_finish(parser.get()));
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// The text of a block as it was written, code in backticks.
void append_text(cmark_node* node, std::string& into) {
    for (cmark_node* child = cmark_node_first_child(node); child != nullptr;
         child = cmark_node_next(child)) {
        const char* literal = cmark_node_get_literal(child);
        switch (cmark_node_get_type(child)) {
            case CMARK_NODE_CODE:
                into += '`';
                if (literal != nullptr) into += literal;
                into += '`';
                break;
            case CMARK_NODE_SOFTBREAK:
            case CMARK_NODE_LINEBREAK:
                into += ' ';
                break;
            default:
                if (literal != nullptr) into += literal;
                append_text(child, into);
        }
    }
}
std::string text_of(cmark_node* node) {
    std::string text;
    append_text(node, text);
    return std::string(trimmed(text));
}

std::size_t line_of(cmark_node* node) {
    return static_cast<std::size_t>(std::max(1, cmark_node_get_start_line(node)));
}

bool is_type(cmark_node* node, std::string_view name) {
    return name == cmark_node_get_type_string(node);
}

class Reader {
public:
    Reader(const std::string& file, std::string_view markdown) : markdown_(markdown) {
        scenario_.file = file;
        scenario_.markdown = markdown;
        std::string_view rest = markdown;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find('\n'), rest.size());
            lines_.push_back(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }

    Result<Scenario, Mistakes> read() {
        const Document document = read_markdown(markdown_);
        for (cmark_node* block = cmark_node_first_child(document.get()); block != nullptr;
             block = cmark_node_next(block)) {
            on_block(block);
        }
        complain_about_absences();
        if (!mistakes_.empty()) return failure(std::move(mistakes_));
        return std::move(scenario_);
    }

private:
    enum class Section { title, head, procedure, flow, criteria, other };

    void mistake(std::size_t line, std::size_t column, std::string found, std::string expected) {
        mistakes_.push_back({scenario_.file, line, column, std::move(found), std::move(expected)});
    }

    // The column at which `text` stands in that line; 1 if it is not found as it is.
    std::size_t column_of(std::size_t line,
                          std::string_view text,
                          std::size_t from_octet = 0) const {
        if (line == 0 || line > lines_.size()) return 1;
        const std::size_t at = lines_[line - 1].find(text, from_octet);
        if (at == std::string_view::npos) return 1;
        const std::string_view before = lines_[line - 1].substr(0, at);
        return 1 + static_cast<std::size_t>(std::count_if(before.begin(), before.end(), [](char c) {
                   return (c & '\xC0') != '\x80';
               }));
    }

    void on_block(cmark_node* block) {
        const cmark_node_type type = cmark_node_get_type(block);
        if (type == CMARK_NODE_HEADING) return on_heading(block);
        if (section_ == Section::title) {
            return mistake_once(line_of(block),
                                1,
                                "text before the title",
                                "# ID Title, as in '# REG-001 Initial registration'");
        }
        if (is_type(block, "table")) return on_table(block);
        if (type == CMARK_NODE_LIST && section_ == Section::procedure) return on_procedure(block);
        if (type == CMARK_NODE_CODE_BLOCK && section_ == Section::flow) return on_flow(block);
        if (type == CMARK_NODE_PARAGRAPH && section_ == Section::head) {
            if (!scenario_.purpose.empty()) scenario_.purpose += "\n\n";
            scenario_.purpose += text_of(block);
        }
    }

    void mistake_once(std::size_t line,
                      std::size_t column,
                      std::string found,
                      std::string expected) {
        if (complained_of_title_) return;
        complained_of_title_ = true;
        mistake(line, column, std::move(found), std::move(expected));
    }

    void on_heading(cmark_node* block) {
        const std::string text = text_of(block);
        const std::size_t line = line_of(block);
        if (cmark_node_get_heading_level(block) == 1) {
            if (section_ != Section::title)
                return mistake(line, 1, "a second title '" + text + "'", "one scenario in a file");
            section_ = Section::head;
            return on_title(text, line);
        }
        if (section_ == Section::title)
            mistake_once(line, 1, "'## " + text + "' before the title", "# ID Title");
        struct Known {
            std::string_view name;
            Section section;
        };
        constexpr std::array<Known, 3> kSections{{{"Test procedure", Section::procedure},
                                                  {"Call flow", Section::flow},
                                                  {"Pass criteria", Section::criteria}}};
        section_ = Section::other;
        network_.clear();
        for (const auto& known : kSections) {
            if (!is_section(text, known.name, known.section, line)) continue;
            section_ = known.section;
            if (!seen_.insert({section_, network_}).second)
                mistake(line, 1, "'" + text + "' a second time", "each section once");
        }
        if (section_ == Section::other && !sip::equals_ignoring_case(text, "Notes") &&
            cmark_node_get_heading_level(block) == 2) {
            mistake(line,
                    column_of(line, text),
                    "the section '" + text + "'",
                    "Test procedure, Call flow, Pass criteria or Notes");
        }
    }

    // "Call flow", or "Call flow on plain-sip": then network_ says on which.
    bool is_section(std::string_view text,
                    std::string_view name,
                    Section section,
                    std::size_t line) {
        if (sip::equals_ignoring_case(text, name)) return true;
        constexpr std::string_view kOn = " on ";
        const auto rest = text.substr(std::min(name.size(), text.size()));
        if (section == Section::procedure || !rest.starts_with(kOn) ||
            !sip::equals_ignoring_case(text.substr(0, name.size()), name))
            return false;
        network_ = trimmed(rest.substr(kOn.size()));
        std::erase(network_, '`');
        if (!other_network())
            mistake(line,
                    column_of(line, network_),
                    "'" + network_ + "'",
                    "a topology of the row Also on in the table under the title");
        return true;
    }
    OtherNetwork* other_network() {
        for (auto& other : scenario_.also_on) {
            if (other.topology == network_) return &other;
        }
        return nullptr;
    }

    void on_title(const std::string& text, std::size_t line) {
        const std::size_t space = std::min(text.find(' '), text.size());
        scenario_.id = text.substr(0, space);
        scenario_.base_id = scenario_.id;
        scenario_.title = trimmed(std::string_view(text).substr(space));
        const std::size_t dash = scenario_.id.find('-');
        const bool well_formed =
            dash != std::string::npos && dash > 0 && dash + 1 < scenario_.id.size() &&
            std::all_of(scenario_.id.begin(), scenario_.id.end(), [](char c) {
                return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
            });
        if (!well_formed)
            mistake(line,
                    column_of(line, scenario_.id),
                    "'" + scenario_.id + "'",
                    "an identifier such as REG-001");
        if (scenario_.title.empty())
            mistake(line, 1, "no title after " + scenario_.id, "# ID Title");
    }

    struct Cell {
        std::string text;
        std::size_t line = 0, column = 0;
    };

    std::vector<Cell> cells_of(cmark_node* row) {
        std::vector<Cell> cells;
        const std::size_t line = line_of(row);
        std::size_t octet = 0;
        for (cmark_node* cell = cmark_node_first_child(row); cell != nullptr;
             cell = cmark_node_next(cell)) {
            Cell one{text_of(cell), line, 1};
            if (line <= lines_.size() && !one.text.empty()) {
                const std::string_view probe =
                    std::string_view(one.text).substr(0, one.text.find_first_of("|\\"));
                const std::size_t at = lines_[line - 1].find(probe, octet);
                if (at != std::string_view::npos) {
                    one.column = column_of(line, probe, octet);
                    octet = at + probe.size();
                }
            }
            cells.push_back(std::move(one));
        }
        return cells;
    }

    void on_table(cmark_node* table) {
        if (section_ != Section::head && section_ != Section::criteria) return;
        for (cmark_node* row = cmark_node_first_child(table); row != nullptr;
             row = cmark_node_next(row)) {
            const auto cells = cells_of(row);
            const bool header = is_type(row, "table_header");
            if (section_ == Section::head) {
                if (!header || (!cells.empty() && !cells[0].text.empty())) on_head_row(cells);
            } else if (header) {
                on_criteria_header(cells);
            } else {
                on_criterion(cells);
            }
        }
    }

    void on_head_row(const std::vector<Cell>& cells) {
        head_seen_ = true;
        if (cells.size() < 2) return;
        const Cell& key = cells[0];
        const Cell& value = cells[1];
        const auto is = [&](std::string_view name) {
            return sip::equals_ignoring_case(key.text, name);
        };
        if (is("Test object")) {
            scenario_.test_object = value.text;
        } else if (is("Specification")) {
            scenario_.specification = value.text;
        } else if (is("Topology")) {
            scenario_.topology = value.text;
            std::erase(scenario_.topology, '`');
            scenario_.topology_at = {value.line, value.column};
        } else if (is("Also on")) {
            for (auto& topology : list_of(value.text))
                scenario_.also_on.push_back(
                    {topology, value.line, column_of(value.line, topology), {}, {}});
        } else if (is("Preconditions")) {
            scenario_.preconditions = value.text;
            scenario_.preconditions_at = {value.line, value.column};
        } else if (is("Tags")) {
            scenario_.tags = list_of(value.text);
        } else if (is("SCR")) {
            scenario_.conformance = list_of(value.text);
        } else if (is("Departures")) {
            scenario_.departures = list_of(value.text);
            scenario_.departures_at = {value.line, value.column};
        } else if (is("Actors")) {
            scenario_.actors = list_of(value.text);
            scenario_.actors_at = {value.line, value.column};
        } else {
            mistake(
                key.line,
                key.column,
                "the row '" + key.text + "'",
                "Test object, Specification, SCR, Topology, Also on, Preconditions, Tags, "
                "Departures or Actors");
        }
    }

    static std::vector<std::string> list_of(std::string_view text) {
        std::vector<std::string> items;
        while (!text.empty()) {
            const std::size_t end = std::min(text.find(','), text.size());
            std::string item(trimmed(text.substr(0, end)));
            std::erase(item, '`');
            if (!item.empty()) items.push_back(std::move(item));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        return items;
    }

    void on_criteria_header(const std::vector<Cell>& cells) {
        constexpr std::array<std::string_view, 3> kColumns{"Message", "Check", "Reference"};
        for (std::size_t i = 0; i < kColumns.size(); ++i) {
            if (i < cells.size() && sip::equals_ignoring_case(cells[i].text, kColumns[i])) continue;
            const bool there = i < cells.size();
            return mistake(
                there ? cells[i].line : 1,
                there ? cells[i].column : 1,
                there ? "the column '" + cells[i].text + "'" : "a table of fewer columns",
                "Message | Check | Reference");
        }
    }

    void on_criterion(const std::vector<Cell>& cells) {
        if (cells.size() < 3) return;
        Criterion criterion;
        criterion.line = cells[0].line;
        criterion.column = cells[0].column;
        criterion.reference = cells[2].text;
        auto message = parse_selector(cells[0].text);
        if (!message)
            mistake(cells[0].line,
                    cells[0].column + message.error().column - 1,
                    message.error().found,
                    message.error().expected);
        auto check = parse_check(cells[1].text);
        if (!check)
            mistake(cells[1].line,
                    cells[1].column + check.error().column - 1,
                    check.error().found,
                    check.error().expected);
        if (!message || !check) return;
        criterion.message = std::move(*message);
        criterion.check = std::move(*check);
        if (network_.empty())
            scenario_.criteria.push_back(std::move(criterion));
        else if (auto* other = other_network())
            other->criteria.push_back(std::move(criterion));
    }

    void on_procedure(cmark_node* list) {
        if (cmark_node_get_list_type(list) != CMARK_ORDERED_LIST) {
            return mistake(line_of(list), 1, "a list without numbers", "a numbered list of steps");
        }
        for (cmark_node* item = cmark_node_first_child(list); item != nullptr;
             item = cmark_node_next(item)) {
            on_step(item);
        }
    }

    // The command is the first thing in backticks; what follows it is for people.
    void on_step(cmark_node* item) {
        Step step;
        step.line = line_of(item);
        const std::string text = text_of(item);
        const std::size_t open = text.find('`');
        const std::size_t close = open == std::string::npos ? open : text.find('`', open + 1);
        if (close == std::string::npos) {
            return mistake(step.line,
                           column_of(step.line, text),
                           "a step without a command",
                           "a command in `backticks`, as in `alice register`");
        }
        step.command = trimmed(std::string_view(text).substr(open + 1, close - open - 1));
        while (step.line < lines_.size() &&
               lines_[step.line - 1].find(step.command) == std::string_view::npos)
            ++step.line;
        step.column = column_of(step.line, step.command);
        std::string_view prose = trimmed(std::string_view(text).substr(close + 1));
        for (const std::string_view dash : {"–", "—", "-"}) {
            if (prose.substr(0, dash.size()) == dash) prose = trimmed(prose.substr(dash.size()));
        }
        step.text = prose;
        if (step.command.empty())
            return mistake(step.line, 1, "an empty command", "a command in `backticks`");
        scenario_.steps.push_back(std::move(step));
    }

    void on_flow(cmark_node* block) {
        const char* info = cmark_node_get_fence_info(block);
        if (info == nullptr || std::string_view(info) != "mermaid") {
            return mistake(line_of(block), 1, "a code block of another language", "```mermaid");
        }
        if (!flows_.insert(network_).second)
            return mistake(line_of(block), 1, "a second diagram", "one diagram in a call flow");
        auto flow =
            parse_mermaid(scenario_.file, cmark_node_get_literal(block), line_of(block) + 1);
        if (!flow) {
            // A fence inside a list is indented: columns are those of the diagram's own text.
            mistakes_.insert(mistakes_.end(), flow.error().begin(), flow.error().end());
            return;
        }
        if (network_.empty())
            scenario_.flow = std::move(*flow);
        else if (auto* other = other_network())
            other->flow = std::move(*flow);
    }

    void complain_about_absences() {
        const std::size_t end = std::max<std::size_t>(1, lines_.size());
        if (section_ == Section::title && !complained_of_title_)
            mistake(1, 1, "no title", "# ID Title, as in '# REG-001 Initial registration'");
        if (section_ == Section::title) return;
        if (!head_seen_)
            mistake(end,
                    1,
                    "no table under the title",
                    "a table with Test object, Specification, Topology and Preconditions");
        if (!seen_.contains({Section::procedure, ""}))
            mistake(end, 1, "the end of the file", "## Test procedure");
        else if (scenario_.steps.empty() && mistakes_.empty())
            mistake(end, 1, "no step", "a numbered list under ## Test procedure");
        complain_about_flow(end, "", "## Call flow");
        for (const auto& other : scenario_.also_on)
            complain_about_flow(end, other.topology, "## Call flow on " + other.topology);
    }

    void complain_about_flow(std::size_t end,
                             const std::string& network,
                             const std::string& section) {
        if (!seen_.contains({Section::flow, network}))
            mistake(end, 1, "the end of the file", section);
        else if (!flows_.contains(network))
            mistake(end, 1, "no diagram", "a ```mermaid block under " + section);
    }

    std::string_view markdown_;
    std::vector<std::string_view> lines_;
    Scenario scenario_;
    Mistakes mistakes_;
    Section section_ = Section::title;
    std::string network_;  // of the section, if it is not the head's topology
    std::set<std::pair<Section, std::string>> seen_;
    std::set<std::string> flows_;  // by network
    bool head_seen_ = false, complained_of_title_ = false;
};

}  // namespace

Result<Scenario, Mistakes> parse_scenario(const std::string& file, std::string_view markdown) {
    return Reader(file, markdown).read();
}

Result<Scenario, Mistakes> load_scenario(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) return failure(Mistakes{{path, 0, 0, "no readable file", "a scenario"}});
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    return parse_scenario(path, text);
}

Scenario on_another_network(const Scenario& scenario, const OtherNetwork& network) {
    Scenario there = scenario;
    there.id = scenario.base_id + "@" + network.topology;
    there.topology = network.topology;
    there.topology_at = {network.line, network.column};
    there.flow = network.flow;
    there.criteria = network.criteria;
    return there;
}

}  // namespace imslab::lab
