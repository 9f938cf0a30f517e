// What `imslab --version` says.
#pragma once

namespace imslab::lab {

inline constexpr const char* kVersion = "0.1.0";  // as in CMakeLists.txt

}  // namespace imslab::lab
