// A scenario file: any text is read or refused with a place.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lab/scenario.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 64 * 1024) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto scenario = imslab::lab::parse_scenario("fuzz.md", text);
    if (!scenario && scenario.error().empty()) std::abort();
    return 0;
}
