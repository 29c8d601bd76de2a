#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/status.h"
#include "nn/onnx_model.h"

namespace vigil::nn {
namespace {

TEST(OnnxModel, SaysThatThisBuildRunsNone) {
  const auto model = OnnxModel::Create("any.onnx", {});
  EXPECT_EQ(model.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(MessageOf(model.status())),
              testing::HasSubstr("model any.onnx: this build"));
}

}  // namespace
}  // namespace vigil::nn
