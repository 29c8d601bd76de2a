#include "core/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace vigil {
namespace {

TEST(Utf8Length, IsThatOfTheFirstCharacter) {
  struct Case {
    std::string_view text;
    std::size_t length;
  };
  // The ends of each range of RFC 3629, section 4, and what lies just outside of them.
  const Case cases[] = {
      {"a", 1},
      {"az", 1},
      {std::string_view("\0", 1), 1},
      {"\x7F", 1},
      {"\xC2\x80", 2},
      {"\xDF\xBF", 2},
      {"\xE0\xA0\x80", 3},
      {"\xED\x9F\xBF", 3},
      {"\xEE\x80\x80", 3},
      {"\xEF\xBF\xBF", 3},
      {"\xF0\x90\x80\x80", 4},
      {"\xF4\x8F\xBF\xBF", 4},
      {"\xC3\xA9 and more", 2},
      {"\x80", 0},              // a tail alone
      {"\xBF", 0},              // a tail alone
      {"\xC0\x80", 0},          // overlong
      {"\xC1\xBF", 0},          // overlong
      {"\xE0\x9F\xBF", 0},      // overlong
      {"\xF0\x8F\xBF\xBF", 0},  // overlong
      {"\xED\xA0\x80", 0},      // a surrogate
      {"\xED\xBF\xBF", 0},      // a surrogate
      {"\xF4\x90\x80\x80", 0},  // above U+10FFFF
      {"\xF5\x80\x80\x80", 0},  // above U+10FFFF
      {"\xFF", 0},
      {"\xC2", 0},          // cut off
      {"\xE2\x82", 0},      // cut off
      {"\xF0\x9F\x98", 0},  // cut off
      {"\xC2"
       "a",
       0},
      {"\xE2\x82"
       "a",
       0},
      {"\xF0\x9F\x98"
       "a",
       0},
  };
  for (const Case& c : cases)
    EXPECT_EQ(Utf8Length(c.text), c.length) << testing::PrintToString(c.text);
}

TEST(Printable, WritesControlCharactersOut) {
  EXPECT_EQ(Printable("a b.jpg"), "a b.jpg");
  EXPECT_EQ(Printable("Käse 顔.png"), "Käse 顔.png");
  EXPECT_EQ(Printable("a\nb\tc\r"), "a\\nb\\tc\\x0d");
  EXPECT_EQ(Printable("\x1b[31m\x7f"), "\\x1b[31m\\x7f");
  EXPECT_EQ(Printable("a\xC2\x9B"
                      "2J"),
            "a\\x9b2J");
  EXPECT_EQ(Printable("a\xFF\xC3"), "a\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(Printable({}), "");
}

TEST(ValidUtf8, ReplacesOnlyWhatIsNone) {
  EXPECT_EQ(ValidUtf8("a\n\x1b\xFFz"), "a\n\x1b\xEF\xBF\xBDz");
}

}  // namespace
}  // namespace vigil
