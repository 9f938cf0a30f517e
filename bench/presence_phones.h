// The phones of bench_presence: all of them behind one UDP socket. They subscribe, publish, answer
// every NOTIFY at once, and know who has seen which version of whom.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lab/process.h"

namespace imslab::bench {

class PresencePhones {
public:
    // Watcher w watches presentity w / watchers_each.
    PresencePhones(std::size_t presentities, std::size_t watchers_each);

    void publish(std::size_t presentity);  // the next version
    void subscribe(std::size_t watcher);
    // Answers what comes until then, or until `enough` says so.
    template <class Enough>
    bool serve(lab::Deadline deadline, Enough enough) {
        while (!enough()) {
            if (!serve_once(deadline)) return enough();
        }
        return true;
    }

    std::size_t published() const { return published_; }  // PUBLISHs that were answered 200
    std::size_t open_subscribes() const { return open_subscribes_; }
    std::size_t notified() const { return notified_; }  // NOTIFYs, retransmissions left out
    bool is_up_to_date(std::size_t watcher) const {
        return seen_[watcher] == presentities_[watcher / watchers_each_].version;
    }
    // Watchers who have seen the latest version of whom they watch.
    std::size_t up_to_date() const { return up_to_date_; }
    std::chrono::steady_clock::time_point last_notify() const { return last_notify_; }

private:
    struct Presentity {
        std::string etag;
        unsigned version = 0, requests = 0;
    };
    bool serve_once(lab::Deadline deadline);
    void take(std::string_view datagram);
    void take_notify(std::string_view datagram);
    void take_response(std::string_view datagram);
    void send(std::string_view datagram);

    lab::Descriptor socket_;
    std::size_t watchers_each_;
    std::vector<Presentity> presentities_;
    std::vector<unsigned> seen_, last_cseq_, subscribes_;  // by watcher
    std::vector<char> buffer_;
    std::size_t published_ = 0, open_subscribes_ = 0, notified_ = 0, up_to_date_ = 0;
    std::chrono::steady_clock::time_point last_notify_{};
};

}  // namespace imslab::bench
