// Deferred messages, which must last: what is asked of the host's database. One question is one transaction.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace imslab::messaging {

struct StoredMessage {
    std::uint64_t id = 0;
    std::string owner;  // for whom it is, canonical
    std::string peer;   // who sent it, canonical
    std::string from;   // the From header field's value, without a tag
    std::string content_type;
    std::string disposition;  // Content-Disposition; empty: none
    std::string body;
    std::int64_t stored_at = 0, expires_at = 0;  // seconds since 1970
};

struct PutMessage {
    StoredMessage message;
};
struct RemoveMessages {
    std::vector<std::uint64_t> ids;
};
using StoreRequest = std::variant<PutMessage, RemoveMessages>;
struct StoreAnswer {
    std::string error;  // what a person reads; empty: it is durable
};

}  // namespace imslab::messaging
