// What a UE was answered by HTTP and says again later: where a resource is, a code, a token.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "http/message.h"

namespace imslab::lab {

class HttpAnswers {
public:
    void remember(const http::Message& response);
    // In `text`, "{location}" is the path of the last Location, "{location.code}" a parameter of
    // its query, "{answer.name}" a member of an answer that was JSON, or a hidden field of a page,
    // as it was seen last. Where there is none it stays as it is written.
    std::string put_into(std::string text) const;

private:
    std::map<std::string, std::string, std::less<>> words_;
};

}  // namespace imslab::lab
