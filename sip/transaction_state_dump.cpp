// What `imslab state` shows of the transactions: how many, and the first thousand of them.
#include <chrono>
#include <nlohmann/json.hpp>

#include "sip/transaction_layer.h"

namespace imslab::sip {

namespace {

constexpr std::size_t kMostShown = 1000;

std::int64_t milliseconds_since(Time since, Time now) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now - since).count();
}

// JSON is UTF-8; a peer's branch need not be.
std::string printable(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c < ' ' || c > '~') c = '?';
    }
    return out;
}

}  // namespace

nlohmann::ordered_json Transactions::state() const {
    auto& layer = *impl_;
    auto shown = nlohmann::ordered_json::array();
    for (std::uint32_t slot = 0; slot < layer.servers.slots() && shown.size() < kMostShown;
         ++slot) {
        const auto& transaction = layer.servers[slot];
        if (!transaction.used) continue;
        nlohmann::ordered_json entry;
        const std::string_view key = transaction.key;
        entry["kind"] = transaction.invite ? "INVITE server" : "non-INVITE server";
        entry["method"] = printable(key.substr(key.rfind('|') + 1));
        entry["state"] = transaction.invite ? to_string(transaction.invite_state)
                                            : to_string(transaction.other_state);
        entry["branch"] = printable(key.substr(0, key.find('|')));
        entry["remote"] = transaction.flow.remote.to_string();
        entry["age_ms"] = milliseconds_since(transaction.since, now_);
        shown.push_back(std::move(entry));
    }
    for (std::uint32_t slot = 0; slot < layer.clients.slots() && shown.size() < kMostShown;
         ++slot) {
        const auto& transaction = layer.clients[slot];
        if (!transaction.used) continue;
        nlohmann::ordered_json entry;
        entry["kind"] = transaction.invite ? "INVITE client" : "non-INVITE client";
        entry["method"] = to_string(transaction.method);
        entry["state"] = transaction.invite ? to_string(transaction.invite_state)
                                            : to_string(transaction.other_state);
        entry["branch"] = transaction.branch;
        entry["remote"] = transaction.flow.remote.to_string();
        entry["age_ms"] = milliseconds_since(transaction.since, now_);
        shown.push_back(std::move(entry));
    }
    nlohmann::ordered_json state;
    state["server_transactions"] = layer.servers.size();
    state["client_transactions"] = layer.clients.size();
    const PendingWork work = layer.overload.pending_work();
    state["pending"] = work.pending;
    state["max_pending"] = work.max_pending;
    state["refused"] = work.refused;
    state["transactions"] = std::move(shown);
    return state;
}

}  // namespace imslab::sip
