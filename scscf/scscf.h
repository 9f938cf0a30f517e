// The S-CSCF (TS 24.229 §5.4): the registrar that authenticates a user against the HSS (Cx,
// TS 29.228 §6), and the proxy through which every session of a user it serves passes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/address.h"
#include "core/node.h"
#include "core/time.h"
#include "diameter/user_profile.h"
#include "sip/message.h"
#include "sip/transaction.h"

namespace imslab::scscf {

// How the access is secured; the same word as at the P-CSCF. `aka_unprotected` is a departure from
// the specification, on purpose and by name: a response is accepted to our own open challenge
// alone, and all else is challenged.
enum class AccessSecurity : std::uint8_t { aka_unprotected };

struct Config {
    std::string host =
        "scscf.ims.mnc001.mcc001.3gppnetwork.org";  // Via, Service-Route, Record-Route
    Address address;                                // Mw, 127.1.3.1:5060
    // The name by which the HSS stores us (Server-Name); "sip:<host>:<port>" if empty.
    std::string server_name;
    std::vector<std::string> domains{"ims.mnc001.mcc001.3gppnetwork.org"};  // home domains
    std::string realm;  // in challenges; the first domain if empty
    std::string ioi = "ims.mnc001.mcc001.3gppnetwork.org";  // this network in P-Charging-Vector
    // Where a host name leads: a domain to its I-CSCF (our own too), a Path's host to its P-CSCF.
    Hosts hosts;
    // Numbers as ENUM (RFC 6116) would answer: "+15550001" -> "sip:+15550001@…;user=phone". A
    // number that is not here is asked for at our own I-CSCF, then not routable.
    std::map<std::string, std::string, std::less<>> numbers;
    // Peers outside the trust domain (TS 24.229 §4.4): asserted identities that are private,
    // charging and access information do not go there.
    std::vector<std::string> untrusted_domains;
    AccessSecurity access_security = AccessSecurity::aka_unprotected;

    sip::Timers timers = sip::Timers::network();
    sip::Limits limits;
    std::size_t max_transactions = 1'000'000;
    std::size_t max_pending = sip::Transactions::kMaxPending;

    // TS 24.229 §5.4.1.2.2F: what a registration is granted.
    Duration default_expires = std::chrono::seconds(600'000);
    Duration min_expires = std::chrono::seconds(60);  // less is answered 423
    Duration max_expires = std::chrono::seconds(600'000);
    Duration await_auth = std::chrono::minutes(4);  // reg-await-auth, TS 24.229 §7.8
    unsigned max_resynchronisations = 2;            // within one authentication
    std::size_t max_contacts = 10;                  // for one private identity
    std::size_t max_challenges = 200'000;           // pending at a time
    // How long a branch of a serially forked request may ring before the next contact is tried.
    Duration ring = std::chrono::seconds(30);

    // Shared iFC sets by their number (TS 29.228 §B.2.2A).
    std::map<std::uint32_t, std::vector<cx::InitialFilterCriteria>> shared_filter_criteria;
    // An application server that sends nothing at all for so long has failed (TS 24.229 §5.4.3.2):
    // default handling.
    Duration application_server_patience = std::chrono::seconds(4);
    // How long a request may come back from an application server (§5.4.3.4).
    Duration original_dialog_lifetime = std::chrono::minutes(3);
    std::size_t max_original_dialogs = 200'000;
    // What was learnt of a user whom nobody has registered is kept so long after its last use.
    Duration unregistered_lifetime = std::chrono::hours(1);

    // A dialog of which nothing was heard for so long is forgotten; a session timer keeps it alive.
    Duration dialog_lifetime = std::chrono::hours(24);
    std::size_t max_dialogs = 1'000'000;
};

class Scscf final : public Node {
public:
    Scscf(Config config, Entropy& entropy);
    ~Scscf() override;

    void deliver(Event event, Time now) override;
    std::optional<Time> next_deadline() const override;
    nlohmann::ordered_json state() const override;
    sip::PendingWork pending_work() const;
    // Is this public identity registered here, and with what? For a host's administration.
    nlohmann::ordered_json user(std::string_view public_identity) const;

    std::size_t registered_users() const;  // implicit registration sets
    std::size_t bindings() const;          // contacts
    std::size_t challenges() const;        // pending
    std::size_t dialogs() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace imslab::scscf
