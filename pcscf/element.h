// The inside of the P-CSCF: a proxy's user that hands each message to the procedure of its side
// (TS 24.229 §5.2).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pcscf/bindings.h"
#include "pcscf/dialogs.h"
#include "pcscf/pcscf.h"
#include "pcscf/registration_watch.h"
#include "pcscf/routing.h"
#include "sip/headers.h"
#include "sip/message.h"
#include "sip/proxy.h"

namespace imslab::pcscf {

// One request on its way, until its response context ends.
struct Passing {
    enum class Procedure : std::uint8_t { registration, originating, terminating };
    Procedure procedure = Procedure::originating;
    sip::Method method = sip::Method::other;
    bool in_dialog = false;
    bool from_caller = true;         // within a dialog: who sent it
    bool answered = false;           // a final response came from the other side
    bool ends_subscription = false;  // a NOTIFY that says so
    bool ends_session = false;       // the TLS session ends with it: who he is was not proven
    // In a dialog: that one. Else the family of those it may open, without the callee's tag.
    DialogKey dialog;
    Dialog opening;                     // what such a dialog starts as
    std::vector<std::string> opened;    // the callees' tags so far
    std::vector<std::string> recorded;  // the Record-Route that the UE was given
    BindingId served;
    Flow ue;
    sip::ChargingVector charging;
    std::string identity;                 // asserted in what the served UE answers
    std::string target;                   // the sender's Contact, taken over with a 2xx
    std::optional<Registration> watched;  // a registration, once the UE has its answer
};

struct Pcscf::Impl final : sip::ProxyUser {
    Impl(Outbox& effects, Config configuration, Entropy& randomness);

    // ---- sip::ProxyUser
    void on_request(sip::ServerId id, sip::Message request, const Flow& flow) override;
    void on_ack(sip::Message ack, const Flow& flow) override;
    Verdict on_response(sip::ServerId id, std::size_t branch, sip::Message& response) override;
    void on_final(sip::ServerId id, sip::Message& response) override;
    void on_ended(sip::ServerId id) override;
    void on_malformed(const sip::ParseFailure& failure, const Flow& flow) override;

    // ---- protection.cpp, §5.2.2.2 to §5.2.2.4
    void mark_protection(sip::Message& request, const Flow& flow) const;
    bool is_session_of(const Flow& flow, std::string_view private_identity) const;

    // ---- registration.cpp, §5.2.2
    void on_register(sip::ServerId id, sip::Message request, const Flow& flow);
    static bool is_for_another_icscf(const sip::Message& response);
    void end_session_of(sip::ServerId id);
    void on_register_response(sip::ServerId id, sip::Message& response);
    void save_bindings(const sip::Message& request,
                       const sip::Message& response,
                       const UeFlow& ue,
                       std::optional<Registration>& watched);

    // ---- registration_watch.cpp, §5.2.3, §5.2.5.2
    void watch_registration(const Registration& registration);
    void on_watch_answered(const sip::Message& request, const sip::Message* response);
    void refresh_watches(Time now);
    bool on_registration_notify(sip::ServerId id, const sip::Message& request);
    void forget_ended(const sip::Message& about,
                      const std::string& aor,
                      const std::string& contact);

    // ---- originating.cpp, §5.2.6.3
    void on_request_from_ue(sip::ServerId id, sip::Message request, const Flow& flow);
    void on_initial_request_from_ue(sip::ServerId id,
                                    sip::Message request,
                                    const Flow& flow,
                                    BindingId served);
    void on_request_in_dialog_from_ue(sip::ServerId id, sip::Message request, const Flow& flow);
    void on_response_to_ue(sip::ServerId id, Passing& request_passing, sip::Message& response);
    void on_ack_from_ue(sip::Message ack, const Flow& flow);
    // Puts the Route right, or says why the request is refused.
    std::optional<std::string> check_route(sip::Message& request,
                                           const std::vector<std::string>& expected);

    // ---- terminating.cpp, §5.2.6.4
    void on_request_from_core(sip::ServerId id, sip::Message request, const Flow& flow);
    void on_initial_request_from_core(sip::ServerId id, sip::Message request);
    void on_request_in_dialog_from_core(sip::ServerId id, sip::Message request, const Flow& flow);
    void on_response_from_ue(sip::ServerId id, Passing& request_passing, sip::Message& response);
    void check_recorded_route(const Passing& request_passing, sip::Message& response);
    void on_ack_from_core(sip::Message ack, const Flow& flow);
    Flow flow_to_ue(const Dialog& dialog, std::string_view contact) const;
    Flow flow_of(BindingId id) const;

    // ---- watching.cpp: what requests and responses do to the dialogs
    struct Found {
        DialogKey key;
        Dialog* dialog = nullptr;
        bool from_caller = true;
    };
    std::optional<Found> find_dialog(const sip::Message& request, const Flow& flow);
    void await_dialog(sip::ServerId id,
                      Passing& request_passing,
                      const sip::Message& request,
                      std::vector<std::string> route_to_core);
    void watch_opening_response(Passing& request_passing, const sip::Message& response);
    void watch_response_in_dialog(Passing& request_passing, const sip::Message& response);
    void watch_request(const Found& found, const sip::Message& request);
    void watch_response(sip::ServerId id, Passing& request_passing, const sip::Message& response);
    void watch_end(sip::ServerId id, Passing& request_passing, const sip::Message& final_response);

    // ---- release.cpp, §5.2.8
    void on_flow_lost(const Flow& flow, const std::string& why);
    bool takes_part(const Dialog& dialog, const Flow& flow) const;
    void release_session(const DialogKey& key, const std::string& why);
    void give_up_call(const DialogKey& key, const Dialog& dialog, const std::string& why);

    // ----
    void expire();
    Side side_of(const Flow& flow) const;
    bool is_for_us(const sip::Message& request) const;
    void answer_options(sip::ServerId id, const sip::Message& request);
    void refuse(sip::ServerId id,
                const sip::Message& request,
                int status,
                std::string_view clause,
                const std::string& why,
                std::string_view reason = {});
    void forward(sip::ServerId id, Passing passing, sip::Message request, const Flow& to);
    void log(LogLevel level,
             const sip::Message& about,
             std::string_view clause,
             const std::string& text);
    nlohmann::ordered_json state() const;

    Config config;
    Outbox& outbox;
    Entropy& entropy;
    OwnUris own;
    Bindings bindings;
    Dialogs dialogs;
    RegistrationWatches watches;
    std::map<sip::ServerId, Passing> passing;
    sip::Proxy proxy;
};

// The flow of a UE, with the port it listens on: a datagram's source port, a stream's Via.
UeFlow ue_flow(const Flow& flow, const sip::Message& request);
// INVITE, SUBSCRIBE and REFER open dialogs (RFC 3261 §12, RFC 6665, RFC 3515).
bool opens_dialog(sip::Method method);
// RFC 3261 §12.2, RFC 3311, RFC 6665: the requests within a dialog that may move its target.
bool is_target_refresh(sip::Method method);

}  // namespace imslab::pcscf
