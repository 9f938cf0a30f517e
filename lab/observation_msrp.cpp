// RFC 4975 §7, §9: which octets are a message, and which response is whose.
#include "lab/observation_msrp.h"

#include <map>
#include <tuple>

#include "msrp/reader.h"

namespace imslab::lab {

namespace {

constexpr std::uint64_t kMostInAPiece = 1024;

struct Stream final : msrp::Sink {
    msrp::Reader reader;
    std::string bytes;
    msrp::Head head;
    std::vector<std::string> whole;

    void on_head(msrp::Head given) override {
        head = std::move(given);
        bytes = head.to_bytes();
    }
    void on_body(std::string_view piece) override { bytes += piece; }
    void on_end(msrp::Continuation continuation) override {
        whole.push_back(std::move(bytes) + msrp::end_line(head, continuation));
        bytes.clear();
    }
};

}  // namespace

void put_msrp_together(std::vector<trace::Record>& records) {
    std::map<std::tuple<Address, Address, bool>, Stream> streams;
    std::vector<trace::Record> kept;
    for (auto& record : records) {
        // Several messages may have come in one piece: there is room for their places.
        record.sequence *= kMostInAPiece;
        if (record.protocol != trace::Protocol::msrp) {
            kept.push_back(std::move(record));
            continue;
        }
        auto& stream = streams[{
            record.flow.local, record.flow.remote, record.direction == trace::Direction::sent}];
        if (!stream.reader.push(record.bytes, stream)) continue;  // its end says the node's log
        std::uint64_t place = 0;
        for (auto& bytes : std::exchange(stream.whole, {})) {
            auto message = record;
            message.sequence += place;
            message.time_ns += static_cast<std::int64_t>(place++);
            message.bytes = std::move(bytes);
            kept.push_back(std::move(message));
        }
    }
    records = std::move(kept);
}

void decode_msrp(ObservedMessage& message) {
    Stream stream;
    const auto read = stream.reader.push(message.bytes, stream);
    if (!read || stream.whole.empty()) {
        message.malformed = read ? "an unfinished MSRP message" : read.error();
        message.label = "malformed MSRP";
        return;
    }
    message.request = stream.head.is_request();
    message.method = stream.head.method;
    message.status = stream.head.status;
    message.dialog = stream.head.message_id;
    message.label = message.request ? message.method
                                    : std::to_string(message.status) + " " + stream.head.comment;
    message.msrp = std::make_shared<const msrp::Head>(std::move(stream.head));
}

// By the ends of the connection. Between two nodes of ours who connects names the address where he
// listens, and who is connected to the one that he sees: then it is by who they are.
void link_msrp(Observation& observation) {
    std::map<std::tuple<std::string, Address, Address>, std::size_t> requests;
    std::map<std::tuple<std::string, std::size_t, std::size_t>, std::size_t> between;
    for (auto& message : observation.messages) {
        if (!message.msrp) continue;
        const auto& transaction = message.msrp->transaction;
        if (message.request) {
            requests[{transaction, message.source, message.destination}] = message.index;
            between[{transaction, message.from, message.to}] = message.index;
            continue;
        }
        const auto found = requests.find({transaction, message.destination, message.source});
        const auto other = between.find({transaction, message.to, message.from});
        if (found == requests.end() && other == between.end()) continue;
        message.answers = found != requests.end() ? found->second : other->second;
        message.method = observation.messages[*message.answers].method;
    }
}

std::string_view body_of_msrp(std::string_view bytes) {
    const auto begin = bytes.find("\r\n\r\n");
    const auto end = bytes.rfind("\r\n-------");
    if (begin == std::string_view::npos || end == std::string_view::npos || end < begin + 4)
        return {};
    return bytes.substr(begin + 4, end - begin - 4);
}

}  // namespace imslab::lab
