// "Somebody is writing" (RFC 3994): a status message of pager and session mode.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace imslab::messaging {

inline constexpr std::string_view kIsComposingType = "application/im-iscomposing+xml";

struct IsComposing {
    bool active = false;
    std::uint32_t refresh_seconds = 120;  // §3.2
    std::string content_type;
};
// One sentence if the document is none.
Result<IsComposing, std::string> read_is_composing(std::string_view xml);

}  // namespace imslab::messaging
