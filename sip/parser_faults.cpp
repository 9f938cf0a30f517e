// Why a message is refused, where, and whether it can be answered (RFC 3261 §8.2.6, §16.3 step 1,
// §18.1.2).
#include <algorithm>

#include "sip/headers.h"
#include "sip/parser.h"

namespace imslab::sip {

void Parser::fail(const char* where, std::string reason, int status) {
    if (error_) return;
    ParseError error;
    error.position = static_cast<std::size_t>(where - begin_);
    error.reason = std::move(reason);
    error.status = status;
    // Lines as they came: unfolding has overwritten some of the line feeds.
    std::size_t line_start = 0;
    for (std::size_t at = 0; at < error.position; ++at) {
        if (begin_[at] == '\n' ||
            std::binary_search(folds_.begin(), folds_.end(), static_cast<std::uint32_t>(at))) {
            ++error.line;
            line_start = at + 1;
        }
    }
    error.column = error.position - line_start + 1;
    error_ = std::move(error);
}

void Parser::fail(HeaderId id, const char* where, const char* predicate) {
    fail(where, std::string(canonical_name(id)) + ' ' + predicate);
}

// A response can be sent if the top Via says where to and the CSeq to which request.
bool Parser::is_answerable() const {
    return message_.is_request() && error_->status != 0 && message_.has(HeaderId::cseq) &&
           top_via(message_).has_value();
}

}  // namespace imslab::sip
