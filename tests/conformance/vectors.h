// Reads tests/vectors/<source>/<name>.dat.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace imslab {

inline std::filesystem::path vectors(const std::string& source) {
    return std::filesystem::path(IMSLAB_SOURCE_DIR) / "tests" / "vectors" / source;
}

inline std::string read_vector(const std::string& source, const std::string& name) {
    std::ifstream file(vectors(source) / (name + ".dat"), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline std::size_t count_vectors(const std::string& source) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(vectors(source)))
        count += entry.path().extension() == ".dat";
    return count;
}

}  // namespace imslab
