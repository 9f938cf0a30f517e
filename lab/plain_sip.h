// The network without an IMS: stock Kamailio as registrar and proxy (RFC 3261 §10.3, §16.3). What its
// configuration (hosts/kamailio/stock/plain-sip.cfg) wants to know of the topology: who the
// subscribers are, and which requests go to an application server.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "hss/subscription.h"
#include "lab/topology.h"

namespace imslab::lab {

// Files of Kamailio's db_text by name: `subscriber`, who has a password, as its hash; `identities`,
// which addresses-of-record there are and which private identity may register each.
struct RegistrarTables {
    std::string subscriber, identities;
};
RegistrarTables registrar_tables(const std::vector<hss::Subscription>& subscriptions);

// Reads the topology's subscribers and writes the tables into the folder. One sentence if that
// fails.
std::string write_registrar_tables(const Topology& topology, const std::string& folder);

// The routes SERVICES and FROM_SERVICE, as kamailio.cfg has them.
std::string service_routes(const TopologyNode& node);

// Why plain SIP cannot be played here: Kamailio is missing, or the wire may not be listened to. One
// sentence with the remedy; empty: it can.
std::string why_no_plain_sip();

}  // namespace imslab::lab
