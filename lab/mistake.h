// What is wrong in a file somebody wrote, so that an editor can jump to it and a reader can mend it.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"

namespace imslab::lab {

struct Mistake {
    std::string file;
    std::size_t line = 0, column = 0;  // 1-based; 0: the file as a whole
    std::string found, expected;       // "'pcsf'", "one of pcscf, icscf, scscf, hss"

    // "core.yaml:7:11: found 'pcsf', expected one of pcscf, icscf, scscf, hss, plain-sip"
    std::string to_string() const {
        std::string text = file;
        if (line != 0) text += ":" + std::to_string(line) + ":" + std::to_string(column);
        return text + ": found " + found + ", expected " + expected;
    }
};

template <class T>
using Checked = Result<T, std::vector<Mistake>>;

}  // namespace imslab::lab
