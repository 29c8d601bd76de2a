#include "core/byte_size.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>

namespace vigil {
namespace {

struct SizeCase {
  const char* name;
  const char* text;
  std::optional<std::int64_t> expected;
};
class ByteSizeText : public testing::TestWithParam<SizeCase> {};

TEST_P(ByteSizeText, IsRead) {
  const auto size = ParseByteSize(GetParam().text);
  ASSERT_EQ(size.ok(), GetParam().expected.has_value()) << size.status();
  if (size.ok()) {
    EXPECT_EQ(size->bytes, *GetParam().expected);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Texts, ByteSizeText,
    testing::Values(
        SizeCase{"bare", "4096", 4096}, SizeCase{"zero", "0", 0}, SizeCase{"bytes", "12B", 12},
        SizeCase{"kib", "4KiB", 4096}, SizeCase{"mib", "64MiB", 64 << 20},
        SizeCase{"gib", "2GiB", 2LL << 30}, SizeCase{"tib", "1TiB", 1LL << 40},
        SizeCase{"kb", "4kB", 4000}, SizeCase{"mb", "10MB", 10'000'000},
        SizeCase{"case_is_ignored", "10mib", 10 << 20}, SizeCase{"blank", "10 MB", 10'000'000},
        SizeCase{"decimals", "1.5GiB", 3LL << 29},
        SizeCase{"largest", "9223372036854775807", INT64_MAX}, SizeCase{"empty", "", {}},
        SizeCase{"unit_only", "MB", {}}, SizeCase{"negative", "-1", {}},
        SizeCase{"half_a_byte", "0.5", {}}, SizeCase{"not_whole", "0.3KiB", {}},
        SizeCase{"unknown_unit", "5XB", {}}, SizeCase{"two_blanks", "5  MB", {}},
        SizeCase{"trailing_blank", "5 ", {}}, SizeCase{"too_large", "9223372036854775808", {}},
        SizeCase{"overflow", "9000000TiB", {}}, SizeCase{"trailing", "5MB!", {}}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(FormatByteSize, TakesTheLargestWholeUnit) {
  EXPECT_EQ(FormatByteSize(MiB(64)), "64MiB");
  EXPECT_EQ(FormatByteSize({10'000'000}), "10MB");
  EXPECT_EQ(FormatByteSize({4097}), "4097");
  EXPECT_EQ(FormatByteSize({0}), "0");
  EXPECT_EQ(FormatByteSize(GiB(1)), "1GiB");
  EXPECT_EQ(FormatByteSize(KiB(3)), "3KiB");
}

TEST(FormatByteSize, IsReadBackToTheSameValue) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const ByteSize size{static_cast<std::int64_t>(random() >> (1 + i % 63))};
    const auto read = ParseByteSize(FormatByteSize(size));
    ASSERT_TRUE(read.ok()) << read.status();
    ASSERT_EQ(*read, size);
  }
}

}  // namespace
}  // namespace vigil
