// The subscriber's side of RFC 6665 §4.1 for an element that watches on others' behalf: sends
// SUBSCRIBE, takes the NOTIFYs, renews in time, and says how it ended.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/node.h"
#include "sip/dialog.h"
#include "sip/proxy.h"

namespace imslab::sip {

class Subscriber {
public:
    using Id = std::uint64_t;
    // What a subscription has come to.
    struct News {
        enum class State : std::uint8_t { pending, active, terminated } state = State::pending;
        std::string reason;            // terminated: as the notifier says it, or of a failure
        const Message* notify = nullptr;  // nullptr: there was none (a failure, or no answer)
    };
    using Told = std::function<void(Id id, const News& news)>;
    struct Element {
        Proxy& proxy;
        Entropy& entropy;
        // Inside a dialog the first of them alone.
        std::function<std::vector<Way>(const Message& request)> ways_to;
    };

    explicit Subscriber(Element element) : element_(std::move(element)) {}

    // The request as it shall leave: Event, Expires, Accept, Contact, From and To without tags;
    // Call-ID, CSeq and the From tag are made here. After `terminated` the id is none any more.
    Id subscribe(Message request, Told told);
    // Says something new inside the dialog, by a SUBSCRIBE with that body: at once, or as soon as
    // there is a dialog.
    void change(Id id, std::string content_type, std::string body);
    // Ends it; nothing more is told.
    void unsubscribe(Id id);
    // Answers a NOTIFY. False: it is of none of ours.
    bool on_notify(ServerId id, const Message& request);

    void on_time(Time now);
    std::optional<Time> next_deadline() const;
    std::size_t size() const { return all_.size(); }

private:
    struct Watch {
        Message request;  // as sent first
        Told told;
        std::string call_id, local_tag;
        std::optional<Dialog> dialog;
        Time until{}, renew{};
        bool leaving = false;
        std::vector<std::pair<std::string, std::string>> to_say;  // type and body, each by a SUBSCRIBE
    };

    void on_answered(Id id, const Message* response);
    void renew(Id id, std::uint32_t expires_seconds);
    void schedule(Id id, Watch& watch, std::uint32_t seconds);
    void end(Id id, std::string reason, const Message* notify = nullptr);

    Element element_;
    Id last_ = 0;
    std::map<Id, Watch> all_;
    std::map<std::pair<std::string, std::string>, Id> by_dialog_;  // Call-ID, our tag
    std::set<std::pair<Time, Id>> by_time_;
};

}  // namespace imslab::sip
