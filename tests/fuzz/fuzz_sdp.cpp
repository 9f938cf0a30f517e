// Any octets: refused with a position inside them, or read, written and read again to the same
// description.
#include <cstdint>
#include <string_view>

#include "core/invariant.h"
#include "sip/sdp.h"

using namespace imslab::sip;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    auto sdp = Sdp::parse(text);
    if (!sdp) {
        IMSLAB_INVARIANT(sdp.error().position <= size && !sdp.error().reason.empty());
        return 0;
    }
    sdp->preconditions_met();
    sdp->session_attribute("group");
    for (const auto& media : sdp->media) {
        IMSLAB_INVARIANT(!sdp->direction(media).empty() && !media.formats.empty());
        media.attributes("curr");
        media.connection();
    }
    std::string written = sdp->to_string();
    auto again = Sdp::parse(written);
    IMSLAB_INVARIANT(again && again->to_string() == written &&
                     again->media.size() == sdp->media.size());
    return 0;
}
