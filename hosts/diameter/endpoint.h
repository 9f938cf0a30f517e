// This process as a Diameter peer, on Cx, Sh or both, through freeDiameter: the HSS listens, the I-
// and S-CSCF and the application servers connect; either side asks and answers. freeDiameter can be
// started once in a process.
#pragma once

#include <any>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/node.h"
#include "core/result.h"
#include "diameter/message.h"
#include "hosts/asio/config.h"
#include "hosts/diameter/application.h"
#include "hosts/diameter/connection.h"
#include "hosts/diameter/session_ids.h"
#include "hosts/trace/trace.h"

namespace imslab::host {

struct DiameterSettings {
    std::string identity, realm;
    std::vector<const Application*> applications;
    Address local;  // where it listens, or whose address its connections have
    bool listens = false, connects = true;
    // Who connects does so to those that do not do it themselves; who listens accepts these alone,
    // or all if there are none.
    std::vector<DiameterPeer> peers;
    // What else a request must be, beyond what its codec asks for; empty: nothing.
    std::function<std::optional<diameter::CodecError>(const std::any& request)> objection;
    bool verbose = false;       // freeDiameter's own log too
    int watchdog_seconds = 30;  // Tw, RFC 3539 §3.4.1
};

// Its methods are the loop's thread's, if they do not say otherwise.
class DiameterEndpoint {
public:
    using Reply = std::function<void(const std::any&)>;  // the application's Answer
    struct Handlers {
        // On the loop's thread.
        std::function<void(AskId, std::any)> on_answer;  // Answer or AskFailed
        std::function<void(std::string peer, std::any request, Reply)> on_request;
        // On any thread.
        std::function<void(LogLevel, std::string)> on_note;
        // Every message as it is on the wire; empty: nobody records.
        std::function<void(trace::Direction, const Flow&, std::string_view)> on_message;
    };

    static Result<std::unique_ptr<DiameterEndpoint>, std::string> start(boost::asio::io_context& io,
                                                                        DiameterSettings settings,
                                                                        Handlers handlers);
    DiameterEndpoint(const DiameterEndpoint&) = delete;
    DiameterEndpoint& operator=(const DiameterEndpoint&) = delete;
    ~DiameterEndpoint();

    // on_answer follows; without a peer in state open, at once.
    void ask(AskId id, const Application& application, const std::any& request);
    // Requests and answers wait for this, so that those of one moment share a segment.
    void flush();
    // Whether every peer it connects to is open.
    bool is_connected() const;
    bool connects_to(const DiameterPeer& peer) const { return settings_.connects && !peer.connects; }
    // RFC 6733 §5.4: DPR to every peer; returns when they have answered or after a moment.
    // freeDiameter cannot be taken down quickly: the process is to end after this.
    void stop();

    // ---- for its connections
    // freeDiameter has this one now. From any thread.
    std::shared_ptr<Connection> adopt(int socket);
    // False: it is not for us, or damaged.
    bool on_request(Connection& connection,
                    const Application& application,
                    std::string_view message);
    void on_answer(AskId id, const Application& application, std::string_view message);
    void on_lost(AskId id);  // the connection on which it was asked is gone
    void forget(Connection& connection);
    const Application* find_application(std::uint32_t id) const;
    void note(LogLevel level, std::string text) { handlers_.on_note(level, std::move(text)); }
    void record(trace::Direction direction, const Flow& flow, std::string_view message) {
        if (handlers_.on_message) handlers_.on_message(direction, flow, message);
    }

private:
    DiameterEndpoint(boost::asio::io_context& io, DiameterSettings settings, Handlers handlers);
    Result<void, std::string> start_library();
    Connection* open_connection(const std::string& identity) const;
    Connection* choose_connection(const Application& application,
                                  const std::string& named,
                                  diameter::Envelope& envelope);
    void answer_failed(AskId id, AskFailed::Why why, std::string reason);
    friend struct DiameterCallbacks;

    boost::asio::io_context& io_;
    const DiameterSettings settings_;
    const Handlers handlers_;
    SessionIds sessions_;
    std::vector<std::shared_ptr<Connection>> connections_;
    std::atomic<bool> stopping_ = true;  // until it is started
};

}  // namespace imslab::host
