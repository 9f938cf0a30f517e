// A loop with a node in a thread of its own, and blocking sockets to talk to it: each wait ends
// with what was waited for or with a deadline.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "core/node.h"
#include "hosts/asio/loop.h"
#include "hosts/asio/sockaddr.h"

namespace imslab::host {

inline Address loopback(std::uint16_t port = 0) {
    return *Address::parse("127.0.77.1:" + std::to_string(port));
}

// Does what a test tells it to, and remembers what happened to it.
class ScriptedNode final : public Node {
public:
    std::function<void(const Event&, Outbox&, Time)> on_event;
    std::optional<Time> deadline;

    void deliver(Event event, Time now) override {
        if (on_event) on_event(event, outbox_, now);
        const std::lock_guard lock(mutex_);
        events_.push_back(std::move(event));
        changed_.notify_all();
    }
    std::optional<Time> next_deadline() const override { return deadline; }
    nlohmann::ordered_json state() const override { return {{"bindings", 1}}; }

    // The n-th event of this type (the first is 0), once it has happened.
    template <class Wanted>
    Wanted await(std::size_t n = 0) {
        std::unique_lock lock(mutex_);
        const Wanted* found = nullptr;
        const bool in_time = changed_.wait_for(lock, std::chrono::seconds(5), [&] {
            std::size_t seen = 0;
            found = nullptr;
            for (const auto& event : events_) {
                if (const auto* match = std::get_if<Wanted>(&event); match && seen++ == n)
                    found = match;
            }
            return found != nullptr;
        });
        REQUIRE(in_time);
        return *found;
    }
    template <class Wanted>
    std::size_t count() {
        const std::lock_guard lock(mutex_);
        std::size_t seen = 0;
        for (const auto& event : events_) seen += std::holds_alternative<Wanted>(event);
        return seen;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Event> events_;
};

class RunningLoop {
public:
    explicit RunningLoop(StreamLimits limits = {}, std::optional<trace::Writer> trace = {})
        : loop(*NodeLog::open("test", "", "off"), std::move(trace), limits) {
        loop.serve(node);
    }
    ~RunningLoop() { stop(); }

    Address listen() {
        const auto bound = loop.listen(loopback());
        REQUIRE(bound);
        return *bound;
    }
    // Beside UDP and TCP.
    Address listen(Transport transport) {
        const auto bound = loop.listen(loopback(), transport);
        REQUIRE(bound);
        return *bound;
    }
    void start() {
        thread_ = std::thread([this] { loop.run(); });
    }
    void stop() {
        if (!thread_.joinable()) return;
        loop.inbox().run([this] { loop.stop(); });
        thread_.join();
    }

    ScriptedNode node;
    Loop loop;

private:
    std::thread thread_;
};

// A blocking socket whose reads end after five seconds.
class Peer {
public:
    explicit Peer(int type, const char* from = "127.0.77.2") {
        socket_ = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
        const timeval patience{5, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        const SocketAddress name(*Address::parse(from, 0));
        REQUIRE(::bind(socket_, name.data(), name.size) == 0);
    }
    Peer(Peer&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
    explicit Peer(std::in_place_t, int accepted) : socket_(accepted) {
        const timeval patience{5, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    ~Peer() { close(); }

    void close() {
        if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    }
    Address local() const { return local_address_of(socket_); }
    int descriptor() const { return socket_; }

    void connect(const Address& to) {
        const SocketAddress name(to);
        REQUIRE(::connect(socket_, name.data(), name.size) == 0);
    }
    void listen() { REQUIRE(::listen(socket_, 16) == 0); }
    Peer accept() {
        const int accepted = ::accept(socket_, nullptr, nullptr);
        REQUIRE(accepted >= 0);
        return Peer(std::in_place, accepted);
    }
    void send_to(const Address& to, std::string_view bytes) {
        const SocketAddress name(to);
        REQUIRE(::sendto(socket_, bytes.data(), bytes.size(), 0, name.data(), name.size) ==
                static_cast<ssize_t>(bytes.size()));
    }
    // False: the other end does not take it any more.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    // A datagram, or what a stream has; empty: the end, or nothing in time.
    std::string receive() {
        std::string bytes(70'000, '\0');
        const auto size = ::recv(socket_, bytes.data(), bytes.size(), 0);
        bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return bytes;
    }
    std::string receive_exactly(std::size_t size) {
        std::string bytes;
        while (bytes.size() < size) {
            const std::string more = receive();
            if (more.empty()) break;
            bytes += more;
        }
        return bytes;
    }
    // Everything until the other end closes.
    std::string receive_all() {
        std::string bytes;
        for (std::string more = receive(); !more.empty(); more = receive()) bytes += more;
        return bytes;
    }

private:
    int socket_ = -1;
};

// Answers each message with itself.
inline void echo(const Event& event, Outbox& outbox, Time) {
    if (const auto* arrived = std::get_if<Arrived>(&event))
        outbox.emit(Send{arrived->flow, arrived->bytes});
}

}  // namespace imslab::host
