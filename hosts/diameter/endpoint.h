// This process as a Diameter peer, on Cx, Sh or both, through freeDiameter: the HSS listens, the I-
// and S-CSCF and the application servers connect; either side asks and answers. freeDiameter can be
// started once in a process.
#pragma once

#include <any>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "core/node.h"
#include "core/result.h"
#include "diameter/message.h"
#include "hosts/asio/config.h"
#include "hosts/diameter/application.h"
#include "hosts/trace/trace.h"

struct msg;
struct peer_hdr;
struct peer_info;

namespace imslab::host {

struct DiameterSettings {
    std::string identity, realm;
    std::vector<const Application*> applications;
    Address local;  // where it listens, or whose address its connections have
    bool listens = false;
    std::vector<DiameterPeer> peers;  // to connect to; who listens accepts these alone, or all if
                                      // there are none
    bool verbose = false;             // freeDiameter's own log too
    int watchdog_seconds = 30;        // Tw, RFC 3539 §3.4.1
};

class DiameterEndpoint {
public:
    using Reply = std::function<void(const std::any&)>;  // the application's Answer
    // Called on freeDiameter's threads.
    struct Handlers {
        std::function<void(AskId, std::any)> on_answer;  // Answer or AskFailed
        std::function<void(std::string peer, std::any request, Reply)> on_request;
        std::function<void(LogLevel, std::string)> on_note;
        // Every message as it is on the wire; empty: nobody records.
        std::function<void(trace::Direction, const Flow&, std::string_view)> on_message;
    };

    static Result<std::unique_ptr<DiameterEndpoint>, std::string> start(DiameterSettings settings,
                                                                        Handlers handlers);
    DiameterEndpoint(const DiameterEndpoint&) = delete;
    DiameterEndpoint& operator=(const DiameterEndpoint&) = delete;
    ~DiameterEndpoint();

    // on_answer follows; without a peer in state open, at once.
    void ask(AskId id, const Application& application, const std::any& request);
    // Whether every peer it connects to is open.
    bool is_connected() const;
    void on_connected(const std::string& identity);
    // RFC 6733 §5.4: DPR to every peer; returns when they have answered or after a moment.
    // freeDiameter cannot be taken down quickly: the process is to end after this.
    void stop();

private:
    bool is_open(const std::string& identity) const;
    std::size_t left_peers() const;
    DiameterEndpoint(DiameterSettings settings, Handlers handlers);
    Result<void, std::string> start_library();
    const Application* find_application(std::uint32_t id) const;
    const DiameterPeer* choose_peer() const;
    // A request from a peer, before it is routed; false: it is not for us, or damaged.
    bool on_arrived(msg* request);
    void on_request(msg* request);
    void on_request(msg* request, const diameter::Message& message);
    void on_answer(AskId id, msg* answer);
    void on_message_seen(bool sent, msg* message, peer_hdr* peer, const char* connection);
    Flow flow_of(msg* message, peer_hdr* peer, const char* connection);
    void send_answer(msg* request, const std::string& octets);
    void answer_failed(AskId id, AskFailed::Why why, std::string reason);
    std::string next_session_id();
    friend struct DiameterCallbacks;

    const DiameterSettings settings_;
    const Handlers handlers_;
    const std::uint32_t started_;
    std::uint32_t sessions_ = 0;
    std::mutex connections_mutex_;
    std::map<std::string, Address> connections_;  // by identity, of peers that connected to us
    mutable std::mutex leaving_mutex_;
    std::set<std::string>
        leaving_;  // whose DPR or DPA has come: open no more, whatever their state
    std::atomic<bool> stopping_ = true;  // until it is started
};

}  // namespace imslab::host
