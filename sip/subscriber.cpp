// RFC 6665 §4.1.2: SUBSCRIBE, its refresh and its end; §4.1.3: NOTIFY.
#include "sip/subscriber.h"

#include <algorithm>
#include <array>

#include "core/deadline.h"
#include "sip/headers.h"
#include "sip/next_hop.h"

namespace imslab::sip {

namespace {

constexpr Duration kFirstNotify = std::chrono::seconds(32);  // RFC 6665 §4.1.2.4: Timer N, 64·T1
constexpr Duration kBeforeTheEnd = std::chrono::seconds(30);

std::string reason_of(int status) {
    if (status == 403 || status == 603) return "rejected";
    if (status == 404 || status == 604 || status == 410) return "noresource";
    return "giveup";
}

// RFC 6665 §4.1.2.2: with these a refresh ends what it was to renew; any other failure leaves it as
// it is.
bool ends_subscription(int status) {
    static constexpr std::array kStatus{
        404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604};
    return std::find(kStatus.begin(), kStatus.end(), status) != kStatus.end();
}

}  // namespace

Subscriber::Id Subscriber::subscribe(Message request, Told told) {
    const Id id = ++last_;
    auto& watch = all_[id];
    watch.told = std::move(told);
    watch.call_id = element_.entropy.token(12);
    watch.local_tag = element_.entropy.token(8);
    request.set(HeaderId::call_id, watch.call_id);
    request.set(HeaderId::cseq, "1 SUBSCRIBE");
    request.set(HeaderId::from,
                with_param(request.get(HeaderId::from).value_or(""), "tag", watch.local_tag));
    watch.request = request;
    by_dialog_[{watch.call_id, watch.local_tag}] = id;
    watch.renew = element_.proxy.now() + kFirstNotify;
    by_time_.emplace(watch.renew, id);
    auto ways = element_.ways_to(request);
    if (ways.empty()) {
        end(id, "giveup");
        return id;
    }
    element_.proxy.send_request(std::move(request),
                                std::move(ways),
                                [this, id](const Message* response) { on_answered(id, response); });
    return id;
}

void Subscriber::on_answered(Id id, const Message* response) {
    const auto found = all_.find(id);
    if (found == all_.end()) return;
    auto& watch = found->second;
    const int status = response == nullptr ? 408 : response->status();
    if (status >= 300) {
        if (watch.dialog && !watch.leaving && !ends_subscription(status)) return;
        return end(id, reason_of(status));
    }
    const bool is_first = !watch.dialog;
    if (is_first) watch.dialog = Dialog::as_uac(watch.request, *response);
    if (watch.leaving) {
        // what has just begun could not be ended before (§4.1.2.3)
        if (is_first && watch.dialog) renew(id, 0);
        return;
    }
    const auto seconds = expires(*response).value_or(expires(watch.request).value_or(0));
    schedule(id, watch, seconds);
    if (watch.dialog && !watch.to_say.empty()) renew(id, expires(watch.request).value_or(0));
}

void Subscriber::change(Id id, std::string content_type, std::string body) {
    const auto found = all_.find(id);
    if (found == all_.end() || found->second.leaving) return;
    auto& watch = found->second;
    watch.to_say.emplace_back(std::move(content_type), std::move(body));
    if (watch.dialog) renew(id, expires(watch.request).value_or(0));
}

// RFC 6665 §4.1.2.2: renewed before it ends.
void Subscriber::schedule(Id id, Watch& watch, std::uint32_t seconds) {
    by_time_.erase({watch.renew, id});
    const Duration all = std::chrono::seconds(seconds);
    watch.until = element_.proxy.now() + all;
    watch.renew = element_.proxy.now() + std::max(all - kBeforeTheEnd, all / 2);
    by_time_.emplace(watch.renew, id);
}

void Subscriber::renew(Id id, std::uint32_t expires_seconds) {
    auto& watch = all_.at(id);
    auto request = watch.dialog->make_request("SUBSCRIBE");
    for (const auto header : {HeaderId::event,
                              HeaderId::accept,
                              HeaderId::contact,
                              HeaderId::supported,
                              HeaderId::p_asserted_identity}) {
        for (const auto value : watch.request.values(header)) request.append(header, value);
    }
    request.set(HeaderId::expires, std::to_string(expires_seconds));
    if (!watch.to_say.empty() && expires_seconds != 0) {
        request.set_body(watch.to_say.front().first, watch.to_say.front().second);
        watch.to_say.erase(watch.to_say.begin());
    }
    const auto ways = element_.ways_to(request);
    if (ways.empty()) return end(id, "giveup");
    element_.proxy.send_request(std::move(request),
                                ways.front().to,
                                [this, id](const Message* response) { on_answered(id, response); });
}

void Subscriber::unsubscribe(Id id) {
    const auto found = all_.find(id);
    if (found == all_.end()) return;
    auto& watch = found->second;
    watch.told = nullptr;
    watch.leaving = true;
    by_time_.erase({watch.renew, id});
    watch.renew = element_.proxy.now() + kFirstNotify;
    by_time_.emplace(watch.renew, id);
    if (watch.dialog) renew(id, 0);
}

bool Subscriber::on_notify(ServerId id, const Message& request) {
    const auto tag = std::string(to_tag(request).value_or(""));
    const auto known = by_dialog_.find({std::string(call_id(request)), tag});
    if (known == by_dialog_.end()) return false;
    const auto watch_id = known->second;
    auto& watch = all_.at(watch_id);
    // of a fork that came second nothing is taken (§4.1.2.4)
    if (watch.dialog && watch.dialog->id().remote_tag != from_tag(request).value_or("")) {
        element_.proxy.respond(id, 481);
        return true;
    }
    if (watch.dialog && !watch.dialog->accept(request)) {
        element_.proxy.respond(id, 500, "CSeq is out of order");
        return true;
    }
    element_.proxy.respond(id, 200);
    const auto value = request.get(HeaderId::subscription_state).value_or("");
    const auto semicolon = value.find(';');
    const auto state = trim(value.substr(0, semicolon));
    const Params params(semicolon == value.npos ? std::string_view{} : value.substr(semicolon + 1));
    if (equals_ignoring_case(state, "terminated")) {
        end(watch_id, std::string(params.get("reason").value_or("")), &request);
        return true;
    }
    const auto seconds = to_number(params.get("expires").value_or(""));
    if (seconds && watch.dialog && !watch.leaving) schedule(watch_id, watch, *seconds);
    News news;
    news.state = equals_ignoring_case(state, "active") ? News::State::active : News::State::pending;
    news.notify = &request;
    if (const auto told = watch.told) told(watch_id, news);
    return true;
}

void Subscriber::end(Id id, std::string reason, const Message* notify) {
    const auto found = all_.find(id);
    if (found == all_.end()) return;
    auto watch = std::move(found->second);
    by_time_.erase({watch.renew, id});
    by_dialog_.erase({watch.call_id, watch.local_tag});
    all_.erase(found);
    News news;
    news.state = News::State::terminated;
    news.reason = std::move(reason);
    news.notify = notify;
    if (watch.told) watch.told(id, news);
}

void Subscriber::on_time(Time now) {
    while (!by_time_.empty() && by_time_.begin()->first <= now) {
        const auto id = by_time_.begin()->second;
        by_time_.erase(by_time_.begin());
        auto& watch = all_.at(id);
        if (watch.leaving || !watch.dialog || watch.until <= now) {
            end(id, "timeout");
            continue;
        }
        watch.renew = watch.until;
        by_time_.emplace(watch.renew, id);
        renew(id, expires(watch.request).value_or(0));
    }
}

std::optional<Time> Subscriber::next_deadline() const { return earliest(by_time_); }

}  // namespace imslab::sip
