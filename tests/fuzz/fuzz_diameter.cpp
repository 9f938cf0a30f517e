// Octets as a peer may send them: decode, describe, read as a Cx command; what was read is written
// and read again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "diameter/cx_codec.h"
#include "diameter/dictionary.h"
#include "diameter/message.h"
#include "diameter/user_profile.h"

using namespace imslab;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view octets(reinterpret_cast<const char*>(data), size);
    const auto message = diameter::decode(octets);
    if (!message) {
        // The other thing that a peer fills: User-Data.
        if (const auto profile = cx::read_user_data(octets)) {
            if (!cx::read_user_data(cx::write_user_data(*profile))) std::abort();
        }
        return 0;
    }
    diameter::describe(*message);
    const auto again = diameter::decode(diameter::encode(*message));
    if (!again || diameter::encode(*again) != diameter::encode(*message)) std::abort();
    const cx::Envelope envelope{"s;1;1", "a.home", "home", "b.home", "home"};
    if (message->request) {
        const auto request = cx::request_from(*message);
        if (!request) {
            diameter::encode(cx::refusal(*message, request.error(), envelope));
        } else if (!cx::request_from(cx::to_message(*request, envelope))) {
            std::abort();
        }
    } else if (const auto answer = cx::answer_from(*message)) {
        if (!cx::answer_from(cx::to_message(*answer, envelope))) std::abort();
    }
    return 0;
}
