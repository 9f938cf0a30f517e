// A request that a node sends on to another server: the question Ask{http::Forward}, whose answer
// is an http::Response.
#pragma once

#include "core/address.h"
#include "http/message.h"

namespace imslab::http {

struct Forward {
    Address to;
    Request request;
};

}  // namespace imslab::http
