// The I-CSCF (TS 24.229 §5.3): the contact point of a home network. It asks the HSS which S-CSCF
// serves a user (Cx, TS 29.228 §6.1) and forwards there; it keeps nothing about a user and never
// records its route.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/address.h"
#include "core/node.h"
#include "core/time.h"
#include "sip/message.h"
#include "sip/transaction.h"

namespace imslab::icscf {

// An S-CSCF that this I-CSCF may select (TS 23.228 §5.1.2.1).
struct ServingCscf {
    std::string uri;  // "sip:scscf.ims.mnc001.mcc001.3gppnetwork.org:5060"
    std::vector<std::uint32_t> capabilities;
};

struct Config {
    std::string host = "icscf.ims.mnc001.mcc001.3gppnetwork.org";           // in Via
    Address address;                                                        // Mw, 127.1.2.1:5060
    std::vector<std::string> domains{"ims.mnc001.mcc001.3gppnetwork.org"};  // home domains
    std::string ioi = "ims.mnc001.mcc001.3gppnetwork.org";  // of this network, in P-Charging-Vector
    std::vector<ServingCscf> serving;                       // those to select from
    Hosts hosts;  // where the host of an S-CSCF's URI leads; whose addresses these are is trusted
    std::set<IpAddress> trusted;  // who else (TS 24.229 §5.3.1.2, §4.4): another network's P-CSCF
    bool trusts_everybody = false;  // nobody else can reach it (TS 33.210)

    sip::Timers timers = sip::Timers::network();
    // A selected S-CSCF that sends nothing at all for so long is given up and another selected
    // (TS 24.229 §5.3.1.3); shorter than the patience of whoever waits for our answer.
    Duration patience = std::chrono::seconds(8);
    // The same for an INVITE, which is answered 100 at once (RFC 3261 §17.2.1).
    Duration invite_patience = std::chrono::seconds(4);
    // Who has been found silent is selected last for so long.
    Duration avoidance = std::chrono::seconds(30);
    sip::Limits limits;
    std::size_t max_transactions = 1'000'000;
    std::size_t max_pending = sip::Transactions::kMaxPending;
};

class Icscf final : public Node {
public:
    Icscf(Config config, Entropy& entropy);
    ~Icscf() override;

    void deliver(Event event, Time now) override;
    std::optional<Time> next_deadline() const override;
    nlohmann::ordered_json state() const override;
    sip::PendingWork pending_work() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace imslab::icscf
