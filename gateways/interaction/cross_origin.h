// Pages of other sites (the CORS protocol of WHATWG Fetch): those on the list may ask and read the
// answer, others may not. Nothing is done on the strength of cookies or remembered passwords there.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "http/message.h"

namespace imslab::interaction {

class CrossOrigin {
public:
    // `own`: whose pages need no leave.
    CrossOrigin(std::string own, std::set<std::string, std::less<>> allowed)
        : own_(std::move(own)), allowed_(std::move(allowed)) {}

    // To a page's question whether it may ask (OPTIONS), or to a page that may not.
    std::optional<http::Response> answer(const http::Request& request) const;
    // What lets the page read it.
    void mark(const http::Request& request, http::Response& response) const;

private:
    std::string own_;
    std::set<std::string, std::less<>> allowed_;
};

}  // namespace imslab::interaction
