// RFC 3680 §5.1: what may happen to a contact.
#include "scscf/registration_change.h"

#include "sip/headers.h"

namespace imslab::scscf {

std::string_view to_string(ContactEvent event) {
    switch (event) {
        case ContactEvent::registered:
            return "registered";
        case ContactEvent::created:
            return "created";
        case ContactEvent::refreshed:
            return "refreshed";
        case ContactEvent::shortened:
            return "shortened";
        case ContactEvent::expired:
            return "expired";
        case ContactEvent::deactivated:
            return "deactivated";
        case ContactEvent::unregistered:
            return "unregistered";
        case ContactEvent::rejected:
            return "rejected";
    }
    return {};
}

std::string_view ContactChange::uri() const {
    return sip::uri_of(std::string_view(contact)).value_or(std::string_view{});
}

ContactChange gone(const Binding& binding, ContactEvent why) {
    return {binding.contact, binding.call_id, binding.cseq, why, binding.expires};
}

}  // namespace imslab::scscf
