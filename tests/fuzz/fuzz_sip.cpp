// Any octets: the parser refuses them with a position inside them, or gives a message whose every
// view can be read and which, written and read again, is the same message. Edits keep it a message.
// The stream framer agrees on where it ends.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/invariant.h"
#include "sip/acceptance.h"
#include "sip/headers.h"

using namespace imslab::sip;

namespace {

std::size_t read_params(const Params& params) {
    std::size_t read = 0;
    params.for_each([&](const Params::Item& item) {
        IMSLAB_INVARIANT(params.has(item.name));
        read += unquote(item.value).size();
        return true;
    });
    return read;
}

void read_uri(std::string_view text) {
    auto uri = Uri::parse(text);
    if (!uri) return;
    read_params(uri->params);
    unescape(uri->user);
    IMSLAB_INVARIANT(equal(text, text));
    auto identity = canonical_identity(text);
    IMSLAB_INVARIANT(identity && canonical_identity(*identity) == identity);
}

void read_value(std::string_view value) {
    if (auto address = NameAddr::parse(value)) {
        read_params(address->params);
        unquote(address->display);
        read_uri(address->uri);
    }
    if (auto via = Via::parse(value)) read_params(via->params);
    CSeq::parse(value);
    RAck::parse(value);
    if (auto auth = AuthParams::parse(value)) {
        auth->get("nonce");
        auto with = AuthParams::parse(with_auth_param(value, "integrity-protected", "no"));
        IMSLAB_INVARIANT(with.has_value());
        without_auth_params(value, {"realm"});
    }
    if (auto vector = ChargingVector::parse(value))
        IMSLAB_INVARIANT(ChargingVector::parse(vector->to_string()).has_value());
    with_param(value, "tag", "1");
    without_param(value, "tag");
}

void read_everything(const Message& message) {
    for (const auto& field : message.fields()) {
        message.get(message.name(field));
        read_value(message.value(field));
        if (field.id == HeaderId::other) continue;
        for (auto value : message.values(field.id)) read_value(value);
        message.has_token(field.id, "100rel");
    }
    // What the parser accepts can be read.
    IMSLAB_INVARIANT(top_via(message) && cseq(message) && !call_id(message).empty());
    from_tag(message);
    to_tag(message);
    expires(message);
    if (message.is_request()) {
        read_uri(message.uri());
        Capabilities endpoint;
        endpoint.role = Role::endpoint;
        check_request(message, Capabilities{});
        check_request(message, endpoint);
    }
}

void edit(Message message) {
    // Arguments that are views into the message itself.
    message.prepend(HeaderId::via, message.get(HeaderId::via).value_or(""));
    message.replace_first_value(HeaderId::route,
                                message.first_value(HeaderId::contact).value_or("<sip:a@b;lr>"));
    message.remove_first_value(HeaderId::via);
    message.remove_first_value(HeaderId::record_route);
    message.append("X-Copy", call_id(message));
    message.set(HeaderId::subject, message.last_value(HeaderId::via).value_or(""));
    message.set_body(message.get(HeaderId::call_id).value_or(""), message.body());
    set_to_tag(message, from_tag(message).value_or("t"));
    message.remove("X-Copy");
    std::string bytes = message.to_bytes();
    message.clear_body();
    message.to_bytes();
}

void check_round_trip(const Message& message) {
    std::string bytes = message.to_bytes();
    Limits wide;
    wide.message_bytes = bytes.size();
    wide.field_bytes = bytes.size();
    wide.start_line_bytes = bytes.size();
    auto again = parse(bytes, wide);
    IMSLAB_INVARIANT(again.has_value());
    IMSLAB_INVARIANT(again->to_bytes() == bytes);
    IMSLAB_INVARIANT(again->body() == message.body() &&
                     again->method_text() == message.method_text());
    StreamFramer framer(wide);
    framer.push(bytes);
    auto framed = framer.next();
    IMSLAB_INVARIANT(framed && *framed && **framed == bytes);
}

void check_framer(std::string_view octets) {
    StreamFramer whole, pieces;
    whole.push(octets);
    auto at_once = whole.next();
    for (char octet : octets.substr(0, 4096)) {
        pieces.push({&octet, 1});
        auto now = pieces.next();
        if (!now) break;
        if (*now) {
            IMSLAB_INVARIANT(at_once && *at_once && **at_once == **now);
            break;
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string octets(reinterpret_cast<const char*>(data), size);
    auto message = parse(octets);
    if (message) {
        read_everything(*message);
        check_round_trip(*message);
        edit(*message);
        if (message->is_request()) Message::response_to(*message, 200).to_bytes();
    } else {
        const auto& refused = message.error();
        IMSLAB_INVARIANT(refused.error.position <= size && !refused.error.reason.empty());
        IMSLAB_INVARIANT(refused.error.line >= 1 && refused.error.column >= 1);
        if (refused.answerable)
            Message::response_to(*refused.answerable, refused.error.status, refused.error.reason)
                .to_bytes();
    }
    check_framer(octets);
    return 0;
}
