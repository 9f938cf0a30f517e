// The parts of a MIME body (RFC 2045, RFC 2046 §5.1) as a MESSAGE carries them: one, or several in
// multipart/mixed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "sip/message.h"

namespace imslab::messaging {

struct BodyPart {
    std::string type;         // the Content-Type field's value, parameters included
    std::string disposition;  // Content-Disposition; empty: none
    std::string other;        // the part's other header fields, as whole lines
    std::string content;
};

// "text/plain", in lower case, without parameters.
std::string media_type(std::string_view content_type);
// The first word of a Content-Disposition, in lower case.
std::string disposition_type(std::string_view disposition);

// Linear in the body's size. One sentence if a multipart body cannot be taken apart.
Result<std::vector<BodyPart>, std::string> parts_of(std::string_view content_type,
                                                    std::string_view body);
// One part is written as it is, without the wrapper (RFC 5365 §7.3).
void put_body(sip::Message& message,
              const std::vector<BodyPart>& parts,
              const std::string& boundary);

}  // namespace imslab::messaging
