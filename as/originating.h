// A request of an application server's own (TS 24.229 §5.7.3): in the name of a public service
// identity, or on behalf of a user whose originating services then see it.
#pragma once

#include <string>
#include <string_view>

#include "as/enabler.h"
#include "sip/message.h"

namespace imslab::as {

struct Originator {
    std::string identity;  // a SIP or tel URI: who asserts it
    bool through_services =
        true;          // by way of that identity's S-CSCF, with its originating services
    std::string icid;  // of what it is a part of; empty: a new one
};

// Outside a dialog, with everything but Contact and a body.
sip::Message originating_request(Services& services,
                                 std::string_view method,
                                 std::string_view to,
                                 const Originator& originator);

}  // namespace imslab::as
