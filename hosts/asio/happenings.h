// Where sockets report what happened to them: the event loop.
#pragma once

#include <string>
#include <string_view>

#include "core/node.h"

namespace imslab::host {

class Happenings {
public:
    virtual ~Happenings() = default;
    virtual void happened(Event event) = 0;
    virtual void noted(LogLevel level, std::string_view text) = 0;
};

}  // namespace imslab::host
