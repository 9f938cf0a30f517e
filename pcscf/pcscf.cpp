// The node: events in, the side of a message decides its procedure (TS 24.229 §5.2.6.2), effects
// out.
#include "pcscf/pcscf.h"

#include <nlohmann/json.hpp>

#include "core/deadline.h"
#include "pcscf/element.h"

namespace imslab::pcscf {

namespace {

// What a broken transport means for the UEs behind it, besides what it means for their
// transactions.
struct LostFlow {
    Flow flow;
    std::string why;
};

std::optional<LostFlow> lost_flow(const Event& event) {
    if (const auto* closed = std::get_if<ConnectionClosed>(&event))
        return LostFlow{closed->flow, closed->reason};
    if (const auto* failed = std::get_if<SendFailed>(&event))
        return LostFlow{failed->flow, failed->reason};
    return std::nullopt;
}

}  // namespace

Pcscf::Pcscf(Config config, Entropy& entropy)
    : impl_(std::make_unique<Impl>(outbox_, std::move(config), entropy)) {}

Pcscf::~Pcscf() = default;

void Pcscf::deliver(Event event, Time now) {
    const auto lost = lost_flow(event);
    impl_->proxy.deliver(event, now);
    if (lost && impl_->side_of(lost->flow) == Side::gm) impl_->on_flow_lost(lost->flow, lost->why);
    impl_->expire();
}

std::optional<Time> Pcscf::next_deadline() const {
    const auto kept = earlier(impl_->bindings.next_expiry(), impl_->dialogs.next_expiry());
    return earlier(earlier(impl_->proxy.next_deadline(), kept), impl_->watches.next_deadline());
}

nlohmann::ordered_json Pcscf::state() const { return impl_->state(); }

std::size_t Pcscf::bindings() const { return impl_->bindings.size(); }

std::size_t Pcscf::dialogs() const { return impl_->dialogs.size(); }

}  // namespace imslab::pcscf
