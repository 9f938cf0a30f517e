// Which scenarios a run consists of, and whether each of them can be played at all.
#include <algorithm>
#include <filesystem>

#include "lab/network.h"
#include "lab/places.h"
#include "lab/run.h"

namespace imslab::lab {

namespace fs = std::filesystem;

namespace {

struct Quoted {
    std::string command;
    std::size_t column;
};

// What stands between backticks in a line of prose.
std::vector<Quoted> quoted_commands(std::string_view prose, std::size_t first_column) {
    std::vector<Quoted> found;
    for (auto at = prose.find('`'); at != std::string_view::npos;) {
        const auto end = prose.find('`', at + 1);
        if (end == std::string_view::npos) break;
        found.push_back({std::string(prose.substr(at + 1, end - at - 1)), first_column + at + 1});
        at = prose.find('`', end + 1);
    }
    return found;
}

class Preparation {
public:
    explicit Preparation(PreparedScenario& prepared) : prepared_(prepared) {}

    void read(const std::string& text,
              std::size_t line,
              std::size_t column,
              std::vector<Command>& into) {
        auto commands = parse_command(text, prepared_.topology);
        if (!commands) {
            auto& error = commands.error();
            mistakes.push_back({prepared_.scenario.file,
                                line,
                                column + error.column - 1,
                                error.found,
                                error.expected});
            return;
        }
        for (auto& command : *commands) into.push_back(std::move(command));
    }
    std::vector<Mistake> mistakes;

private:
    PreparedScenario& prepared_;
};

bool fits(const PreparedScenario& prepared, const std::string& selector) {
    const auto& scenario = prepared.scenario;
    if (scenario.id == selector) return true;
    if (std::find(scenario.tags.begin(), scenario.tags.end(), selector) != scenario.tags.end())
        return true;
    std::error_code ignored;
    const auto file = fs::weakly_canonical(scenario.file, ignored);
    for (const auto& base :
         {fs::path(selector), fs::path(root_folder()) / "scenarios" / selector}) {
        if (!fs::exists(base, ignored)) continue;
        const auto wanted = fs::weakly_canonical(base, ignored);
        if (file == wanted) return true;
        const auto relative = file.lexically_relative(wanted).string();
        if (!relative.empty() && relative != "." && !relative.starts_with("..")) return true;
    }
    return false;
}

}  // namespace

std::vector<std::string> scenario_files(const std::string& root) {
    std::vector<std::string> files;
    std::error_code error;
    for (auto entry = fs::recursive_directory_iterator(fs::path(root) / "scenarios", error);
         !error && entry != fs::recursive_directory_iterator();
         entry.increment(error)) {
        const auto& path = entry->path();
        // a scenario's file begins with its ID: REG-001-….md
        const auto name = path.filename().string();
        if (path.extension() == ".md" && !name.empty() &&
            std::isupper(static_cast<unsigned char>(name[0])) && name != "README.md")
            files.push_back(path.lexically_relative(fs::current_path(error)).string());
    }
    std::sort(files.begin(), files.end());
    return files;
}

Result<PreparedScenario, std::vector<Mistake>> prepare_scenario(
    const std::string& file, const std::string& topology_override) {
    auto scenario = load_scenario(file);
    if (!scenario) return failure(std::move(scenario.error()));
    PreparedScenario prepared;
    prepared.scenario = std::move(*scenario);
    const auto wanted = topology_override.empty() ? prepared.scenario.topology : topology_override;
    const auto path = topology_file(wanted);
    std::error_code ignored;
    if (topology_override.empty() && !fs::exists(path, ignored)) {
        const auto& at = prepared.scenario.topology_at;
        return failure(std::vector<Mistake>{{file,
                                             at.line,
                                             at.column,
                                             "'" + wanted + "'",
                                             "the name of a topology: " + path + " is not there"}});
    }
    auto topology = Topology::load(path);
    if (!topology) return failure(std::move(topology.error()));
    prepared.topology = std::move(*topology);
    Preparation preparation(prepared);
    const auto& at = prepared.scenario.preconditions_at;
    for (const auto& quoted : quoted_commands(prepared.scenario.preconditions, at.column))
        preparation.read(quoted.command, at.line, quoted.column, prepared.preconditions);
    for (const auto& step : prepared.scenario.steps) {
        preparation.read(step.command, step.line, step.column, prepared.steps);
        prepared.step_texts.resize(prepared.steps.size(), step.command);
    }
    for (auto& mistake : check_against(prepared.scenario, network_of(prepared.topology)))
        preparation.mistakes.push_back(std::move(mistake));
    if (!preparation.mistakes.empty()) return failure(std::move(preparation.mistakes));
    return prepared;
}

Selection select(const std::vector<std::string>& selectors, const std::string& topology_override) {
    Selection selection;
    std::vector<bool> used(selectors.size(), false);
    auto files = scenario_files(root_folder());
    std::error_code ignored;
    for (const auto& selector : selectors) {
        // a file of somebody's own, outside scenarios/
        if (fs::is_regular_file(selector, ignored)) files.push_back(selector);
    }
    std::vector<std::string> seen;
    for (const auto& file : files) {
        const auto canonical = fs::weakly_canonical(file, ignored).string();
        if (std::find(seen.begin(), seen.end(), canonical) != seen.end()) continue;
        seen.push_back(canonical);
        auto prepared = prepare_scenario(file, topology_override);
        PreparedScenario stand_in;  // a file with mistakes is still known by its path and its name
        stand_in.scenario.file = file;
        const auto name = fs::path(file).stem().string();
        if (name.size() > 6) stand_in.scenario.id = name.substr(0, 7);
        const auto& known = prepared ? *prepared : stand_in;
        bool wanted = selectors.empty();
        for (std::size_t i = 0; i < selectors.size(); ++i) {
            if (!fits(known, selectors[i])) continue;
            wanted = true;
            used[i] = true;
        }
        if (!wanted) continue;
        if (prepared)
            selection.scenarios.push_back(std::move(*prepared));
        else
            selection.mistakes.insert(
                selection.mistakes.end(), prepared.error().begin(), prepared.error().end());
    }
    for (std::size_t i = 0; i < selectors.size(); ++i) {
        if (!used[i]) selection.unknown.push_back(selectors[i]);
    }
    std::stable_sort(selection.scenarios.begin(),
                     selection.scenarios.end(),
                     [](const auto& a, const auto& b) { return a.scenario.id < b.scenario.id; });
    return selection;
}

}  // namespace imslab::lab
