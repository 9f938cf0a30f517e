// What `imslab --version` says.
#pragma once

namespace imslab::lab {

inline constexpr const char* kVersion = "0.1.0";  // as in CMakeLists.txt
extern const char* const kRevision;  // of the source tree, when it was built; may be empty

}  // namespace imslab::lab
