// Events in, effects out, the deadline armed.
#include "hosts/asio/loop.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/invariant.h"
#include "sip/params.h"

namespace imslab::host {
namespace {

constexpr std::chrono::milliseconds kFlushSoon{20}, kFlushAnyway{200};
// A node is busy to which kBusy things happened more than one in each kCalm.
constexpr std::chrono::duration<double, std::milli> kCalm{1};
constexpr double kBusy = 32;
constexpr std::chrono::milliseconds kPeriod{2};  // of the looks of a busy node
constexpr std::size_t kHandlersALook = 64;

}  // namespace

Loop::Loop(std::unique_ptr<NodeLog> log, std::optional<trace::Writer> trace, StreamLimits limits)
    : log_(std::move(log)),
      recorder_(std::move(trace)),
      inbox_event_(io_, inbox_.descriptor()),
      streams_(io_, limits, *this),
      control_(io_),
      timer_(io_),
      flush_timer_(io_) {
    control_.provide("state", [this](const std::string&, const Control::Answer& answer) {
        recorder_.flush();  // who looks at the node may be about to end it
        answer(node_ == nullptr
                   ? std::string("{}")
                   : node_->state().dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
    });
    control_.provide("stats", [this](const std::string&, const Control::Answer& answer) {
        answer(statistics());
    });
    control_.provide("die", [this](const std::string& message, const Control::Answer& answer) {
        const auto which = sip::to_number(message);
        if (which.value_or(0) == 0) return answer("expected die and at which message: die 1");
        die_at_message(*which);
        answer("ok");
    });
    control_.provide("settled", [this](const std::string&, Control::Answer answer) {
        answer_when_settled(std::move(answer));
    });
}

Loop::~Loop() { inbox_event_.release(); }  // the inbox closes it

Result<Address, std::string> Loop::listen(const Address& address) {
    if (carrier_ != nullptr) return address;
    for (int attempt = 0;; ++attempt) {
        auto socket = DatagramSocket::bind(io_, address, *this);
        if (!socket) return failure(socket.error());
        const Address bound = (*socket)->local();
        const auto listening = streams_.listen(bound);
        if (!listening) {
            if (address.port == 0 && attempt < 16) continue;
            return failure(listening.error());
        }
        datagrams_.push_back(std::move(*socket));
        return bound;
    }
}

Result<Address, std::string> Loop::listen(const Address& address, Transport transport) {
    if (carrier_ != nullptr) return address;
    return streams_.listen(address, transport);
}

Result<Address, std::string> Loop::listen_for_octets(const Address& address, Transport transport) {
    const auto bound = streams_.listen(address, transport, true);
    if (bound) octets_at_.insert(*bound);
    return bound;
}

Result<void, std::string> Loop::secure_with(const TlsFiles& files) {
    if (carrier_ != nullptr) return {};  // whoever carries the messages has certificates of its own
    return streams_.secure_with(files);
}

void Loop::run() {
    IMSLAB_INVARIANT(node_ != nullptr);
    wait_for_inbox();
    after_look();
    while (!stopped_) {
        look();
        after_look();
        rested_ = rest_if_busy();
    }
    recorder_.flush();
    log_->flush();
}

// What is there; after a rest without having waited for it.
void Loop::look() {
    std::size_t handled = rested_ ? io_.poll_one() : io_.run_one();
    if (handled == 0 && rested_) handled = io_.run_one();
    while (handled != 0 && handled < kHandlersALook && io_.poll_one() != 0) ++handled;
}

// Going to sleep and waking up costs a process some 20 us, many times what sending or reading a
// message does. A node to which something happens all the time looks only now and then, and finds
// several messages; whose look takes longer than that does not rest at all.
bool Loop::rest_if_busy() {
    const auto current = std::chrono::steady_clock::now();
    const auto fading = [this](auto time) { return std::max(0.0, recent_ - time / kCalm); };
    recent_ = fading(current - last_look_) +
              static_cast<double>(counts_.events - std::exchange(seen_, counts_.events));
    const auto next = last_look_ + kPeriod;
    last_look_ = current;
    if (recent_ < kBusy || stopped_) return false;
    recent_ = std::min(recent_, 2 * kBusy);
    if (next <= current) return true;
    const auto since_start = std::chrono::nanoseconds(next.time_since_epoch()).count();
    const timespec until{since_start / 1'000'000'000, since_start % 1'000'000'000};
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    recent_ = fading(next - current);
    last_look_ = next;
    return true;
}

void Loop::stop() {
    if (std::exchange(stopped_, true)) return;
    for (const auto& socket : datagrams_) socket->close();
    streams_.stop();
    if (carrier_ != nullptr) carrier_->stop();
    control_.stop();
    io_.stop();
}

Time Loop::now() const {
    const auto since = std::chrono::steady_clock::now() - started_;
    return Time(std::chrono::duration_cast<Duration>(started_at_.time_since_epoch() + since));
}

// ---- events

void Loop::happened(Event event) {
    pending_.push_back(std::move(event));
    if (delivering_ || stopped_ || node_ == nullptr) return;
    delivering_ = true;
    while (!pending_.empty()) {
        Event next = std::move(pending_.front());
        pending_.pop_front();
        ++counts_.events;
        const auto* arrived = std::get_if<Arrived>(&next);
        if (arrived != nullptr && carrier_at(arrived->flow.local) != nullptr) {
            ++counts_.arrived;
        } else if (arrived != nullptr) {
            recorder_.record(protocol_of(arrived->flow),
                             trace::Direction::received,
                             arrived->flow,
                             arrived->bytes);
            if (++counts_.arrived == dies_at_) {
                recorder_.flush();
                ::kill(::getpid(), SIGKILL);
            }
        } else if (const auto* broken = std::get_if<Unframeable>(&next)) {
            recorder_.record(
                trace::Protocol::sip, trace::Direction::received, broken->flow, broken->bytes);
        }
        node_->deliver(std::move(next), now());
        node_->take_effects(effects_);
        for (Effect& effect : effects_) perform(effect);
    }
    delivering_ = false;
}

void Loop::wait_for_inbox() {
    inbox_event_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                            [this](const boost::system::error_code& error) {
                                if (error) return;
                                on_inbox();
                                wait_for_inbox();
                            });
}

void Loop::on_inbox() {
    inbox_.take(items_);
    for (Inbox::Item& item : items_) {
        if (auto* answered = std::get_if<Answered>(&item)) {
            answer(answered->id, std::move(answered->answer));
        } else if (auto* question = std::get_if<Question>(&item)) {
            ask(std::move(*question));
        } else {
            std::get<std::function<void()>>(item)();
        }
    }
    items_.clear();
}

void Loop::answer(AskId id, std::any answer) {
    if (open_asks_.erase(id) == 0) return;  // it came after its patience had ended
    ++counts_.answered;
    happened(Answered{id, std::move(answer)});
}

void Loop::ask(Question question) {
    const AskId id = ++last_question_;
    open_questions_.emplace(id, std::move(question.reply));
    happened(Asked{id, std::move(question.peer), std::move(question.request)});
}

// ---- effects

void Loop::perform(Effect& effect) {
    if (auto* sent = std::get_if<Send>(&effect)) return send(*sent);
    if (auto* asked = std::get_if<Ask>(&effect)) return ask_service(*asked);
    if (auto* reading = std::get_if<Reading>(&effect))
        return streams_.read_on(reading->flow, reading->wanted);
    if (auto* log = std::get_if<Log>(&effect))
        return log_->write(log->level, log->dialog, log->clause, log->text);
    if (auto* replied = std::get_if<Reply>(&effect)) {
        const auto found = open_questions_.find(replied->id);
        if (found == open_questions_.end()) return;
        const auto reply = std::move(found->second);
        open_questions_.erase(found);
        return reply(std::move(replied->answer));
    }
    const Flow& flow = std::get<Close>(effect).flow;
    if (auto* carrier = carrier_at(flow.local)) return carrier->close(flow);
    if (carrier_ != nullptr) return carrier_->close(flow);
    if (is_reliable(flow.transport)) streams_.close(flow);
}

void Loop::send(Send& sent) {
    if (sent.bytes.empty() && is_octets(sent.flow))  // a connection is wanted
        return streams_.send(sent.flow, {});
    ++counts_.sent;
    if (auto* carrier = carrier_at(sent.flow.local)) return carrier->send(sent.flow, sent.bytes);
    recorder_.record(
        protocol_of(sent.flow), trace::Direction::sent, sent.flow, sent.bytes);
    if (is_octets(sent.flow)) return streams_.send(sent.flow, std::move(sent.bytes));
    if (carrier_ != nullptr) return carrier_->send(sent.flow, sent.bytes);
    if (is_reliable(sent.flow.transport))
        return streams_.send(sent.flow, std::move(sent.bytes));
    if (DatagramSocket* socket = socket_at(sent.flow.local)) {
        return socket->send(sent.flow, sent.bytes);
    }
    happened(SendFailed{sent.flow,
                        "this host has no " + std::string(to_string(sent.flow.transport)) + " on " +
                            sent.flow.local.to_string()});
}

DatagramSocket* Loop::socket_at(const Address& local) {
    for (const auto& socket : datagrams_) {
        if (socket->local() == local) return socket.get();
    }
    return nullptr;
}

void Loop::ask_service(Ask& ask) {
    ++counts_.asked;
    const auto found = services_.find(std::type_index(ask.request.type()));
    if (found == services_.end()) {
        open_asks_.emplace(ask.id, 0);
        return answer(ask.id,
                      AskFailed{AskFailed::Why::unreachable, "this host has no such service"});
    }
    const auto patience = found->second.patience;
    open_asks_.emplace(ask.id, patience);
    patience_[patience].push_back({now() + std::chrono::duration_cast<Duration>(patience), ask.id});
    found->second.ask(ask);
}

// ---- time

void Loop::after_look() {
    if (stopped_) return;
    for (const auto& action : after_look_) action();
    arm_timer();
    arm_flush();
    look_whether_settled();
}

void Loop::arm_timer() {
    if (node_ == nullptr || stopped_) return;
    std::optional<Time> next = node_->next_deadline();
    for (auto& [length, queue] : patience_) {
        while (!queue.empty() && !open_asks_.contains(queue.front().id)) queue.pop_front();
        if (!queue.empty() && (!next || queue.front().end < *next)) next = queue.front().end;
    }
    // A timer that fires early is armed again; one that is set anew for each message costs more.
    if (!next || (armed_ && *armed_ <= *next)) return;
    armed_ = next;
    timer_.expires_after(std::max(*next - now(), Duration(0)));
    timer_.async_wait([this](const boost::system::error_code& replaced) {
        if (replaced) return;
        armed_.reset();
        on_timer();
    });
}

void Loop::on_timer() {
    const Time current = now();
    for (auto& [length, queue] : patience_) {
        while (!queue.empty() &&
               (queue.front().end <= current || !open_asks_.contains(queue.front().id))) {
            const AskId id = queue.front().id;
            queue.pop_front();
            if (!open_asks_.contains(id)) continue;
            ++counts_.timed_out;
            answer(id, AskFailed{AskFailed::Why::timed_out, "no answer in time"});
        }
    }
    const auto deadline = node_->next_deadline();
    if (deadline && *deadline <= now()) return happened(Woken{});
    arm_timer();
}

// Soon after something was written here; what the services' threads write is looked for now and
// then.
void Loop::arm_flush() {
    if (stopped_ || soon_) return;
    soon_ = recorder_.pending() || log_->take_dirty();
    if (!soon_ && flush_armed_) return;
    flush_armed_ = true;
    flush_timer_.expires_after(soon_ ? kFlushSoon : kFlushAnyway);
    flush_timer_.async_wait([this](const boost::system::error_code& replaced) {
        if (replaced) return;
        flush_armed_ = soon_ = false;
        recorder_.flush();
        log_->flush();
        arm_flush();
    });
}

std::string Loop::statistics() const {
    nlohmann::ordered_json values{{"uptime_ms",
                                   std::chrono::duration_cast<std::chrono::milliseconds>(
                                       std::chrono::steady_clock::now() - started_)
                                       .count()},
                                  {"events", counts_.events},
                                  {"messages_received", counts_.arrived},
                                  {"messages_sent", counts_.sent},
                                  {"questions_asked", counts_.asked},
                                  {"questions_answered", counts_.answered},
                                  {"questions_timed_out", counts_.timed_out},
                                  {"connections", streams_.connections()},
                                  {"held_bytes", streams_.held_bytes()}};
    if (counts_of_node_) counts_of_node_(values);
    return values.dump(2);
}

}  // namespace imslab::host
