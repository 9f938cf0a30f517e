// Clause tags, found in comments, clause constants, rules, tests, scenarios and documentation.
#include "lab/clause_tags.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "lab/places.h"

namespace imslab::lab {

namespace fs = std::filesystem;

namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

// What one comment, or one line, says.
struct Passage {
    std::string text;
    std::vector<std::pair<std::size_t, std::size_t>> lines;  // offset in text, line

    void add(std::string_view part, std::size_t line) {
        lines.emplace_back(text.size(), line);
        text.append(part).append(" ");
    }
    std::size_t line_at(std::size_t offset) const {
        std::size_t line = 0;
        for (const auto& [begin, number] : lines) {
            if (begin <= offset) line = number;
        }
        return line;
    }
};

// Neighbouring comment lines are one passage; any other line is one of its own.
std::vector<Passage> passages(std::string_view text) {
    std::vector<Passage> found;
    bool in_comment = false;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto begin = line.find_first_not_of(" \t");
        const bool comment = begin != line.npos && line.substr(begin).starts_with("//");
        if (comment)
            line.remove_prefix(line.find_first_not_of("/ ", begin) == line.npos
                                   ? line.size()
                                   : line.find_first_not_of("/ ", begin));
        if (!comment || !in_comment) found.emplace_back();
        found.back().add(line, number);
        in_comment = comment;
    }
    return found;
}

// "TS 24.229" or "RFC 3261" at the beginning of `text`; empty: neither.
std::string specification_at(std::string_view text) {
    if (text.starts_with("RFC ")) {
        std::size_t end = 4;
        while (end < text.size() && is_digit(text[end])) ++end;
        return end > 4 ? std::string(text.substr(0, end)) : std::string();
    }
    if (!text.starts_with("TS ") || text.size() < 9) return {};
    for (const std::size_t i : {3u, 4u, 6u, 7u, 8u}) {
        if (!is_digit(text[i])) return {};
    }
    return text[5] == '.' ? std::string(text.substr(0, 9)) : std::string();
}

// "5.4.1.2.2F", "6a.7", "B.2.1A", "E" at the beginning of `text`; empty: none.
std::string clause_at(std::string_view text) {
    std::size_t at = 0;
    const auto part = [&](bool first) {
        const auto begin = at;
        if (first && at < text.size() && text[at] >= 'A' && text[at] <= 'Z') return void(++at);
        while (at < text.size() && is_digit(text[at])) ++at;
        if (at > begin && at < text.size() && is_letter(text[at])) ++at;
    };
    part(true);
    if (at == 0 || (at < text.size() && is_letter(text[at]))) return {};
    while (at + 1 < text.size() && text[at] == '.' && is_digit(text[at + 1])) {
        ++at;
        part(false);
    }
    return std::string(text.substr(0, at));
}

constexpr std::string_view kSection = "§";
constexpr std::string_view kAnnex = "Annex ";

void read_passage(const Passage& passage, const ClauseTag& blank, std::vector<ClauseTag>& tags) {
    const std::string_view text = passage.text;
    std::string specification;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto rest = text.substr(at);
        if (auto named = specification_at(rest); !named.empty()) {
            specification = std::move(named);
            at += specification.size() - 1;
            continue;
        }
        const auto mark = rest.starts_with(kSection) ? kSection.size()
                          : rest.starts_with(kAnnex) ? kAnnex.size()
                                                     : 0;
        if (mark == 0) continue;
        auto clause = clause_at(rest.substr(mark));
        if (clause.empty()) continue;
        auto& tag = tags.emplace_back(blank);
        tag.specification = specification;
        tag.clause = std::move(clause);
        tag.line = passage.line_at(at);
    }
}

std::string first_specification(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (auto named = specification_at(text.substr(at)); !named.empty()) return named;
    }
    return {};
}

bool is_named(const fs::path& path, std::initializer_list<const char*> extensions) {
    return std::any_of(extensions.begin(), extensions.end(), [&](const char* extension) {
        return path.extension() == extension;
    });
}

}  // namespace

std::vector<ClauseTag> clause_tags(const std::string& file, TagPlace place, std::string_view text) {
    std::vector<ClauseTag> tags;
    ClauseTag blank;
    blank.place = place;
    blank.file = file;
    for (const auto& passage : passages(text)) read_passage(passage, blank, tags);
    const auto first = first_specification(text);
    for (auto& tag : tags) {
        if (tag.specification.empty()) tag.specification = first;
    }
    return tags;
}

std::vector<ClauseTag> clause_tags_of_tree(const std::string& root) {
    struct Part {
        const char* folder;
        TagPlace place;
        std::initializer_list<const char*> extensions;
    };
    static const Part parts[] = {
        {"core", TagPlace::code, {".cpp", ".h"}},
        {"sip", TagPlace::code, {".cpp", ".h"}},
        {"msrp", TagPlace::code, {".cpp", ".h"}},
        {"xmpp", TagPlace::code, {".cpp", ".h"}},
        {"diameter", TagPlace::code, {".cpp", ".h"}},
        {"pcscf", TagPlace::code, {".cpp", ".h"}},
        {"icscf", TagPlace::code, {".cpp", ".h"}},
        {"scscf", TagPlace::code, {".cpp", ".h"}},
        {"hss", TagPlace::code, {".cpp", ".h"}},
        {"as", TagPlace::code, {".cpp", ".h"}},
        {"gateways", TagPlace::code, {".cpp", ".h"}},
        {"hosts", TagPlace::code, {".cpp", ".h"}},
        {"lab", TagPlace::code, {".cpp", ".h"}},
        {"lab", TagPlace::rule, {".yaml"}},
        {"tests", TagPlace::test, {".cpp", ".h"}},
        {"scenarios", TagPlace::scenario, {".md", ".xml"}},
        {"docs", TagPlace::document, {".md"}},
    };
    std::vector<ClauseTag> all;
    for (const auto& part : parts) {
        std::error_code missing;
        std::vector<fs::path> files;
        for (const auto& entry :
             fs::recursive_directory_iterator(fs::path(root) / part.folder, missing)) {
            if (entry.is_regular_file() && is_named(entry.path(), part.extensions))
                files.push_back(entry.path());
        }
        std::sort(files.begin(), files.end());
        for (const auto& path : files) {
            bool ok = false;
            const auto text = read_file(path.string(), ok);
            auto found = clause_tags(fs::relative(path, root).string(), part.place, text);
            std::move(found.begin(), found.end(), std::back_inserter(all));
        }
    }
    return all;
}

}  // namespace imslab::lab
