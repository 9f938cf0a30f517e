// A vector file: one "name value" pair a line, lines that start with '#' say where it comes from.
#pragma once

#include <array>
#include <cstdint>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace imslab::test {

using VectorFile = std::map<std::string, std::string>;

inline VectorFile read_vector(std::string_view path) {
    const std::string full = std::string(IMSLAB_SOURCE_DIR "/tests/vectors/").append(path);
    std::ifstream file(full);
    if (!file) throw std::runtime_error("no such vector file: " + full);
    VectorFile vector;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line.front() == '#') continue;
        const auto blank = line.find(' ');
        vector[line.substr(0, blank)] = blank == std::string::npos ? "" : line.substr(blank + 1);
    }
    return vector;
}

template <std::size_t N>
std::array<std::uint8_t, N> octets_from_hex(std::string_view text) {
    if (text.size() != 2 * N) throw std::runtime_error("wrong length: " + std::string(text));
    std::array<std::uint8_t, N> octets{};
    for (std::size_t i = 0; i < N; ++i) {
        octets[i] =
            static_cast<std::uint8_t>(std::stoi(std::string(text.substr(2 * i, 2)), nullptr, 16));
    }
    return octets;
}

}  // namespace imslab::test
