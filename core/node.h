// The seam between a network function and the host that runs it: events go in, effects come out,
// and the node says when it next wants to be woken. A node opens no socket, reads no clock, draws
// no random number.
#pragma once

#include <any>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/address.h"
#include "core/hosts.h"
#include "core/time.h"

namespace imslab {

// ---- What happens to a node
// -----------------------------------------------------------------------------------

// One whole message (a datagram, or one message of a stream, framed by the host with
// sip::StreamFramer); at an address where octets are taken as they come, the next ones.
struct Arrived {
    Flow flow;
    std::string bytes;
};
// A stream can no longer be framed (no Content-Length, an endless header): the node says what to
// answer; `bytes` is what had come, the host closes the connection afterwards.
struct Unframeable {
    Flow flow;
    std::string bytes;
    std::string reason;
};
struct ConnectionOpened {
    Flow flow;
};
struct ConnectionClosed {
    Flow flow;
    std::string reason;
};
// A Send could not be carried out: no connection, port unreachable.
struct SendFailed {
    Flow flow;
    std::string reason;
};
// The peer reads more slowly than the node writes; Writable follows.
struct Blocked {
    Flow flow;
};
struct Writable {
    Flow flow;
};

using AskId = std::uint64_t;

// Why a question got no answer. `unreachable`: nobody to ask; `timed_out`: asked, no answer in
// time.
struct AskFailed {
    enum class Why : std::uint8_t { unreachable, timed_out } why;
    std::string reason;
};
// The answer to an Ask. `answer` holds the type that the question's header names, or AskFailed.
struct Answered {
    AskId id;
    std::any answer;
};
// Somebody asks this node (a Diameter request, an HTTP request). It is answered with a Reply of the
// same id.
struct Asked {
    AskId id;
    std::string peer;  // who asks: a Diameter identity, an address
    std::any request;
};
// The deadline that the node named has come.
struct Woken {};

using Event = std::variant<Arrived,
                           Unframeable,
                           ConnectionOpened,
                           ConnectionClosed,
                           SendFailed,
                           Blocked,
                           Writable,
                           Answered,
                           Asked,
                           Woken>;

// ---- What a node does
// -----------------------------------------------------------------------------------------

struct Send {
    Flow flow;
    std::string bytes;
};
struct Close {
    Flow flow;
};
// Of a stream of octets: nothing more is read there, as the node could not put it anywhere; or again.
struct Reading {
    Flow flow;
    bool wanted = true;
};
// A question to whichever service the host has for the type inside `request`: cx::Request goes to
// Diameter, hss::StoreRequest to the database.
struct Ask {
    AskId id;
    std::any request;
};
struct Reply {
    AskId id;  // of the Asked
    std::any answer;
};
enum class LogLevel : std::uint8_t { debug, info, warning, error };
struct Log {
    LogLevel level;
    std::string dialog;  // Call-ID or Session-Id; may be empty
    std::string clause;  // "TS 24.229 §5.4.1.2.1"; may be empty
    std::string text;
};

using Effect = std::variant<Send, Close, Reading, Ask, Reply, Log>;

// The effects of a node in the order in which they happened. Its parts hold a reference to it.
class Outbox {
public:
    void emit(Effect effect) { effects_.push_back(std::move(effect)); }
    void log(LogLevel level, std::string dialog, std::string clause, std::string text) {
        emit(Log{level, std::move(dialog), std::move(clause), std::move(text)});
    }
    AskId next_ask_id() { return ++last_ask_; }
    // Hands the effects over by swapping: pass the same vector again and no memory is allocated.
    void take(std::vector<Effect>& into) {
        into.clear();
        effects_.swap(into);
    }

private:
    std::vector<Effect> effects_;
    AskId last_ask_ = 0;
};

// Randomness comes in too: from the operating system in a real host, from the seed in the
// simulator.
class Entropy {
public:
    virtual ~Entropy() = default;
    virtual void fill(std::span<std::uint8_t> octets) = 0;

    std::uint64_t next() {
        std::uint64_t value = 0;
        fill({reinterpret_cast<std::uint8_t*>(&value), sizeof value});
        return value;
    }
    // `octets` random octets (at most 32) as lower-case hexadecimal.
    std::string token(std::size_t octets);
};

class Node {
public:
    Node() = default;
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    virtual ~Node() = default;

    virtual void deliver(Event event, Time now) = 0;
    // When this node wants to be Woken; nullopt: only by events.
    virtual std::optional<Time> next_deadline() const = 0;
    // What `imslab state` shows: bindings, dialogs, transactions, subscriptions. Keys are words of
    // the field.
    virtual nlohmann::ordered_json state() const = 0;

    void take_effects(std::vector<Effect>& into) { outbox_.take(into); }

protected:
    Outbox outbox_;
};

}  // namespace imslab
