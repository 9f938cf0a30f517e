// The URI list of a message to several people (RFC 5363, RFC 4826), with what each may know of the
// others (RFC 5364).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace imslab::messaging {

inline constexpr std::string_view kResourceListsType = "application/resource-lists+xml";

struct Recipient {
    enum class Copy : std::uint8_t { to, cc, bcc } copy = Copy::bcc;  // bcc unless it is said
    std::string uri;
    bool anonymize = false;
};

// Flat, without duplicates (RFC 5363 §4.1), in order. One sentence if it is no list, is empty or
// has more entries than `most`.
Result<std::vector<Recipient>, std::string> read_recipient_list(std::string_view xml,
                                                                std::size_t most);
// RFC 5364 §4: what every recipient may see; empty: nothing is to be seen.
std::string write_recipient_history(const std::vector<Recipient>& recipients);

}  // namespace imslab::messaging
