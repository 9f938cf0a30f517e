// The procedures of the HSS, one file each. What needs no second question to the store is a
// function of what was read.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/asks.h"
#include "core/node.h"
#include "core/task.h"
#include "diameter/zh.h"
#include "hss/hss.h"
#include "hss/sh_values.h"
#include "hss/store.h"

namespace imslab::hss {

// TS 29.228 §6.1.1.1, steps 1 to 5.
cx::UserAuthorizationAnswer answer_user_authorization(const cx::UserAuthorizationRequest& uar,
                                                      const User& user,
                                                      const Config& config);
// TS 29.228 §6.1.4.1
cx::LocationInfoAnswer answer_location_info(const cx::LocationInfoRequest& lir, const User& user);

// The kinds of Server-Assignment-Type that TS 29.228 §6.1.2.1 tells apart.
bool is_deregistration(cx::ServerAssignmentType type);
bool keeps_server_name(cx::ServerAssignmentType type);

// Visited networks compare as P-Visited-Network-ID values do: no quotes, no case.
bool is_same_network(std::string_view a, std::string_view b);

struct Hss::Procedures {
    Procedures(Config config_, Entropy& entropy_, Outbox& outbox_)
        : config(std::move(config_)), entropy(entropy_), outbox(outbox_), asks(outbox_) {}

    void on_asked(Asked asked);

    Task<void> answer(AskId id, std::string peer, cx::Request request);
    Task<void> answer_sh(AskId id, std::string peer, sh::Request request);
    Task<void> answer_zh(AskId id, zh::Request request);
    Task<void> administer(AskId id, Administration change);

    Task<cx::UserAuthorizationAnswer> user_authorization(cx::UserAuthorizationRequest uar);
    Task<cx::LocationInfoAnswer> location_info(cx::LocationInfoRequest lir);
    Task<cx::MultimediaAuthAnswer> multimedia_auth(cx::MultimediaAuthRequest mar, std::string peer);
    Task<cx::ServerAssignmentAnswer> server_assignment(cx::ServerAssignmentRequest sar,
                                                       std::string peer);

    Task<cx::ServerAssignmentAnswer> assign_registered(cx::ServerAssignmentRequest sar,
                                                       User user,
                                                       std::string peer);
    Task<cx::ServerAssignmentAnswer> assign_unregistered(cx::ServerAssignmentRequest sar,
                                                         User user,
                                                         std::string peer);
    Task<cx::ServerAssignmentAnswer> download_profile(cx::ServerAssignmentRequest sar,
                                                      User user,
                                                      bool with_restoration);
    Task<cx::ServerAssignmentAnswer> deregister(cx::ServerAssignmentRequest sar);
    Task<cx::ServerAssignmentAnswer> abandon_authentication(cx::ServerAssignmentRequest sar,
                                                            User user);

    // RTR towards the S-CSCF that another one has replaced.
    Task<void> terminate_at_previous_server(Registered before, std::string private_identity);
    Task<AdministrationAnswer> terminate(AdministrativeDeregistration change);
    Task<AdministrationAnswer> push_profile(std::string private_identity);
    Task<AdministrationAnswer> import(std::vector<Subscription> subscriptions);
    Task<AdministrationAnswer> remove(std::string subscription);

    // ---- Zh: TS 29.109 §4.2
    Task<zh::MultimediaAuthAnswer> bootstrapping_auth(zh::MultimediaAuthRequest mar);

    // ---- Sh: TS 29.328 §6.1
    // What follows an answer once it is on its way: others are told after who has asked.
    using Afterwards = std::shared_ptr<std::vector<Task<void>>>;
    Task<sh::UserDataAnswer> pull(sh::UserDataRequest udr, std::string peer);
    Task<sh::ProfileUpdateAnswer> update(sh::ProfileUpdateRequest pur,
                                         std::string peer,
                                         Afterwards afterwards);
    Task<sh::ProfileUpdateAnswer> update_repository(ShUser user,
                                                    sh::DataReference reference,
                                                    sh::RepositoryData data,
                                                    std::string peer,
                                                    Afterwards afterwards);
    Task<sh::ResultCode> switch_service(ShUser user,
                                        std::vector<std::string> services,
                                        bool active,
                                        std::string peer,
                                        Afterwards afterwards);
    Task<void> push_after_switch(std::string private_identity);
    Task<sh::SubscribeNotificationsAnswer> subscribe(sh::SubscribeNotificationsRequest snr,
                                                     std::string peer);
    Task<std::optional<ShUser>> load_sh_user(std::string public_identity, std::string msisdn);
    // What is selected, repository data included; nullopt: the store failed.
    Task<std::optional<sh::ShData>> value_of(ShUser user,
                                             sh::Selection selection,
                                             ValueOptions options);

    // Who watches a user, and what they know: taken before a change, compared after it.
    struct Watched {
        ShUser user;
        std::vector<Notification> notifications;
    };
    // nullopt: nobody watches.
    Task<std::optional<Watched>> watched(std::string public_identity, std::string private_identity);
    Task<std::optional<Watched>> watched_user(ShUser user);
    // PNR to all whose data is another now; `writer` has done it and is not told.
    Task<void> notify_changes(Watched before, std::string writer);
    Task<void> notify_repository(Watched who,
                                 sh::DataReference reference,
                                 sh::RepositoryData data,
                                 std::string writer);
    Task<void> notify(Notification notification, sh::PushNotificationRequest pnr);
    Task<void> end_watches(std::vector<Watch> watches);
    // Forgets what has expired, and learns when the next does.
    Task<void> expire_notifications();
    std::int64_t seconds_now() const {
        return std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    }

    // A question to the store. nullopt: the store did not answer, or refused; that is logged, and
    // the caller says UNABLE_TO_COMPLY.
    template <class Wanted>
    class Question {
    public:
        Question(Procedures& hss, StoreRequest question)
            : hss_(hss), asked_(hss.asks, std::any(std::move(question))) {}
        bool await_ready() { return asked_.await_ready(); }
        void await_suspend(std::coroutine_handle<> handle) { asked_.await_suspend(handle); }
        std::optional<Wanted> await_resume() {
            auto* answered = asked_.answer();
            if (answered == nullptr) {
                hss_.on_store_error("the store does not answer: ", asked_.failed()->reason);
                return std::nullopt;
            }
            if (auto* wanted = std::get_if<Wanted>(answered)) return std::move(*wanted);
            if (const auto* refused = std::get_if<StoreError>(answered)) {
                hss_.store_error = refused->reason;
                hss_.on_store_error("the store refuses: ", refused->reason);
            }
            return std::nullopt;
        }

    private:
        Procedures& hss_;
        Asks::Awaiter<StoreAnswer> asked_;
    };
    template <class Wanted>
    Question<Wanted> ask(StoreRequest question) {
        return Question<Wanted>(*this, std::move(question));
    }
    void on_store_error(std::string_view what, const std::string& why) {
        outbox.log(LogLevel::error, {}, {}, std::string(what) + why);
    }
    // `command`: a name that stays, such as a literal.
    void count(std::string_view command, cx::ResultCode result) { ++answers[{command, result}]; }

    const Config config;
    Entropy& entropy;
    Outbox& outbox;
    Asks asks;
    Time now{};
    std::optional<Time> next_expiry = Time{};  // at once: what the store holds is not known yet
    std::optional<std::int64_t> watches;       // how many there are; nullopt: not known yet
    std::set<std::string> updating;            // repository data that is being written
    std::uint64_t notified = 0;
    std::string store_error;  // why the last request was refused, for administration's answer
    std::map<std::pair<std::string_view, cx::ResultCode>, std::uint64_t> answers;  // how many
    Tasks tasks;
};

}  // namespace imslab::hss
