// A branch that may be tried at several addresses (RFC 3263 §4.3): the next one if an address
// cannot be reached, stays silent or answers 503; and for a while nobody is sent there first.
#include <algorithm>
#include <utility>

#include "sip/headers.h"
#include "sip/proxy_layer.h"

namespace imslab::sip {

namespace {

void enter(Message& request, const Way& way) {
    if (way.route.empty()) return;
    request.remove_first_value(HeaderId::route);
    request.prepend(HeaderId::route, way.route);
}

}  // namespace

Branch Branch::along(Message request, std::vector<Way> ways) {
    enter(request, ways.front());
    Branch branch{std::move(request), ways.front().to};
    ways.erase(ways.begin());
    branch.others = std::move(ways);
    return branch;
}

// Sends it to the first of its addresses that is not avoided; its `to` is there then.
ProxiedBranch Proxy::Impl::begin(Branch& branch, bool invite, std::string_view loop_mark) {
    ProxiedBranch begun;
    if (!branch.others.empty()) {
        reachable_first(branch);
        begun.alternatives = std::make_unique<Alternatives>(
            Alternatives{branch.request, branch.to, std::move(branch.others)});
    }
    begun.client = transactions.send_request(std::move(branch.request), branch.to, loop_mark);
    await_a_word(begun, invite);
    return begun;
}

bool Proxy::Impl::is_avoided(const Address& address) const {
    const auto found = avoided.find(address);
    return found != avoided.end() && found->second > transactions.now();
}

void Proxy::Impl::reachable_first(Branch& branch) const {
    if (avoided.empty()) return;
    auto& ways = branch.others;
    // Once it has gone another way, its Route must be found again.
    ways.insert(
        ways.begin(),
        Way(branch.to, std::string(branch.request.first_value(HeaderId::route).value_or(""))));
    std::ranges::stable_partition(ways,
                                  [this](const Way& way) { return !is_avoided(way.to.remote); });
    branch.to = ways.front().to;
    enter(branch.request, ways.front());
    ways.erase(ways.begin());
}

// What failed where there is no alternative is avoided by nobody. URIs name the addresses: those
// whose time is over make room.
void Proxy::Impl::avoid(const ProxiedBranch& branch, const Message* unavailable) {
    if (!branch.alternatives) return;
    Duration how_long = avoidance;
    if (unavailable != nullptr) {  // RFC 3261 §21.5.4
        const auto text = unavailable->get(HeaderId::retry_after).value_or("");
        const auto seconds = to_number(text.substr(0, text.find_first_of(" ;(")));
        if (seconds) how_long = std::chrono::seconds(*seconds);
    }
    const Time now = transactions.now();
    avoided[branch.alternatives->to.remote] = now + how_long;
    std::erase_if(avoided, [now](const auto& address) { return address.second <= now; });
}

// False: there is nowhere to go, or no reason to.
bool Proxy::Impl::send_to_next(ProxiedBranch& branch, bool invite, std::string_view loop_mark) {
    if (!branch.alternatives || branch.cancelled || branch.abandoned) return false;
    auto& [request, to, others, ringing, gives_up_at] = *branch.alternatives;
    if (ringing || others.empty()) return false;
    stop_waiting(branch);
    const Flow failed = std::exchange(to, others.front().to);
    enter(request, others.front());
    others.erase(others.begin());
    outbox.log(
        LogLevel::warning,
        std::string(call_id(request)),
        "RFC 3263 §4.3",
        failed.remote.to_string() + " does not serve; " + to.remote.to_string() + " is tried");
    branch.final = branch.heard = false;
    branch.client = transactions.send_request(request, to, loop_mark);
    await_a_word(branch, invite);
    return true;
}

// What still comes from where it was is nobody's.
bool Proxy::Impl::try_elsewhere(ServerId id, std::size_t index) {
    auto* context = find(id);
    if (context == nullptr || context->answered || context->cancelled) return false;
    auto& branch = context->branches[index];
    const ClientId before = branch.client;
    if (!send_to_next(branch, context->invite, context->loop_mark)) return false;
    branches.erase(before);
    branches.emplace(branch.client, std::pair{id, index});
    stop_timer_c(branch);
    if (context->invite) restart_timer_c(branch.client, branch, &branch.alternatives->to);
    return true;
}

bool Proxy::Impl::try_own_elsewhere(ClientId client) {
    auto own = requests.extract(client);
    const bool sent = send_to_next(own.mapped().branch, own.mapped().invite, {});
    if (sent) {
        own.key() = own.mapped().branch.client;
        moved[own.mapped().first] = own.key();
    }
    requests.insert(std::move(own));
    return sent;
}

void Proxy::Impl::await_a_word(ProxiedBranch& branch, bool invite) {
    if (!branch.alternatives || branch.alternatives->others.empty()) return;
    const Time by = transactions.now() + (invite ? invite_patience : patience);
    branch.alternatives->gives_up_at = by;
    silences.emplace(by, branch.client);
}

void Proxy::Impl::stop_waiting(ProxiedBranch& branch) {
    if (!branch.alternatives || !branch.alternatives->gives_up_at) return;
    silences.erase({*branch.alternatives->gives_up_at, branch.client});
    branch.alternatives->gives_up_at.reset();
}

void Proxy::Impl::on_heard(ProxiedBranch& branch, const Message& response) {
    branch.heard = true;
    if (!branch.alternatives) return;
    stop_waiting(branch);
    if (response.status() > 100 && response.status() < 200) branch.alternatives->ringing = true;
    if (response.status() == 503)
        avoid(branch, &response);
    else
        avoided.erase(branch.alternatives->to.remote);
}

void Proxy::Impl::give_up_the_silent() {
    while (!silences.empty() && silences.begin()->first <= transactions.now()) {
        const ClientId client = silences.begin()->second;
        const auto own = requests.find(client);
        if (own != requests.end()) {
            give_up(own->second.branch, own->second.invite);
            try_own_elsewhere(client);
            continue;
        }
        const auto [id, index] = branches.at(client);
        auto& context = *find(id);
        auto& branch = context.branches[index];
        if (context.answered || context.cancelled || branch.abandoned) {
            stop_waiting(branch);
            continue;
        }
        give_up(branch, context.invite);
        try_elsewhere(id, index);
    }
}

void Proxy::Impl::give_up(ProxiedBranch& branch, bool invite) {
    stop_waiting(branch);
    avoid(branch, nullptr);
    // Should it have heard us all the same, it is told that nobody waits.
    if (invite && !branch.cancelled) transactions.cancel(branch.client);
}

}  // namespace imslab::sip
