// P-Charging-Vector as the P-CSCF makes and keeps it (TS 24.229 §5.2.6, RFC 7315 §4.6, TS 32.260):
// one ICID for a dialog or a standalone transaction, from one end to the other.
#pragma once

#include "core/node.h"
#include "pcscf/pcscf.h"
#include "sip/headers.h"
#include "sip/message.h"

namespace imslab::pcscf {

// A new ICID of this network.
sip::ChargingVector new_charging_vector(Entropy& entropy, const Config& config);
// What came from the core with a request, kept to be said again in the answer.
sip::ChargingVector received_charging_vector(const sip::Message& request);
void set_charging_vector(sip::Message& message, const sip::ChargingVector& charging);
// Where what passes is charged (P-Charging-Function-Addresses); empty: the core did not say.
std::string received_charging_addresses(const sip::Message& message);
// The same in a response of the served UE: this network is where the request ended.
sip::ChargingVector answered_by(sip::ChargingVector charging, const Config& config);

}  // namespace imslab::pcscf
