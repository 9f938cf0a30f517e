// RFC 7636 §4.1, §4.2, §4.6.
#include "gateways/interaction/pkce.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sip/digest.h"

namespace imslab::interaction {

namespace {

constexpr std::size_t kChallengeLength = 43, kShortest = 43, kLongest = 128;

bool is_letter_or_digit(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

std::uint8_t digit(char c) { return static_cast<std::uint8_t>(c >= 'a' ? c - 'a' + 10 : c - '0'); }

}  // namespace

bool is_challenge(std::string_view text) {
    return text.size() == kChallengeLength && std::all_of(text.begin(), text.end(), [](char c) {
               return is_letter_or_digit(c) || c == '-' || c == '_';
           });
}

std::string challenge_of(std::string_view verifier) {
    const auto hash = sip::hex_digest(sip::HashAlgorithm::sha256, verifier);
    std::vector<std::uint8_t> octets;
    for (std::size_t i = 0; i + 1 < hash.size(); i += 2)
        octets.push_back(static_cast<std::uint8_t>(digit(hash[i]) << 4U | digit(hash[i + 1])));
    auto text = sip::base64(octets);
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    text.resize(std::min(text.find('='), text.size()));
    return text;
}

bool proves(std::string_view verifier, std::string_view challenge) {
    const bool well_formed =
        verifier.size() >= kShortest && verifier.size() <= kLongest &&
        std::all_of(verifier.begin(), verifier.end(), [](char c) {
            return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
        });
    return well_formed && sip::equal_in_constant_time(challenge_of(verifier), challenge);
}

}  // namespace imslab::interaction
