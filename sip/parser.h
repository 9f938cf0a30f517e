// The parser as a machine over one buffer. Public face: sip::parse in message.h. Internal to sip/.
#pragma once

#include <array>

#include "sip/message.h"

namespace imslab::sip {

class Parser {
public:
    Parser(std::string bytes, const Limits& limits);
    Result<Message, ParseFailure> run();

private:
    // parser.cpp: lines
    void index();
    void read_start_line(const char* line, const char* line_end);
    void read_request_line(const char* line, const char* line_end);
    void read_status_line(const char* line, const char* line_end);
    void read_field(const char* line, const char* line_end);
    const char* find_field_end(const char* line, bool may_fold);
    void find_body(const char* behind_header);

    // parser_values.cpp: what a field's value must look like
    void check_value(HeaderId id, std::string_view value);
    void check_addresses(HeaderId id, std::string_view value, bool many, bool brackets);
    void fail_uri(HeaderId id, std::string_view uri);
    void check_vias(std::string_view value);
    void check_cseq(std::string_view value);
    void check_max_forwards(std::string_view value);
    void check_content_length(std::string_view value);
    void check_mandatory();

    // parser_faults.cpp: the first fault wins
    void fail(const char* where, std::string reason, int status = 400);
    void fail(HeaderId id, const char* where, const char* predicate);
    bool is_answerable() const;

    bool first_of(HeaderId id) {
        const auto bit = static_cast<unsigned>(id);
        const std::uint64_t mask = std::uint64_t{1} << (bit & 63);
        const bool first = (seen_[bit >> 6] & mask) == 0;
        seen_[bit >> 6] |= mask;
        return first;
    }

    Message message_;
    Limits limits_;
    char* begin_ = nullptr;
    char* end_ = nullptr;
    char* next_ = nullptr;  // the line after the current one
    std::array<std::uint64_t, 2> seen_{};
    std::vector<std::uint32_t>
        folds_;  // line feeds overwritten by unfolding: needed to count lines
    std::optional<ParseError> error_;
    std::optional<std::uint32_t> content_length_;
    const char* content_length_at_ = nullptr;
    bool header_ended_ = false;
    bool unknown_method_ = false;
};

}  // namespace imslab::sip
