// Where an application server's HTTP is at home.
#pragma once

#include <string>

#include "lab/topology.h"

namespace imslab::lab {

// Ut; Ub of a bootstrapping server; API, for web applications, of an interaction gateway.
std::string http_point_of(const TopologyNode& node);
// It is asked by HTTP for documents, or by web applications.
bool answers_http(const TopologyNode& node);

}  // namespace imslab::lab
