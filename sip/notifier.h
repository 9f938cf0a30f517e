// The notifier of one event package (RFC 6665 §4.2): answers SUBSCRIBE, keeps the subscriptions,
// refreshes and ends them, and sends the NOTIFYs, one at a time to each subscriber. Who may
// subscribe, and what the state is, the package knows.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/node.h"
#include "core/result.h"
#include "sip/proxy.h"
#include "sip/subscription.h"

namespace imslab::sip {

struct EventDocument {
    std::string content_type, body;  // an empty body: nothing to say
};

class EventPackage {
public:
    virtual ~EventPackage() = default;
    // All that this subscriber may see of the resource.
    virtual EventDocument whole_state(Subscription& subscription) = 0;
    // What else a NOTIFY and the answer to a SUBSCRIBE carry.
    virtual void add_fields(const Subscription&, Message&) {}
    // A SUBSCRIBE inside the dialog that is about to be granted: a new filter, a new preference.
    // A response refuses it.
    virtual Result<void, Message> on_refresh(Subscription&, const Message&) { return {}; }
    // The last NOTIFY has left; `last` says why it is over.
    virtual void on_subscription_ended(const Subscription&) {}
};

class Notifier {
public:
    struct Settings {
        std::string package;  // "presence"
        std::string contact;  // "<sip:presence@as.example>"
        std::uint32_t default_expires = 3600;
        std::uint32_t min_expires = 60, max_expires = 600'000;
        std::size_t max_subscriptions = 1'000'000;
        Duration min_interval{};  // between two NOTIFYs of one subscription
    };
    // What it works with.
    struct Element {
        Proxy& proxy;
        Entropy& entropy;
        std::function<std::optional<Flow>(std::string_view uri)> way_to;
        std::function<void(std::string_view call_id, std::string text)> log;
    };

    Notifier(Settings settings, EventPackage& package, Element element);

    // §4.2.1.1: outside a dialog, for a subscriber who may: answers it, and tells the state. nullptr:
    // it was refused.
    Subscription* subscribe(ServerId id,
                            const Message& request,
                            std::string resource,
                            std::string subscriber,
                            SubscriptionEvent how = SubscriptionEvent::accepted,
                            std::unique_ptr<SubscriptionContext> context = {});
    // §4.2.1.4: inside one of our dialogs. False: it is none of ours.
    bool on_subscribe_inside(ServerId id, const Message& request);

    // What has changed; not given: the whole state.
    void tell(SubscriptionId id, std::optional<EventDocument> change = {});
    // Whether a change told now would leave at once, as it is.
    bool may_tell_now(const Subscription& subscription) const;
    void tell_watchers(std::string_view resource);
    void consent(SubscriptionId id);
    // The last NOTIFY, with that reason (§4.1.3).
    void end(SubscriptionId id,
             std::string_view reason,
             std::optional<EventDocument> last = {},
             std::uint32_t retry_after_seconds = 0);

    Subscription* find(SubscriptionId id);
    // In the order in which they came.
    std::vector<SubscriptionId> watchers_of(std::string_view resource) const;
    template <class Visitor>
    void for_each(Visitor&& visit) const {
        for (const auto& [id, subscription] : all_) visit(subscription);
    }

    void on_time(Time now);
    std::optional<Time> next_deadline() const;
    const Settings& settings() const { return settings_; }
    std::size_t size() const { return all_.size(); }
    bool empty() const { return all_.empty(); }
    nlohmann::ordered_json state() const;

private:
    struct ByDialog {
        using is_transparent = void;
        bool operator()(const Subscription* a, const Subscription* b) const {
            return a->dialog.id() < b->dialog.id();
        }
        bool operator()(const Subscription* a, const DialogId& b) const {
            return a->dialog.id() < b;
        }
        bool operator()(const DialogId& a, const Subscription* b) const {
            return a < b->dialog.id();
        }
    };

    std::optional<std::uint32_t> granted(ServerId id, const Message& request);
    Message response(const Subscription& subscription,
                     const Message& request,
                     std::uint32_t seconds);
    static void happen_to(Subscription& subscription, SubscriptionEvent event);
    void set_expires(Subscription& subscription, Time expires);
    void read_rate(Subscription& subscription, const Message& request) const;
    bool must_wait(Subscription& subscription);
    void send(Subscription& subscription,
              EventDocument document,
              std::string_view reason,
              std::uint32_t retry_after_seconds);
    void send_last(Subscription& subscription,
                   EventDocument document,
                   std::string_view reason,
                   std::uint32_t retry_after_seconds);
    void on_answered(SubscriptionId id, const Message* response);
    void erase(SubscriptionId id);

    Settings settings_;
    EventPackage& package_;
    Element element_;
    SubscriptionId last_id_ = 0;
    std::map<SubscriptionId, Subscription> all_;
    std::set<const Subscription*, ByDialog> by_dialog_;
    std::map<std::string, std::vector<SubscriptionId>, std::less<>> by_resource_;
    std::set<std::pair<Time, SubscriptionId>> by_expiry_, postponed_;
};

// The event package that a SUBSCRIBE, PUBLISH or NOTIFY names, without parameters; empty: none.
std::string_view event_package(const Message& message);
// A parameter of Event: "id".
std::string_view event_param(const Message& message, std::string_view name);
// §4.2.1.1: 489, with what is understood.
Message bad_event(const Message& request, std::string_view packages);
// Whether Accept has one of these types; without Accept the package's own is meant (§3.1.3).
bool accepts(const Message& request, std::string_view content_type);

}  // namespace imslab::sip
