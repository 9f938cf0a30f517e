// kamailio.cfg of a node: what hosts/kamailio has for its role, filled in.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/result.h"

namespace imslab::lab {

struct KamailioConfig {
    std::string kind;
    std::vector<std::pair<std::string, std::string>> listens;  // reference point, address or name
    std::string module, json;                                  // paths
    int ready_fd = -1;
    // TLS and WebSocket: what it is, "tls:127.1.1.1:5061".
    std::vector<std::pair<std::string, std::string>> also_listens = {};
    std::string tls = {};  // path of the TLS module's own file
};
Result<std::string, std::string> kamailio_config(const KamailioConfig& wanted);

}  // namespace imslab::lab
