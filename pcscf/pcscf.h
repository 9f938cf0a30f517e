// The P-CSCF (TS 24.229 §5.2): a UE's first contact point, a stateful proxy with two sides. Gm
// faces the UEs, Mw the core; the local address of a message says on which side it is.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "core/address.h"
#include "core/node.h"
#include "core/time.h"
#include "sip/message.h"
#include "sip/transaction.h"

namespace imslab::pcscf {

// How the access to this P-CSCF is secured. `aka_unprotected` is a departure from the
// specification, on purpose and by name: no security association is set up, so every REGISTER that
// does not come over TLS goes on as integrity-protected="no".
enum class AccessSecurity : std::uint8_t { aka_unprotected };

// TS 24.229 §5.2.6.3 leaves the choice: a UE's Route that is not its Service-Route (in a dialog:
// not the recorded one) is put right, or the request is refused with 400.
enum class WrongRoute : std::uint8_t { replaced, refused };

struct Config {
    std::string host = "pcscf.ims.mnc001.mcc001.3gppnetwork.org";  // in Via, Path and Record-Route
    Address gm;                                                    // where UEs reach it
    // Ports of the same address for TLS, WebSocket and secure WebSocket, as far as there are any.
    std::map<Transport, std::uint16_t> gm_ports;
    Address mw;                                                    // where the core reaches it
    std::string visited_network = "ims.mnc001.mcc001.3gppnetwork.org";  // P-Visited-Network-ID
    std::string ioi = "ims.mnc001.mcc001.3gppnetwork.org";  // own network in P-Charging-Vector
                                                            // (orig-ioi, term-ioi)
    // Where a host name leads: a home domain to its I-CSCF, a Service-Route's host to its S-CSCF.
    Hosts hosts;
    AccessSecurity access_security = AccessSecurity::aka_unprotected;
    WrongRoute wrong_route = WrongRoute::replaced;

    sip::Timers gm_timers = sip::Timers::towards_ue();  // TS 24.229 §7.7
    sip::Timers mw_timers = sip::Timers::network();
    // A home network with several I-CSCFs: one that stays silent for so long is left for the next.
    Duration patience = std::chrono::seconds(12);
    sip::Limits limits;
    std::size_t max_transactions = 1'000'000;
    std::size_t max_pending = sip::Transactions::kMaxPending;

    // TS 24.229 §5.2.3: subscribe to the registration state of each user who registers, and obey
    // when the network ends a registration. The specification has it always.
    bool reg_event = false;

    // TS 24.229 §5.2.8: release the sessions and early dialogs of a UE that is lost (its connection
    // broke).
    bool release_sessions = true;
    bool release_early_dialogs = true;
    // A dialog of which nothing was heard for so long is forgotten; a session timer keeps it alive.
    Duration dialog_lifetime = std::chrono::hours(24);
    std::size_t max_dialogs = 1'000'000;
    std::size_t max_bindings = 1'000'000;
};

class Pcscf final : public Node {
public:
    Pcscf(Config config, Entropy& entropy);
    ~Pcscf() override;

    void deliver(Event event, Time now) override;
    std::optional<Time> next_deadline() const override;
    nlohmann::ordered_json state() const override;
    sip::PendingWork pending_work() const;
    // Is somebody registered through us as this public identity, and with what? For a host's
    // administration.
    nlohmann::ordered_json user(std::string_view public_identity) const;

    std::size_t bindings() const;  // contacts registered
    std::size_t dialogs() const;   // dialogs and early dialogs watched

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace imslab::pcscf
