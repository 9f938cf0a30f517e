// The media side of a back-to-back user agent for MSRP (RFC 4975): pairs of sessions, whose
// messages pass from one to the other as they come. Nothing is gathered: of a message there is the
// piece that was just read. Who reads slowly makes the other side wait.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/node.h"
#include "msrp/fingerprint.h"
#include "msrp/incoming_message.h"
#include "msrp/reader.h"
#include "msrp/uri.h"

namespace imslab::messaging {

struct MsrpLimits {
    std::uint64_t message_octets = std::uint64_t{1} << 40U;
    std::size_t open_messages = 64;             // begun and not ended, of one session
    std::chrono::seconds transaction{30};       // RFC 4975 §7.1.1: the wait for a response
    std::size_t transactions = 10'000;          // of which an answer is awaited, of one session
    std::size_t gathered_octets = 256U << 20U;  // of all messages that somebody looks at
};

// Where this server is for MSRP, and for MSRP by TLS if it has a certificate.
struct MsrpPlaces {
    Address plain;
    std::optional<Address> secure;
};

class MsrpSwitch {
public:
    using LegId = std::uint64_t;
    using Emit = std::function<void(Effect)>;
    // The connection of a leg is gone, could not be made, or is somebody else's.
    using OnLost = std::function<void(LegId, std::string why)>;
    // Whose certificate is it? identified() is to be called.
    using OnSecure = std::function<void(const Flow&)>;

    MsrpSwitch(
        MsrpPlaces places, Entropy& entropy, Emit emit, OnLost on_lost, MsrpLimits limits = {});
    ~MsrpSwitch();

    // Two legs that belong together; each has a session of its own at our address.
    std::pair<LegId, LegId> open_pair(bool near_is_secure = false, bool far_is_secure = false);
    msrp::Uri own_uri(LegId leg) const;
    bool is_secure(LegId leg) const;
    // What the description of a side said.
    struct Side {
        std::vector<msrp::Uri> path;
        std::optional<Address> connect;  // we open the connection
        std::vector<msrp::Fingerprint> fingerprints;
    };
    void reach(LegId leg, Side side, Time now);
    // RFC 4975 §8.4: it is somewhere else from now on; nothing happens if it is not. What was on
    // its way there goes on when it is connected again.
    void move(LegId leg, Side side, Time now);
    void on_secure(OnSecure on_secure) { on_secure_ = std::move(on_secure); }
    // What was shown in TLS, in DER; empty: nothing.
    void identified(const Flow& flow, std::string certificate, Time now);
    // Both legs end; connections that nobody uses any more are closed.
    void close_pair(LegId leg);

    // ---- what somebody looks at before its recipient has the end of it
    struct WholeMessage {
        LegId from = 0;  // whose side sends it
        std::string id, content_type, content;
        bool is_whole = true;  // false: it is too large, or came in no order; content is not all
    };
    // true: the end of the message waits until decide() is called.
    using OnWhole = std::function<bool(const WholeMessage&)>;
    void on_whole(OnWhole on_whole) { on_whole_ = std::move(on_whole); }
    // The messages of both sides, up to that size.
    void watch(LegId leg, std::size_t octets);
    // It goes on, or is refused and taken back.
    void decide(LegId from,
                const std::string& message_id,
                const msrp::IncomingMessage::Refusal& refusal,
                Time now);

    // Events of flows whose local address is ours.
    void deliver(Event& event, Time now);
    void on_time(Time now);
    std::optional<Time> next_deadline() const;
    nlohmann::ordered_json state() const;

private:
    struct Leg;
    struct Stream;
    struct Chunk;
    struct Gathered;
    struct Sent {  // RFC 4975 §7.1.1: what an answer is awaited for
        LegId leg;
        std::string message_id;
        std::uint64_t start = 1, end = 0;
        Time until{};
    };

    Leg* leg_at(const std::string& to_path);
    Leg& other(const Leg& leg);
    bool is_who_was_meant(Leg& leg, Stream& stream);
    void introduce(Leg& leg, const Flow& flow);
    void serve(Stream& stream);
    void bind(Leg& leg, const Flow& flow);
    void close_if_unused(const Flow& flow);
    void on_head(Stream& stream, msrp::Head head);
    void on_request(Stream& stream, msrp::Head head);
    void on_send(Stream& stream, Leg& leg, msrp::Head head);
    void on_body(Stream& stream, std::string_view piece);
    void on_end(Stream& stream, msrp::Continuation continuation);
    void on_response(const msrp::Head& head);
    void forward_report(Leg& to, msrp::Head head);
    void take_floor(Stream& stream);
    void send_unsent(Stream& stream);
    void close_chunk(Stream& stream, msrp::Continuation continuation);
    void finish_chunk(Stream& stream,
                      Leg& leg,
                      const msrp::Head& request,
                      msrp::Continuation continuation,
                      const msrp::IncomingMessage::Refusal& refusal);
    msrp::Continuation answer_chunk(Stream& stream,
                                    Leg& leg,
                                    const msrp::Head& request,
                                    msrp::Continuation continuation,
                                    msrp::IncomingMessage::Refusal refusal);
    void gather(Leg& leg, const Chunk& chunk, std::string content_type);
    void gather(Leg& leg, const std::string& message_id, std::string_view piece);
    bool is_judged(Stream& stream, Leg& leg, const msrp::Head& request);
    void forget_gathered(Leg& leg, const std::string& message_id);
    void interrupt(Stream& writer_of);
    void write_small(const Flow& flow, std::string bytes);
    void refuse(Stream& stream, const msrp::IncomingMessage::Refusal& refusal);
    void await_answer(Leg& to, const Chunk& chunk);
    void report_failure(const Sent& sent, int status);
    void hold(const Flow& flow);
    void resume(const Flow& flow);
    void lose(const Flow& flow);
    Stream* stream_of(const Flow& flow);

    MsrpPlaces places_;
    Entropy& entropy_;
    Emit emit_;
    OnLost on_lost_;
    OnSecure on_secure_;
    OnWhole on_whole_;
    MsrpLimits limits_;
    LegId last_leg_ = 0;
    Time now_{};
    std::map<LegId, std::unique_ptr<Leg>> legs_;
    std::map<std::string, LegId> by_session_;
    std::map<std::uint64_t, std::unique_ptr<Stream>> streams_;  // by connection
    std::map<std::string, Sent> sent_;                          // by our transaction
    std::set<std::pair<Time, std::string>> by_deadline_;
    std::uint64_t messages_ = 0, octets_ = 0, refused_ = 0;
    std::size_t gathered_ = 0;  // octets
};

}  // namespace imslab::messaging
