// What a check can name in a message: header fields and their parameters, AVPs, SDP lines, XPath on
// an XML body.
#pragma once

#include <string>
#include <vector>

#include "lab/criterion.h"
#include "lab/observation.h"

namespace imslab::lab {

// Every value that the subject has in this message, in order; none: it is absent.
std::vector<std::string> values_of(const Subject& subject, const ObservedMessage& message);
// Does a value of the subject carry that parameter, option tag or member AVP?
bool carries(const Subject& subject, const std::string& name, const ObservedMessage& message);

}  // namespace imslab::lab
