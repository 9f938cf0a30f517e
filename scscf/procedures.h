// What the procedures of the S-CSCF share: its records, and the requests under way.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/asks.h"
#include "core/result.h"
#include "core/task.h"
#include "diameter/cx.h"
#include "scscf/challenge.h"
#include "scscf/original_dialogs.h"
#include "scscf/register_request.h"
#include "scscf/registrar.h"
#include "scscf/registration_change.h"
#include "scscf/scscf.h"
#include "scscf/sessions.h"
#include "scscf/unregistered_users.h"
#include "sip/notifier.h"
#include "sip/proxy.h"

namespace imslab::scscf {

// A request that is at an application server.
struct ServerVisit {
    cx::ApplicationServer server;
    std::string token;            // the original dialog identifier it was given
    sip::Message before;          // the request as it goes on if the server fails
    bool answered = false;        // the server has begun to act
    std::optional<Time> give_up;  // when a silent server is taken for dead
};

// A request that passes through: for whom, and what is left to try.
struct Passage {
    Role role = Role::originating;
    bool inside_dialog = false;
    bool makes_dialog = false;
    std::string served;  // public identity
    std::string call_id, caller_tag;
    std::string orig_ioi;  // as it came in P-Charging-Vector
    ServicePass pass;
    std::optional<ServerVisit> visit;
    bool retargeted = false;  // an application server has put somebody else in his place
    bool is_service = false;  // served is a public service identity
    // Serial forking (RFC 3261 §16.6): contacts of lower q wait for those of higher q to fail.
    std::vector<std::vector<sip::Branch>> waiting;
    std::size_t ringing = 0;      // branches of the present group without a final answer
    bool next_group_due = false;  // we have cancelled the present group
    std::optional<Time> ring_until;
};

struct Scscf::Impl final : sip::ProxyUser, sip::EventPackage {
    Impl(Config config_given, Outbox& outbox_given, Entropy& entropy_given);

    // ---- events (scscf.cpp)
    void on_request(sip::ServerId id, sip::Message request, const Flow& flow) override;
    void on_ack(sip::Message ack, const Flow& flow) override;
    Verdict on_response(sip::ServerId id, std::size_t branch, sip::Message& response) override;
    void on_final(sip::ServerId id, sip::Message& response) override;
    void on_ended(sip::ServerId id) override;
    void on_malformed(const sip::ParseFailure& failure, const Flow& flow) override;
    void on_time(Time time);
    void give_response_of_served_user(const Passage& passage, sip::Message& response);
    Verdict after_final(sip::ServerId id, Passage& passage, int status);
    std::optional<Time> next_deadline() const;

    // ---- TS 24.229 §5.4.1.2, authentication (authentication.cpp)
    Task<void> on_register(sip::ServerId id, sip::Message message);
    // The sender is known: registration, deregistration.
    Task<void> accept(sip::ServerId id, RegisterRequest request, std::string authentication_info);
    Task<void> challenge_user(sip::ServerId id,
                              RegisterRequest request,
                              Challenge previous,
                              bool stale);
    Task<void> resynchronise(sip::ServerId id,
                             RegisterRequest request,
                             Challenge challenge,
                             std::string auts);
    Task<void> refuse_authentication(sip::ServerId id,
                                     RegisterRequest request,
                                     Challenge challenge);
    Task<void> tell_authentication_timeout(Challenge challenge);

    // ---- TS 24.229 §5.4.1.2.2F (registration.cpp)
    Task<void> register_contacts(sip::ServerId id,
                                 RegisterRequest request,
                                 std::string authentication_info);
    std::vector<ContactChange> bind_contacts(ImplicitSet& set, const RegisterRequest& request);
    sip::Message registered(const RegisterRequest& request,
                            const ImplicitSet& set,
                            const std::string& authentication_info);
    void list_bindings(sip::Message& response, const ImplicitSet& set) const;

    // ---- TS 24.229 §5.4.1.4, and expiry (deregistration.cpp)
    Task<void> deregister_contacts(sip::ServerId id,
                                   RegisterRequest request,
                                   std::string authentication_info);
    Task<void> tell_hss_of_deregistration(std::string private_identity,
                                          std::string public_identity,
                                          cx::ServerAssignmentType type,
                                          std::string call_id);
    void expire_bindings(Time until);

    // ---- TS 24.229 §5.4.1.5, TS 29.228 §6.1.3, §6.2.2 (network_initiated.cpp)
    void on_asked(Asked asked);
    cx::RegistrationTerminationAnswer on_registration_termination(
        const cx::RegistrationTerminationRequest& request);
    cx::PushProfileAnswer on_push_profile(const cx::PushProfileRequest& request);
    // Those who watch registrations are told: subscribers, application servers.
    void registration_changed(const ImplicitSet& set, const RegistrationChange& change);
    void end_registration(ImplicitSet& set, SetEvent event, ContactEvent why);

    // ---- TS 24.229 §5.4.1.7 (third_party_registration.cpp)
    void tell_application_servers(const ImplicitSet& set, const RegistrationChange& change);
    void register_with_server(const cx::ApplicationServer& server,
                              const std::string& identity,
                              const ImplicitSet& set,
                              const RegistrationChange& change);
    std::uint32_t expiry_for_servers(const ImplicitSet& set,
                                     const RegistrationChange& change) const;
    void on_server_registration_failed(const cx::ApplicationServer& server,
                                       const std::string& identity,
                                       SetEvent event,
                                       int status);
    Task<void> deregister_by_network(std::string identity);

    // ---- TS 24.229 §5.4.2 (registration_event.cpp)
    sip::Notifier::Settings subscription_settings() const;
    sip::Notifier::Element notifying_element();
    std::optional<std::string> authorised_subscriber(const sip::Message& request,
                                                     const ImplicitSet& set) const;
    void on_registration_subscribe(sip::ServerId id,
                                   const sip::Message& request,
                                   const std::string& identity);
    sip::EventDocument whole_state(sip::Subscription& subscription) override;
    void add_fields(const sip::Subscription& subscription, sip::Message& message) override;
    Result<void, sip::Message> on_refresh(sip::Subscription& subscription,
                                          const sip::Message& request) override;
    void tell_subscribers(const ImplicitSet& set, const RegistrationChange& change);
    void tell_whole_state(const ImplicitSet& set);

    // ---- TS 24.229 §5.4.3.2 (originating.cpp)
    void originate(sip::ServerId id, sip::Message request, bool for_server);
    Passage& begin_passage(sip::ServerId id,
                           const sip::Message& request,
                           Role role,
                           std::string served);
    // A new passage's request is made the served user's, and goes its way.
    void enter(sip::ServerId id, sip::Message request, Passage& passage);
    void enter_originating(sip::Message& request, Passage& passage);
    void enter_terminating(sip::Message& request, Passage& passage);
    std::string routed_number(std::string_view tel_uri) const;

    // ---- TS 24.229 §5.4.3.3 (terminating.cpp)
    void terminate(sip::ServerId id, sip::Message request);

    // ---- nobody is registered (unregistered.cpp)
    Task<void> serve_unregistered(sip::ServerId id,
                                  sip::Message request,
                                  std::string identity,
                                  Role role);
    void begin_unregistered(sip::ServerId id,
                            sip::Message request,
                            const std::string& identity,
                            const UnregisteredUser& user,
                            Role role);
    void purge_unused(Time until);

    // ---- TS 23.380 §4, TS 29.228 §6.1.2 (restoration.cpp)
    // What the HSS is to keep of the contacts as they are once this REGISTER is granted.
    cx::RestorationInfo to_be_kept(const RegisterRequest& request, const ImplicitSet* known) const;
    // A request of a user whom this S-CSCF does not know: was he lost in a restart?
    Task<void> restore_caller(sip::ServerId id, sip::Message request, std::string identity);
    // The registration of which the HSS kept that; false: nothing of it can be used.
    bool restore(const std::string& identity,
                 const cx::ServerAssignmentAnswer& saa,
                 cx::ImsSubscription profile);

    // ---- application servers (services.cpp)
    bool visit_application_server(sip::ServerId id, sip::Message& request, Passage& passage);
    void send_to_application_server(sip::ServerId id,
                                    sip::Message request,
                                    Passage& passage,
                                    const cx::ApplicationServer& server,
                                    const Flow& to);
    void come_back(sip::ServerId id, sip::Message request, std::string_view token);
    bool is_retargeted(const sip::Message& request, const Passage& passage) const;
    void stop_waiting_for_server(sip::ServerId id, ServerVisit& visit);
    bool continue_without_server(sip::ServerId id, Passage& passage, int status);
    void give_up_silent_servers(Time until);

    // ---- to the contacts (terminating.cpp)
    void fork(sip::ServerId id, const sip::Message& request, const ImplicitSet& set);
    void try_next_contacts(sip::ServerId id, Passage& passage);

    // ---- TS 24.229 §5.4.5.1 (release.cpp)
    void release_sessions_of(const ImplicitSet& set);
    void release_sessions_of(const ImplicitSet& set, const RegistrationChange& change);
    void release(const Sessions::Established& established, const std::string& why);
    void give_up_calls_of(const std::string& identity, std::string_view contact);
    void send_bye(const Sessions::Established& of, bool to_callee);

    // ---- requests inside a dialog (inside_dialog.cpp)
    void pass_on(sip::ServerId id, sip::Message request);
    void take_own_routes_off(sip::Message& request) const;

    // ---- shared by the two sides (next_hop.cpp)
    // Services look at a request before it leaves.
    void next_hop_after_services(sip::ServerId id, sip::Message request, Passage& passage);
    void forward(sip::ServerId id, sip::Message request);
    void leave_trust_domain(sip::Message& request, std::string_view host) const;
    std::string own_uri(std::string_view user) const;
    bool is_own_uri(std::string_view uri) const;
    bool is_home_domain(std::string_view host) const;
    // TS 24.229 §4.4: an element of the core, or an application server.
    bool is_trusted(const Flow& flow) const;
    void complain_of_profiles();
    void set_asserted_number(sip::Message& message, const ImplicitSet& set) const;
    void log(LogLevel level, std::string_view call_id, std::string clause, std::string text);

    Config config;
    Outbox& outbox;
    Entropy& entropy;
    Asks asks;
    Registrar registrar;
    Challenges challenges;
    Sessions sessions;
    OriginalDialogs original_dialogs;
    UnregisteredUsers unregistered;
    std::multiset<std::string> assigning;  // private identities with a SAR under way
    std::map<sip::ServerId, Passage> passages;
    std::set<std::pair<Time, sip::ServerId>> ringing;
    std::set<std::pair<Time, sip::ServerId>> visiting;  // application servers, not heard of yet
    std::set<IpAddress> trusted;                        // of the hosts we know
    Time now{};
    sip::Proxy proxy;
    sip::Notifier subscriptions;  // of the reg event package
    Tasks tasks;  // last: destroyed first
};

// RFC 3261 §10.3 step 7: does this REGISTER name that contact, or take its place?
bool is_wished(const Binding& binding, const RegisterRequest& request);
bool is_superseded(const ImplicitSet& set, const Binding& binding, const RegisterRequest& request);
// What an HSS that did not grant a request on Cx means for the one who asked by SIP; 0: it was
// granted.
int refusal_of(const diameter::ResultCode& result);
// A SUBSCRIBE to the registration state (RFC 3680).
bool is_registration_event(const sip::Message& request);
// RFC 7315 §4.5: collection functions (ccf) for offline, event functions (ecf) for online charging.
std::string charging_function_addresses(const cx::ChargingInformation& charging);

}  // namespace imslab::scscf
