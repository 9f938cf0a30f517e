// YAML 1.2 from JSON, for people to read and change.
#include <set>

#include "lab/export_plan.h"

namespace imslab::lab {

namespace {

bool reads_as_text(const std::string& text) {
    static const std::set<std::string> kWords{
        "true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"};
    if (text.empty() || kWords.contains(text)) return false;
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    if (!letter(text.front()) && text.front() != '/') return false;
    for (const char c : text) {
        if (!letter(c) && !(c >= '0' && c <= '9') &&
            std::string_view("-_./").find(c) == std::string_view::npos)
            return false;
    }
    return true;
}

// Lines that a literal block keeps as they are.
bool is_block(const std::string& text) {
    return text.size() > 1 && text.find('\n') != std::string::npos && text.back() == '\n' &&
           text[text.size() - 2] != '\n' && text.front() != ' ' && text.front() != '\n' &&
           text.find('\t') == std::string::npos;
}

std::string scalar(const nlohmann::ordered_json& value, const std::string& indent) {
    if (!value.is_string()) return value.dump();
    const auto& text = value.get_ref<const std::string&>();
    if (reads_as_text(text)) return text;
    if (!is_block(text)) return value.dump();
    std::string block = "|";
    for (std::size_t at = 0; at < text.size();) {
        const auto end = text.find('\n', at);
        block += "\n";
        if (end > at) block += indent + "  " + text.substr(at, end - at);
        at = end + 1;
    }
    return block;
}

bool is_leaf(const nlohmann::ordered_json& value) {
    return !value.is_structured() || value.empty();
}

void write(const nlohmann::ordered_json& value, const std::string& indent, std::string& out) {
    if (value.is_object()) {
        bool first = true;
        for (const auto& [key, member] : value.items()) {
            if (!first) out += indent;
            first = false;
            out += (reads_as_text(key) ? key : nlohmann::json(key).dump()) + ":";
            if (is_leaf(member)) {
                out += " " + scalar(member, indent) + "\n";
            } else {
                out += "\n" + indent + "  ";
                write(member, indent + "  ", out);
            }
        }
        return;
    }
    bool first = true;
    for (const auto& element : value) {
        if (!first) out += indent;
        first = false;
        out += "- ";
        if (is_leaf(element))
            out += scalar(element, indent) + "\n";
        else
            write(element, indent + "  ", out);
    }
}

}  // namespace

std::string yaml_of(const nlohmann::ordered_json& document) {
    std::string out;
    write(document, "", out);
    return out;
}

}  // namespace imslab::lab
