#include "objects/detector_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "core/status.h"
#include "support/test_data.h"

namespace vigil::objects {
namespace {

using testing::HasSubstr;

TEST(Family, NamesAreReadBack) {
  EXPECT_EQ(*ParseFamily("auto"), Family::kAuto);
  for (const Family family : KnownFamilies()) EXPECT_EQ(*ParseFamily(Name(family)), family);
  EXPECT_EQ(*ParseFamily("YOLOv11"), Family::kYoloV8);
  EXPECT_EQ(*ParseFamily("yolo-world"), Family::kYoloV8);
  EXPECT_EQ(*ParseFamily("yolov7"), Family::kYoloV5);
  const auto unknown = ParseFamily("yolov99");
  ASSERT_EQ(unknown.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(MessageOf(unknown.status())), HasSubstr("auto, yolov5, yolov8"));
}

struct BadOption {
  const char* name;
  std::function<void(DetectorOptions&)> spoil;
  const char* message;
};
class DetectorOptionsRefused : public testing::TestWithParam<BadOption> {};

TEST_P(DetectorOptionsRefused, NamingTheField) {
  DetectorOptions options;
  ASSERT_EQ(Validate(options), absl::OkStatus());
  GetParam().spoil(options);
  for (const auto& status : {Validate(options), CreateDetector(options).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(MessageOf(status)), HasSubstr(GetParam().message));
  }
}

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

INSTANTIATE_TEST_SUITE_P(
    Fields, DetectorOptionsRefused,
    testing::Values(
        BadOption{"no_model", [](auto& o) { o.kind = DetectorKind::kOnnx; }, "model_file"},
        BadOption{"score", [](auto& o) { o.confidence_threshold = 1.5F; }, "confidence_threshold"},
        BadOption{"nan", [](auto& o) { o.confidence_threshold = kNaN; }, "confidence_threshold"},
        BadOption{"iou", [](auto& o) { o.iou_threshold = -1; }, "iou_threshold"},
        BadOption{"none_wanted", [](auto& o) { o.max_detections = 0; }, "max_detections"},
        BadOption{"too_many", [](auto& o) { o.max_detections = 1001; }, "1 and 1000"},
        BadOption{"names_twice",
                  [](auto& o) {
                    o.names = {"a"};
                    o.names_file = "f";
                  },
                  "names_file"},
        BadOption{"too_many_names", [](auto& o) { o.names.assign(10'001, "a"); }, "names"},
        BadOption{"odd_size",
                  [](auto& o) {
                    o.input_size = {640, 100};
                  },
                  "multiples of 32"},
        BadOption{"one_side",
                  [](auto& o) {
                    o.input_size = {640, 0};
                  },
                  "input_size"},
        BadOption{"huge_size",
                  [](auto& o) {
                    o.input_size = {64000, 64000};
                  },
                  "up to 8192"},
        BadOption{"tiny_people", [](auto& o) { o.hog.min_person_height = 0; }, "min_person"},
        BadOption{"no_step", [](auto& o) { o.hog.scale_step = 1; }, "scale_step"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(CreateDetector, TellsOfAMissingFile) {
  const test::TempDir dir;
  const auto detector = CreateDetector({.model_file = (dir / "none.onnx").string()});
  ASSERT_FALSE(detector.ok());
  EXPECT_THAT(std::string(MessageOf(detector.status())), HasSubstr("none.onnx"));
}

TEST(CreateDetector, IsThePersonDetectorWithoutAFile) {
  const auto detector = CreateDetector({});
  ASSERT_TRUE(detector.ok()) << detector.status();
  ASSERT_EQ((*detector)->class_names().size(), 1U);
  EXPECT_EQ((*detector)->class_names()[0], "person");
}

}  // namespace
}  // namespace vigil::objects
