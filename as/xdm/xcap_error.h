// Detailed conflict reports (RFC 4825 §11): why a document would not be what it must be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace imslab::xdm {

struct Conflict {
    enum class Kind : std::uint8_t {
        not_well_formed,
        not_xml_frag,
        no_parent,
        schema_validation_error,
        not_xml_att_value,
        cannot_insert,
        cannot_delete,
        uniqueness_failure,
        constraint_failure,
        not_utf_8
    } kind = Kind::constraint_failure;
    std::string phrase;    // for a person
    std::string ancestor;  // of no_parent: a URI; empty: not said
    struct Exists {
        std::string field;  // a node selector, percent-encoded
        std::vector<std::string> alternatives;
    };
    std::vector<Exists> exists;  // of uniqueness_failure
};

std::string_view name_of(Conflict::Kind kind);
// application/xcap-error+xml
std::string to_xml(const Conflict& conflict);
http::Response to_response(const Conflict& conflict);

}  // namespace imslab::xdm
