// Reads the structured header field values (addresses, Via, CSeq) from left to right: the typed
// views and the parser's validation share it, so that what is accepted can also be read. Internal
// to sip/.
#pragma once

#include <string_view>

#include "sip/headers.h"

namespace imslab::sip {

bool read_uri(std::string_view text, Uri& uri);  // false: malformed, `uri` half written

struct ValueReader {
    explicit ValueReader(std::string_view text) : at(text.data()), end(at + text.size()) {}

    const char* at;
    const char* end;
    const char* fault =
        nullptr;  // a predicate, "has no method"; the header field's name goes before it
    const char* fault_at = nullptr;
    bool uri_checked_later = false;  // the caller reads the URI anyway: only its end is looked for
    const char* params_begin = nullptr;  // behind the first ';', once read_params got there

    // Each stands at `end` or at a ',' afterwards, blanks skipped; false: fault is set.
    bool read_address(NameAddr& out);
    bool read_via(Via& out);
    bool read_params(Params& out);
    bool read_cseq(CSeq& out);

    void skip_blanks();
    bool fail(const char* where, const char* what) {
        fault = what;
        fault_at = where;
        return false;
    }

private:
    bool read_param();
    bool read_bracketed_uri(NameAddr& out);
    bool read_bare_uri(const char* begin, NameAddr& out);
};

}  // namespace imslab::sip
