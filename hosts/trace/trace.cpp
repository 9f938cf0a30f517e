// Reading and writing the nodes' trace files.
#include "hosts/trace/trace.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace imslab::trace {
namespace {

constexpr std::size_t kFlushAt = 256 * 1024;

// What stands before a record's bytes: at most two IPv6 addresses.
class Head {
public:
    template <class T>
    void put(T value) {
        for (std::size_t i = 0; i < sizeof(T); ++i) {
            octets_[size_++] =
                static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFFU);
        }
    }
    void put(const Address& address) {
        const auto ip = address.ip.octets();
        put(static_cast<std::uint8_t>(address.ip.is_v6() ? 1 : 0));
        std::copy(ip.begin(), ip.end(), octets_.begin() + static_cast<std::ptrdiff_t>(size_));
        size_ += ip.size();
        put(address.port);
    }
    std::string_view octets() const { return {octets_.data(), size_}; }

private:
    std::array<char, 64> octets_{};
    std::size_t size_ = 0;
};

// Takes values off the front; once something is missing, `ok` stays false.
struct Cursor {
    std::string_view rest;
    bool ok = true;

    template <class T>
    T number() {
        if (rest.size() < sizeof(T)) {
            ok = false;
            return T{};
        }
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < sizeof(T); ++i) {
            value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(rest[i])) << (8 * i);
        }
        rest.remove_prefix(sizeof(T));
        return static_cast<T>(value);
    }

    Address address() {
        const bool v6 = number<std::uint8_t>() != 0;
        const std::size_t size = v6 ? 16 : 4;
        if (rest.size() < size) {
            ok = false;
            return {};
        }
        Address result;
        result.ip = IpAddress::from_octets(rest.substr(0, size));
        rest.remove_prefix(size);
        result.port = number<std::uint16_t>();
        return result;
    }
};

}  // namespace

void append_to(std::string& out,
               std::int64_t time_ns,
               std::uint64_t sequence,
               Protocol protocol,
               Direction direction,
               const Flow& flow,
               std::string_view bytes) {
    Head head;
    head.put(time_ns);
    head.put(sequence);
    head.put(static_cast<std::uint8_t>(protocol));
    head.put(static_cast<std::uint8_t>(direction));
    head.put(static_cast<std::uint8_t>(flow.transport));
    head.put(flow.local);
    head.put(flow.remote);
    Head length;
    length.put(static_cast<std::uint32_t>(head.octets().size() + bytes.size()));
    out.append(length.octets()).append(head.octets()).append(bytes);
}

Result<Writer, std::string> Writer::create(const std::string& path) {
    Writer writer;
    // A node that was restarted goes on where it was: its lifeline is one.
    if (const auto before = read(path)) {
        writer.sequence_ = before->empty() ? 0 : before->back().sequence;
    } else {
        writer.buffer_ = kMagic;
    }
    writer.file_ = ::open(path.c_str(), O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0644);
    if (writer.file_ < 0)
        return failure("cannot write the trace " + path + ": " + std::strerror(errno));
    return writer;
}

Writer::Writer(Writer&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      sequence_(other.sequence_),
      buffer_(std::move(other.buffer_)) {}

Writer& Writer::operator=(Writer&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(sequence_, other.sequence_);
    std::swap(buffer_, other.buffer_);
    return *this;
}

Writer::~Writer() {
    if (file_ < 0) return;
    flush();
    ::close(file_);
}

void Writer::append(std::int64_t time_ns,
                    Protocol protocol,
                    Direction direction,
                    const Flow& flow,
                    std::string_view bytes) {
    append_to(buffer_, time_ns, ++sequence_, protocol, direction, flow, bytes);
    if (buffer_.size() >= kFlushAt) flush();
}

void Writer::flush() {
    std::string_view rest = buffer_;
    while (!rest.empty()) {
        const ssize_t written = ::write(file_, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) break;  // a full disk loses the trace, not the call
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    buffer_.clear();
}

Result<std::vector<Record>, std::string> parse(std::string_view octets) {
    if (octets.substr(0, kMagic.size()) != kMagic)
        return failure(std::string("not a trace: it does not begin with IMSTRACE1"));
    std::vector<Record> records;
    std::size_t at = kMagic.size();
    while (octets.size() - at >= 4) {
        Cursor length{octets.substr(at, 4)};
        const std::size_t size = length.number<std::uint32_t>();
        if (octets.size() - at - 4 < size) break;  // torn by a kill
        Cursor cursor{octets.substr(at + 4, size)};
        Record record;
        record.time_ns = cursor.number<std::int64_t>();
        record.sequence = cursor.number<std::uint64_t>();
        record.protocol = static_cast<Protocol>(cursor.number<std::uint8_t>());
        record.direction = static_cast<Direction>(cursor.number<std::uint8_t>());
        const auto transport = cursor.number<std::uint8_t>();
        record.flow.transport = static_cast<Transport>(transport);
        record.flow.local = cursor.address();
        record.flow.remote = cursor.address();
        if (!cursor.ok || transport > static_cast<std::uint8_t>(Transport::wss)) {
            return failure("damaged trace record at octet " + std::to_string(at));
        }
        record.bytes = cursor.rest;
        records.push_back(std::move(record));
        at += 4 + size;
    }
    return records;
}

Result<std::vector<Record>, std::string> read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return failure("cannot read the trace " + path);
    const std::string octets{std::istreambuf_iterator<char>(file), {}};
    auto records = parse(octets);
    if (!records) return failure(path + ": " + records.error());
    return records;
}

}  // namespace imslab::trace
