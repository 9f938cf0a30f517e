// What the procedures of the presence server share.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "as/presence/composition.h"
#include "as/presence/presence_server.h"
#include "as/presence/subscribed_filters.h"
#include "as/presence/watcher_information.h"
#include "as/xdm/documents.h"
#include "sip/notifier.h"

namespace imslab::presence {

// What is kept of a watcher beside his subscription.
struct Watcher final : sip::SubscriptionContext {
    SubHandling handling = SubHandling::block;
    std::size_t told = 0;  // of the document he has: what looks the same to him is not told again
    Time since{};
    std::string_view ended_by;  // by the rules, when they end it
    // RFC 5263: what a watcher has who takes patches, and the version of it.
    bool takes_patches = false;
    std::shared_ptr<const PresenceDocument> has;
    std::uint32_t version = 0;
    // RFC 4660: what he wants of it, and with triggers what he could have seen when he was told
    // last.
    SubscribedFilters filters;
    std::shared_ptr<const PresenceDocument> unfiltered;
};

class PresenceEnabler final : public as::Enabler {
public:
    PresenceEnabler(as::Services& services, std::string name, PresenceSettings settings);

    void on_request(sip::ServerId id, as::ServiceRequest request) override;
    bool takes(const sip::Message& request) const override;
    void on_request_in_dialog(sip::ServerId id, sip::Message request) override;
    void on_registration(const as::ThirdPartyRegistration& registration) override;
    void on_time(Time now) override;
    std::optional<Time> next_deadline() const override;
    nlohmann::ordered_json state() const override;

private:
    // The two event packages. What they ask comes back here.
    struct PresencePackage final : sip::EventPackage {
        explicit PresencePackage(PresenceEnabler& server_given) : server(server_given) {}
        sip::EventDocument whole_state(sip::Subscription& subscription) override {
            return server.document_for(subscription);
        }
        Result<void, sip::Message> on_refresh(sip::Subscription& subscription,
                                              const sip::Message& request) override {
            return server.on_watcher_refreshes(subscription, request);
        }
        void on_subscription_ended(const sip::Subscription& subscription) override {
            server.on_watcher_gone(subscription);
        }
        PresenceEnabler& server;
    };
    struct WatcherInformationPackage final : sip::EventPackage {
        explicit WatcherInformationPackage(PresenceEnabler& server_given) : server(server_given) {}
        sip::EventDocument whole_state(sip::Subscription& subscription) override {
            return server.watchers_of(subscription);
        }
        Result<void, sip::Message> on_refresh(sip::Subscription& subscription,
                                              const sip::Message& request) override {
            return server.on_user_refreshes(subscription, request);
        }
        PresenceEnabler& server;
    };

    // ---- (presence_enabler.cpp)
    sip::Notifier::Element element();
    void respond(sip::ServerId id, sip::Message response);
    std::optional<std::string> presentity_of(const as::ServiceRequest& request) const;
    std::string requester(const as::ServiceRequest& request) const;
    void on_document_changed(const xdm::DocumentPath& path);

    // ---- RFC 3903 (publishing.cpp)
    void on_publish(sip::ServerId id,
                    const as::ServiceRequest& service_request,
                    const std::string& presentity);
    std::optional<std::uint32_t> granted_publication(sip::ServerId id, const sip::Message& request);
    // `before`: what was published under its entity-tag.
    Result<PresenceDocument, sip::Message> published_document(const sip::Message& request,
                                                              const std::string& presentity,
                                                              const PresenceDocument* before) const;
    void published(sip::ServerId id,
                   const sip::Message& request,
                   const std::string& etag,
                   std::uint32_t seconds);

    // ---- what there is to see (raw_document.cpp)
    const PresenceDocument& raw_document(const std::string& presentity);
    std::optional<PresenceDocument> permanent_state(const std::string& presentity) const;
    std::optional<PresenceDocument> registration_state(const std::string& presentity) const;
    void changed(const std::string& presentity);

    // ---- who may see it (authorization.cpp); who does not say who he is has a name, too
    static constexpr std::string_view kAnonymous = "sip:anonymous@anonymous.invalid";
    Permissions permissions_of(const std::string& watcher, const std::string& presentity);
    struct Rules {
        std::optional<Ruleset> ruleset;                      // nullopt: there is none
        std::optional<Time> due;                             // a validity begins or ends
        std::map<std::string, std::set<std::string>> lists;  // by anchor: who is on them
        std::size_t listed = 0;                              // in all of these
    };
    Rules& rules_of(const std::string& presentity);
    const std::set<std::string>& list_at(const std::string& anchor,
                                         const std::string& presentity,
                                         Rules& rules) const;
    void rules_changed(const std::string& presentity);
    void schedule_rules(const std::string& presentity);

    // ---- RFC 3856 (watching.cpp)
    void on_subscribe(sip::ServerId id,
                      const as::ServiceRequest& request,
                      const std::string& presentity);
    Result<SubscribedFilters, sip::Message> filters_of(const sip::Message& subscribe,
                                                       const std::string& presentity,
                                                       std::string_view package,
                                                       SubscribedFilters before = {}) const;
    sip::EventDocument document_for(sip::Subscription& subscription);
    PresenceDocument document_seen(const std::string& presentity, const Permissions& permissions);
    // What a watcher gets to see.
    struct View {
        std::shared_ptr<const PresenceDocument> document;  // nullptr: nothing of it
        std::string text;
        std::size_t hash = 0;
        bool is_due = false;  // it is told though it looks the same
    };
    static View view_of(std::optional<PresenceDocument> document);
    static std::optional<View> filtered(Watcher& watcher,
                                        const Filter& filter,
                                        const View& seen,
                                        bool is_whole);
    Result<void, sip::Message> on_watcher_refreshes(sip::Subscription& subscription,
                                                    const sip::Message& request);
    void on_watcher_gone(const sip::Subscription& subscription);
    void tell_watchers(const std::string& presentity);
    void tell_watcher(sip::Subscription& subscription, const View& view);
    // True: the subscription has moved on, and its watcher has been told.
    bool obey(sip::Subscription& subscription, SubHandling handling);

    // ---- RFC 3857 (watcher_news.cpp)
    void on_subscribe_to_watchers(sip::ServerId id,
                                  const as::ServiceRequest& request,
                                  const std::string& presentity);
    sip::EventDocument watchers_of(sip::Subscription& subscription);
    Result<void, sip::Message> on_user_refreshes(sip::Subscription& subscription,
                                                 const sip::Message& request);
    std::vector<WatcherRecord> with_those_gone(const std::string& presentity,
                                               const std::vector<WatcherRecord>& changed) const;
    void record(const sip::Subscription& subscription,
                WatcherStatus status,
                std::string_view event);
    void decide_on_waiting(const std::string& presentity);
    void tell_user(const std::string& presentity, const std::vector<WatcherRecord>& changed);

    std::int64_t unix_time() const;

    static constexpr std::size_t kMostRulesKept = 100'000;
    static constexpr std::size_t kMostListedKept = 20'000;  // of one presentity

    PresenceSettings settings_;
    Publications publications_;
    PresencePackage presence_package_;
    WatcherInformationPackage watcher_package_;
    sip::Notifier watchers_;
    sip::Notifier users_;  // who watch their watchers
    WatcherRecords records_;
    std::map<std::string, PresenceDocument, std::less<>> raw_;  // as composed last
    PresenceDocument passing_;                                  // of whom nothing is kept
    std::map<std::string, Rules, std::less<>> rules_;
    std::set<std::pair<Time, std::string>> rules_due_;
    std::uint64_t published_ = 0, refused_ = 0;
};

}  // namespace imslab::presence
