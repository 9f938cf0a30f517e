// The words of a command.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/procedure.h"

namespace imslab::lab {

struct Word {
    std::string text;
    std::size_t column = 1;
    bool quoted = false;
};

// Words, "quoted text", and commas as words of their own.
Result<std::vector<Word>, CommandError> words_of(std::string_view text);

}  // namespace imslab::lab
