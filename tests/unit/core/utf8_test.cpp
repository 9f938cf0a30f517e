// UTF-8: what is a character, what is none, and there and back.
#include "core/utf8.h"

#include <catch2/catch_test_macros.hpp>

using namespace imslab;

TEST_CASE("the bounds of each length are characters, what lies beyond them is none") {
    for (const std::uint32_t code :
         {0U, 0x7FU, 0x80U, 0x7FFU, 0x800U, 0xD7FFU, 0xE000U, 0xFFFFU, 0x10000U, 0x10FFFFU}) {
        std::string text;
        append_utf8(text, code);
        CAPTURE(code);
        const auto character = first_character(text + "x");
        CHECK(character.code == code);
        CHECK(character.octets == text.size());
        CHECK(is_utf8(text));
        if (text.size() > 1) CHECK_FALSE(is_utf8(text.substr(0, text.size() - 1)));
    }
    for (const auto* octets : {"\x80",
                               "\xC1\xBF",
                               "\xE0\x9F\xBF",
                               "\xED\xA0\x80",
                               "\xED\xBF\xBF",
                               "\xF0\x8F\xBF\xBF",
                               "\xF4\x90\x80\x80",
                               "\xF5\x80\x80\x80",
                               "\xC3x"}) {
        CHECK(first_character(octets).octets == 0);
        CHECK_FALSE(is_utf8(octets));
    }
}

TEST_CASE(
    "XML has no control characters but three, no surrogates, and not the last two of a plane") {
    for (const std::uint32_t code : {9U, 10U, 13U, 0x20U, 0xFFFDU, 0x10000U, 0x10FFFFU})
        CHECK(is_xml_character(code));
    for (const std::uint32_t code : {0U, 8U, 0x1FU, 0xD800U, 0xDFFFU, 0xFFFEU, 0xFFFFU, 0x110000U})
        CHECK_FALSE(is_xml_character(code));
}
