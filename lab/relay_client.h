// A phone that uses relays (RFC 4976 §5.1): it authenticates at each, the inner one first, and gets
// the path by which it sends and is sent to.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "lab/msrp_stream.h"
#include "lab/ue.h"
#include "msrp/uri.h"

namespace imslab::lab {

struct RelayPlace {
    std::string name, host;
    Address address;             // by TLS
    std::string authority_file;  // who vouches for its certificate
};

struct RelayWish {
    std::vector<RelayPlace> relays;  // none: the phone uses none
    bool wrong_password = false;     // is given, and must be refused
    std::optional<std::uint32_t> expires_seconds;
};

// What it has got: in the order of its To-Path.
struct RelayAccess {
    std::unique_ptr<MsrpStream> stream;
    std::vector<msrp::Uri> path;
    int status = 0;  // of the AUTH that was refused; 0: none was
};

Result<RelayAccess, std::string> authenticate_at_relays(const Ue& ue,
                                                        const RelayWish& wish,
                                                        const msrp::Uri& own,
                                                        const std::string& token,
                                                        Deadline deadline);

}  // namespace imslab::lab
