// What Sh keeps in one column: switches and what other domains say, as lines.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hss/subscription.h"

namespace imslab::host {

std::string text_of(const std::vector<hss::DsaiTag>& tags);
std::vector<hss::DsaiTag> dsai_from(std::string_view lines);
std::string text_of(const std::set<std::string>& lines);
std::set<std::string> set_from(std::string_view lines);
std::string text_of(const sh::DomainData& data);
sh::DomainData domain_from(std::string_view lines);

}  // namespace imslab::host
