// The lab's own UE: what SIPp cannot do. IMS AKA with a USIM that checks MAC and SQN (TS 33.102
// §6.3.3), SIP Digest, and the mistakes a scenario wants to see made (TS 24.229 §5.1.1, RFC 3310,
// RFC 8760).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.h"
#include "core/node.h"
#include "core/result.h"
#include "hss/subscription.h"
#include "lab/procedure.h"
#include "lab/process.h"
#include "lab/stream_port.h"
#include "lab/topology.h"
#include "lab/udp_port.h"
#include "sip/message.h"

namespace imslab::lab {

struct UeIdentity {
    std::string private_identity;
    std::vector<std::string>
        public_identities;  // the default one first, those that are not barred before the others
    std::string home;       // home domain: Request-URI of a REGISTER, and the realm
    std::optional<hss::AkaCredentials> aka;  // one of the two, or both
    std::optional<hss::DigestCredentials> digest;
};
// `subscriber`: the user part of a private identity, a subscription's name, or the user part of a
// public identity.
Result<UeIdentity, std::string> identity_of(const std::vector<hss::Subscription>& subscriptions,
                                            std::string_view subscriber,
                                            const std::string& home);

// What a UE makes of a 401.
struct ChallengeAnswer {
    std::string authorization;  // the header field's value; empty: nothing to answer
    std::string problem;        // what is wrong with the challenge itself; a sentence
};

// What the UE's USIM or password makes of a challenge: the H(A1) of RFC 7616 §3.4.
struct UeSecret {
    std::string ha1;
    std::string auts;          // the USIM is ahead (RFC 3310 §3.4)
    bool mac_failure = false;  // the challenge is a stranger's
    std::string problem;       // it cannot be answered; a sentence
    std::string ck{}, ik{};    // of AKA
};

class Ue {
public:
    // `pcscf`: where it is by the UE's transport; `wish`: what a TLS connection to it must show.
    Ue(TopologyUe place,
       Address pcscf,
       UeIdentity identity,
       Entropy& entropy,
       StreamWish wish = {});

    struct Outcome {
        int status = 0;           // the last final response's; 0: none came
        unsigned challenges = 0;  // answered or not
        std::string problem;      // the step could not be done; a sentence
    };
    Outcome perform(const RegisterCommand& command, Deadline deadline);
    // `alice send FILE [to NODE]`: octets out, one answer in.
    Outcome send(std::string_view octets, const std::optional<Address>& past, Deadline deadline);
    // `alice connect …`, `alice disconnect`
    Outcome perform(const ConnectionCommand& command, Deadline deadline);

    // By the algorithm of the challenge, with that mistake.
    UeSecret secret_for(const std::string& algorithm,
                        const std::string& realm,
                        const std::string& nonce,
                        const std::string& username,
                        RegisterCommand::Answer mistake);

    const TopologyUe& place() const { return place_; }
    const UeIdentity& identity() const { return identity_; }
    const Address& pcscf() const { return pcscf_; }
    Address contact_address(unsigned number) const;
    // Of the last 200 to a REGISTER; empty: not registered (TS 24.229 §5.1.1.2.1).
    const std::vector<std::string>& service_route() const { return service_route_; }
    const std::vector<std::string>& associated_uris() const { return associated_uris_; }

    // ---- the parts of a registration, without a socket
    sip::Message make_register(const RegisterCommand& command, const std::string& authorization);
    std::string first_authorization(const RegisterCommand& command) const;
    // `deliberate`: the mistake that the command asks for is made now.
    ChallengeAnswer answer(const sip::Message& challenge,
                           const RegisterCommand& command,
                           bool deliberate);
    void on_registered(const sip::Message& response,
                       const RegisterCommand& command,
                       const std::string& authorization);

private:
    struct Challenge {
        std::string realm, nonce, qop, algorithm;
    };
    std::string credentials(const Challenge& challenge,
                            const RegisterCommand& command,
                            const std::string& ha1,
                            const std::string& auts);
    std::optional<sip::Message> exchange(UdpPort& port,
                                         const sip::Message& request,
                                         Deadline deadline);
    std::optional<sip::Message> exchange(StreamPort& port,
                                         const sip::Message& request,
                                         Deadline deadline);
    // Registers by whatever carries a request and brings its final answer.
    Outcome run_registration(
        const RegisterCommand& command,
        const std::function<std::optional<sip::Message>(const sip::Message&)>& exchange);
    std::string connect(const StreamWish& wish, Deadline deadline);
    std::string sent_by(unsigned contact) const;
    std::string contact_uri(unsigned contact) const;

    TopologyUe place_;
    Address pcscf_;
    UeIdentity identity_;
    Entropy& entropy_;
    StreamWish wish_;
    std::unique_ptr<StreamPort> stream_;
    std::optional<Address> sends_from_;  // while a script has the contact's port
    std::string nowhere_;                // the host of a UE that cannot be connected to (RFC 7118 §8)

    std::string call_id_, from_tag_;
    std::uint32_t cseq_ = 0;
    aka::Sqn highest_sqn_ = 0;        // of the USIM
    std::string last_authorization_;  // the last that was answered 200
    std::vector<std::string> service_route_, associated_uris_;
};

}  // namespace imslab::lab
