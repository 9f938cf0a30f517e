// P-Charging-Vector as the P-CSCF makes and keeps it (TS 24.229 §5.2.6, RFC 7315 §4.6, TS 32.260).
#include "pcscf/charging.h"

namespace imslab::pcscf {

namespace {

constexpr std::size_t kIcidOctets = 16;

}  // namespace

sip::ChargingVector new_charging_vector(Entropy& entropy, const Config& config) {
    sip::ChargingVector charging;
    charging.icid = entropy.token(kIcidOctets);
    charging.generated_at = config.host;
    charging.orig_ioi = config.ioi;
    return charging;
}

sip::ChargingVector received_charging_vector(const sip::Message& request) {
    const auto value = request.get(sip::HeaderId::p_charging_vector);
    if (!value) return {};
    return sip::ChargingVector::parse(*value).value_or(sip::ChargingVector{});
}

std::string received_charging_addresses(const sip::Message& message) {
    std::string addresses;
    for (const auto value : message.values(sip::HeaderId::p_charging_function_addresses)) {
        if (!addresses.empty()) addresses += ", ";
        addresses += value;
    }
    return addresses;
}

void set_charging_vector(sip::Message& message, const sip::ChargingVector& charging) {
    if (charging.icid.empty()) return;  // the core named none
    message.set(sip::HeaderId::p_charging_vector, charging.to_string());
}

sip::ChargingVector answered_by(sip::ChargingVector charging, const Config& config) {
    charging.term_ioi = config.ioi;
    return charging;
}

}  // namespace imslab::pcscf
