// Text made safe for HTML, and the report's pieces.
#pragma once

#include <string>
#include <string_view>

#include "lab/report.h"

namespace imslab::lab {

std::string html(std::string_view text);
// The same with what stands in backticks as <code>.
std::string html_words(std::string_view text);
// The ladder of one run: a row a message, each opens to show the message.
std::string html_ladder(const ScenarioRun& run);
// The expectation and what was seen, row by row beside each other, the first difference marked.
std::string html_pair(const ScenarioRun& run);

}  // namespace imslab::lab
