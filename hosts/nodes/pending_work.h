// A CSCF's pending work among its process's counters.
#pragma once

#include <nlohmann/json.hpp>

#include "hosts/asio/process.h"

namespace imslab::host {

// The element lives as long as the process serves.
template <class Element>
void count_pending_work(Process& process, const Element& element) {
    process.loop().count_too([&element](nlohmann::ordered_json& counters) {
        const auto work = element.pending_work();
        counters["requests_pending"] = work.pending;
        counters["requests_refused"] = work.refused;
    });
}

}  // namespace imslab::host
