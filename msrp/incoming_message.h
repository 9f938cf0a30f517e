// A message that comes in chunks (RFC 4975 §7.3.1): which octets of it are there, in whatever order
// they came, and whether its byte ranges tell the truth.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "msrp/message.h"

namespace imslab::msrp {

class IncomingMessage {
public:
    // `most`: octets of a message that are wanted.
    explicit IncomingMessage(std::uint64_t most) : most_(most) {}

    struct Refusal {
        int status = 0;  // 0: nothing is wrong
        std::string comment;
        explicit operator bool() const { return status != 0; }
    };
    // A chunk begins: 400 if its range cannot be (it starts at 0, ends before it starts or behind
    // its total, or contradicts the total that was said before), 413 if it is too large.
    Refusal begin(const Head& head);
    // Octets of it: 400 if there are more than its range has.
    Refusal body(std::uint64_t octets);
    // Where in the message the next octets belong.
    std::uint64_t position() const { return at_; }
    Refusal end(Continuation continuation);

    // Every octet from the first to the end that a last chunk has named.
    bool is_complete() const;
    bool is_aborted() const { return aborted_; }
    std::uint64_t received() const;
    std::optional<std::uint64_t> total() const { return total_; }

private:
    void mark(std::uint64_t from, std::uint64_t to);

    std::uint64_t most_;
    std::map<std::uint64_t, std::uint64_t> parts_;  // first octet → one behind the last
    std::uint64_t start_ = 0, at_ = 0;              // of the chunk that is coming, from 0
    std::optional<std::uint64_t> end_, total_;
    bool last_seen_ = false, aborted_ = false;
};

}  // namespace imslab::msrp
