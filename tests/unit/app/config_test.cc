// Conditions of the product's own keys.
#include "app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/config/load.h"

namespace vigil::app {
namespace {

using testing::HasSubstr;

absl::Status Load(const std::vector<std::string>& set) {
  Config config;
  config::Schema schema;
  Register(schema, config);
  config::Sources sources;
  for (const std::string& text : set) {
    auto assignment = config::ParseSet(text);
    EXPECT_TRUE(assignment.ok()) << assignment.status();
    sources.set.push_back(*std::move(assignment));
  }
  return config::Load(schema, sources).status();
}

TEST(Config, DefaultsAreRight) { EXPECT_TRUE(Load({}).ok()) << Load({}); }

// It would fail for each input otherwise, after `config check` has passed it.
TEST(Config, AFaceDetectorOfOnesOwnNeedsItsFile) {
  for (const char* detector : {"face.detector=yunet", "face.detector=yolo_face"}) {
    const absl::Status status = Load({detector});
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("face.detector_file")) << status;
    EXPECT_TRUE(Load({detector, "face.detector_file=x.onnx"}).ok());
  }
}

TEST(Config, AFaceIsNotAwaitedForEver) {
  EXPECT_TRUE(Load({"face.lost_after=0s"}).ok());
  EXPECT_TRUE(Load({"face.lost_after=1m"}).ok());
  EXPECT_THAT(std::string(Load({"face.lost_after=1h"}).message()), HasSubstr("out of range"));
}

}  // namespace
}  // namespace vigil::app
