// RFC 4975 §7.1.1, §7.1.4: what an answer is awaited for, and who hears that none came.
#include "as/messaging/msrp_switch_parts.h"
#include "core/deadline.h"

namespace imslab::messaging {

void MsrpSwitch::forward_report(Leg& to, Head head) {
    if (!to.flow || head.has_body) return;
    head.transaction = entropy_.token(8);
    head.to_path = msrp::write_path(to.side.path);
    head.from_path = own_uri(to.id).to_string();
    write_small(*to.flow, msrp::whole(head));
}

void MsrpSwitch::await_answer(Leg& to, const Chunk& chunk) {
    if (chunk.head.failure_report == FailureReport::no || to.awaited >= limits_.transactions)
        return;
    const auto until = now_ + std::chrono::duration_cast<Duration>(limits_.transaction);
    ++to.awaited;
    sent_[chunk.head.transaction] = Sent{to.id, chunk.message_id, chunk.start + 1, chunk.at, until};
    by_deadline_.emplace(until, chunk.head.transaction);
}

void MsrpSwitch::on_response(const Head& head) {
    const auto found = sent_.find(head.transaction);
    if (found == sent_.end()) return;
    const auto sent = std::move(found->second);
    by_deadline_.erase({sent.until, found->first});
    sent_.erase(found);
    const auto leg = legs_.find(sent.leg);
    if (leg == legs_.end()) return;
    --leg->second->awaited;
    if (head.status != 200) report_failure(sent, head.status);
}

// RFC 4975 §7.1.4: who sent it has our 200 already, so he hears of it by REPORT.
void MsrpSwitch::report_failure(const Sent& sent, int status) {
    const auto leg = legs_.find(sent.leg);
    if (leg == legs_.end()) return;
    auto& from = other(*leg->second);
    if (!from.flow) return;
    Head report;
    report.transaction = entropy_.token(8);
    report.method = "REPORT";
    report.to_path = msrp::write_path(from.side.path);
    report.from_path = own_uri(from.id).to_string();
    report.message_id = sent.message_id;
    report.range = msrp::ByteRange{sent.start, sent.end, std::nullopt};
    report.report_status =
        "000 " + std::to_string(status) + " " + std::string(msrp::comment_for(status));
    write_small(*from.flow, msrp::whole(report));
}

void MsrpSwitch::on_time(Time now) {
    now_ = now;
    while (!by_deadline_.empty() && by_deadline_.begin()->first <= now) {
        const auto transaction = by_deadline_.begin()->second;
        by_deadline_.erase(by_deadline_.begin());
        const auto sent = std::move(sent_.at(transaction));
        sent_.erase(transaction);
        const auto leg = legs_.find(sent.leg);
        if (leg != legs_.end()) --leg->second->awaited;
        report_failure(sent, 408);
    }
}

std::optional<Time> MsrpSwitch::next_deadline() const { return earliest(by_deadline_); }

}  // namespace imslab::messaging
