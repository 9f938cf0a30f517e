// The subscriber file: XML in, subscriptions out, and back. Its schema is hss/subscribers.xsd.
// A minimal subscriber is  <subscriber imsi="001010000000001" k="…"
// opc="…"><public>sip:alice@…</public></subscriber>: the private identity and the barred temporary
// public identity are derived from the IMSI (TS 23.003 §13).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "hss/subscription.h"

namespace imslab::hss {

// Reads as "subscribers.xml:12:34: found …, expected …".
struct FileError {
    std::string file;
    std::size_t line = 0, column = 0;
    std::string found, expected;

    std::string to_string() const;
};

// `file` is the name that errors show. Without external entities; all errors are found, in order of
// position.
Result<std::vector<Subscription>, std::vector<FileError>> read_subscribers(std::string_view xml,
                                                                           std::string file);
// With all that was derived written out: read_subscribers(write_subscribers(s)) == s. Keys are in
// it: protect the file.
std::string write_subscribers(const std::vector<Subscription>& subscriptions);
// For `imslab subscriber list`: one line a subscription, no secrets.
std::string list_subscribers(const std::vector<Subscription>& subscriptions);

}  // namespace imslab::hss
