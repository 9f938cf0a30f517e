// The page on which a user decides what an application may do in his name.
#pragma once

#include <string>
#include <string_view>

#include "gateways/interaction/application.h"

namespace imslab::interaction {

std::string consent_page(const Application& application,
                         const Scopes& scopes,
                         std::string_view user,
                         std::string_view ticket);
std::string error_page(std::string_view sentence);

}  // namespace imslab::interaction
