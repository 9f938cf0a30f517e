// Is a message's content to be kept from its recipient? Asked of the host, which has a scanner
// behind it or none.
#pragma once

#include <string>

namespace imslab::messaging {

struct ScanRequest {
    std::string octets;
};
struct ScanAnswer {
    enum class Verdict { clean, infected, unknown } verdict = Verdict::clean;
    std::string name;  // of what was found, or why nobody knows
};

}  // namespace imslab::messaging
