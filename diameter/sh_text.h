// Sh requests as a person writes them on one line, and answers as a person reads them:
//
//   pull USER REFERENCE[,REFERENCE…] [OPTION …]
//   update USER REFERENCE OPTION …
//   subscribe USER REFERENCE[,REFERENCE…] [OPTION …]
//   unsubscribe USER REFERENCE[,REFERENCE…] [OPTION …]
//
// USER is a sip:, sips: or tel: URI, or the digits of an MSISDN. Options: service=INDICATION,
// set=all|registered|implicit|alias, server=SIP-URI, tag=DSAI-TAG, domain=cs|ps, current,
// expires=SECONDS, once, with-data; of an update: sequence=N, data=XML (inside ServiceData, up to
// the line's end), active=yes|no, or user-data=TEXT (the whole of User-Data, as it is).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "diameter/sh.h"

namespace imslab::sh {

struct TextError {
    std::size_t column = 1;  // 1-based
    std::string found, expected;

    std::string to_string() const { return "found " + found + ", expected " + expected; }
};

// `now`: seconds since 1970, for what expires in so many seconds.
Result<Request, TextError> request_from_text(std::string_view line, std::uint32_t now = 0);
// The command, its result, and User-Data on the lines below.
std::string to_text(const Answer& answer);

}  // namespace imslab::sh
