// What standard output is: a terminal that shows colours, of some width, or a file.
#pragma once

#include <string>
#include <string_view>

namespace imslab::lab {

struct Terminal {
    bool is_terminal = false;
    bool colour = false;  // a terminal, and NO_COLOR is not set (no-color.org)
    std::size_t width = 100;

    static Terminal of_output();

    std::string green(std::string_view text) const { return paint("32", text); }
    std::string red(std::string_view text) const { return paint("31", text); }
    std::string yellow(std::string_view text) const { return paint("33", text); }
    std::string bold(std::string_view text) const { return paint("1", text); }
    std::string dim(std::string_view text) const { return paint("2", text); }

private:
    std::string paint(std::string_view code, std::string_view text) const {
        if (!colour) return std::string(text);
        return "\033[" + std::string(code) + "m" + std::string(text) + "\033[0m";
    }
};

}  // namespace imslab::lab
