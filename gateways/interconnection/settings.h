// The interconnection gateway as a topology describes it.
#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/address.h"
#include "core/result.h"
#include "core/time.h"

namespace imslab::interconnection {

struct Settings {
    Address server;      // where the XMPP server takes components (XEP-0114)
    std::string secret;  // that it shares with this one
    std::string domain;  // the component's: which SIP users XMPP sees; empty: the server's home
    std::vector<std::string> domains;             // of XMPP, whose users SIP sees and who may pass
    std::size_t max_message_octets = 1'300;       // RFC 7572 §6
    Duration patience = std::chrono::seconds(4);  // for the XMPP server to take a stanza
    Duration memory = std::chrono::seconds(60);   // of what was passed on, for late news
    std::size_t max_open = 50'000;                // messages under way, each direction
    Duration max_reconnect = std::chrono::seconds(10);  // the longest rest between two attempts
};

// {"server": "127.1.20.1:5347", "secret": "…", "domains": ["xmpp.example"]}; a sentence if
// something in it is wrong.
Result<Settings, std::string> read_settings(const std::string& name,
                                            const nlohmann::json& settings);

}  // namespace imslab::interconnection
