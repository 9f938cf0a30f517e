// The specifications imslab is held against (docs/spec/*.toml): which clauses are in scope, and
// whether each is done or an exception with its reason. docs/spec/README.md describes the files.
#pragma once

#include <string>
#include <vector>

#include "lab/mistake.h"

namespace imslab::lab {

struct Clause {
    std::string number;  // "5.4.1.2.2F", "B.2.1"
    std::string title;   // in our own words
    bool done = false;   // else an exception
    std::string reason;  // of an exception
    bool verified = false;
    std::string from;  // where an unverified number comes from
    std::size_t line = 0;
};

struct Specification {
    std::string name;    // "TS 24.229", "RFC 3261"
    std::string title;   // in our own words
    int release = 0;     // of a 3GPP specification; 0: none
    std::string source;  // what its verified numbers were looked up in
    std::string file;
    std::vector<Clause> clauses;
};

// One file, which may hold several specifications.
Checked<std::vector<Specification>> parse_specifications(const std::string& file,
                                                         const std::string& toml);
// All *.toml of a folder, by file name.
Checked<std::vector<Specification>> load_specifications(const std::string& folder);

}  // namespace imslab::lab
