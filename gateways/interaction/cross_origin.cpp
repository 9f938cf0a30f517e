// No wildcard, no credentials: an origin is named or it is refused.
#include "gateways/interaction/cross_origin.h"

namespace imslab::interaction {

std::optional<http::Response> CrossOrigin::answer(const http::Request& request) const {
    const auto origin = request.fields.get("Origin");
    if (!origin || *origin == own_) return std::nullopt;
    if (!allowed_.contains(*origin)) {
        auto refusal = http::Response::of(403, "text/plain", "this page may not ask here\n");
        refusal.fields.add("Vary", "Origin");
        return refusal;
    }
    if (request.method != "OPTIONS" || !request.fields.has("Access-Control-Request-Method"))
        return std::nullopt;
    auto leave = http::Response::of(204);
    mark(request, leave);
    leave.fields.add("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE");
    leave.fields.add("Access-Control-Allow-Headers", "Authorization, Content-Type, Accept");
    leave.fields.add("Access-Control-Max-Age", "600");
    return leave;
}

void CrossOrigin::mark(const http::Request& request, http::Response& response) const {
    const auto origin = request.fields.get("Origin");
    if (!origin || !allowed_.contains(*origin)) return;
    response.fields.set("Access-Control-Allow-Origin", std::string(*origin));
    response.fields.set("Access-Control-Expose-Headers", "Location, Retry-After, WWW-Authenticate");
    response.fields.add("Vary", "Origin");
}

}  // namespace imslab::interaction
