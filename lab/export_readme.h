// What a person reads in an exported folder.
#pragma once

#include <string>

#include "lab/export_plan.h"

namespace imslab::lab {

std::string compose_readme(const ExportPlan& plan);
std::string kubernetes_readme(const ExportPlan& plan);

}  // namespace imslab::lab
