// RFC 3261 §18.3: framing by Content-Length; RFC 5626 §4.4.1: a double CRLF is answered by one.
#include "hosts/asio/connection.h"

#include <utility>

namespace imslab::host {

Streams::Connection::Connection(Streams& streams, Flow flow, bool accepted)
    : streams_(streams),
      flow_(std::move(flow)),
      since_(Clock::now()),
      accepted_(accepted),
      octets_(streams.octets_at_.contains(flow_.local)),
      framer_(streams.limits_.message),
      last_heard_(since_) {}

void Streams::Connection::start_accepted() { start_handshake(); }

void Streams::Connection::start_handshake() {
    state_ = State::handshaking;
    since_ = Clock::now();
    ++streams_.handshakes_;
    shake_hands();
}

void Streams::Connection::opened() {
    if (state_ == State::handshaking) --streams_.handshakes_;
    state_ = State::open;
    since_ = last_heard_ = Clock::now();
    streams_.happenings_.happened(ConnectionOpened{flow_});
    if (state_ == State::open) read();
}

// ---- reading

bool Streams::Connection::on_octets(std::string_view octets) {
    if (octets_) {
        on_message(std::string(octets));
        return state_ == State::open && reads_;
    }
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
        progress = true;
        hold(held_ > (*message)->size() ? held_ - (*message)->size() : 0);
        if (!on_message(std::move(**message))) return false;
    }
    while (framer_.take_ping()) write("\r\n");
    if (state_ != State::open) return false;
    if (!framer_.in_message()) hold(0);
    if (progress) since_ = Clock::now();
    if (streams_.held_bytes_ > limits().held_bytes) {
        end("too many octets of unfinished messages are held");
        return false;
    }
    return true;
}

bool Streams::Connection::on_message(std::string message) {
    spoke_ = true;
    streams_.happenings_.happened(Arrived{flow_, std::move(message)});
    return state_ == State::open;
}

void Streams::Connection::hold(std::size_t octets) {
    streams_.held_bytes_ += octets;
    streams_.held_bytes_ -= held_;
    held_ = octets;
}

// ---- writing

void Streams::Connection::read_on(bool wanted) {
    if (std::exchange(reads_, wanted) == wanted || !wanted || state_ != State::open) return;
    read();
}

void Streams::Connection::write(std::string bytes) {
    if (state_ == State::ended || state_ == State::draining || closing_ || bytes.empty()) return;
    queued_ += bytes.size();
    queue_.push_back(std::move(bytes));
    if (state_ == State::open && !writing_) flush();
    if (state_ == State::ended) return;
    if (queued_ > limits().queued_bytes) return end("the peer does not read what is written to it");
    if (queued_ > limits().blocked_bytes && !blocked_) {
        blocked_ = true;
        streams_.happenings_.happened(Blocked{flow_});
    }
}

void Streams::Connection::taken(std::size_t octets) {
    last_heard_ = Clock::now();
    front_taken_ += octets;
    queued_ -= octets;
    if (front_taken_ >= queue_.front().size()) {
        queue_.pop_front();
        front_taken_ = 0;
    }
    if (blocked_ && queued_ <= limits().blocked_bytes / 4) {
        blocked_ = false;
        streams_.happenings_.happened(Writable{flow_});
    }
    if (queue_.empty() && closing_ && state_ == State::open) finish_writing();
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
    finish();
}

void Streams::Connection::end(const std::string& reason) {
    if (state_ == State::ended) return;
    const State was = std::exchange(state_, State::ended);
    hold(0);
    close_socket();
    const auto self = shared_from_this();
    streams_.forget(*this);
    if (was == State::handshaking) --streams_.handshakes_;
    if (was == State::connecting || (was == State::handshaking && !accepted_)) {
        Flow asked = flow_;
        asked.connection = 0;
        streams_.happenings_.happened(SendFailed{asked, reason});
    } else if (was == State::handshaking) {  // the node has never heard of it
        streams_.happenings_.noted(LogLevel::warning,
                                   std::string(to_string(flow_.transport)) + " handshake with " +
                                       flow_.remote.to_string() + ": " + reason);
    } else {
        streams_.happenings_.happened(ConnectionClosed{flow_, reason});
    }
}

void Streams::Connection::sweep(Clock::time_point now) {
    switch (state_) {
        case State::connecting:
            if (now - since_ > limits().connect) end("no connection in time");
            break;
        case State::handshaking:
            if (now - since_ > limits().handshake) end("not finished in time");
            break;
        case State::open:
            if (held_ > 0 && now - since_ > limits().unfinished) {
                end("a message was begun and not finished in time");
            } else if (accepted_ && !spoke_ && now - since_ > limits().first_message) {
                end("no message came in time");
            } else if (queued_ > 0 && now - last_heard_ > limits().unfinished) {
                end("the peer does not read what is written to it");
            } else if (now - last_heard_ > limits().idle) {
                end("idle");
            } else {
                on_silence(now - last_heard_);
            }
            break;
        case State::draining:
            if (now - since_ > limits().linger) end("closed");
            break;
        case State::ended:
            break;
    }
}

}  // namespace imslab::host
