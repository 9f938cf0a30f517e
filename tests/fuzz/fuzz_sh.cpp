// What an application server may send to the HSS, and what the HSS may send back: Sh commands, and
// Sh-Data; what was read is written and read again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "diameter/sh_codec.h"
#include "diameter/sh_data.h"
#include "diameter/sh_text.h"

using namespace imslab;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view octets(reinterpret_cast<const char*>(data), size);
    const auto message = diameter::decode(octets);
    if (!message) {
        if (const auto read = sh::read_sh_data(octets)) {
            if (!sh::read_sh_data(sh::write_sh_data(*read))) std::abort();
        }
        sh::request_from_text(octets);
        return 0;
    }
    const sh::Envelope envelope{"s;1;1", "a.home", "home", "b.home", "home"};
    if (message->request) {
        const auto request = sh::request_from(*message);
        if (!request) {
            diameter::encode(sh::refusal(*message, request.error(), envelope));
        } else if (!sh::request_from(sh::to_message(*request, envelope))) {
            std::abort();
        }
    } else if (const auto answer = sh::answer_from(*message)) {
        if (!sh::answer_from(sh::to_message(*answer, envelope))) std::abort();
    }
    return 0;
}
