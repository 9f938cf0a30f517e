// Messages that must last: what is asked of the host's database. One question is one transaction.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace imslab::messaging {

struct StoredMessage {
    enum class Box : std::uint8_t { deferred = 0, history = 1 } box = Box::deferred;
    std::uint64_t id = 0;
    std::string owner;  // whose it is, canonical
    std::string peer;   // who sent it, or got it, canonical
    std::string from;   // the From header field's value, without a tag
    std::string content_type;
    std::string disposition;  // Content-Disposition; empty: none
    std::string body;
    std::string message_id;  // IMDN's; empty: it has none
    std::string state;       // history: "sent", "received", then what IMDNs say of it
    std::int64_t stored_at = 0, expires_at = 0;  // seconds since 1970
};

struct PutMessage {
    StoredMessage message;
};
struct RemoveMessages {
    std::vector<std::uint64_t> ids;
};
// A disposition notification has come.
struct ChangeState {
    std::uint64_t id = 0;
    std::string state;
};
using StoreRequest = std::variant<PutMessage, RemoveMessages, ChangeState>;
struct StoreAnswer {
    std::string error;  // what a person reads; empty: it is durable
};

}  // namespace imslab::messaging
