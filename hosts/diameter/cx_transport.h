// What freeDiameter must know of Cx to carry it: the application and its commands (TS 29.229 §6.1).
// All AVPs are opaque octets to it; their meaning, their grouping and whether a command is complete
// is decided by diameter/cx_codec.h.
#pragma once

struct dict_object;

namespace imslab::host {

// The application; nullptr if freeDiameter refuses a definition.
dict_object* define_cx();

}  // namespace imslab::host
