// Values that a column holds as text: keys in hexadecimal, lists, restoration information as JSON.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hss/subscription.h"

namespace imslab::host {

// What a column of text can hold: UTF-8 without an octet 0. What is none stands in no column.
bool is_text(std::string_view octets);
// A library's message for a sentence of ours.
std::string in_one_line(std::string_view message);

std::string hexadecimal(std::span<const std::uint8_t> octets);
void octets_from(std::string_view hexadecimal, std::span<std::uint8_t> into);

std::string lines_of(const std::vector<std::string>& values);
std::vector<std::string> strings_from(std::string_view lines);
std::string lines_of(const std::vector<std::uint32_t>& values);
std::vector<std::uint32_t> numbers_from(std::string_view lines);

std::string text_of(const std::optional<cx::RestorationInfo>& restoration);
std::optional<cx::RestorationInfo> restoration_from(std::string_view text);

}  // namespace imslab::host
