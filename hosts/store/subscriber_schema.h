// Subscriber files before they reach the store: right by our reader, which knows what the fields
// mean, and right by hss/subscribers.xsd, which says what everybody else may write.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "hss/subscriber_file.h"

namespace imslab::host {

// `file` is the name that errors show. The reader's errors if it finds any, else the schema's.
Result<std::vector<hss::Subscription>, std::vector<hss::FileError>> read_valid_subscribers(
    std::string_view xml, const std::string& file);

// What the schema alone has to say. Reads no other file, no entity and nothing from a network.
std::vector<hss::FileError> schema_errors(std::string_view xml, const std::string& file);

}  // namespace imslab::host
