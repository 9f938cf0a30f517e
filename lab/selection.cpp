// Which scenarios a run consists of, and whether each of them can be played at all.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

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
    if (scenario.id == selector || scenario.base_id == selector) return true;
    if (scenario.is_on_another_network() && scenario.topology == selector) return true;
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

bool is_same_topology(const std::string& a, const std::string& b) {
    std::error_code ignored;
    return fs::weakly_canonical(topology_file(a), ignored) ==
           fs::weakly_canonical(topology_file(b), ignored);
}

// The head of the file is about the scenario's own network: what is tested on the other are its
// nodes, and without an IMS by what the RFCs say.
void speak_of(const Topology& topology, Scenario& scenario) {
    scenario.test_object.clear();
    for (const auto& node : topology.nodes)
        scenario.test_object += (scenario.test_object.empty() ? "" : ", ") + node.label;
    if (!topology.is_plain_sip()) return;
    std::string specification;
    std::istringstream parts(scenario.specification);
    for (std::string part; std::getline(parts, part, ';');) {
        const auto start = part.find_first_not_of(' ');
        if (start == std::string::npos || part.compare(start, 4, "RFC ") != 0) continue;
        specification += (specification.empty() ? "" : "; ") + part.substr(start);
    }
    scenario.specification = specification.empty() ? "RFC 3261" : specification;
}

Checked<PreparedScenario> prepare(Scenario scenario, const std::string& topology_override) {
    PreparedScenario prepared;
    prepared.scenario = std::move(scenario);
    const auto& file = prepared.scenario.file;
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
    if (prepared.scenario.is_on_another_network()) speak_of(prepared.topology, prepared.scenario);
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

Checked<std::vector<PreparedScenario>> prepare_scenarios(const std::string& file,
                                                         const std::string& topology_override) {
    auto scenario = load_scenario(file);
    if (!scenario) return failure(std::move(scenario.error()));
    std::vector<Scenario> wanted;
    if (topology_override.empty()) wanted.push_back(*scenario);
    for (const auto& network : scenario->also_on) {
        if (topology_override.empty() || is_same_topology(network.topology, topology_override))
            wanted.push_back(on_another_network(*scenario, network));
    }
    if (wanted.empty()) {  // another network of the kind that it is written for
        auto topology = Topology::load(topology_file(topology_override));
        if (!topology) return failure(std::move(topology.error()));
        if (topology->is_plain_sip() && !is_same_topology(scenario->topology, topology_override))
            return std::vector<PreparedScenario>{};
        wanted.push_back(std::move(*scenario));
    }
    std::vector<PreparedScenario> prepared;
    std::vector<Mistake> mistakes;
    for (auto& one : wanted) {
        auto read = prepare(std::move(one), topology_override);
        if (read)
            prepared.push_back(std::move(*read));
        else
            mistakes.insert(mistakes.end(), read.error().begin(), read.error().end());
    }
    if (!mistakes.empty()) return failure(std::move(mistakes));
    return prepared;
}

namespace {

// The files that a run looks at, each once: the lab's own, and those of somebody's own outside.
std::vector<std::string> files_of(const std::vector<std::string>& selectors) {
    std::vector<std::string> files, all = scenario_files(root_folder());
    std::set<std::string> seen;
    std::error_code ignored;
    for (const auto& selector : selectors) {
        if (fs::is_regular_file(selector, ignored)) all.push_back(selector);
    }
    for (const auto& file : all) {
        if (seen.insert(fs::weakly_canonical(file, ignored).string()).second) files.push_back(file);
    }
    return files;
}

// What is known of a file with mistakes, or of one that is not written for the topology.
PreparedScenario stand_in_for(const std::string& file) {
    PreparedScenario stand_in;
    stand_in.scenario.file = file;
    const auto name = fs::path(file).stem().string();
    if (name.size() > 6) stand_in.scenario.id = stand_in.scenario.base_id = name.substr(0, 7);
    return stand_in;
}

class Selecting {
public:
    explicit Selecting(const std::vector<std::string>& selectors)
        : selectors_(selectors), used_(selectors.size(), false) {}

    bool wants(const PreparedScenario& prepared) {
        bool wanted = selectors_.empty();
        for (std::size_t i = 0; i < selectors_.size(); ++i) {
            if (!fits(prepared, selectors_[i])) continue;
            wanted = true;
            used_[i] = true;
        }
        return wanted;
    }
    std::vector<std::string> unused() const {
        std::vector<std::string> unused;
        for (std::size_t i = 0; i < selectors_.size(); ++i) {
            if (!used_[i]) unused.push_back(selectors_[i]);
        }
        return unused;
    }

private:
    const std::vector<std::string>& selectors_;
    std::vector<bool> used_;
};

}  // namespace

Selection select(const std::vector<std::string>& selectors, const std::string& topology_override) {
    Selection selection;
    Selecting selecting(selectors);
    for (const auto& file : files_of(selectors)) {
        auto prepared = prepare_scenarios(file, topology_override);
        if (!prepared) {
            if (selecting.wants(stand_in_for(file)))
                selection.mistakes.insert(
                    selection.mistakes.end(), prepared.error().begin(), prepared.error().end());
            continue;
        }
        if (prepared->empty() && selecting.wants(stand_in_for(file)))
            selection.not_written.push_back(stand_in_for(file).scenario.id);
        for (auto& one : *prepared) {
            if (selecting.wants(one)) selection.scenarios.push_back(std::move(one));
        }
    }
    selection.unknown = selecting.unused();
    std::stable_sort(selection.scenarios.begin(),
                     selection.scenarios.end(),
                     [](const auto& a, const auto& b) { return a.scenario.id < b.scenario.id; });
    return selection;
}

std::string leave_out_other_networks(std::vector<PreparedScenario>& scenarios,
                                     const std::string& running_topology,
                                     const std::string& why_no_plain_sip) {
    std::map<std::string, std::size_t> networks;  // of each scenario
    for (const auto& prepared : scenarios) ++networks[prepared.scenario.base_id];
    if (!running_topology.empty()) {
        std::erase_if(scenarios, [&](const auto& prepared) {
            return networks[prepared.scenario.base_id] > 1 &&
                   !is_same_topology(prepared.topology.file, running_topology);
        });
        return {};
    }
    if (why_no_plain_sip.empty()) return {};
    const auto left_out = std::erase_if(
        scenarios, [](const auto& prepared) { return prepared.topology.is_plain_sip(); });
    if (left_out == 0) return {};
    return fmt::format("{} scenario{} on plain SIP left out: {}",
                       left_out,
                       left_out == 1 ? "" : "s",
                       why_no_plain_sip);
}

}  // namespace imslab::lab
