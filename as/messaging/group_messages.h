// The MESSAGE URI-list service (RFC 5365): one message, a copy for each recipient of its list.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "as/enabler.h"

namespace imslab::messaging {

class GroupMessages {
public:
    GroupMessages(as::Services& services, std::size_t most_recipients)
        : services_(services), most_recipients_(most_recipients) {}

    // Answers it: 202, or why there is nothing to distribute.
    void distribute(sip::ServerId id, const sip::Message& request, const std::string& sender);
    nlohmann::ordered_json state() const;

private:
    as::Services& services_;
    std::size_t most_recipients_;
    std::uint64_t distributed_ = 0, copies_ = 0, delivered_ = 0, failed_ = 0;
};

}  // namespace imslab::messaging
