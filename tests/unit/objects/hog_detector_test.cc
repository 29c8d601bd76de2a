#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <random>
#include <sstream>

#include "core/status.h"
#include "media/source.h"
#include "objects/average_precision.h"
#include "objects/detector_options.h"
#include "support/test_data.h"

namespace vigil::objects {
namespace {

// Ground truth of PETS09-S2L1, by frame from 1.
std::map<int, std::vector<Label>> PetsLabels(float scale) {
  std::ifstream file(test::SharedPath("tracking/mot15/PETS09-S2L1/gt_frames_1-397.txt"));
  std::map<int, std::vector<Label>> labels;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    int frame = 0, id = 0;
    PixelBox box;
    char comma = 0;
    fields >> frame >> comma >> id >> comma >> box.x >> comma >> box.y >> comma >> box.width >>
        comma >> box.height;
    EXPECT_TRUE(fields) << line;
    labels[frame].push_back(
        {{box.x * scale, box.y * scale, box.width * scale, box.height * scale}, 0});
  }
  return labels;
}

struct PetsCase {
  const char* name;
  bool small;  // 480 × 360 instead of 768 × 576
  float at_least_average_precision, at_least_precision, at_least_recall;  // measured less 0.03
};
class HogDetectorOnPets : public testing::TestWithParam<PetsCase> {};

// Every tenth frame; docs/objects.md has all 397.
TEST_P(HogDetectorOnPets, FindsPedestrians) {
  VIGIL_NEEDS_SHARED_DATA();
  const auto path =
      GetParam().small ? test::SharedPath("videos/vtest.avi") : test::SamplePath("vtest.avi");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "needs samples/vtest.avi";
  const auto labels = PetsLabels(GetParam().small ? 0.625F : 1);
  const auto source = media::OpenVideo(path.string(), {}, {});
  ASSERT_TRUE(source.ok()) << source.status();
  const auto detector = CreateDetector({.confidence_threshold = 0.02F});
  ASSERT_TRUE(detector.ok()) << detector.status();
  PrecisionMeter meter(1);
  for (int number = 1; number <= 397; ++number) {
    const auto frame = (*source)->Read({});
    ASSERT_TRUE(frame.ok()) << frame.status();
    if (number % 10 != 0) continue;
    const auto found = (*detector)->Detect(frame->image.view());
    ASSERT_TRUE(found.ok()) << found.status();
    meter.AddPicture(*found, labels.at(number));
  }
  const auto result = meter.Measure(DetectorOptions().confidence_threshold);
  std::fputs(
      fmt::format("HOG on {}: AP@0.5 {:.3f}; precision {:.3f} and recall {:.3f} at score {}\n",
                  path.parent_path().filename().string(), result.map_50, result.precision,
                  result.recall, DetectorOptions().confidence_threshold)
          .c_str(),
      stdout);
  EXPECT_GE(result.map_50, GetParam().at_least_average_precision);
  EXPECT_GE(result.precision, GetParam().at_least_precision);
  EXPECT_GE(result.recall, GetParam().at_least_recall);
}

INSTANTIATE_TEST_SUITE_P(Sizes, HogDetectorOnPets,
                         testing::Values(PetsCase{"large", false, 0.84F, 0.8F, 0.8F},
                                         PetsCase{"small", true, 0.82F, 0.8F, 0.8F}),
                         [](const auto& test) { return std::string(test.param.name); });

Image Noise(int width, int height, PixelFormat format) {
  Image image(width, height, format);
  std::mt19937 random(5);
  std::generate_n(image.mutable_view().data, image.bytes(),
                  [&] { return static_cast<std::uint8_t>(random()); });
  return image;
}

std::unique_ptr<Detector> Create(const DetectorOptions& options = {}) {
  auto detector = CreateDetector(options);
  EXPECT_TRUE(detector.ok()) << detector.status();
  return *std::move(detector);
}

TEST(HogDetector, AnswersAlikeTwice) {
  const auto path = test::SamplePath("vtest.avi");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "needs samples/vtest.avi";
  const auto source = media::OpenVideo(path.string(), {}, {});
  ASSERT_TRUE(source.ok()) << source.status();
  const auto frame = (*source)->Read({});
  ASSERT_TRUE(frame.ok()) << frame.status();
  const auto one = Create(), other = Create();
  const auto first = one->Detect(frame->image.view());
  ASSERT_TRUE(first.ok()) << first.status();
  const std::vector<Detection> kept(first->begin(), first->end());
  EXPECT_FALSE(kept.empty());
  EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end(),
                             [](const auto& a, const auto& b) { return a.score > b.score; }));
  for (Detector* detector : {one.get(), other.get()}) {
    const auto again = detector->Detect(frame->image.view());
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(std::equal(kept.begin(), kept.end(), again->begin(), again->end()));
  }
}

TEST(HogDetector, TakesAnyPicture) {
  const auto detector = Create({.confidence_threshold = 0});
  EXPECT_EQ(detector->Detect({}).status().code(), absl::StatusCode::kInvalidArgument);
  for (const Size size : {Size{1, 1}, Size{63, 127}, Size{64, 128}, Size{3000, 2}, Size{2, 3000},
                          Size{200, 100}, Size{2000, 1500}}) {
    for (const PixelFormat format : {PixelFormat::kRgb8, PixelFormat::kGray8}) {
      const Image image = Noise(size.width, size.height, format);
      const auto found = detector->Detect(image.view());
      ASSERT_TRUE(found.ok()) << found.status();
      for (const Detection& find : *found) {
        EXPECT_GE(find.box.x, 0);
        EXPECT_GE(find.box.y, 0);
        EXPECT_LE(find.box.right(), static_cast<float>(size.width) + 0.01F);
        EXPECT_LE(find.box.bottom(), static_cast<float>(size.height) + 0.01F);
        EXPECT_GE(find.score, 0);
        EXPECT_LE(find.score, 1);
      }
    }
  }
}

TEST(HogDetector, KnowsOneClass) {
  const auto detector = CreateDetector({.classes = {"car"}});
  ASSERT_EQ(detector.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(MessageOf(detector.status())), testing::HasSubstr("model_file"));
  EXPECT_TRUE(CreateDetector({.classes = {"Person"}}).ok());
  EXPECT_TRUE(CreateDetector({.classes = {"0"}}).ok());
}

}  // namespace
}  // namespace vigil::objects
