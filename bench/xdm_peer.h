// The peer of XCAP: stock Kamailio's xcap_server with its documents in SQLite.
#pragma once

#include <memory>
#include <string>

#include "core/address.h"
#include "lab/process.h"

namespace imslab::bench {

class KamailioXcap {
public:
    // nullptr: Kamailio is not installed.
    static std::unique_ptr<KamailioXcap> start(const std::string& folder, const Address& at);
    // Of the server and its workers.
    double cpu_seconds() const;

private:
    explicit KamailioXcap(lab::Process process) : process_(std::move(process)) {}
    lab::Process process_;
};

}  // namespace imslab::bench
