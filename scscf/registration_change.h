// What happened to the contacts of a user, for those who are told: application servers by
// third-party REGISTER (TS 24.229 §5.4.1.7), subscribers by the reg event package (§5.4.2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "diameter/user_profile.h"
#include "scscf/registrar.h"
#include "sip/message.h"

namespace imslab::scscf {

struct ContactChange {
    std::string contact;  // name-addr with its parameters
    std::string call_id;
    std::uint32_t cseq = 0;
    ContactEvent event = ContactEvent::registered;
    Time expires{};

    std::string_view uri() const;
    bool is_active() const { return event <= ContactEvent::shortened; }
};
ContactChange gone(const Binding& binding, ContactEvent why);

struct RegistrationChange {
    SetEvent event = SetEvent::registered;
    std::string call_id;   // of the REGISTER; empty: there was none
    std::string identity;  // that was registered; empty: the default one
    std::vector<ContactChange> contacts;
    // What came and what was answered; only while it is told.
    const sip::Message* request = nullptr;
    const sip::Message* response = nullptr;

    // Does it end the registration of the set?
    bool is_end() const {
        return event != SetEvent::registered && event != SetEvent::reregistered &&
               event != SetEvent::restored && event != SetEvent::contact_removed;
    }
};

}  // namespace imslab::scscf
