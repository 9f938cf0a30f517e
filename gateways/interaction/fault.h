// Why a request is not carried out, in the words of the RESTful network APIs: a service exception
// (SVC…) or a policy exception (POL…), with the status that belongs to it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateways/interaction/element.h"

namespace imslab::interaction {

struct Fault {
    int status = 400;
    std::string id;    // SVC0002, POL0001
    std::string text;  // "Invalid input value for message part %1"
    std::vector<std::string> variables;
    std::optional<unsigned> retry_after_seconds;

    bool is_policy() const { return id.starts_with("POL"); }
    // The text with its variables in it, for who reads no codes.
    std::string sentence() const;
    Element to_element() const;  // requestError

    static Fault invalid_value(std::string part);
    static Fault no_valid_address(std::string part);
    static Fault unknown(std::string part);             // 404
    static Fault too_many_addresses(std::string part);  // policy
    static Fault refused(std::string why);              // policy
    static Fault not_now(std::string why);              // 409
    static Fault already_terminated();
    static Fault no_resources();
};

}  // namespace imslab::interaction
