// The data files of lab/, compiled in by lab/embed.cmake.
#pragma once

#include <string_view>

namespace imslab::lab::embedded {

extern const std::string_view rules_yaml;
extern const std::string_view header_origins_yaml;
extern const std::string_view report_css;
extern const std::string_view report_js;

}  // namespace imslab::lab::embedded
