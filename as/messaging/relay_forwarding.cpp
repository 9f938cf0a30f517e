// RFC 4976 §6.2–§6.4: what goes on, by which way, and what its sender hears of it.
#include <algorithm>

#include "as/messaging/msrp_relay_parts.h"

namespace imslab::messaging {

namespace {

// This relay's URI goes from the front of the To-Path to the front of the From-Path.
void shift(Head& head) {
    const auto end = std::min(head.to_path.find(' '), head.to_path.size());
    const auto own = head.to_path.substr(0, end);
    head.to_path.erase(0, std::min(end + 1, head.to_path.size()));
    head.from_path = own + " " + head.from_path;
}

}  // namespace

// RFC 4976 §6.4: the URI is one that was handed out, and the request goes to who got it, or comes
// from him.
MsrpRelay::Way MsrpRelay::way_of(Link& link, const std::vector<msrp::Uri>& to) {
    if (!is_ours(to.front())) return {nullptr, 481, "Not a URI of this relay", true};
    const auto found = grants_.find(to.front().session_id);
    if (found == grants_.end() || found->second.until <= services_.now())
        return {nullptr, 481, {}, false};
    const auto& given = found->second;
    if (to.size() == 1) return {nullptr, 481, "A relay is no end of a session", false};
    const auto& next = to[1];
    if (next.equals(given.back.front())) {
        if (given.link == 0) return {link_to(next), 481, "The relay before is not known", false};
        const auto client = links_.find(given.link);
        return {client == links_.end() ? nullptr : client->second.get(), 481, {}, false};
    }
    const bool is_his = given.link != 0
                            ? given.link == link.id
                            : std::ranges::count(link.names, given.back.front().host) != 0;
    if (!is_his) return {nullptr, 403, "Neither to nor from who has this URI", false};
    return {link_to(next), 481, "The next hop is not known", false};
}

// ---- requests

void MsrpRelay::on_head(Link& link, Head head) {
    if (!head.is_request()) return on_answer(link, std::move(head));
    link.passage.reset();
    link.request = std::move(head);
    const auto& request = *link.request;
    const auto to = msrp::parse_path(request.to_path);
    const bool has_from = msrp::parse_path(request.from_path).has_value();
    if (!to || !has_from) {
        answer(link, request, 400, "A path that cannot be read");
        return;
    }
    if (request.method == "AUTH" && to->size() == 1) {
        if (!is_ours(to->front()) || request.has_body) return close(link);
        services_.tasks().spawn(authorize(link.id, std::make_shared<const Head>(request)));
        return;
    }
    const auto way = way_of(link, *to);
    if (way.next == nullptr) {
        ++refused_;
        answer(link, request, way.status, way.comment);
        if (way.drops_connection) close(link);
        link.request.reset();
        return;
    }
    link.trusted = true;
    if (request.method != "SEND" || !request.has_body)
        return forward_small(link, request, *way.next);
    Passage passage;
    passage.request = request;
    passage.head = request;
    shift(passage.head);
    passage.from = link.id;
    passage.to = way.next->id;
    if (request.range) {
        passage.at = request.range->start;
        passage.total = request.range->total;
    }
    passage.start = passage.at;
    link.passage = std::move(passage);
    take_floor(link);
}

void MsrpRelay::forward_small(Link& link, const Head& request, Link& next) {
    if (request.has_body) return answer(link, request, 400, "Only SEND has a body here");
    auto head = request;
    shift(head);
    head.transaction = services_.entropy().token(8);
    // RFC 4975 §7.1.2: nobody answers a REPORT.
    if (request.method != "REPORT") {
        const auto until = services_.now() + settings_.transaction;
        sent_[head.transaction] = {next.id, link.id, request, 1, 0, until};
        sent_by_end_.emplace(until, head.transaction);
    }
    if (!next.open) hold(link, next.id);
    write_small(next, msrp::whole(head));
}

// The chunk of this link is the one that is written there; whichever was before is interrupted
// (RFC 4975 §7.1.1) and goes on later.
void MsrpRelay::take_floor(Link& from) {
    auto& passage = *from.passage;
    const auto found = links_.find(passage.to);
    if (found == links_.end()) return;
    auto& target = *found->second;
    if (!target.open || target.blocked) hold(from, target.id);
    if (target.writer == &from && passage.open) return;
    if (target.writer != nullptr) interrupt(*target.writer);
    passage.head.transaction = services_.entropy().token(8);
    passage.head.range = msrp::ByteRange{passage.at, std::nullopt, passage.total};
    passage.start = passage.at;
    passage.open = true;
    target.writer = &from;
    write(target, passage.head.to_bytes());
}

void MsrpRelay::interrupt(Link& from) {
    if (!from.passage || !from.passage->open) return;
    auto& passage = *from.passage;
    passage.open = false;
    const auto found = links_.find(passage.to);
    if (found == links_.end()) return;
    found->second->writer = nullptr;
    write(*found->second, msrp::end_line(passage.head, Continuation::more));
    await_answer(passage);
}

void MsrpRelay::on_body(Link& link, std::string_view piece) {
    if (!link.passage) return;
    take_floor(link);
    const auto found = links_.find(link.passage->to);
    if (found == links_.end()) return;
    link.passage->at += piece.size();
    octets_ += piece.size();
    write(*found->second, std::string(piece));
}

void MsrpRelay::on_end(Link& link, Continuation continuation) {
    const auto request = std::exchange(link.request, std::nullopt);
    if (!request || request->method != "SEND") return;
    if (request->failure_report == FailureReport::yes && !link.broken &&
        (link.passage || !request->has_body))
        answer(link, *request, 200);
    if (!link.passage) return;
    ++messages_;
    take_floor(link);
    const auto passage = std::move(*link.passage);
    link.passage.reset();
    const auto found = links_.find(passage.to);
    if (found == links_.end()) return;
    found->second->writer = nullptr;
    write(*found->second, msrp::end_line(passage.head, continuation));
    await_answer(passage);
}

// ---- answers

void MsrpRelay::answer(Link& link, const Head& request, int status, std::string_view why) {
    const bool wanted =
        request.method == "AUTH" ||
        (request.method == "SEND" && (status == 200 ? request.failure_report == FailureReport::yes
                                                    : request.failure_report != FailureReport::no));
    if (wanted) write_small(link, msrp::whole(msrp::response_to(request, status, why)));
}

void MsrpRelay::write_small(Link& link, std::string bytes) {
    if (link.writer != nullptr) interrupt(*link.writer);
    write(link, std::move(bytes));
}

void MsrpRelay::await_answer(const Passage& passage) {
    if (passage.request.failure_report == FailureReport::no) return;
    const auto until = services_.now() + settings_.transaction;
    Sent sent{passage.to, passage.from, passage.request, passage.start, passage.at - 1, until};
    if (!links_.contains(passage.to)) return report_failure(sent, 408);
    sent_[passage.head.transaction] = std::move(sent);
    sent_by_end_.emplace(until, passage.head.transaction);
}

// RFC 4976 §6.4.3.
void MsrpRelay::on_answer(Link& link, Head head) {
    const auto found = sent_.find(head.transaction);
    if (found == sent_.end() || found->second.to != link.id) return;
    const auto sent = std::move(found->second);
    sent_by_end_.erase({sent.until, found->first});
    sent_.erase(found);
    if (sent.request.method == "SEND") {
        if (head.status != 200) report_failure(sent, head.status);
        return;
    }
    const auto back = links_.find(sent.from);
    const auto to = msrp::parse_path(head.to_path);
    if (back == links_.end() || !to || to->size() < 2 || !is_ours(to->front())) return;
    shift(head);
    head.transaction = sent.request.transaction;
    write_small(*back->second, msrp::whole(head));
}

// RFC 4976 §6.4.1: the original sender has had a 200 of somebody, and hears of it by REPORT.
void MsrpRelay::report_failure(const Sent& sent, int status) {
    const auto back = links_.find(sent.from);
    if (back == links_.end()) return;
    if (sent.request.method == "AUTH")
        return write_small(*back->second, msrp::whole(msrp::response_to(sent.request, 408)));
    if (sent.request.method != "SEND") return;
    ++failed_;
    Head report;
    report.transaction = services_.entropy().token(8);
    report.method = "REPORT";
    report.to_path = sent.request.from_path;
    report.from_path = sent.request.to_path.substr(0, sent.request.to_path.find(' '));
    report.message_id = sent.request.message_id;
    report.range = msrp::ByteRange{
        sent.start, sent.end, sent.request.range ? sent.request.range->total : std::nullopt};
    report.report_status =
        "000 " + std::to_string(status) + " " + std::string(msrp::comment_for(status));
    write_small(*back->second, msrp::whole(report));
}

// ---- AUTH

Task<void> MsrpRelay::authorize(LinkId id, std::shared_ptr<const Head> request) {
    RelayAuthorization::Decision decision;
    const auto asked_by = links_.find(id);
    if (asked_by == links_.end()) co_return;
    const bool by_tls = asked_by->second->flow.transport == Transport::tls;
    if (by_tls || settings_.auth_without_tls)
        decision = co_await authorization_.decide(request);
    else  // RFC 4976 §9.2
        decision.response = msrp::response_to(*request, 403, "AUTH goes by TLS");
    const auto found = links_.find(id);  // it may have gone meanwhile
    if (found == links_.end()) co_return;
    auto& link = *found->second;
    if (decision.response.status == 200) grant(link, *request, decision);
    write_small(link, msrp::whole(decision.response));
    if (decision.response.status == 200) {
        link.trusted = true;
        link.failures = 0;
        co_return;
    }
    // RFC 4976 §6.3: a client that fails several times is sent away; another relay is not, nor is
    // who has only come too late.
    const bool tried = request->get("Authorization").has_value();
    const auto asked = decision.response.get("WWW-Authenticate").value_or("stale=true");
    const bool failed = tried && asked.find("stale=true") == std::string_view::npos;
    if (failed && link.names.empty() && ++link.failures >= settings_.failures) close(link);
}

// RFC 4976 §4.2, §6.3: a URI that nobody guesses, for the way back to who asks.
void MsrpRelay::grant(Link& link, const Head& request, RelayAuthorization::Decision& decision) {
    const auto back = *msrp::parse_path(request.from_path);
    const bool by_relay = back.size() > 1;
    if (grants_.size() >= settings_.grants ||
        (by_relay && std::ranges::count(link.names, back.front().host) == 0)) {
        decision.response = msrp::response_to(
            request,
            403,
            by_relay ? "Not from the relay that the From-Path names" : "Too many URIs are in use");
        return;
    }
    Grant given;
    given.session_id = services_.entropy().token(16);
    given.user = decision.user;
    given.back = back;
    given.link = by_relay ? 0 : link.id;
    given.until = services_.now() + decision.expires;
    const auto& config = services_.config();
    msrp::Uri own;
    own.secure = link.flow.transport == Transport::tls;
    own.host = config.host;
    own.port = (own.secure ? *config.msrp_by_tls : *config.msrp).port;
    own.session_id = given.session_id;
    own.transport = "tcp";
    // In the order of the client's To-Path: the relays between him and this one come first.
    std::vector<msrp::Uri> path(back.rbegin() + 1, back.rend());
    path.push_back(own);
    decision.response.others.insert(decision.response.others.begin(),
                                    {"Use-Path", msrp::write_path(path)});
    grants_by_end_.emplace(given.until, given.session_id);
    grants_[given.session_id] = std::move(given);
}

}  // namespace imslab::messaging
