// RFC 9112 §9.3.2 (order), TS 33.220 §4.4 (Ub and Ua).
#include "lab/observation_http.h"

#include <deque>
#include <map>

#include "as/gba/bootstrapping_info.h"
#include "sip/bootstrapped_keys.h"
#include "sip/headers.h"

namespace imslab::lab {

namespace {

// TS 24.109 §5.2.4: credentials, or a challenge, for a bootstrapped key.
bool has_bootstrapped_realm(const http::Message& message) {
    for (const auto* name : {"Authorization", "WWW-Authenticate"}) {
        for (const auto value : message.fields.all(name)) {
            const auto params = sip::AuthParams::parse(value);
            if (params && !gba::naf_of_realm(params->get("realm").value_or("")).empty())
                return true;
        }
    }
    return false;
}

bool has_bootstrapping_info(const http::Message& message) {
    return http::media_type(message.fields.get("Content-Type").value_or("")) ==
           gba::kBootstrappingInfoType;
}

std::string point_of(const ObservedMessage& message, const Network& network) {
    const bool is_ub = network[message.from].kind == "bsf" || network[message.to].kind == "bsf" ||
                       (message.http && has_bootstrapping_info(*message.http));
    if (is_ub) return "Ub";
    for (const auto end : {message.from, message.to}) {
        if (network[end].addresses.contains("API")) return "API";
    }
    return message.http && has_bootstrapped_realm(*message.http) ? "Ua" : "Ut";
}

}  // namespace

// Responses come in the order of the requests on their connection.
void link_http(Observation& observation) {
    std::map<std::pair<Address, Address>, std::deque<std::size_t>> open;  // client, server
    for (auto& message : observation.messages) {
        if (message.protocol != trace::Protocol::http) continue;
        if (message.request) {
            open[{message.source, message.destination}].push_back(message.index);
            continue;
        }
        auto& waiting = open[{message.destination, message.source}];
        if (waiting.empty()) continue;
        message.answers = waiting.front();
        message.method = observation.messages[waiting.front()].method;
        waiting.pop_front();
    }
}

// What either of the two says is true of both.
void name_http_points(Observation& observation) {
    for (auto& message : observation.messages) {
        if (message.protocol == trace::Protocol::http)
            message.reference_point = point_of(message, observation.network);
    }
    for (auto& message : observation.messages) {
        if (message.protocol != trace::Protocol::http || !message.answers) continue;
        auto& request = observation.messages[*message.answers];
        if (message.reference_point == "Ut") message.reference_point = request.reference_point;
        if (request.reference_point == "Ut") request.reference_point = message.reference_point;
    }
}

}  // namespace imslab::lab
