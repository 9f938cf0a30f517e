// docs/spec/*.toml, read with toml++ (its no-exception mode).
#include "lab/specifications.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>
#include <algorithm>
#include <filesystem>
#include <set>

#include "lab/places.h"

namespace imslab::lab {

namespace fs = std::filesystem;

namespace {

class Reader {
public:
    explicit Reader(std::string file) : file_(std::move(file)) {}

    std::vector<Specification> specifications(const toml::table& root) {
        std::vector<Specification> found;
        const auto* list = root["specification"].as_array();
        if (!list) mistake(root, "no [[specification]]", "[[specification]] tables");
        if (list) {
            for (const auto& node : *list) {
                if (const auto* table = node.as_table()) found.push_back(specification(*table));
            }
        }
        return found;
    }
    std::vector<Mistake> mistakes;

private:
    Specification specification(const toml::table& table) {
        Specification one;
        one.file = file_;
        one.name = text(table, "name");
        one.title = text(table, "title");
        one.source = text(table, "source");
        one.release = static_cast<int>(table["release"].value_or(0));
        if (one.name.starts_with("TS ") && one.release == 0)
            mistake(table, "no release", "the release that " + one.name + " is pinned to");
        const auto* clauses = table["clauses"].as_array();
        if (!clauses) return mistake(table, "no clauses", "clauses = [ { number, … }, … ]"), one;
        std::set<std::string> numbers;
        for (const auto& node : *clauses) {
            const auto* entry = node.as_table();
            if (!entry) {
                mistake(node, "not a table", "{ number = …, title = …, status = … }");
                continue;
            }
            one.clauses.push_back(clause(*entry));
            if (!numbers.insert(one.clauses.back().number).second)
                mistake(*entry, "'" + one.clauses.back().number + "' again", "each clause once");
        }
        return one;
    }
    Clause clause(const toml::table& table) {
        static const std::set<std::string_view> known{
            "number", "title", "status", "reason", "verified", "from"};
        for (const auto& [key, value] : table) {
            if (!known.contains(key.str()))
                mistake(value,
                        "'" + std::string(key.str()) + "'",
                        "number, title, status, reason, verified or from");
        }
        Clause one;
        one.line = table.source().begin.line;
        one.number = text(table, "number");
        one.title = text(table, "title");
        const auto status = text(table, "status");
        one.done = status == "done";
        if (!one.done && status != "exception")
            mistake(table, "status '" + status + "'", "done or exception");
        one.reason = table["reason"].value_or(std::string());
        if (one.done != one.reason.empty())
            mistake(table, one.done ? "done with a reason" : "no reason", "exceptions have one");
        one.verified = table["verified"].value_or(true);
        one.from = table["from"].value_or(std::string());
        if (one.verified != one.from.empty())
            mistake(table,
                    one.verified ? "verified and 'from'" : "unverified, no 'from'",
                    "'from' says where a number comes from that was not verified");
        return one;
    }
    std::string text(const toml::table& table, std::string_view key) {
        auto value = table[key].value_or(std::string());
        if (value.empty()) mistake(table, "no " + std::string(key), std::string(key) + " = \"…\"");
        return value;
    }
    void mistake(const toml::node& node, std::string found, std::string expected) {
        const auto& at = node.source().begin;
        mistakes.push_back({file_, at.line, at.column, std::move(found), std::move(expected)});
    }

    std::string file_;
};

}  // namespace

Checked<std::vector<Specification>> parse_specifications(const std::string& file,
                                                         const std::string& toml) {
    const auto parsed = toml::parse(toml, file);
    if (!parsed) {
        const auto& error = parsed.error();
        return failure(std::vector<Mistake>{{file,
                                             error.source().begin.line,
                                             error.source().begin.column,
                                             std::string(error.description()),
                                             "TOML"}});
    }
    Reader reader(file);
    auto found = reader.specifications(parsed.table());
    if (!reader.mistakes.empty()) return failure(std::move(reader.mistakes));
    return found;
}

Checked<std::vector<Specification>> load_specifications(const std::string& folder) {
    std::error_code error;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        if (entry.path().extension() == ".toml") files.push_back(entry.path());
    }
    if (error || files.empty()) {
        return failure(std::vector<Mistake>{
            {folder, 1, 1, "no specification", "*.toml, as in the source tree's docs/spec"}});
    }
    std::sort(files.begin(), files.end());
    std::vector<Specification> all;
    std::vector<Mistake> mistakes;
    for (const auto& path : files) {
        bool ok = false;
        const auto content = read_file(path.string(), ok);
        auto found = parse_specifications(path.string(), content);
        if (found) {
            std::move(found->begin(), found->end(), std::back_inserter(all));
        } else {
            mistakes.insert(mistakes.end(), found.error().begin(), found.error().end());
        }
    }
    if (!mistakes.empty()) return failure(std::move(mistakes));
    return all;
}

}  // namespace imslab::lab
