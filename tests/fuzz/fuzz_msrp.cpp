// Any octets, cut anywhere: refused with a reason, or the same messages however they are cut, and
// what is written is read again.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/invariant.h"
#include "msrp/incoming_message.h"
#include "msrp/reader.h"
#include "msrp/session_description.h"

using namespace imslab::msrp;

namespace {

struct Collected final : Sink {
    std::string text;
    IncomingMessage message{1U << 20U};
    void on_head(Head head) override {
        text += head.to_bytes();
        message.begin(head);
    }
    void on_body(std::string_view piece) override {
        text += piece;
        message.body(piece.size());
    }
    void on_end(Continuation continuation) override {
        text += static_cast<char>(continuation);
        message.end(continuation);
        message.is_complete();
    }
};

std::string read(std::string_view octets, std::size_t piece, bool& refused) {
    Collected sink;
    Reader reader;
    while (!octets.empty() && !refused) {
        const auto result = reader.push(octets.substr(0, piece), sink);
        refused = !result;
        IMSLAB_INVARIANT(result || !result.error().empty());
        octets.remove_prefix(std::min(piece, octets.size()));
    }
    return sink.text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view octets(reinterpret_cast<const char*>(data), size);
    bool whole_refused = false, cut_refused = false;
    const auto whole = read(octets, size + 1, whole_refused);
    const auto cut = read(octets, 1, cut_refused);
    IMSLAB_INVARIANT(whole_refused == cut_refused);
    IMSLAB_INVARIANT(whole == cut);
    if (const auto media = read_media(octets))
        IMSLAB_INVARIANT(media->path.empty() || read_media(write_description(*media, "s")));
    return 0;
}
