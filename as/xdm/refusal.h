// What is said to somebody who is not served on Ut: a status and a sentence.
#pragma once

#include <string>

#include "as/xdm/authentication.h"

namespace imslab::xdm {

inline http::Response refusal(int status, std::string sentence) {
    return http::Response::of(status, "text/plain; charset=utf-8", std::move(sentence) + "\n");
}

inline Identified refused(int status, std::string sentence) {
    Identified result;
    result.refusal = refusal(status, std::move(sentence));
    return result;
}

// RFC 9110 §15.6.4: it is nobody's fault and may be over soon.
inline Identified refused_for_now(std::string sentence) {
    auto result = refused(503, std::move(sentence));
    result.refusal->fields.add("Retry-After", "5");
    return result;
}

}  // namespace imslab::xdm
