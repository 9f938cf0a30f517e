// Diameter messages as octets: header RFC 6733 §3, AVPs §4.1, grouped ones §4.4.
#include "diameter/message.h"

#include <algorithm>

#include "diameter/dictionary.h"

namespace imslab::diameter {
namespace {

constexpr std::size_t kHeaderBytes = 20;
constexpr std::uint8_t kRequestFlag = 0x80, kProxiableFlag = 0x40, kErrorFlag = 0x20,
                       kRetransmittedFlag = 0x10;
constexpr std::uint8_t kVendorFlag = 0x80, kMandatoryFlag = 0x40;
constexpr std::uint32_t kResultCode = 268, kExperimentalResult = 297, kExperimentalResultCode = 298,
                        kVendorId = 266;

std::uint32_t number_at(std::string_view octets, std::size_t at, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        value = value << 8 | static_cast<std::uint8_t>(octets[at + i]);
    }
    return value;
}

void append_number(std::string& to, std::uint32_t value, std::size_t count) {
    while (count-- > 0) to.push_back(static_cast<char>(value >> (8 * count) & 0xff));
}

void put_length(std::string& into, std::size_t at, std::size_t length) {
    into[at] = static_cast<char>(length >> 16 & 0xff);
    into[at + 1] = static_cast<char>(length >> 8 & 0xff);
    into[at + 2] = static_cast<char>(length & 0xff);
}

bool is_grouped(std::uint32_t code, std::uint32_t vendor) {
    const auto* definition = find_avp(code, vendor);
    return definition != nullptr && definition->type == AvpType::grouped;
}

class Reader {
public:
    explicit Reader(std::string_view octets) : octets_(octets) {}

    // Reads the AVPs between `from` and `to`; false: error() says why.
    bool read(std::size_t from, std::size_t to, std::size_t depth, std::vector<Avp>& into) {
        while (from < to) {
            if (++count_ > kMaxAvps) return fail(from, "more AVPs than a message may have");
            Avp avp;
            const auto end = read_one(from, to, depth, avp);
            if (end == 0) return false;
            into.push_back(std::move(avp));
            from = end;
        }
        return true;
    }
    DecodeError error() const { return error_; }

private:
    // The position after the AVP and its padding; 0 on failure.
    std::size_t read_one(std::size_t from, std::size_t to, std::size_t depth, Avp& avp) {
        if (to - from < 8) return fail(from, "an AVP header needs 8 octets");
        const auto flags = static_cast<std::uint8_t>(octets_[from + 4]);
        const std::size_t length = number_at(octets_, from + 5, 3);
        const std::size_t header = (flags & kVendorFlag) != 0 ? 12 : 8;
        if (length < header) return fail(from + 5, "AVP length is shorter than its header");
        if (length > to - from) return fail(from + 5, "AVP length reaches beyond its surroundings");
        avp.code = number_at(octets_, from, 4);
        avp.vendor = header == 12 ? number_at(octets_, from + 8, 4) : 0;
        avp.mandatory = (flags & kMandatoryFlag) != 0;
        if (is_grouped(avp.code, avp.vendor)) {
            if (depth >= kMaxDepth) return fail(from, "AVPs are nested too deeply");
            avp.grouped = true;
            if (!read(from + header, from + length, depth + 1, avp.group)) return 0;
        } else {
            avp.data = octets_.substr(from + header, length - header);
        }
        // The last AVP of a group may come without its padding.
        return std::min(from + (length + 3) / 4 * 4, to);
    }
    std::size_t fail(std::size_t position, const char* reason) {
        error_ = {position, reason};
        return 0;
    }

    std::string_view octets_;
    std::size_t count_ = 0;
    DecodeError error_;
};

void write(const Avp& avp, std::string& into) {
    const auto start = into.size();
    append_number(into, avp.code, 4);
    into.push_back(static_cast<char>((avp.vendor != 0 ? kVendorFlag : 0) |
                                     (avp.mandatory ? kMandatoryFlag : 0)));
    append_number(into, 0, 3);
    if (avp.vendor != 0) append_number(into, avp.vendor, 4);
    into.append(avp.data);
    for (const auto& member : avp.group) write(member, into);
    put_length(into, start + 5, into.size() - start);
    into.append((4 - into.size() % 4) % 4, '\0');
}

const Avp* find_in(const std::vector<Avp>& avps, std::uint32_t code, std::uint32_t vendor) {
    const auto found = std::find_if(avps.begin(), avps.end(), [&](const Avp& avp) {
        return avp.code == code && avp.vendor == vendor;
    });
    return found == avps.end() ? nullptr : &*found;
}

}  // namespace

Avp Avp::text(std::uint32_t code, std::uint32_t vendor, std::string value, bool mandatory) {
    Avp avp;
    avp.code = code;
    avp.vendor = vendor;
    avp.mandatory = mandatory;
    avp.data = std::move(value);
    return avp;
}

Avp Avp::number(std::uint32_t code, std::uint32_t vendor, std::uint32_t value, bool mandatory) {
    std::string octets;
    append_number(octets, value, 4);
    return text(code, vendor, std::move(octets), mandatory);
}

Avp Avp::of(std::uint32_t code, std::uint32_t vendor, std::vector<Avp> members, bool mandatory) {
    Avp avp = text(code, vendor, {}, mandatory);
    avp.group = std::move(members);
    avp.grouped = true;
    return avp;
}

std::optional<std::uint32_t> Avp::as_number() const {
    if (grouped || data.size() != 4) return std::nullopt;
    return number_at(data, 0, 4);
}

const Avp* Avp::find(std::uint32_t wanted, std::uint32_t of_vendor) const {
    return find_in(group, wanted, of_vendor);
}

const Avp* Message::find(std::uint32_t code, std::uint32_t vendor) const {
    return find_in(avps, code, vendor);
}

Result<Message, DecodeError> decode(std::string_view octets) {
    if (octets.size() < kHeaderBytes)
        return failure(DecodeError{octets.size(), "a Diameter header needs 20 octets"});
    if (octets[0] != 1) return failure(DecodeError{0, "Diameter version is not 1"});
    const std::size_t length = number_at(octets, 1, 3);
    if (length > kMaxMessageBytes)
        return failure(DecodeError{1, "message is longer than accepted"});
    if (length < kHeaderBytes || length % 4 != 0)
        return failure(DecodeError{1, "message length is no multiple of 4 from 20 on"});
    if (length != octets.size())
        return failure(DecodeError{1, "message length is not that of the octets"});
    const auto flags = static_cast<std::uint8_t>(octets[4]);
    Message message;
    message.request = (flags & kRequestFlag) != 0;
    message.proxiable = (flags & kProxiableFlag) != 0;
    message.error = (flags & kErrorFlag) != 0;
    message.retransmitted = (flags & kRetransmittedFlag) != 0;
    message.command = number_at(octets, 5, 3);
    message.application = number_at(octets, 8, 4);
    message.hop_by_hop = number_at(octets, 12, 4);
    message.end_to_end = number_at(octets, 16, 4);
    Reader reader(octets);
    if (!reader.read(kHeaderBytes, length, 0, message.avps)) return failure(reader.error());
    return message;
}

std::string encode(const Message& message) {
    std::string octets;
    octets.reserve(512);
    octets.push_back(1);
    append_number(octets, 0, 3);
    octets.push_back(static_cast<char>(
        (message.request ? kRequestFlag : 0) | (message.proxiable ? kProxiableFlag : 0) |
        (message.error ? kErrorFlag : 0) | (message.retransmitted ? kRetransmittedFlag : 0)));
    append_number(octets, message.command, 3);
    append_number(octets, message.application, 4);
    append_number(octets, message.hop_by_hop, 4);
    append_number(octets, message.end_to_end, 4);
    for (const auto& avp : message.avps) write(avp, octets);
    put_length(octets, 1, octets.size());
    return octets;
}

// RFC 6733 §7.1, §7.6: an answer has one or the other.
std::optional<ResultCode> result_of(const Message& answer) {
    if (const auto* experimental = answer.find(kExperimentalResult)) {
        const auto* vendor = experimental->find(kVendorId, 0);
        const auto* code = experimental->find(kExperimentalResultCode, 0);
        if (vendor == nullptr || code == nullptr || !vendor->as_number() || !code->as_number())
            return std::nullopt;
        return ResultCode{*vendor->as_number(), *code->as_number()};
    }
    const auto* result = answer.find(kResultCode);
    if (result == nullptr || !result->as_number()) return std::nullopt;
    return ResultCode{0, *result->as_number()};
}

}  // namespace imslab::diameter
