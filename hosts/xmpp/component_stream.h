// The stream of a component to its XMPP server (XEP-0114): connects, proves that it knows the
// secret, hands stanzas over in both directions, and comes back after a rest when the server has
// gone. gloox reads the XML and makes the proof. Its own connection is not used: it connects and
// resolves names while everybody waits, and its Component drops from a stanza what it does not
// know.
#pragma once

#include <gloox/parser.h>
#include <gloox/taghandler.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "core/address.h"
#include "core/node.h"
#include "hosts/trace/trace.h"
#include "xmpp/element.h"

namespace imslab::host {

struct ComponentSettings {
    Address server;
    IpAddress from;  // the address that the connection has
    std::string domain, secret;
    std::chrono::milliseconds first_rest{50}, longest_rest{10'000};
    std::chrono::milliseconds handshake_limit{5'000};
    std::size_t stanza_octets = 1U << 20U;   // a longer one ends the stream
    std::size_t waiting_octets = 8U << 20U;  // what the server does not read
};

class ComponentStream final : public std::enable_shared_from_this<ComponentStream>,
                              private gloox::TagHandler {
public:
    struct Handlers {
        std::function<void()> on_open;
        std::function<void(std::string reason)> on_closed;  // of a stream that was open
        std::function<void(xmpp::Element stanza)> on_stanza;
        std::function<void(LogLevel level, const std::string& text)> on_note;
        // Every stanza as it is on the wire; empty: nobody records.
        std::function<void(trace::Direction, const Flow&, std::string_view)> on_message;
    };

    ComponentStream(boost::asio::io_context& io, ComponentSettings settings, Handlers handlers);

    void start();
    void stop();  // says good-bye; nothing is told any more
    // False: there is no stream, or the server reads too slowly.
    bool send(const xmpp::Element& stanza);

private:
    enum class State : std::uint8_t { resting, connecting, proving, open, stopped };

    void connect();
    void on_connected();
    void read();
    bool parse(std::string_view octets);  // false: it is no XML
    void handleTag(gloox::Tag* tag) override;
    void on_header(const gloox::Tag& tag);
    void write(std::string octets);
    void flush();
    void close(std::string reason);
    void rest();
    void arm(std::chrono::milliseconds time, std::function<void()> action);
    void record(trace::Direction direction, std::string_view octets) const;

    boost::asio::io_context& io_;
    const ComponentSettings settings_;
    const Handlers handlers_;
    State state_ = State::resting;
    boost::asio::ip::tcp::socket socket_;
    boost::asio::steady_timer timer_;
    std::unique_ptr<gloox::Parser> parser_;
    std::array<char, 16'384> octets_{};
    std::size_t unread_ = 0;  // octets since the last whole stanza
    std::string begun_;       // a character that the last octets have left open
    std::string broken_;      // why the stream must end, seen while the parser was at work
    std::string queue_, under_way_;
    std::chrono::milliseconds next_rest_;
    Flow flow_;
    unsigned life_ = 0;  // of the connection: what an earlier one had asked for is void
    std::string last_trouble_;
};

}  // namespace imslab::host
