// RFC 3629: each code point but the surrogates has one form, the shortest; 1, 2, 3 and 4 bytes from U+0, U+80, U+800, U+10000.

#include "steepest/io/utf8.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace steepest {
namespace {

/// `code` in `length` bytes, whether that is its form or not.
std::string encoded(std::uint32_t code, int length) {
  if (length == 1) return {static_cast<char>(code)};
  std::string bytes;
  for (int i = length; --i > 0; code >>= 6U) bytes.insert(bytes.begin(), static_cast<char>(0x80U | (code & 0x3FU)));
  return static_cast<char>((0xF00U >> static_cast<unsigned>(length) & 0xFFU) | code) + bytes;
}

int shortest_length(std::uint32_t code) { return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4; }

TEST(Utf8, AcceptsTheShortestFormOfEachCodePointAndRefusesSurrogates) {
  for (std::uint32_t code = 0; code <= 0x10FFFF; ++code) {
    const bool surrogate = 0xD800 <= code && code <= 0xDFFF;
    ASSERT_EQ(first_invalid_utf8(encoded(code, shortest_length(code))).has_value(), surrogate) << code;
  }
}

TEST(Utf8, RefusesEachLongerForm) {
  for (std::uint32_t code = 0; code < 0x10000; ++code) {
    for (int length = shortest_length(code) + 1; length <= 4; ++length) {
      ASSERT_EQ(first_invalid_utf8(encoded(code, length)), 0U) << code << " in " << length;
    }
  }
}

TEST(Utf8, RefusesWhatLiesAboveTheLastCodePoint) {
  for (std::uint32_t code = 0x110000; code < 0x200000; code += 0x1000) {
    ASSERT_EQ(first_invalid_utf8(encoded(code, 4)), 0U) << code;
  }
  for (int lead = 0xF8; lead <= 0xFF; ++lead) {
    EXPECT_EQ(first_invalid_utf8(static_cast<char>(lead) + std::string(5, '\x80')), 0U) << lead;
  }
}

TEST(Utf8, NamesTheFirstByteOfTheBadSequence) {
  EXPECT_EQ(first_invalid_utf8(""), std::nullopt);
  EXPECT_EQ(first_invalid_utf8("caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x8E\xBC"), std::nullopt);
  EXPECT_EQ(first_invalid_utf8("caf\xE9 au lait"), 3U);        // Latin-1
  EXPECT_EQ(first_invalid_utf8("ab\x80"), 2U);                 // a continuation alone
  EXPECT_EQ(first_invalid_utf8("abc\xE2\x82"), 3U);            // cut short by the end
  EXPECT_EQ(first_invalid_utf8("\xC3\xA9\xE2\x82 \xAC"), 2U);  // cut short by another character
}

}  // namespace
}  // namespace steepest
