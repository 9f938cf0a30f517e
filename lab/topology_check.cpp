// Asks nodes for their opinion of their settings, and looks for whom a topology leaves alone.
#include "lab/topology_check.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>

#include "hss/subscriber_file.h"
#include "lab/node_config.h"
#include "lab/places.h"
#include "lab/process.h"
#include "lab/ue.h"

namespace imslab::lab {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::milliseconds kOpinion{10'000};

// Where in the file something is said.
class Places {
public:
    explicit Places(const Topology& topology) : file_(topology.file) {
        try {
            document_ = YAML::LoadFile(file_);
        } catch (const YAML::Exception&) {  // made by a test, and in no file
        }
    }

    Mistake mistake(const YAML::Mark& at, std::string found, std::string expected) const {
        const bool known = !at.is_null();
        return {file_,
                known ? static_cast<std::size_t>(at.line) + 1 : 0,
                known ? static_cast<std::size_t>(at.column) + 1 : 0,
                std::move(found),
                std::move(expected)};
    }
    YAML::Mark node(const std::string& name) const { return of("nodes", name).key; }
    YAML::Mark ue(const std::string& name, const std::string& key) const {
        const auto place = of("ues", name);
        const auto said = entry(place.value, key);
        return said ? said->value.Mark() : place.key;
    }
    // "timers.t1": its key, or its value; as much of the path as there is.
    YAML::Mark setting(const std::string& node, const std::string& path, bool value) const {
        const auto whole = of("nodes", node);
        auto mark = whole.key;
        auto settings = entry(whole.value, "settings");
        auto here = settings ? settings->value : YAML::Node();
        std::istringstream parts(path);
        bool first = true;
        for (std::string part; std::getline(parts, part, '.'); first = false) {
            auto found = entry(here, part);
            if (!found && first) found = entry(whole.value, part);  // timers, capabilities
            if (!found) break;
            mark = value ? found->value.Mark() : found->key;
            here.reset(found->value);  // assigned, it would write into the document
        }
        return mark;
    }

private:
    struct Entry {
        YAML::Mark key = YAML::Mark::null_mark();
        YAML::Node value;
    };
    static std::optional<Entry> entry(const YAML::Node& map, const std::string& key) {
        if (!map.IsMap()) return std::nullopt;
        for (const auto& one : map) {
            if (one.first.IsScalar() && one.first.Scalar() == key)
                return Entry{one.first.Mark(), one.second};
        }
        return std::nullopt;
    }
    Entry of(const std::string& list, const std::string& name) const {
        const auto all = entry(document_, list);
        return all ? entry(all->value, name).value_or(Entry{}) : Entry{};
    }

    std::string file_;
    YAML::Node document_;
};

// A node's sentence: "settings.timers.t1 is not known; expected one of: …".
Mistake mistake_from(const Places& places, const std::string& node, const std::string& sentence) {
    constexpr std::string_view kSettings = "settings.", kExpected = "expected ";
    std::string expected = "settings that the node can be started with";
    auto found = sentence;
    if (const auto at = sentence.rfind(kExpected); at != std::string::npos) {
        expected = sentence.substr(at + kExpected.size());
        found = sentence.substr(0, sentence.find_last_not_of(";,: ", at - 1) + 1);
    }
    if (!found.starts_with(kSettings)) return places.mistake(places.node(node), found, expected);
    const auto end = std::min(found.find_first_of(" :"), found.size());
    const auto path = found.substr(kSettings.size(), end - kSettings.size());
    const auto rest = found.substr(end);
    const bool unknown = rest == " is not known";
    const auto mark = places.setting(node, path, !unknown);
    if (rest.starts_with(" is "))
        return places.mistake(mark, "the setting " + path + ", which" + rest, expected);
    if (rest.starts_with(": found ")) return places.mistake(mark, rest.substr(8), expected);
    return places.mistake(mark, "the setting " + path + rest, expected);
}

class TemporaryFolder {
public:
    TemporaryFolder() : path_((fs::temp_directory_path() / "imslab-check-XXXXXX").string()) {
        if (mkdtemp(path_.data()) == nullptr) path_.clear();
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

// A node that looks at its configuration, beside the others.
struct Asked {
    const TopologyNode* node;
    Process process;
    std::string output;
};

std::optional<Asked> ask(const Topology& topology,
                         const TopologyNode& node,
                         const std::string& folder) {
    std::error_code ignored;
    const auto program = node_executable(node.kind);
    if (!node.is_ours() || !fs::exists(program, ignored)) return std::nullopt;
    NodeOptions options;
    options.folder = folder;
    const auto file = folder + "/" + node.name + ".json";
    if (!write_file(file, node_config(topology, node, options).dump()).empty()) return std::nullopt;
    Process::Start start;
    start.arguments = {program, "--check", file};
    start.output = folder + "/" + node.name + ".said";
    auto process = Process::start(start);
    if (!process) return std::nullopt;
    return Asked{&node, std::move(*process), start.output};
}

}  // namespace

std::vector<Mistake> mistakes_in_network(const Topology& topology) {
    const Places places(topology);
    std::vector<Mistake> mistakes;
    for (const auto& node : topology.nodes) {
        if (node.external || node.kind == "hss" || !has_diameter(node)) continue;
        const auto config = node_config(topology, node, {});
        if (!config["diameter"]["peers"].empty()) continue;
        mistakes.push_back(
            places.mistake(places.node(node.name),
                           "no HSS of " + node.home + " for " + node.label + " to ask",
                           "a node of kind hss with that home"));
    }
    if (topology.subscribers_file.empty()) return mistakes;
    bool ok = false;
    const auto xml = read_file(topology.subscribers_file, ok);
    const auto subscriptions = hss::read_subscribers(xml, topology.subscribers_file);
    if (!ok || !subscriptions) return mistakes;  // whose mistakes are told by themselves
    for (const auto& ue : topology.ues) {
        const auto identity = identity_of(*subscriptions, ue.subscriber, topology.home);
        if (identity) continue;
        mistakes.push_back(places.mistake(places.ue(ue.name, "subscriber"),
                                          identity.error(),
                                          "one of those in " + topology.subscribers_file));
    }
    return mistakes;
}

std::vector<Mistake> mistakes_in_settings(const Topology& topology) {
    const TemporaryFolder folder;
    std::vector<Mistake> mistakes;
    if (folder.path().empty()) return mistakes;
    std::vector<Asked> all;
    for (const auto& node : topology.nodes) {
        if (auto asked = ask(topology, node, folder.path())) all.push_back(std::move(*asked));
    }
    const Places places(topology);
    for (auto& asked : all) {
        if (!asked.process.wait(in(kOpinion)) || asked.process.ended().value_or(0) == 0) continue;
        bool ok = false;
        auto sentence = read_file(asked.output, ok);
        sentence.resize(std::min(sentence.find('\n'), sentence.size()));
        mistakes.push_back(mistake_from(places, asked.node->name, sentence));
    }
    return mistakes;
}

}  // namespace imslab::lab
