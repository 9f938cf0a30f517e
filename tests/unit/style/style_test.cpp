// The design's boundaries, held by a test: who may include what, what nobody outside hosts/ may
// call, the coroutine rule, the size of a room, clause tags that resolve.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

struct Source {
    std::string path;    // relative to the root
    std::string folder;  // first component, or "hosts/asio"
    std::vector<std::string> lines;
};

const std::vector<Source>& sources() {
    static const std::vector<Source> all = [] {
        std::vector<Source> found;
        const fs::path root = IMSLAB_SOURCE_DIR;
        for (const auto* top : {"core",
                                "sip",
                                "http",
                                "msrp",
                                "xmpp",
                                "diameter",
                                "pcscf",
                                "icscf",
                                "scscf",
                                "hss",
                                "as",
                                "gateways",
                                "hosts",
                                "lab",
                                "bench",
                                "tests"}) {
            if (!fs::exists(root / top)) continue;
            for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
                const auto extension = entry.path().extension();
                if (extension != ".cpp" && extension != ".h") continue;
                Source source;
                source.path = fs::relative(entry.path(), root).string();
                source.folder = top;
                if (source.folder == "hosts")
                    source.folder +=
                        "/" + fs::relative(entry.path(), root / "hosts").begin()->string();
                std::ifstream file(entry.path());
                for (std::string line; std::getline(file, line);) source.lines.push_back(line);
                found.push_back(std::move(source));
            }
        }
        std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
            return a.path < b.path;
        });
        return found;
    }();
    return all;
}

const std::set<std::string> kLogic{
    "core", "sip", "http", "msrp", "xmpp", "diameter", "pcscf", "icscf", "scscf", "hss", "as", "gateways"};

// folder -> the folders of ours that it may include
const std::map<std::string, std::set<std::string>> kKnows{
    {"core", {"core"}},
    {"sip", {"core", "sip"}},
    {"http", {"core", "http"}},
    {"msrp", {"core", "msrp"}},
    {"xmpp", {"core", "xmpp"}},
    {"diameter", {"core", "diameter"}},
    {"pcscf", {"core", "sip", "diameter", "pcscf"}},
    {"icscf", {"core", "sip", "diameter", "icscf"}},
    {"scscf", {"core", "sip", "diameter", "scscf"}},
    {"hss", {"core", "sip", "diameter", "hss"}},
    {"as", {"core", "sip", "diameter", "http", "msrp", "as"}},
    {"gateways", {"core", "sip", "diameter", "http", "msrp", "xmpp", "as", "gateways"}},
};

std::string without_comment(const std::string& line) {
    const auto at = line.find("//");
    return at == std::string::npos ? line : line.substr(0, at);
}

// Every line of the chosen sources that matches, as "path:line: text".
template <class Chosen>
std::string hits(const std::regex& what, Chosen chosen) {
    std::string text;
    for (const auto& source : sources()) {
        if (!chosen(source)) continue;
        for (std::size_t i = 0; i < source.lines.size(); ++i) {
            if (std::regex_search(without_comment(source.lines[i]), what)) {
                text += source.path + ":" + std::to_string(i + 1) + ": " + source.lines[i] + "\n";
            }
        }
    }
    return text;
}

bool is_logic(const Source& source) { return kLogic.contains(source.folder); }

}  // namespace

TEST_CASE("a folder includes only the folders that the design lets it know") {
    static const std::regex include("^#include \"([a-z]+)/");
    std::string breaches;
    for (const auto& source : sources()) {
        const auto rule = kKnows.find(source.folder);
        if (rule == kKnows.end()) continue;
        for (const auto& line : source.lines) {
            std::smatch match;
            if (std::regex_search(line, match, include) && !rule->second.contains(match[1])) {
                breaches += source.path + ": " + line + "\n";
            }
        }
    }
    CHECK(breaches == "");
}

TEST_CASE("logic includes no header of the world: sockets, threads, files, clocks, databases") {
    static const std::regex world(
        "^#include "
        "<(boost/asio|boost/"
        "beast|soci|sqlite3|freeDiameter|thread|mutex|condition_variable|future|atomic|"
        "fstream|filesystem|random|ctime|time\\.h|unistd\\.h|sys/|netinet/"
        "|fcntl\\.h|poll\\.h|spdlog|iostream)");
    CHECK(hits(world, is_logic) == "");
}

TEST_CASE("logic reads no clock, draws no random number, sleeps never") {
    static const std::regex calls(
        "(_clock::now\\(|\\btime\\(nullptr|gettimeofday|clock_gettime|\\brand\\(|random_device|"
        "RAND_bytes|getrandom|"
        "sleep_for|usleep|\\bsleep\\()");
    CHECK(hits(calls, is_logic) == "");
}

TEST_CASE("tests do not sleep") {
    static const std::regex calls("(sleep_for|sleep_until|usleep\\(|nanosleep\\(|\\bsleep\\()");
    CHECK(hits(calls, [](const Source& s) {
              return s.folder == "tests" && s.path.find("style_test") == std::string::npos;
          }) == "");
}

TEST_CASE("no braced argument stands inside a co_await expression (g++ 12.2 destroys it twice)") {
    // The whole statement, to its semicolon: a braced list after an opening parenthesis or a comma.
    static const std::regex braced("co_await[^;]*[(,]\\s*([A-Za-z_:]+\\s*)?\\{[^;]*;");
    std::string breaches;
    for (const auto& source : sources()) {
        if (source.path.find("style_test") != std::string::npos) continue;
        for (std::size_t i = 0; i < source.lines.size(); ++i) {
            if (source.lines[i].find("co_await") == std::string::npos) continue;
            std::string statement = without_comment(source.lines[i]);
            for (std::size_t j = i + 1;
                 j < source.lines.size() && statement.find(';') == std::string::npos;
                 ++j) {
                statement += without_comment(source.lines[j]);
            }
            statement = statement.substr(
                statement.find("co_await") == std::string::npos ? 0 : statement.find("co_await"));
            if (std::regex_search(statement, braced))
                breaches += source.path + ":" + std::to_string(i + 1) + "\n";
        }
    }
    CHECK(breaches == "");
}

TEST_CASE("no room is larger than 600 lines, no file is called after nothing") {
    static const std::regex nothing("(utils?|common|helpers?|manager|misc)(_test)?\\.(h|cpp)$");
    std::string breaches;
    for (const auto& source : sources()) {
        if (source.lines.size() > 600)
            breaches += source.path + ": " + std::to_string(source.lines.size()) + " lines\n";
        if (std::regex_search(source.path, nothing))
            breaches += source.path + ": a name that says nothing\n";
    }
    CHECK(breaches == "");
}

TEST_CASE("a file opens with a comment that says what it is") {
    std::string breaches;
    for (const auto& source : sources()) {
        if (source.lines.empty() || !source.lines[0].starts_with("//"))
            breaches += source.path + "\n";
    }
    CHECK(breaches == "");
}

TEST_CASE("nothing is left for later") {
    static const std::regex later("\\b(TODO|FIXME|XXX|HACK)\\b");
    std::string found;
    for (const auto& source : sources()) {
        if (source.path.find("style_test") != std::string::npos) continue;
        for (const auto& line : source.lines) {
            if (std::regex_search(line, later)) found += source.path + ": " + line + "\n";
        }
    }
    CHECK(found == "");
}
