// The MESSAGE URI-list service (RFC 5365): one message, a copy for each recipient of its list.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "as/enabler.h"
#include "as/messaging/contact_list.h"
#include "as/messaging/recipient_list.h"

namespace imslab::messaging {

class GroupMessages {
public:
    // `consent`: by which users say who may write to them like this; nullptr: everybody may.
    GroupMessages(as::Services& services, std::size_t most_recipients, ContactList* consent)
        : services_(services), most_recipients_(most_recipients), consent_(consent) {}

    // Answers it: 202, or why there is nothing to distribute.
    void distribute(sip::ServerId id, const sip::Message& request, const std::string& sender);
    nlohmann::ordered_json state() const;

private:
    // Who has not given permission, as the value of Permission-Missing; empty: everybody has.
    std::string without_consent(const std::vector<Recipient>& recipients,
                                const std::string& sender) const;

    as::Services& services_;
    std::size_t most_recipients_;
    ContactList* consent_;
    std::uint64_t distributed_ = 0, copies_ = 0, delivered_ = 0, failed_ = 0;
};

}  // namespace imslab::messaging
