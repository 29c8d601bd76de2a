#include "core/json_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>

namespace vigil {
namespace {

TEST(JsonWriter, NestsAndSeparates) {
  JsonWriter json;
  json.BeginObject()
      .Member("a", 1)
      .Key("b")
      .BeginArray()
      .Value(true)
      .Null()
      .BeginObject()
      .EndObject()
      .EndArray()
      .Member("c", "x")
      .EndObject();
  EXPECT_EQ(json.text(), R"({"a":1,"b":[true,null,{}],"c":"x"})");
  json.Clear();
  json.BeginArray().EndArray();
  EXPECT_EQ(json.text(), "[]");
}

struct TextCase {
  const char* name;
  std::string text;
  const char* expected;
};
class JsonText : public testing::TestWithParam<TextCase> {};
TEST_P(JsonText, IsEscaped) {
  JsonWriter json;
  json.Value(GetParam().text);
  EXPECT_EQ(json.text(), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Cases, JsonText,
    testing::Values(TextCase{"plain", "camera 1", R"("camera 1")"},
                    TextCase{"quotes", R"(a"b\c)", R"("a\"b\\c")"},
                    TextCase{"control", std::string("a\nb\0c", 5), R"("a\u000ab\u0000c")"},
                    TextCase{"utf8", "Tür €", "\"Tür €\""},
                    TextCase{"broken", "a\xFF\xC3", "\"a\xEF\xBF\xBD\xEF\xBF\xBD\""},
                    TextCase{"overlong", "\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""}),
    [](const auto& test) { return std::string(test.param.name); });

struct NumberCase {
  const char* name;
  double value;
  int decimals;
  const char* expected;
};
class JsonNumber : public testing::TestWithParam<NumberCase> {};
TEST_P(JsonNumber, IsShortAndExact) {
  JsonWriter json;
  json.Value(GetParam().value, GetParam().decimals);
  EXPECT_EQ(json.text(), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Cases, JsonNumber,
    testing::Values(NumberCase{"zero", 0, 5, "0"}, NumberCase{"trailing_zeros", 1.5, 6, "1.5"},
                    NumberCase{"rounds", 0.12345678, 4, "0.1235"},
                    NumberCase{"negative", -0.05, 3, "-0.05"},
                    NumberCase{"negative_zero", -0.0001, 2, "0"},
                    NumberCase{"leading_zeros", 0.000123, 6, "0.000123"},
                    NumberCase{"whole", 1e12, 3, "1000000000000"},
                    NumberCase{"nan", std::nan(""), 3, "null"},
                    NumberCase{"infinite", std::numeric_limits<double>::infinity(), 3, "null"},
                    NumberCase{"huge", 1e300, 3, "null"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(JsonWriter, NumbersReadBackWithinHalfAUnit) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> value(-3000, 3000);
  JsonWriter json;
  for (int i = 0; i < 100'000; ++i) {
    const double number = value(random);
    json.Clear();
    json.Value(number, 5);
    ASSERT_NEAR(std::stod(std::string(json.text())), number, 0.5001e-5);
  }
}

TEST(JsonWriter, IntegersAtTheirLimits) {
  JsonWriter json;
  json.BeginArray()
      .Value(std::numeric_limits<std::int64_t>::min())
      .Value(std::numeric_limits<std::int64_t>::max())
      .EndArray();
  EXPECT_EQ(json.text(), "[-9223372036854775808,9223372036854775807]");
}

}  // namespace
}  // namespace vigil
