#include "face/internal/wire_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace vigil::face::internal {
namespace {

using namespace std::string_literals;

TEST(WireReader, ReadsEveryKindOfField) {
  const std::string message =
      "\x08\xac\x02"s              // 1: varint 300
      "\x15\x00\x00\x80\x3f"s      // 2: fixed32 1.0F
      "\x19\x01\0\0\0\0\0\0\x80"s  // 3: fixed64
      "\x22\x02hi"s;               // 4: bytes
  WireReader reader(message);
  const auto varint = reader.Next();
  ASSERT_TRUE(varint);
  EXPECT_EQ(varint->number, 1U);
  EXPECT_EQ(varint->integer, 300U);
  const auto fixed = reader.Next();
  ASSERT_TRUE(fixed);
  EXPECT_EQ(fixed->real(), 1.0F);
  const auto wide = reader.Next();
  ASSERT_TRUE(wide);
  EXPECT_EQ(wide->integer, 0x8000000000000001U);
  const auto bytes = reader.Next();
  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->number, 4U);
  EXPECT_EQ(bytes->bytes, "hi");
  EXPECT_FALSE(reader.Next());
  EXPECT_TRUE(reader.ok());
}

TEST(WireReader, LargestVarint) {
  WireReader reader("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  EXPECT_EQ(reader.NextVarint(), ~0ULL);
  EXPECT_TRUE(reader.ok());
}

struct BrokenCase {
  const char* name;
  std::string message;
};
class BrokenMessage : public testing::TestWithParam<BrokenCase> {};

TEST_P(BrokenMessage, EndsTheWalk) {
  WireReader reader(GetParam().message);
  EXPECT_FALSE(reader.Next());
  EXPECT_FALSE(reader.ok());
  EXPECT_FALSE(reader.Next());
}
INSTANTIATE_TEST_SUITE_P(
    Kinds, BrokenMessage,
    testing::Values(
        BrokenCase{"tag_cut", "\x88"s}, BrokenCase{"field_number_0", "\x00\x01"s},
        BrokenCase{"varint_cut", "\x08\xff"s}, BrokenCase{"varint_missing", "\x08"s},
        BrokenCase{"varint_of_11_bytes", "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"s},
        BrokenCase{"varint_of_65_bits", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"s},
        BrokenCase{"fixed32_cut", "\x15\x00\x00\x80"s}, BrokenCase{"fixed64_cut", "\x19\x01"s},
        BrokenCase{"bytes_longer_than_input", "\x22\x03hi"s},
        BrokenCase{"bytes_of_2_to_the_63", "\x22\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"s},
        BrokenCase{"group", "\x0b\x0c"s}, BrokenCase{"reserved_type", "\x0e"s},
        BrokenCase{"field_number_too_large", "\x80\x80\x80\x80\x10\x00"s}),
    [](const auto& the) { return std::string(the.param.name); });

}  // namespace
}  // namespace vigil::face::internal
