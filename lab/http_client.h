// A blocking HTTP client (RFC 9112) of the lab: one connection that is kept, every wait ends with a
// deadline.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/address.h"
#include "core/result.h"
#include "http/message.h"
#include "lab/process.h"

namespace imslab::lab {

class HttpClient {
public:
    // `authority_file`: whose certificates are believed; empty: no TLS.
    static Result<std::unique_ptr<HttpClient>, std::string> connect(
        const IpAddress& from,
        const Address& to,
        const std::string& host,
        const std::string& authority_file,
        Deadline deadline);
    virtual ~HttpClient() = default;

    // One request, one answer; a sentence if none came.
    virtual Result<http::Message, std::string> ask(const http::Request& request,
                                                   Deadline deadline) = 0;
    virtual bool is_open() const = 0;
    // Of TLS, its number at IANA; 0: no TLS.
    virtual std::uint16_t cipher_suite() = 0;
};

}  // namespace imslab::lab
