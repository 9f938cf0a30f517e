// Sh's columns as values, and values as columns.
#include "hosts/store/sql_sh_columns.h"

#include <charconv>

#include "hosts/store/sql_columns.h"

namespace imslab::host {
namespace {

std::uint32_t number_from(std::string_view text) {
    std::uint32_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::vector<std::string> fields_of(std::string_view line) {
    std::vector<std::string> fields;
    for (;;) {
        const auto end = line.find('\t');
        fields.emplace_back(line.substr(0, end));
        if (end == std::string_view::npos) return fields;
        line.remove_prefix(end + 1);
    }
}

constexpr std::string_view kState = "state";

}  // namespace

std::string text_of(const std::vector<hss::DsaiTag>& tags) {
    std::string lines;
    for (const auto& one : tags) {
        lines += one.server_name + "\t" + one.tag;
        for (const auto priority : one.priorities) lines += "\t" + std::to_string(priority);
        lines += "\n";
    }
    return lines;
}

std::vector<hss::DsaiTag> dsai_from(std::string_view lines) {
    std::vector<hss::DsaiTag> tags;
    for (const auto& line : strings_from(lines)) {
        const auto fields = fields_of(line);
        if (fields.size() < 2) continue;
        hss::DsaiTag one{fields[0], fields[1], {}};
        for (std::size_t i = 2; i < fields.size(); ++i)
            one.priorities.push_back(number_from(fields[i]));
        tags.push_back(std::move(one));
    }
    return tags;
}

std::string text_of(const std::set<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += line + "\n";
    return text;
}

std::set<std::string> set_from(std::string_view lines) {
    const auto all = strings_from(lines);
    return {all.begin(), all.end()};
}

std::string text_of(const sh::DomainData& data) {
    std::string lines;
    for (const auto& [element, value] : data.location) lines += element + "\t" + value + "\n";
    if (data.user_state)
        lines += std::string(kState) + "\t" + std::to_string(*data.user_state) + "\n";
    return lines;
}

sh::DomainData domain_from(std::string_view lines) {
    sh::DomainData data;
    for (const auto& line : strings_from(lines)) {
        const auto fields = fields_of(line);
        if (fields.size() != 2) continue;
        if (fields[0] == kState)
            data.user_state = number_from(fields[1]);
        else
            data.location.emplace_back(fields[0], fields[1]);
    }
    return data;
}

}  // namespace imslab::host
