// The HSS as a node: the six Cx procedures of TS 29.228 §6, the four Sh procedures of TS 29.328 §6.
// Asked{cx::Request} → Reply{cx::Answer}; Asked{sh::Request} → Reply{sh::Answer};
// Asked{Administration} → Reply{AdministrationAnswer}; Ask{StoreRequest} ← Answered{StoreAnswer};
// Ask{cx::Request} (RTR, PPR) ← Answered{cx::Answer}; Ask{sh::Request} (PNR) ←
// Answered{sh::Answer}.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <variant>
#include <vector>

#include "core/asks.h"
#include "core/node.h"
#include "core/task.h"
#include "diameter/cx.h"
#include "hss/permissions.h"
#include "hss/store.h"

namespace imslab::hss {

struct Config {
    std::vector<std::string>
        home_networks;  // visited network identifiers that are no roaming: the home domains
    std::uint32_t max_vectors = 5;  // of one MAA, whatever was asked for
    bool keep_server_name = true;   // the answer to …_STORE_SERVER_NAME; else 2004
    bool res_without_nul = false;   // draws RAND until RES has no zero octet: for UEs that take RES
                                    // as a C string (SIPp)

    Permissions permissions;                     // of application servers
    std::uint32_t max_repository_bytes = 65536;  // of one Service-Indication's data
    std::uint32_t max_subscription_seconds = 0;  // to notifications; 0: as long as is asked for

    // From the node configuration's "settings" and "domains"; one sentence about a key that is
    // wrong.
    static Result<Config, std::string> from(const nlohmann::json& settings,
                                            std::vector<std::string> domains);
};

// What an operator does to a running HSS: raised by the control socket and `imslab subscriber`.
// TS 29.228 §6.1.3: takes registrations back, RTR first.
struct AdministrativeDeregistration {
    std::string private_identity;
    std::vector<std::string> public_identities;  // empty: all
    cx::DeregistrationReason reason = cx::DeregistrationReason::permanent_termination;
    std::string reason_info;
};
// TS 29.228 §6.2.2: changes the subscription and pushes the new profile (PPR) to the S-CSCF that
// holds the old one. Without a subscription, pushes what is stored.
struct ProfileChange {
    std::string private_identity;
    std::optional<Subscription> subscription;
};
// Adds or replaces subscriptions; registered users of them get a PPR.
struct SubscriberImport {
    std::vector<Subscription> subscriptions;
};
// Removes a subscription; its registrations are terminated first (RTR).
struct SubscriberRemoval {
    std::string subscription;
};
using Administration =
    std::variant<AdministrativeDeregistration, ProfileChange, SubscriberImport, SubscriberRemoval>;
struct AdministrationAnswer {
    bool done = false;
    std::string text;  // what happened, in a sentence
};

class Hss : public Node {
public:
    Hss(Config config, Entropy& entropy);
    ~Hss() override;

    void deliver(Event event, Time now) override;
    std::optional<Time> next_deadline() const override;  // when a subscription expires
    nlohmann::ordered_json state() const override;

private:
    struct Procedures;
    std::unique_ptr<Procedures> procedures_;
};

}  // namespace imslab::hss
