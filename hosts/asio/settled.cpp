// `settled` on the control socket: answered as soon as this node has nothing left to say unless it
// is spoken to or a lingering timer ends (RFC 3261 §17: D, H, I, J, K, L). No question of it is
// open, none that it was asked, no transaction waits for a final response or owes one, and whatever
// had arrived has been taken in. The answer counts the node's events: who gets the same count twice
// knows that nothing happened in between.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "hosts/asio/loop.h"

namespace imslab::host {

namespace {

bool waits_for_final(const nlohmann::ordered_json& transaction) {
    const auto state = transaction.value("state", "");
    return state == "calling" || state == "trying" || state == "proceeding";
}

bool has_work(const nlohmann::ordered_json& state) {
    if (state.value("procedures under way", 0) > 0) return true;
    const auto layer = state.find("transactions");
    if (layer == state.end() || !layer->is_object()) return false;
    const auto all = layer->find("transactions");
    return all != layer->end() && std::any_of(all->begin(), all->end(), waits_for_final);
}

// How often the loop goes round before what was readable has become events: the sockets are looked
// at after the first round, their handlers run in the second.
constexpr int kRounds = 3;

}  // namespace

void Loop::answer_when_settled(Control::Answer answer) {
    settling_.push_back(std::move(answer));
    look_whether_settled();
}

void Loop::look_whether_settled() {
    if (settling_.empty() || looking_) return;
    looking_ = true;
    look_again(counts_.events, kRounds);
}

void Loop::look_again(std::uint64_t events, int rounds) {
    if (rounds > 0) {
        boost::asio::post(io_, [this, events, rounds] { look_again(events, rounds - 1); });
        return;
    }
    looking_ = false;
    if (stopped_) return;
    if (events != counts_.events) return look_whether_settled();
    // else the event that ends what is still open looks again
    if (!open_asks_.empty() || !open_questions_.empty() || node_ == nullptr) return;
    if (has_work(node_->state())) return;
    recorder_.flush();
    log_->flush();
    const auto text = nlohmann::json{{"events", counts_.events}}.dump();
    for (const auto& answer : std::exchange(settling_, {})) answer(text);
}

}  // namespace imslab::host
