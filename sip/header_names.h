// What the parser asks of a header field's name beyond message.h. Internal to sip/.
#pragma once

#include "sip/message.h"
#include "sip/params.h"

namespace imslab::sip {

bool is_single(HeaderId id);  // two fields of this name make a message malformed (RFC 4475 §3.3.8)

}  // namespace imslab::sip
