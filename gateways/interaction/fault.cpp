// The identifiers and texts that OMA's REST APIs took over from Parlay X (TS 29.199-1).
#include "gateways/interaction/fault.h"

namespace imslab::interaction {

std::string Fault::sentence() const {
    auto whole = text;
    for (std::size_t i = 0; i < variables.size(); ++i) {
        const auto place = "%" + std::to_string(i + 1);
        const auto at = whole.find(place);
        if (at != std::string::npos) whole.replace(at, place.size(), variables[i]);
    }
    return whole;
}

Element Fault::to_element() const {
    Element error("requestError");
    auto& exception = error.add(Element(is_policy() ? "policyException" : "serviceException"));
    exception.add_text("messageId", id);
    exception.add_text("text", text);
    for (const auto& variable : variables) exception.add_one_of(Element("variables", variable));
    return error;
}

Fault Fault::invalid_value(std::string part) {
    return {400, "SVC0002", "Invalid input value for message part %1", {std::move(part)}, {}};
}

Fault Fault::no_valid_address(std::string part) {
    return {
        400, "SVC0004", "No valid addresses provided in message part %1", {std::move(part)}, {}};
}

Fault Fault::unknown(std::string part) {
    auto fault = invalid_value(std::move(part));
    fault.status = 404;
    return fault;
}

Fault Fault::too_many_addresses(std::string part) {
    return {
        403, "POL0003", "Too many addresses specified in message part %1", {std::move(part)}, {}};
}

Fault Fault::refused(std::string why) {
    return {403, "POL0001", "A policy error occurred. Error code is %1", {std::move(why)}, {}};
}

Fault Fault::not_now(std::string why) {
    return {409, "SVC0001", "A service error occurred. Error code is %1", {std::move(why)}, {}};
}

Fault Fault::already_terminated() {
    return {409, "SVC0261", "Call has already been terminated", {}, {}};
}

Fault Fault::no_resources() { return {503, "SVC1000", "No server resources available", {}, 5}; }

}  // namespace imslab::interaction
