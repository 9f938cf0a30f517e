// The procedures of the HSS, one file each. What needs no second question to the store is a
// function of what was read.
#pragma once

#include <map>
#include <string>

#include "core/asks.h"
#include "core/node.h"
#include "core/task.h"
#include "hss/hss.h"
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
    void count(const cx::Answer& answer);

    const Config config;
    Entropy& entropy;
    Outbox& outbox;
    Asks asks;
    std::string store_error;  // why the last request was refused, for administration's answer
    std::map<std::pair<std::string_view, cx::ResultCode>, std::uint64_t> answers;  // how many
    Tasks tasks;
};

}  // namespace imslab::hss
