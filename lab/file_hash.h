// The hash of a file as its description has it (RFC 5547 §6).
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace imslab::lab {

// SHA-1, piece by piece.
class FileHash {
public:
    FileHash();
    void add(std::string_view octets);
    // "72:24:…": ends it.
    std::string text();

private:
    std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

}  // namespace imslab::lab
