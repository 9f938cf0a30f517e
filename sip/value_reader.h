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
    bool only_checks = false;        // nobody asks for the parameters of the Via
    const char* params_begin = nullptr;  // behind the first ';', once read_params got there

    // Each stands at `end` or at a ',' afterwards, blanks skipped; false: fault is set.
    bool read_address(NameAddr& out);
    bool read_via(Via& out);
    bool read_params(Params& out) {
        return read_params(out, [](std::string_view, std::string_view) {});
    }
    bool read_cseq(CSeq& out);

    void skip_blanks();
    bool fail(const char* where, const char* what) {
        fault = what;
        fault_at = where;
        return false;
    }

private:
    // visit(name, value) for each; the value is empty if there is none.
    template <class Visitor>
    bool read_params(Params& out, Visitor&& visit);
    bool read_param(std::string_view& name, std::string_view& value);
    bool read_bracketed_uri(NameAddr& out);
    bool read_bare_uri(const char* begin, NameAddr& out);
};

template <class Visitor>
bool ValueReader::read_params(Params& out, Visitor&& visit) {
    skip_blanks();
    if (at == end || *at == ',') return true;
    if (*at != ';') return fail(at, "has unexpected text where a parameter could stand");
    params_begin = at + 1;
    while (at != end && *at == ';') {
        ++at;
        skip_blanks();
        std::string_view name, value;
        if (!read_param(name, value)) return false;
        visit(name, value);
    }
    if (at != end && *at != ',') return fail(at, "has unexpected text behind a parameter");
    out = Params(std::string_view(params_begin, static_cast<std::size_t>(at - params_begin)));
    return true;
}

}  // namespace imslab::sip
