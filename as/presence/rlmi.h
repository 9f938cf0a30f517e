// What the watcher of a list gets (RFC 4662 §5): the state of the list, and of its resources, in one
// multipart body.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sip/notifier.h"

namespace imslab::presence {

struct ListedResource {
    std::string uri, display_name;
    // nothing is known before the first NOTIFY from there
    enum class Instance : std::uint8_t { none, pending, active, terminated } instance =
        Instance::none;
    std::string reason;              // terminated
    std::string content_type, body;  // of the last NOTIFY
    bool changed = false;            // since the watcher was told
};

// `id`: what the Content-IDs are made of; unique to this NOTIFY.
sip::EventDocument list_notification(std::string_view list_uri,
                                     std::uint32_t version,
                                     bool full_state,
                                     const std::vector<ListedResource>& resources,
                                     std::string_view id,
                                     std::string_view host);

}  // namespace imslab::presence
