// An enabler says it.
#include "lab/http_point.h"

namespace imslab::lab {

std::string http_point_of(const TopologyNode& node) {
    if (node.hosts("bsf")) return "Ub";
    return node.hosts("interaction") ? "API" : "Ut";
}

bool answers_http(const TopologyNode& node) {
    return node.addresses.contains("Ut") || node.addresses.contains("API");
}

}  // namespace imslab::lab
