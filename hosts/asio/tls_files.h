// Where a node's certificate lies (RFC 5922 §6), and the key that belongs to it.
#pragma once

#include <string>

namespace imslab::host {

struct TlsFiles {
    std::string certificate;  // PEM, the node's own first, then those that lead to its authority
    std::string key;          // PEM
};

}  // namespace imslab::host
