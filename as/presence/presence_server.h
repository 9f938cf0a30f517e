// The presence server (OMA Presence SIMPLE; RFC 3856): takes what users publish, makes one document
// of it, and shows each watcher what the user's rules let him see. An enabler of an application
// server.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "as/enabler.h"
#include "as/presence/presence_rules.h"
#include "as/presence/publications.h"
#include "as/presence/strict_xml.h"

namespace imslab::presence {

struct PresenceSettings {
    // The rule of a user who has none.
    SubHandling otherwise = SubHandling::confirm;
    // A network without an IMS has nobody who asserts: From is believed of hosts we know.
    bool believes_from = false;
    std::vector<std::string> domains;  // of the users; empty: the server's
    std::uint32_t min_expires = 60, max_expires = 7200, default_expires = 3600;
    std::uint32_t min_publish = 60, max_publish = 7200, default_publish = 3600;
    std::size_t max_subscriptions = 200'000;
    Publications::Limits publications;
    XmlLimits xml;
    Duration min_interval{};  // between two NOTIFYs to one watcher
    // RFC 3857 §4.10: a user is not told of his watchers more often than that.
    Duration watcher_information_interval = std::chrono::seconds(5);
};

std::unique_ptr<as::Enabler> make_presence_server(as::Services& services,
                                                  std::string name,
                                                  PresenceSettings settings);

}  // namespace imslab::presence
