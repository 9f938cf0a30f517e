// Octets as a peer may send them: decode, describe, read as a command of Cx, Zh or Zn; what was
// read is written and read again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "diameter/cx_codec.h"
#include "diameter/dictionary.h"
#include "diameter/message.h"
#include "diameter/user_profile.h"
#include "diameter/zh_codec.h"
#include "diameter/zn_codec.h"
#include "sip/bootstrapped_keys.h"

using namespace imslab;

namespace {

const diameter::Envelope kEnvelope{"s;1;1", "a.home", "home", "b.home", "home"};

template <class Read, class Write>
void there_and_back(const diameter::Message& message, Read read, Write write) {
    const auto value = read(message);
    if (value && !read(write(*value))) std::abort();
}

// Whatever the header says it is: the application is no part of the AVPs.
void read_bootstrapping(diameter::Message message) {
    message.application = message.request ? diameter::kApplicationZn : message.application;
    if (message.request) {
        there_and_back(message, zn::request_from, [](const zn::Request& request) {
            const auto& bir = std::get<zn::BootstrappingInfoRequest>(request);
            gba::bsf_of(bir.transaction_identifier);
            if (const auto naf = gba::NafId::from_octets(bir.naf_id)) {
                if (naf->to_octets() != bir.naf_id) std::abort();
            }
            return zn::to_message(request, kEnvelope);
        });
        message.application = diameter::kApplicationZh;
        there_and_back(message, zh::request_from, [](const zh::Request& request) {
            return zh::to_message(request, kEnvelope);
        });
        return;
    }
    there_and_back(message, zn::answer_from, [](const zn::Answer& answer) {
        return zn::to_message(answer, kEnvelope);
    });
    there_and_back(message, zh::answer_from, [](const zh::Answer& answer) {
        return zh::to_message(answer, kEnvelope);
    });
}

}  // namespace

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
    read_bootstrapping(*message);
    const cx::Envelope& envelope = kEnvelope;
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
