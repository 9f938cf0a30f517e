// Where things lie: the scenarios beside the source, the nodes beside the command, what a run
// leaves under out/.
#pragma once

#include <string>
#include <string_view>

namespace imslab::lab {

// The folder that holds scenarios/: the working directory or one above it, else above the command
// itself.
std::string root_folder();
std::string executable_path();                       // of this command, symbolic links resolved
std::string node_executable(std::string_view kind);  // …/nodes/pcscf beside the command

// Is there a program of that name on the PATH (or is it a path of its own)? Empty: no.
std::string find_program(std::string_view name);

std::string read_file(const std::string& path, bool& ok);
// One sentence if it cannot be written; empty: done. Makes the folders.
std::string write_file(const std::string& path, std::string_view content);

}  // namespace imslab::lab
