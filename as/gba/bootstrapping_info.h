// What a UE gets when it has bootstrapped (TS 24.109 Annex C): application/vnd.3gpp.bsf+xml.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imslab::gba {

inline constexpr std::string_view kBootstrappingInfoType = "application/vnd.3gpp.bsf+xml";

struct BootstrappingInfo {
    std::string transaction_identifier;  // btid
    std::int64_t lifetime = 0;           // until when, in seconds since 1970
};

std::string write(const BootstrappingInfo& info);
// nullopt: no such document, or one without a time that can be read.
std::optional<BootstrappingInfo> read_bootstrapping_info(std::string_view document);

// "Thu, 08 Jan 2004 10:23:17 GMT", as HTTP writes it.
std::string http_date(std::int64_t seconds);

}  // namespace imslab::gba
