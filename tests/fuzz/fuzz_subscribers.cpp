// Subscriber files: whatever is accepted comes back the same after it was written.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "hss/subscriber_file.h"

using namespace imslab;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view xml(reinterpret_cast<const char*>(data), size);
    const auto subscribers = hss::read_subscribers(xml, "fuzz.xml");
    if (!subscribers) {
        if (subscribers.error().empty()) std::abort();
        for (const auto& error : subscribers.error()) error.to_string();
        return 0;
    }
    hss::list_subscribers(*subscribers);
    const auto again = hss::read_subscribers(hss::write_subscribers(*subscribers), "again.xml");
    if (!again || *again != *subscribers) std::abort();
    return 0;
}
