// TS 29.328 §6.1 from the application server's side, one request at a time.
#include "hosts/administration/sh_client.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "diameter/sh_text.h"

namespace imslab::host {
namespace {

constexpr std::size_t kMostKept = 100;
constexpr auto kPatience = std::chrono::seconds(6);  // an HSS that is being started again
constexpr auto kPause = std::chrono::milliseconds(50);

std::uint32_t seconds_since_epoch() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

}  // namespace

void ShClient::ask(Open open) {
    const auto id = outbox_.next_ask_id();
    outbox_.emit(Ask{id, std::any(open.request)});
    open_.emplace(id, std::move(open));
}

std::optional<Time> ShClient::next_deadline() const {
    if (again_.empty()) return std::nullopt;
    return again_.front().first;
}

void ShClient::deliver(Event event, Time now) {
    if (auto* asked = std::get_if<Asked>(&event)) {
        auto& request = std::any_cast<sh::Request&>(asked->request);
        if (const auto* pnr = std::get_if<sh::PushNotificationRequest>(&request)) {
            told_.push_back({pnr->user.public_identity, pnr->user_data});
            if (told_.size() > kMostKept) told_.erase(told_.begin());
            sh::Answer pna = sh::PushNotificationAnswer{sh::result::success};
            outbox_.emit(Reply{asked->id, std::any(std::move(pna))});
            return;
        }
        ask({asked->id, std::move(request), now + kPatience});
    } else if (auto* answered = std::get_if<Answered>(&event)) {
        const auto found = open_.find(answered->id);
        if (found == open_.end()) return;
        const auto* failed = std::any_cast<AskFailed>(&answered->answer);
        const bool is_away = failed != nullptr && failed->why == AskFailed::Why::unreachable;
        if (is_away && now < found->second.give_up) {
            again_.emplace_back(now + kPause, std::move(found->second));
            open_.erase(found);
            return;
        }
        if (failed != nullptr)
            last_answer_ = "error: " + failed->reason;
        else if (const auto* answer = std::any_cast<sh::Answer>(&answered->answer))
            last_answer_ = sh::to_text(*answer);
        outbox_.emit(Reply{found->second.asked_by, std::any(last_answer_)});
        open_.erase(found);
    } else if (std::holds_alternative<Woken>(event)) {
        for (auto& [when, open] : std::exchange(again_, {})) ask(std::move(open));
    }
}

nlohmann::ordered_json ShClient::state() const {
    nlohmann::ordered_json state;
    state["questions open"] = open_.size() + again_.size();
    state["last answer"] = last_answer_;
    auto& notifications = state["notifications"] = nlohmann::ordered_json::array();
    for (const auto& one : told_)
        notifications.push_back({{"user", one.user}, {"data", one.user_data}});
    return state;
}

void provide_sh_commands(Loop& loop) {
    for (const char* word : {"pull", "update", "subscribe", "unsubscribe"}) {
        loop.control().provide(
            word,
            [&loop, word = std::string(word)](const std::string& rest, Control::Answer answer) {
                auto request = sh::request_from_text(word + " " + rest, seconds_since_epoch());
                if (!request) return answer("error: " + request.error().to_string());
                loop.ask(Question{"control",
                                  std::any(std::move(*request)),
                                  [answer = std::move(answer)](std::any value) {
                                      const auto* text = std::any_cast<std::string>(&value);
                                      answer(text != nullptr ? *text : "error: no answer");
                                  }});
            });
    }
}

}  // namespace imslab::host
