// RFC 3261 §18.3: framing by Content-Length; RFC 5626 §4.4.1: a double CRLF is answered by one.
#include "hosts/asio/connection.h"

#include <utility>

#include "hosts/asio/sockaddr.h"

namespace imslab::host {
namespace {

constexpr int kReadsInARow = 4;  // so that one fast peer does not starve the others

}  // namespace

Streams::Connection::Connection(Streams& streams,
                                boost::asio::ip::tcp::socket socket,
                                Flow flow,
                                bool accepted)
    : streams_(streams),
      socket_(std::move(socket)),
      flow_(std::move(flow)),
      accepted_(accepted),
      framer_(streams.limits_.message),
      since_(Clock::now()),
      last_heard_(since_) {}

void Streams::Connection::start_accepted() { opened(); }

void Streams::Connection::start_connecting() {
    const boost::asio::ip::tcp::endpoint remote(to_asio(flow_.remote.ip), flow_.remote.port);
    socket_.async_connect(remote,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                              if (self->state_ != State::connecting) return;
                              if (error) return self->end(error.message());
                              self->opened();
                              if (self->state_ == State::open) self->flush();
                          });
}

void Streams::Connection::opened() {
    boost::system::error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    state_ = State::open;
    since_ = last_heard_ = Clock::now();
    streams_.happenings_.happened(ConnectionOpened{flow_});
    if (state_ == State::open) wait_readable();
}

// ---- reading

void Streams::Connection::wait_readable() {
    socket_.async_wait(boost::asio::ip::tcp::socket::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                           if (error || self->state_ == State::ended) return;
                           self->on_readable();
                           if (self->state_ != State::ended) self->wait_readable();
                       });
}

void Streams::Connection::on_readable() {
    for (int i = 0; i < kReadsInARow; ++i) {
        boost::system::error_code error;
        const std::size_t size = socket_.read_some(boost::asio::buffer(streams_.buffer_), error);
        if (error == boost::asio::error::would_block || error == boost::asio::error::try_again)
            return;
        if (error == boost::asio::error::eof) return end("closed by the peer");
        if (error) return end(error.message());
        last_heard_ = Clock::now();
        if (state_ == State::draining) continue;  // refused: nothing of it is kept
        if (!on_octets({streams_.buffer_.data(), size})) return;
    }
}

// False: the connection has ended, or nothing more of it is to be read now.
bool Streams::Connection::on_octets(std::string_view octets) {
    const bool was_whole = held_ == 0;
    framer_.push(octets);
    hold(held_ + octets.size());
    bool progress = was_whole;
    while (true) {
        auto message = framer_.next();
        if (!message) {
            auto broken = std::move(message.error());
            hold(0);
            streams_.happenings_.happened(
                Unframeable{flow_, std::move(broken.bytes), std::move(broken.reason)});
            if (state_ == State::open) close_when_written();
            return false;
        }
        if (!*message) break;
        spoke_ = progress = true;
        hold(held_ > (*message)->size() ? held_ - (*message)->size() : 0);
        streams_.happenings_.happened(Arrived{flow_, std::move(**message)});
        if (state_ != State::open) return false;
    }
    while (framer_.take_ping()) write("\r\n");
    if (state_ != State::open) return false;
    if (!framer_.in_message()) hold(0);
    if (progress) since_ = Clock::now();
    if (streams_.held_bytes_ > streams_.limits_.held_bytes) {
        end("too many octets of unfinished messages are held");
        return false;
    }
    return true;
}

void Streams::Connection::hold(std::size_t octets) {
    streams_.held_bytes_ += octets;
    streams_.held_bytes_ -= held_;
    held_ = octets;
}

// ---- writing

void Streams::Connection::write(std::string_view bytes) {
    if (state_ == State::ended || state_ == State::draining || closing_) return;
    queue_.emplace_back(bytes);
    queued_ += bytes.size();
    if (state_ == State::open && !waiting_writable_ && !flush()) return;
    if (queued_ > streams_.limits_.queued_bytes)
        return end("the peer does not read what is written to it");
    if (queued_ > streams_.limits_.blocked_bytes && !blocked_) {
        blocked_ = true;
        streams_.happenings_.happened(Blocked{flow_});
    }
}

// False: the connection has ended.
bool Streams::Connection::flush() {
    while (!queue_.empty()) {
        const std::string& front = queue_.front();
        boost::system::error_code error;
        const std::size_t size = socket_.write_some(
            boost::asio::buffer(front.data() + front_taken_, front.size() - front_taken_), error);
        if (error == boost::asio::error::would_block || error == boost::asio::error::try_again) {
            wait_writable();
            break;
        }
        if (error) {
            end(error.message());
            return false;
        }
        last_heard_ = Clock::now();
        front_taken_ += size;
        queued_ -= size;
        if (front_taken_ < front.size()) continue;
        queue_.pop_front();
        front_taken_ = 0;
    }
    if (blocked_ && queued_ <= streams_.limits_.blocked_bytes / 4) {
        blocked_ = false;
        streams_.happenings_.happened(Writable{flow_});
    }
    if (queue_.empty() && closing_) finish_writing();
    return state_ != State::ended;
}

void Streams::Connection::wait_writable() {
    if (std::exchange(waiting_writable_, true)) return;
    socket_.async_wait(boost::asio::ip::tcp::socket::wait_write,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                           self->waiting_writable_ = false;
                           if (!error && self->state_ != State::ended) self->flush();
                       });
}

// ---- ending

void Streams::Connection::close_when_written() {
    if (closing_ || state_ == State::ended) return;
    closing_ = true;
    if (queue_.empty()) finish_writing();
}

// The peer may still be writing: closing now would reset the connection and lose the last answer.
void Streams::Connection::finish_writing() {
    if (state_ != State::open) return end("closed");
    state_ = State::draining;
    since_ = Clock::now();
    hold(0);
    boost::system::error_code ignored;
    socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
}

void Streams::Connection::end(const std::string& reason) {
    if (state_ == State::ended) return;
    const State was = std::exchange(state_, State::ended);
    hold(0);
    boost::system::error_code ignored;
    socket_.close(ignored);
    const auto self = shared_from_this();
    streams_.forget(*this);
    if (was == State::connecting) {
        Flow asked = flow_;
        asked.connection = 0;
        streams_.happenings_.happened(SendFailed{asked, reason});
    } else {
        streams_.happenings_.happened(ConnectionClosed{flow_, reason});
    }
}

void Streams::Connection::sweep(Clock::time_point now) {
    const StreamLimits& limits = streams_.limits_;
    switch (state_) {
        case State::connecting:
            if (now - since_ > limits.connect) end("no connection in time");
            break;
        case State::open:
            if (held_ > 0 && now - since_ > limits.unfinished) {
                end("a message was begun and not finished in time");
            } else if (accepted_ && !spoke_ && now - since_ > limits.first_message) {
                end("no message came in time");
            } else if (queued_ > 0 && now - last_heard_ > limits.unfinished) {
                end("the peer does not read what is written to it");
            } else if (now - last_heard_ > limits.idle) {
                end("idle");
            }
            break;
        case State::draining:
            if (now - since_ > limits.linger) end("closed");
            break;
        case State::ended:
            break;
    }
}

}  // namespace imslab::host
