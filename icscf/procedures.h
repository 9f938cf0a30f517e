// What the procedures of the I-CSCF share while requests are under way. Nothing of it outlives a
// transaction.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/asks.h"
#include "core/task.h"
#include "diameter/cx.h"
#include "icscf/icscf.h"
#include "sip/proxy.h"

namespace imslab::icscf {

// A request on its way to an S-CSCF. `tried` are those it has been sent to already.
struct Attempt {
    bool registration = false;
    std::string private_identity, public_identity, visited_network;
    bool originating = false;  // of a location query
    std::string wildcarded_psi;
    std::set<std::string> tried;
    std::vector<std::string> branches;  // the S-CSCF of each branch of the proxy
    bool searching = false;             // the next one is being looked for
    std::optional<Time> give_up;        // when the last one tried is given up
};

struct Icscf::Impl final : sip::ProxyUser {
    Impl(Config config_given, Outbox& outbox_given, Entropy& entropy);

    // ---- events of the proxy (icscf.cpp)
    void on_request(sip::ServerId id, sip::Message request, const Flow& flow) override;
    void on_ack(sip::Message ack, const Flow& flow) override;
    Verdict on_response(sip::ServerId id, std::size_t branch, sip::Message& response) override;
    void on_final(sip::ServerId id, sip::Message& response) override;
    void on_ended(sip::ServerId id) override;
    void on_malformed(const sip::ParseFailure& failure, const Flow& flow) override;
    void on_time(Time now);
    std::optional<Time> next_deadline() const;

    // ---- TS 24.229 §5.3.1 (user_registration.cpp)
    Task<void> register_user(sip::ServerId id, sip::Message request);

    // ---- TS 24.229 §5.3.2 (location.cpp)
    Task<void> locate_user(sip::ServerId id, sip::Message request);

    // ---- TS 24.229 §5.3.1.3, §5.3.2.2 (another_serving.cpp)
    Task<void> try_another(sip::ServerId id, sip::Message failed);
    void forward_to_serving(sip::ServerId id, std::string server);
    std::optional<std::string> select(const Attempt& attempt, const cx::ServerCapabilities& wanted);
    void on_silent(const std::string& server);

    // ---- shared
    bool is_home_domain(std::string_view host) const;
    bool is_own_uri(std::string_view uri) const;
    bool another_may_serve(const Attempt& attempt) const;
    void watch(sip::ServerId id, const sip::Message& request, std::string_view server);
    void unwatch(Attempt& attempt, sip::ServerId id);
    void log(LogLevel level, const sip::Message& about, std::string clause, std::string text);

    Config config;
    Outbox& outbox;
    Asks asks;
    std::map<sip::ServerId, Attempt> attempts;
    std::set<std::pair<Time, sip::ServerId>> patience;  // by when an attempt is given up
    std::map<std::string, Time> avoided;  // S-CSCFs that were silent: until when they come last
    sip::Proxy proxy;
    Tasks tasks;  // last: destroyed first
};

// By which another S-CSCF is looked for.
const char* clause_of(const Attempt& attempt);
// The request as it goes to that S-CSCF.
sip::Message registration_at(sip::Message request, const std::string& server);
sip::Message initial_request_at(sip::Message request,
                                const std::string& server,
                                const Attempt& attempt);
cx::UserAuthorizationRequest user_authorization(const Attempt& attempt,
                                                cx::UserAuthorizationType type);
// What an HSS that did not grant a request on Cx means for the one who asked by SIP.
int registration_refusal(const diameter::ResultCode& result);
int location_refusal(const diameter::ResultCode& result);

}  // namespace imslab::icscf
