// RFC 3261 §21.5.4: 503 while too much is pending.
#include "sip/overload.h"

#include <string>

#include "sip/headers.h"

namespace imslab::sip {

namespace {

constexpr Duration kBetweenLogs = std::chrono::seconds(5);
constexpr Duration kCalm = std::chrono::seconds(2);  // without a refusal: it is over

// What belongs to a dialog is the end or the middle of work that was taken on; to refuse it would
// make more. A REGISTER is in no dialog whatever its To says.
bool continues_work(const Message& request) {
    const Method method = request.method();
    if (method == Method::bye || method == Method::prack) return true;
    return method != Method::register_ && to_tag(request).has_value();
}

}  // namespace

bool Overload::admits(const Message& request) const {
    return max_pending_ == 0 || pending_ < max_pending_ || continues_work(request);
}

void Overload::on_refused(Outbox& outbox, Time now) {
    ++refused_;
    last_refusal_ = now;
    if (refuses_ && now - told_ < kBetweenLogs) return;
    refuses_ = true;
    outbox.log(LogLevel::warning,
               {},
               "RFC 3261 §21.5.4",
               "overload: " + std::to_string(pending_) + " requests are pending (max_pending is " +
                   std::to_string(max_pending_) + "); " +
                   std::to_string(refused_ - refused_before_) +
                   " new ones refused with 503 since the last such line");
    refused_before_ = refused_;
    told_ = now;
}

void Overload::on_admitted(Outbox& outbox, Time now) {
    if (!refuses_ || now - last_refusal_ < kCalm) return;
    refuses_ = false;
    outbox.log(LogLevel::info,
               {},
               "RFC 3261 §21.5.4",
               "overload is over: " + std::to_string(refused_ - refused_before_) +
                   " more were refused, " + std::to_string(refused_) + " in all");
    refused_before_ = refused_;
}

}  // namespace imslab::sip
