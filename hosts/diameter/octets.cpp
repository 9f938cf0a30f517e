// The border between our Diameter values and freeDiameter's trees.
#include "hosts/diameter/octets.h"

#include <cstdlib>
#include <cstring>

#include "hosts/diameter/freediameter.h"

namespace imslab::host {
namespace {

constexpr std::uint32_t kRouteRecord = 282;

}  // namespace

msg* message_from_octets(const std::string& octets) {
    auto* buffer = static_cast<std::uint8_t*>(std::malloc(octets.size()));
    if (buffer == nullptr) return nullptr;
    std::memcpy(buffer, octets.data(), octets.size());
    msg* message = nullptr;
    if (fd_msg_parse_buffer(&buffer, octets.size(), &message) != 0) {
        std::free(buffer);
        return nullptr;
    }
    return message;  // it owns the buffer
}

std::string octets_of(msg* message) {
    std::uint8_t* buffer = nullptr;
    std::size_t size = 0;
    if (fd_msg_bufferize(message, &buffer, &size) != 0) return {};
    std::string octets(reinterpret_cast<const char*>(buffer), size);
    std::free(buffer);
    return octets;
}

Result<diameter::Message, diameter::DecodeError> decoded(msg* message) {
    auto result = diameter::decode(octets_of(message));
    if (result) {
        std::erase_if(result->avps, [](const diameter::Avp& avp) {
            return avp.code == kRouteRecord && avp.vendor == 0;
        });
    }
    return result;
}

void free_message(msg* message) { fd_msg_free(message); }

}  // namespace imslab::host
