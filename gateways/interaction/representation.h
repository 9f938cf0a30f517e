// In which of its two forms a structure is read and written: what a client sends says so, and what
// it accepts (RFC 9110 §12.5.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/time.h"
#include "gateways/interaction/element.h"
#include "gateways/interaction/fault.h"
#include "http/message.h"

namespace imslab::interaction {

enum class Form : std::uint8_t { json, xml };

// The form to answer in; nullopt: the client takes neither (406). The parameter resFormat of the
// query goes before the field Accept; who says nothing gets what he has sent, else JSON.
std::optional<Form> form_wanted(const http::Request& request);

// The structure in the request's body. Status 415: its type is neither; 400: it cannot be read.
Result<Element, http::Response> body_of(const http::Request& request, Form answer_in);

// Where the elements of an API are at home: "tpc", "urn:oma:xml:rest:netapi:thirdpartycall:1".
struct Schema {
    std::string_view prefix, name_space;
};
inline constexpr Schema kCommonSchema{"common", "urn:oma:xml:rest:netapi:common:1"};

http::Response respond(int status, Form form, const Element& element, const Schema& schema);
http::Response respond(const Fault& fault, Form form);

// "2026-11-25T13:40:10Z" (RFC 3339).
std::string date_time(Time time);

}  // namespace imslab::interaction
