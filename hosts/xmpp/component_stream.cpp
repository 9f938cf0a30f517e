// XEP-0114, section 3; RFC 6120 §4 (streams), §4.9 (stream errors).
#include "hosts/xmpp/component_stream.h"

#include <gloox/sha.h>
#include <gloox/tag.h>

#include <boost/asio/write.hpp>
#include <utility>

#include "core/xml_escape.h"
#include "hosts/asio/sockaddr.h"
#include "hosts/xmpp/tag_elements.h"
#include "xmpp/characters.h"
#include "xmpp/stanza.h"

namespace imslab::host {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr const char* kStreams = "http://etherx.jabber.org/streams";
constexpr const char* kComponent = "jabber:component:accept";

// RFC 6120 §4.9.3: the condition, and the text if there is one.
std::string said_in(const gloox::Tag& error) {
    std::string said;
    for (const auto* child : error.children()) {
        if (!said.empty()) said += ": ";
        said += child->name() == "text" ? child->cdata() : child->name();
    }
    return said;
}

}  // namespace

ComponentStream::ComponentStream(boost::asio::io_context& io,
                                 ComponentSettings settings,
                                 Handlers handlers)
    : io_(io),
      settings_(std::move(settings)),
      handlers_(std::move(handlers)),
      socket_(io),
      timer_(io),
      next_rest_(settings_.first_rest) {}

void ComponentStream::start() { connect(); }

void ComponentStream::stop() {
    const bool open = state_ == State::open || state_ == State::proving;
    state_ = State::stopped;
    ++life_;
    timer_.cancel();
    error_code ignored;
    if (open) boost::asio::write(socket_, boost::asio::buffer("</stream:stream>", 16), ignored);
    socket_.close(ignored);
}

void ComponentStream::arm(std::chrono::milliseconds time, std::function<void()> action) {
    timer_.expires_after(time);
    timer_.async_wait([self = shared_from_this(), life = life_, action = std::move(action)](
                          const error_code& error) {
        if (!error && life == self->life_) action();
    });
}

void ComponentStream::connect() {
    ++life_;
    state_ = State::connecting;
    const tcp::endpoint here(to_asio(settings_.from), 0);
    error_code error;
    socket_ = tcp::socket(io_);
    socket_.open(here.protocol(), error);
    if (!error) socket_.bind(here, error);
    if (error) return close("no socket: " + error.message());
    arm(settings_.handshake_limit, [this] { close("no stream in time"); });
    const tcp::endpoint there(to_asio(settings_.server.ip), settings_.server.port);
    socket_.async_connect(there,
                          [self = shared_from_this(), life = life_](const error_code& failed) {
                              if (life != self->life_) return;
                              if (failed) return self->close(failed.message());
                              self->on_connected();
                          });
}

void ComponentStream::on_connected() {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.set_option(boost::asio::socket_base::keep_alive(true), ignored);
    flow_ = Flow{Transport::tcp, local_address_of(socket_.native_handle()), settings_.server, 0};
    parser_.reset(new gloox::Parser(this));  // a base that nobody else sees
    state_ = State::proving;
    unread_ = 0;
    begun_.clear();
    queue_.clear();
    under_way_.clear();
    write(std::string("<?xml version='1.0'?><stream:stream xmlns='") + kComponent +
          "' xmlns:stream='" + kStreams + "' to='" + xml_escaped(settings_.domain) + "'>");
    read();
}

void ComponentStream::read() {
    socket_.async_read_some(
        boost::asio::buffer(octets_),
        [self = shared_from_this(), life = life_](const error_code& error, std::size_t size) {
            if (life != self->life_) return;
            if (error)
                return self->close(error == boost::asio::error::eof ? "it has hung up"
                                                                    : error.message());
            self->unread_ += size;
            const bool is_xml = self->parse({self->octets_.data(), size});
            if (life != self->life_) return;
            if (!self->broken_.empty()) return self->close(std::exchange(self->broken_, {}));
            if (!is_xml) return self->close("what it sends is not well-formed");
            if (self->unread_ > self->settings_.stanza_octets)
                return self->close("it sends a stanza without an end");
            self->read();
        });
}

// RFC 6120 §11.6: UTF-8, which gloox's parser takes for granted. It is given whole characters.
bool ComponentStream::parse(std::string_view octets) {
    auto ready = std::exchange(begun_, {}) + std::string(octets);
    const auto whole = ready.size() - xmpp::unfinished_at_end(ready);
    begun_ = ready.substr(whole);
    ready.resize(whole);
    return xmpp::is_xml_text(ready) && parser_->feed(ready) < 0;
}

// Called by the parser, which must outlive it: what ends the stream is noted for later.
void ComponentStream::handleTag(gloox::Tag* tag) {
    unread_ = 0;
    if (!broken_.empty()) return;
    const bool of_stream = tag->xmlns() == kStreams;
    if (of_stream && tag->name() == "stream") return on_header(*tag);
    if (of_stream && tag->name() == "error") {
        broken_ = "it says " + said_in(*tag);
        return;
    }
    if (state_ == State::proving && tag->name() == "handshake") {
        state_ = State::open;
        timer_.cancel();
        next_rest_ = settings_.first_rest;
        last_trouble_.clear();
        handlers_.on_note(
            LogLevel::info,
            "XMPP: component " + settings_.domain + " at " + settings_.server.to_string());
        return handlers_.on_open();
    }
    auto element = element_of(*tag);
    if (element.ns == kComponent) element.ns.clear();
    if (state_ != State::open || !xmpp::is_stanza(element)) return;
    record(trace::Direction::received, tag->xml());
    handlers_.on_stanza(std::move(element));
}

// XEP-0114, section 3: the proof is SHA-1 of the stream's id and the secret, in hexadecimal.
void ComponentStream::on_header(const gloox::Tag& tag) {
    const auto& id = tag.findAttribute("id");
    if (state_ != State::proving || id.empty()) {
        broken_ = "a stream without an id";
        return;
    }
    gloox::SHA sha;
    sha.feed(id + settings_.secret);
    write("<handshake>" + sha.hex() + "</handshake>");
}

bool ComponentStream::send(const xmpp::Element& stanza) {
    if (state_ != State::open || queue_.size() > settings_.waiting_octets) return false;
    auto octets = stanza.to_string();
    record(trace::Direction::sent, octets);
    write(std::move(octets));
    return true;
}

void ComponentStream::write(std::string octets) {
    queue_ += octets;
    if (under_way_.empty()) flush();
}

void ComponentStream::flush() {
    under_way_ = std::exchange(queue_, {});
    boost::asio::async_write(
        socket_,
        boost::asio::buffer(under_way_),
        [self = shared_from_this(), life = life_](const error_code& error, std::size_t) {
            if (life != self->life_) return;
            self->under_way_.clear();
            if (error) return self->close(error.message());
            if (!self->queue_.empty()) self->flush();
        });
}

void ComponentStream::close(std::string reason) {
    const bool was_open = state_ == State::open;
    ++life_;
    error_code ignored;
    socket_.close(ignored);
    broken_.clear();
    state_ = State::resting;
    // Once, however often it is tried in vain.
    if (reason != last_trouble_)
        handlers_.on_note(LogLevel::warning,
                          "XMPP server " + settings_.server.to_string() + ": " + reason);
    last_trouble_ = reason;
    if (was_open) handlers_.on_closed(std::move(reason));
    rest();
}

// Twice as long as the last time.
void ComponentStream::rest() {
    const auto time = next_rest_;
    next_rest_ = std::min(next_rest_ * 2, settings_.longest_rest);
    arm(time, [this] { connect(); });
}

void ComponentStream::record(trace::Direction direction, std::string_view octets) const {
    if (handlers_.on_message) handlers_.on_message(direction, flow_, octets);
}

}  // namespace imslab::host
