// What the procedures of the resource list server share.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "as/application_server.h"
#include "as/presence/list_filters.h"
#include "as/presence/resource_list_server.h"
#include "as/presence/rlmi.h"
#include "as/presence/rls_services.h"
#include "core/deadline.h"
#include "sip/notifier.h"
#include "sip/subscriber.h"
#include "sip/uri.h"

namespace imslab::presence {

struct ListWatch final : sip::SubscriptionContext {
    struct Member {
        sip::Subscriber::Id subscription = 0;  // 0: none any more
        FilterSet filters;                     // that its server knows
        std::string document;                  // as it came last
        std::string
            told;  // on a trigger of the list's: the document when the watcher was told last
        std::size_t shown = 0;  // of the part that the watcher has
    };
    std::vector<ListedResource> resources;
    std::vector<Member> members;  // beside the resources
    SubscribedFilters filters;
};

class ResourceListServer final : public as::Enabler, private sip::EventPackage {
public:
    ResourceListServer(as::Services& services, std::string name, ResourceListSettings settings)
        : Enabler(services, std::move(name)),
          settings_(settings),
          lists_(services.documents()),
          notifier_(notifier_settings(), *this, notifier_element()),
          subscriber_({services.proxy(), services.entropy(), [this](const sip::Message& request) {
                           return services_.ways_to(request);
                       }}) {
        if (auto* documents = services.documents())
            documents->watch([this](const xdm::DocumentPath& path) { on_document_changed(path); });
    }

    void on_request(sip::ServerId id, as::ServiceRequest request) override;
    void on_request_in_dialog(sip::ServerId id, sip::Message request) override;
    bool takes(const sip::Message& request) const override {
        const auto uri = sip::canonical_identity(request.uri());
        return settings_.plain_sip && request.method() == sip::Method::subscribe && uri &&
               const_lists().find(*uri) != nullptr;
    }
    void on_time(Time now) override {
        subscriber_.on_time(now);
        notifier_.on_time(now);
    }
    std::optional<Time> next_deadline() const override {
        return earlier(notifier_.next_deadline(), subscriber_.next_deadline());
    }
    nlohmann::ordered_json state() const override {
        nlohmann::ordered_json state;
        state["lists"] = notifier_.state();
        state["members"] = subscriber_.size();
        return state;
    }

private:
    // ---- sip::EventPackage
    sip::EventDocument whole_state(sip::Subscription& subscription) override {
        return notification(subscription, true);
    }
    // RFC 4662 §4.1, §4.5.
    void add_fields(const sip::Subscription&, sip::Message& message) override {
        message.append(sip::HeaderId::require, "eventlist");
    }
    Result<void, sip::Message> on_refresh(sip::Subscription& subscription,
                                          const sip::Message& request) override;
    void on_subscription_ended(const sip::Subscription& subscription) override {
        leave(static_cast<ListWatch&>(*subscription.context).members);
    }

    // The index is made when it is asked for.
    ListServices& const_lists() const { return lists_; }
    sip::Notifier::Settings notifier_settings() const;
    sip::Notifier::Element notifier_element();
    void respond(sip::ServerId id,
                 const sip::Message& request,
                 int status,
                 sip::HeaderId header = {},
                 std::string_view value = {});
    std::string subscriber_of(const as::ServiceRequest& request) const;
    Result<void, sip::Message> take_filters(ListWatch& watch,
                                            const sip::Message& subscribe,
                                            const std::string& list) const;
    void set_members(ListWatch& watch, const std::vector<ListEntry>& members);
    void watch_members(const sip::Subscription& subscription);
    void leave(const std::vector<ListWatch::Member>& members);
    void watch_member(const sip::Subscription& subscription, std::size_t index);
    FilterSet filters_for(const sip::Subscription& subscription, const std::string& member) const;
    void pass_filters_on(const sip::Subscription& subscription);
    void on_member_news(sip::Subscriber::Id member, const sip::Subscriber::News& news);
    bool is_news(const sip::Subscription& subscription, std::size_t index) const;
    void show_members(const sip::Subscription& subscription, bool full);
    sip::EventDocument notification(const sip::Subscription& subscription, bool full);
    void on_document_changed(const xdm::DocumentPath& path);

    ResourceListSettings settings_;
    mutable ListServices lists_;
    sip::Notifier notifier_;
    sip::Subscriber subscriber_;
    std::map<sip::Subscriber::Id, sip::SubscriptionId> owner_of_;
};

}  // namespace imslab::presence
