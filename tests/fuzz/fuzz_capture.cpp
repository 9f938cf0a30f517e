// Somebody else's capture file: any octets must be read or refused, judged and drawn, in bounded time.
#include <cstdint>
#include <string_view>

#include "lab/capture.h"
#include "lab/ladder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 64 * 1024) return 0;
    const auto observation =
        imslab::lab::observe_capture({reinterpret_cast<const char*>(data), size});
    if (!observation) return 0;
    imslab::lab::RuleBook::built_in().apply(*observation, {});
    imslab::lab::draw_ladder(*observation, {});
    return 0;
}
