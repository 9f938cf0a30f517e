// RFC 4976 §6.1, §6.5: connections, whose they are, and who has to wait.
#include "as/messaging/msrp_relay.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "as/messaging/msrp_relay_parts.h"
#include "core/deadline.h"

namespace imslab::messaging {

MsrpRelay::MsrpRelay(as::Services& services, std::string name, RelaySettings settings)
    : Enabler(services, std::move(name)), settings_(settings), authorization_(services, settings) {}
MsrpRelay::~MsrpRelay() = default;

// It has a SIP identity as every enabler has, and nothing to say there.
void MsrpRelay::on_request(sip::ServerId id, as::ServiceRequest) {
    services_.proxy().respond(id, 405);
}

bool MsrpRelay::is_ours(const msrp::Uri& uri) const {
    const auto& config = services_.config();
    const auto& place = uri.secure ? config.msrp_by_tls : config.msrp;
    if (!place || (uri.port != 0 && uri.port != place->port)) return false;
    return uri.host == config.host || IpAddress::parse(uri.host) == place->ip;
}

// ---- links

MsrpRelay::Link* MsrpRelay::link_of(const Flow& flow) {
    const auto found = by_connection_.find(flow.connection);
    return found == by_connection_.end() ? nullptr : links_.at(found->second).get();
}

// RFC 4976 §6.4.2: one that is there, also one that a relay has opened to us and that its
// certificate names; else a new one. nullptr: its host is not known.
MsrpRelay::Link* MsrpRelay::link_to(const msrp::Uri& uri) {
    const auto& config = services_.config();
    std::optional<Address> remote;
    if (const auto ip = IpAddress::parse(uri.host)) {
        remote = Address{*ip, uri.port};
    } else if (const auto known = config.hosts.find(uri.host); known != config.hosts.end()) {
        remote = Address{known->second.first().ip, uri.port};
    }
    if (!remote) return nullptr;
    if (remote->port == 0) remote->port = msrp::kPort;
    const auto transport = uri.secure ? Transport::tls : Transport::tcp;
    for (const auto& [id, link] : links_) {
        if (link->broken || link->flow.transport != transport) continue;
        if (link->flow.remote == *remote || std::ranges::count(link->names, uri.host) != 0)
            return link.get();
    }
    const auto& local = uri.secure ? config.msrp_by_tls : config.msrp;
    if (!local) return nullptr;
    const auto id = ++last_link_;
    auto link = std::make_unique<Link>(*this, id, Flow{transport, *local, *remote, 0});
    link->host = uri.host;
    services_.emit(Send{link->flow, {}});
    return links_.emplace(id, std::move(link)).first->second.get();
}

void MsrpRelay::opened(const Flow& flow) {
    LinkId id = 0;
    for (const auto& [known, link] : links_) {
        if (link->flow.connection == 0 && link->flow.remote == flow.remote &&
            link->flow.transport == flow.transport)
            id = known;
    }
    if (id == 0) {
        id = ++last_link_;
        links_.emplace(id, std::make_unique<Link>(*this, id, flow));
        probation_.emplace(services_.now() + settings_.probation, id);
    }
    links_.at(id)->flow = flow;
    by_connection_[flow.connection] = id;
    if (flow.transport == Transport::tls)
        services_.tasks().spawn(identify(flow, id));
    else
        identified(id, {});
}

Task<void> MsrpRelay::identify(Flow flow, LinkId id) {
    msrp::WhoIsThere question{flow.connection};
    auto answer = co_await services_.asks().ask<msrp::PeerCertificate>(question);
    identified(id, answer ? std::move(*answer) : msrp::PeerCertificate{});
}

// RFC 4976 §9.2: a relay that is connected to is the one of its name; who connects may be a client,
// which shows nothing.
void MsrpRelay::identified(LinkId id, msrp::PeerCertificate shown) {
    const auto found = links_.find(id);
    if (found == links_.end() || found->second->open) return;
    auto& link = *found->second;
    link.names = std::move(shown.names);
    const bool is_right = link.host.empty() || link.flow.transport != Transport::tls ||
                          settings_.trusts_any_relay ||
                          std::ranges::count(link.names, link.host) != 0;
    if (!is_right) {
        services_.log(LogLevel::warning,
                      {},
                      "RFC 4976 §9.2",
                      "at " + link.flow.remote.to_string() +
                          " is somebody whose certificate nobody vouches for as " + link.host);
        const auto flow = link.flow;
        lose(id, "its certificate is another one's");
        services_.emit(Close{flow});
        return;
    }
    link.open = true;
    auto queue = std::exchange(link.queue, {});
    if (!queue.empty()) services_.emit(Send{link.flow, std::move(queue)});
    resume(id);
    if (link.held_for == 0 && !link.waiting.empty()) read(link, std::exchange(link.waiting, {}));
}

void MsrpRelay::lose(LinkId id, const std::string& why) {
    const auto found = links_.find(id);
    if (found == links_.end()) return;
    const auto gone = std::move(found->second);
    links_.erase(found);
    by_connection_.erase(gone->flow.connection);
    // What it was sending ends on the other side, what was being sent to it goes nowhere.
    if (gone->passage) interrupt(*gone);
    for (const auto& [other, link] : links_) {
        if (link->writer == gone.get()) link->writer = nullptr;
        if (!link->passage || link->passage->to != id) continue;
        await_answer(*link->passage);
        link->passage.reset();
    }
    // RFC 4976 §6.3: a client's URIs are good on his connection alone.
    std::erase_if(grants_, [&](const auto& one) { return one.second.link == id; });
    std::vector<Sent> unanswered;
    for (auto one = sent_.begin(); one != sent_.end();) {
        const bool was_to = one->second.to == id;
        if (was_to || one->second.from == id) {
            sent_by_end_.erase({one->second.until, one->first});
            if (was_to) unanswered.push_back(std::move(one->second));
            one = sent_.erase(one);
        } else {
            ++one;
        }
    }
    for (const auto& sent : unanswered) report_failure(sent, 408);
    resume(id);
    if (!gone->host.empty())
        services_.log(LogLevel::info, {}, "RFC 4976 §6.5", gone->host + " is lost: " + why);
}

void MsrpRelay::close(Link& link) {
    link.broken = true;
    services_.emit(Close{link.flow});
}

// ---- what happens to them

void MsrpRelay::on_stream(Event& event) {
    if (auto* one = std::get_if<ConnectionOpened>(&event)) return opened(one->flow);
    if (auto* failed = std::get_if<SendFailed>(&event)) {
        std::vector<LinkId> lost;
        for (const auto& [id, link] : links_) {
            if (!link->open && link->flow.connection == 0 &&
                link->flow.remote == failed->flow.remote)
                lost.push_back(id);
        }
        for (const auto id : lost) lose(id, failed->reason);
        return;
    }
    const auto* flow = std::visit(
        [](const auto& one) -> const Flow* {
            if constexpr (requires { one.flow; })
                return &one.flow;
            else
                return nullptr;
        },
        event);
    auto* link = flow != nullptr ? link_of(*flow) : nullptr;
    if (link == nullptr) return;
    if (auto* arrived = std::get_if<Arrived>(&event)) return read(*link, std::move(arrived->bytes));
    if (std::holds_alternative<Blocked>(event)) link->blocked = true;
    if (std::holds_alternative<Writable>(event)) {
        link->blocked = false;
        resume(link->id);
    }
    if (auto* closed = std::get_if<ConnectionClosed>(&event)) lose(link->id, closed->reason);
}

void MsrpRelay::read(Link& link, std::string bytes) {
    if (link.broken) return;
    if (link.held_for != 0 || !link.open) {  // what was on its way when it was told to wait
        link.waiting += bytes;
        return;
    }
    const auto read = link.reader.push(bytes, link);
    if (read) return;
    services_.log(LogLevel::warning,
                  {},
                  "RFC 4975 §9",
                  "from " + link.flow.remote.to_string() + ": " + read.error());
    close(link);
}

void MsrpRelay::write(Link& link, std::string bytes) {
    if (link.open)
        services_.emit(Send{link.flow, std::move(bytes)});
    else
        link.queue += bytes;  // at most what one read has: its source is held
}

void MsrpRelay::hold(Link& link, LinkId until) {
    if (std::exchange(link.held_for, until) != 0) return;
    services_.emit(Reading{link.flow, false});
}

void MsrpRelay::resume(LinkId waited_for) {
    std::vector<LinkId> waiting;
    for (const auto& [id, link] : links_) {
        if (link->held_for == waited_for) waiting.push_back(id);
    }
    for (const auto id : waiting) {
        const auto found = links_.find(id);
        if (found == links_.end()) continue;
        auto& link = *found->second;
        link.held_for = 0;
        services_.emit(Reading{link.flow, true});
        if (!link.waiting.empty()) read(link, std::exchange(link.waiting, {}));
    }
}

// ---- time

void MsrpRelay::on_time(Time now) {
    authorization_.forget_expired(now);
    while (!grants_by_end_.empty() && grants_by_end_.begin()->first <= now) {
        grants_.erase(grants_by_end_.begin()->second);
        grants_by_end_.erase(grants_by_end_.begin());
    }
    while (!sent_by_end_.empty() && sent_by_end_.begin()->first <= now) {
        const auto found = sent_.find(sent_by_end_.begin()->second);
        sent_by_end_.erase(sent_by_end_.begin());
        const auto sent = std::move(found->second);
        sent_.erase(found);
        // RFC 4975 §7.2: who wants to hear of failures alone is not told that nothing came.
        if (sent.request.failure_report == FailureReport::yes) report_failure(sent, 408);
    }
    while (!probation_.empty() && probation_.begin()->first <= now) {
        const auto found = links_.find(probation_.begin()->second);
        probation_.erase(probation_.begin());
        if (found != links_.end() && !found->second->trusted) close(*found->second);
    }
}

std::optional<Time> MsrpRelay::next_deadline() const {
    return earlier(earlier(authorization_.next_deadline(), earliest(grants_by_end_)),
                   earlier(earliest(sent_by_end_), earliest(probation_)));
}

nlohmann::ordered_json MsrpRelay::state() const {
    return {{"connections", links_.size()},
            {"uris", grants_.size()},
            {"messages", messages_},
            {"octets", octets_},
            {"refused", refused_},
            {"unanswered", sent_.size()},
            {"reported", failed_}};
}

}  // namespace imslab::messaging
