// Presence: from a PUBLISH to the NOTIFY of the last of 100 watchers, and what a NOTIFY costs;
// 10,000 subscriptions under 200 PUBLISH/s with ten watchers each: what arrives, what a
// subscription holds. Beside ours Kamailio's presence modules, with the same phones.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/measured_node.h"
#include "bench/presence_phones.h"
#include "bench/presence_servers.h"

using namespace imslab;
using namespace imslab::bench;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t kRounds = 500, kWatchers = 100;
constexpr std::size_t kPresentities = 1'000, kWatchersEach = 10, kPublishes = 3'000;
constexpr auto kBetween = std::chrono::microseconds(5'000);  // 200 a second
// 64·T1 at our server (100 ms), and Kamailio's wait: what stays then is the subscriptions'.
constexpr auto kTransactionsEnd = seconds(8);

struct Figures {
    double p50 = 0, p99 = 0, cpu_us_per_notify = 0;    // 100 watchers
    double lost = 0, bytes_each = 0, cpu_us_each = 0;  // 10,000 subscriptions
};

// Who is refused tries again: a database of one file is locked now and then.
std::string subscribe_all(PresencePhones& phones, std::size_t count) {
    for (int attempt = 0; attempt < 5 && phones.up_to_date() < count; ++attempt) {
        for (std::size_t i = 0; i < count; ++i) {
            if (phones.is_up_to_date(i)) continue;
            phones.subscribe(i);
            // no more than 50 at a time are under way
            phones.serve(lab::in(seconds(10)), [&] { return phones.open_subscribes() < 50; });
        }
        phones.serve(lab::in(seconds(5)), [&] { return phones.up_to_date() == count; });
    }
    if (phones.up_to_date() == count) return {};
    return "only " + std::to_string(phones.up_to_date()) + " of " + std::to_string(count) +
           " watchers were told the state";
}

std::string measure_last_of_many(PresenceServer& server, Figures& figures) {
    PresencePhones phones(1, kWatchers);
    phones.publish(0);
    phones.serve(lab::in(seconds(5)), [&] { return phones.published() == 1; });
    if (auto problem = subscribe_all(phones, kWatchers); !problem.empty()) return problem;
    std::vector<double> took;
    const double cpu = server.cpu_seconds();
    const auto notified = phones.notified();
    for (std::size_t round = 1; round <= kRounds; ++round) {
        const auto began = steady_clock::now();
        phones.publish(0);
        if (!phones.serve(lab::in(seconds(10)), [&] {
                return phones.up_to_date() == kWatchers && phones.published() == round + 1;
            }))
            return "a watcher was not told of a change";
        took.push_back(
            std::chrono::duration<double, std::milli>(phones.last_notify() - began).count());
    }
    std::sort(took.begin(), took.end());
    figures.p50 = took[took.size() / 2];
    figures.p99 = took[took.size() * 99 / 100];
    figures.cpu_us_per_notify =
        1e6 * (server.cpu_seconds() - cpu) / static_cast<double>(phones.notified() - notified);
    return {};
}

std::string measure_many_subscriptions(PresenceServer& server, Figures& figures) {
    constexpr auto kAll = kPresentities * kWatchersEach;
    PresencePhones phones(kPresentities, kWatchersEach);
    for (std::size_t i = 0; i < kPresentities; ++i) {
        phones.publish(i);
        if (!phones.serve(lab::in(seconds(10)), [&] { return phones.published() + 50 > i; }))
            return "a PUBLISH was not answered";
    }
    const auto never = [] { return false; };
    phones.serve(lab::in(kTransactionsEnd), never);
    const double before = server.bytes();
    if (auto problem = subscribe_all(phones, kAll); !problem.empty()) return problem;
    phones.serve(lab::in(kTransactionsEnd), never);
    figures.bytes_each = (server.bytes() - before) / static_cast<double>(kAll);
    const double cpu = server.cpu_seconds();
    const auto notified = phones.notified(), published = phones.published();
    auto next = steady_clock::now();
    for (std::size_t i = 0; i < kPublishes; ++i) {
        next += kBetween;
        phones.publish(i % kPresentities);
        phones.serve(next, never);
    }
    phones.serve(lab::in(seconds(5)), [&] {
        return phones.up_to_date() == kAll && phones.published() - published == kPublishes;
    });
    figures.cpu_us_each =
        1e6 * (server.cpu_seconds() - cpu) / static_cast<double>(phones.notified() - notified);
    figures.lost = static_cast<double>(kPublishes * kWatchersEach) -
                   static_cast<double>(phones.notified() - notified) +
                   static_cast<double>(kAll - phones.up_to_date());
    return {};
}

using Start = Result<std::unique_ptr<PresenceServer>, std::string> (*)();

Result<Figures, std::string> measure(Start start) {
    Figures figures;
    for (auto* part : {measure_last_of_many, measure_many_subscriptions}) {
        auto server = start();
        if (!server) return failure(server.error());
        if (auto problem = part(**server, figures); !problem.empty()) return failure(problem);
    }
    return figures;
}

}  // namespace

int main() {
    const auto ours = measure(PresenceServer::ours);
    if (!ours) give_up(ours.error());
    const auto peer = measure(PresenceServer::kamailio);
    if (!peer) std::fprintf(stderr, "bench_presence: no peer: %s\n", peer.error().c_str());
    const auto tell = [&](const char* id,
                          double Figures::*figure,
                          const char* unit,
                          std::optional<double> target = {}) {
        print(id,
              (*ours).*figure,
              unit,
              target,
              peer ? std::optional((*peer).*figure) : std::nullopt);
    };
    tell("presence_publish_to_last_of_100_p99", &Figures::p99, "ms", 20);
    tell("presence_publish_to_last_of_100_p50", &Figures::p50, "ms");
    const auto half = peer ? std::optional(peer->cpu_us_per_notify / 2) : std::nullopt;
    tell("presence_cpu_per_notify", &Figures::cpu_us_per_notify, "us", half);
    tell("presence_10000_subscriptions_lost", &Figures::lost, "NOTIFYs", 0);
    tell("presence_10000_subscriptions_cpu_per_notify", &Figures::cpu_us_each, "us");
    tell("presence_bytes_per_subscription", &Figures::bytes_each, "bytes", 4'096);
    return ours->lost == 0 ? 0 : 1;
}
