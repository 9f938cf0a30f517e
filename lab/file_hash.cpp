// RFC 5547 §6: octets in hexadecimal digits, with colons between.
#include "lab/file_hash.h"

#include <openssl/evp.h>

#include <cstdio>

namespace imslab::lab {

FileHash::FileHash() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context_.get(), EVP_sha1(), nullptr);
}

void FileHash::add(std::string_view octets) {
    EVP_DigestUpdate(context_.get(), octets.data(), octets.size());
}

std::string FileHash::text() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), digest, &size);
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        char octet[4];
        std::snprintf(octet, sizeof octet, i == 0 ? "%02X" : ":%02X", digest[i]);
        text += octet;
    }
    return text;
}

}  // namespace imslab::lab
