// A request at one resource of the gateway: where it is, who asks, in which form he is answered.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "gateways/interaction/caller.h"
#include "gateways/interaction/representation.h"

namespace imslab::interaction {

struct ResourceRequest {
    http::Request request;
    std::vector<std::string> path;  // below the API's root: decoded segments
    Caller caller;
    Form form = Form::json;
    std::string root;  // "https://gateway.home": what resource URLs begin with

    bool is(std::string_view method) const {
        return request.method == method || (method == "GET" && request.method == "HEAD");
    }
    http::Response fault(const Fault& fault) const { return respond(fault, form); }
    http::Response no_such_resource() const {
        return respond(Fault::unknown("the resource URL"), form);
    }
    // RFC 9110 §15.5.6
    http::Response no_such_method(std::initializer_list<std::string_view> allowed) const {
        auto fault = Fault::invalid_value("method");
        fault.status = 405;
        auto response = respond(fault, form);
        std::string list;
        for (const auto method : allowed) list.append(list.empty() ? "" : ", ").append(method);
        response.fields.add("Allow", list);
        return response;
    }
};

}  // namespace imslab::interaction
