#include "face/degrees.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace vigil::face {
namespace {

struct DegreesCase {
  const char* name;
  float degrees;
  const char* expected;
};
class SignedDegreesOf : public testing::TestWithParam<DegreesCase> {};

TEST_P(SignedDegreesOf, AreWholeWithASign) {
  EXPECT_EQ(SignedDegrees(GetParam().degrees), GetParam().expected);
}

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
INSTANTIATE_TEST_SUITE_P(
    Angles, SignedDegreesOf,
    testing::Values(DegreesCase{"positive", 3.4F, "+3°"}, DegreesCase{"negative", -7.6F, "-8°"},
                    DegreesCase{"zero", 0, "0°"}, DegreesCase{"negative_zero", -0.0F, "0°"},
                    DegreesCase{"a_little_left_of_zero", -0.4F, "0°"},
                    DegreesCase{"a_little_right_of_zero", 0.4F, "0°"},
                    DegreesCase{"no_number", kNan, "?"},
                    DegreesCase{"infinite", std::numeric_limits<float>::infinity(), "?"}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

}  // namespace
}  // namespace vigil::face
