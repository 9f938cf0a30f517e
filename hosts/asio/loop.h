// The event loop that runs one node: what happens outside becomes the node's events, what the node
// wants becomes deeds. One thread; services on other threads reach it through the inbox.
#pragma once

#include <any>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <typeindex>
#include <unordered_map>
#include <vector>

#include "core/node.h"
#include "hosts/asio/carrier.h"
#include "hosts/asio/control.h"
#include "hosts/asio/datagrams.h"
#include "hosts/asio/happenings.h"
#include "hosts/asio/inbox.h"
#include "hosts/asio/log.h"
#include "hosts/asio/recorder.h"
#include "hosts/asio/streams.h"

namespace imslab::host {

class Loop final : private Happenings {
public:
    Loop(std::unique_ptr<NodeLog> log,
         std::optional<trace::Writer> trace,
         StreamLimits limits = {});
    ~Loop() override;

    // From now on messages are carried by `carrier`: listen() takes an address as it is, what comes
    // there is told by deliver().
    void carry_with(Carrier& carrier) { carrier_ = &carrier; }
    void deliver(Event event) { happened(std::move(event)); }
    // What is sent to flows that end at `local`, and their ends, is `carrier`'s alone; it records its
    // own messages.
    void carry_at(const Address& local, std::shared_ptr<Carrier> carrier) {
        carried_at_.insert_or_assign(local, std::move(carrier));
    }

    // UDP and TCP. With port 0, one that is free for both; the address bound is returned.
    Result<Address, std::string> listen(const Address& address);
    // One more transport beside them: TLS, WebSocket, secure WebSocket; the first and the last need
    // secure_with() before.
    Result<Address, std::string> listen(const Address& address, Transport transport);
    // A stream of another protocol than SIP: its octets arrive as they come, and the node frames
    // them itself. They are recorded as they come, as MSRP's.
    Result<Address, std::string> listen_for_octets(const Address& address, Transport transport);
    Result<void, std::string> secure_with(const TlsFiles& files);
    Streams& streams() { return streams_; }

    // Who answers the node's Ask of this type: `service` answers through inbox() or answer(), on
    // any thread; after `patience` without an answer the node gets AskFailed{timed_out}.
    template <class Request>
    void provide(std::function<void(AskId, Request)> service,
                 std::chrono::milliseconds patience = std::chrono::seconds(5)) {
        services_.insert_or_assign(
            std::type_index(typeid(Request)),
            Service{[service = std::move(service)](Ask& ask) {
                        service(ask.id, std::move(*std::any_cast<Request>(&ask.request)));
                    },
                    patience});
    }

    // On the loop's thread.
    void wake() { happened(Woken{}); }
    void answer(AskId id, std::any answer);
    void ask(Question question);

    // A service gathers what it has to send and sends it then: after what had come at once.
    void after_each_look(std::function<void()> action) { after_look_.push_back(std::move(action)); }

    Inbox& inbox() { return inbox_; }
    Recorder& recorder() { return recorder_; }
    NodeLog& log() { return *log_; }
    Control& control() { return control_; }
    boost::asio::io_context& io() { return io_; }

    // The node lives as long as run() or longer. Returns after stop().
    void serve(Node& node) { node_ = &node; }
    void serve_nobody() { node_ = nullptr; }
    void run();
    void stop();  // on the loop's thread: sockets close, then run() returns
    Time now() const;
    std::string statistics() const;  // counters, as JSON
    // For tests and scenarios of what is lost: the so-manyth message from now on is this process's
    // last, as by kill -9. 0: none is.
    void die_at_message(std::uint64_t message) {
        dies_at_ = message == 0 ? 0 : counts_.arrived + message;
    }
    // What the node itself counts, added to them.
    void count_too(std::function<void(nlohmann::ordered_json& counters)> of_node) {
        counts_of_node_ = std::move(of_node);
    }

private:
    struct Service {
        std::function<void(Ask&)> ask;
        std::chrono::milliseconds patience;
    };
    struct Patience {
        Time end;
        AskId id;
    };

    void happened(Event event) override;
    void noted(LogLevel level, std::string_view text) override { log_->write(level, text); }
    void perform(Effect& effect);
    void send(Send& sent);
    bool is_octets(const Flow& flow) const {
        return !octets_at_.empty() && octets_at_.contains(flow.local);
    }
    trace::Protocol protocol_of(const Flow& flow) const {
        return is_octets(flow) ? trace::Protocol::msrp : trace::Protocol::sip;
    }
    void ask_service(Ask& ask);
    void on_inbox();
    void wait_for_inbox();
    void look();
    bool rest_if_busy();
    void after_look();
    void answer_when_settled(Control::Answer answer);
    void look_whether_settled();
    void look_again(std::uint64_t events, int rounds);
    void arm_timer();
    void on_timer();
    void arm_flush();
    DatagramSocket* socket_at(const Address& local);
    Carrier* carrier_at(const Address& local) const {
        if (carried_at_.empty()) return nullptr;
        const auto found = carried_at_.find(local);
        return found == carried_at_.end() ? nullptr : found->second.get();
    }

    boost::asio::io_context io_{1};
    std::unique_ptr<NodeLog> log_;
    Recorder recorder_;
    Inbox inbox_;
    boost::asio::posix::stream_descriptor inbox_event_;
    std::vector<Inbox::Item> items_;
    Streams streams_;
    std::vector<std::unique_ptr<DatagramSocket>> datagrams_;
    std::set<Address> octets_at_;
    Carrier* carrier_ = nullptr;
    std::map<Address, std::shared_ptr<Carrier>> carried_at_;
    Control control_;

    Node* node_ = nullptr;
    std::deque<Event> pending_;
    std::vector<Effect> effects_;
    bool delivering_ = false, rested_ = false;

    boost::asio::steady_timer timer_, flush_timer_;
    std::optional<Time> armed_;
    bool flush_armed_ = false, soon_ = false, stopped_ = false;
    double recent_ = 0;  // events beyond those of a calm node
    std::uint64_t seen_ = 0;
    std::chrono::steady_clock::time_point last_look_{};

    std::vector<std::function<void()>> after_look_;
    std::map<std::type_index, Service> services_;
    std::unordered_map<AskId, std::chrono::milliseconds> open_asks_;
    std::map<std::chrono::milliseconds, std::deque<Patience>> patience_;  // each in order of time
    std::unordered_map<AskId, std::function<void(std::any)>> open_questions_;
    AskId last_question_ = 0;
    std::vector<Control::Answer> settling_;  // who waits for us to be settled
    bool looking_ = false;
    struct {
        std::uint64_t arrived = 0, sent = 0, asked = 0, answered = 0, timed_out = 0, events = 0;
    } counts_;
    std::uint64_t dies_at_ = 0;  // of those that have arrived
    std::function<void(nlohmann::ordered_json&)> counts_of_node_;
    const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    const std::chrono::system_clock::time_point started_at_ = std::chrono::system_clock::now();
};

}  // namespace imslab::host
