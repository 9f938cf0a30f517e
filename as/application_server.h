// An application server (TS 24.229 §5.7): a node on ISC and Ma that hosts enablers. It reads what
// the S-CSCF says of a request, hands it to the enabler whose identity it was sent to, keeps the
// registrations it is told of, and says 503 when it has enough.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "as/enabler.h"
#include "core/node.h"
#include "sip/transaction.h"

namespace imslab::as {

struct Config {
    std::string host = "as.ims.mnc001.mcc001.3gppnetwork.org";
    Address address;  // ISC and Ma
    std::optional<Address> msrp;  // octets of streams, for whichever enabler wants them
    std::optional<Address> msrp_by_tls;
    std::string certificate;  // that this server shows in TLS, in DER; empty: it has none
    std::set<Address> http;       // connections that are streams, or whose client waits no longer
    std::vector<std::string> domains{"ims.mnc001.mcc001.3gppnetwork.org"};
    Hosts hosts;
    sip::Timers timers = sip::Timers::network();
    sip::Limits limits;
    std::size_t max_transactions = 1'000'000;
    // More requests under way than that are answered 503 (RFC 3261 §21.5.4).
    std::size_t max_requests = 50'000;
    Duration retry_after = std::chrono::seconds(10);
    std::size_t max_registrations = 1'000'000;
};

class ApplicationServer final : public Node {
public:
    ApplicationServer(Config config, Entropy& entropy);
    ~ApplicationServer() override;

    // `identities`: Request-URIs for which it answers beside its own ("sip:echo@home").
    using Make = std::function<std::unique_ptr<Enabler>(Services&)>;
    void host(const Make& make, std::vector<std::string> identities = {});

    void deliver(Event event, Time now) override;
    std::optional<Time> next_deadline() const override;
    nlohmann::ordered_json state() const override;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace imslab::as
