// Every family end to end, on small graphs made here: a table of candidates, to one of which the
// mean of each input plane is added as a class score. So a picture of one colour tells how the
// detector resized, ordered, normalised and padded it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/status.h"
#include "objects/detector_options.h"
#include "support/onnx_builder.h"
#include "support/test_data.h"
#include "unit/objects/family_graphs.h"

namespace vigil::objects {
namespace {

using namespace test;  // the graphs
using testing::HasSubstr;

enum class Placed { kCenter, kTopLeft, kStretch };

struct FamilyCase {
  const char* name;
  Proto file;
  PixelBox box;  // in the input, 64 × 64
  Placed placed;
  bool bgr;
  double grey;  // of the padding
  // Score of a plane whose mean is that pixel value.
  double (*score)(double pixel, int plane);
  bool one_class;  // each candidate reports its best class only
};

double Byte(double pixel, int) { return pixel / 255; }
double Imagenet(double pixel, int plane) {
  const double mean[] = {103.53, 116.28, 123.675}, deviation[] = {57.375, 57.12, 58.395};
  return 0.1 * (pixel - mean[plane]) / deviation[plane];
}
double FastestScore(double pixel, int) { return std::pow(pixel / 255, 0.4); }

std::vector<FamilyCase> Families() {
  constexpr PixelBox kBox{24, 16, 16, 8};
  return {
      {"yolov5", YoloV5(), kBox, Placed::kCenter, false, 114, Byte, true},
      {"yolov8", YoloV8(true), kBox, Placed::kCenter, false, 114, Byte, true},
      {"yolov8_turned", YoloV8(false), kBox, Placed::kCenter, false, 114, Byte, true},
      {"yolov10", YoloV10(), kBox, Placed::kCenter, false, 114, Byte, false},
      {"yolox", YoloX(), kBox, Placed::kTopLeft, true, 114, Byte, true},
      {"nanodet", NanoDet(), {24, 8, 16, 16}, Placed::kCenter, true, 0, Imagenet, true},
      {"nanodet_plus", NanoDetPlus(), {16, 16, 16, 16}, Placed::kStretch, true, 0, Imagenet, true},
      {"fastestdet", FastestDet(), {24, 12, 16, 8}, Placed::kStretch, true, 0, FastestScore, true},
      {"nms_rows", NmsRows(), kBox, Placed::kCenter, false, 114, Byte, false},
      {"nms_lists", NmsLists(), kBox, Placed::kCenter, false, 114, Byte, false}};
}

Image OneColor(Size size, std::array<int, 3> color) {
  Image image(size.width, size.height, PixelFormat::kRgb8);
  for (std::size_t i = 0; i < image.bytes(); ++i)
    image.mutable_view().data[i] = static_cast<std::uint8_t>(color[i % 3]);
  return image;
}

class DetectorFamilies : public testing::TestWithParam<FamilyCase> {
 protected:
  absl::StatusOr<std::unique_ptr<Detector>> Open(DetectorOptions options) {
    vigil::test::WriteFile(dir_ / "m.onnx", GetParam().file.data());
    options.model_file = (dir_ / "m.onnx").string();
    if (options.names.empty()) options.names = {"a", "b", "c"};
    return CreateDetector(options);
  }
  vigil::test::TempDir dir_;
};

// A wide picture of 128 × 64: the letterboxes leave half of the input free.
TEST_P(DetectorFamilies, FitOrderNormaliseAndDecode) {
  const FamilyCase& param = GetParam();
  const auto detector = Open({.confidence_threshold = 0.12F});
  ASSERT_TRUE(detector.ok()) << detector.status();
  const std::array<int, 3> color{220, 250, 190};
  const auto found = (*detector)->Detect(OneColor({128, 64}, color).view());
  ASSERT_TRUE(found.ok()) << found.status();

  std::array<double, 3> expected{};
  for (int plane = 0; plane < 3; ++plane) {
    double pixel = color[static_cast<std::size_t>(param.bgr ? 2 - plane : plane)];
    if (param.placed != Placed::kStretch) pixel = (pixel + param.grey) / 2;
    expected[static_cast<std::size_t>(plane)] = param.score(pixel, plane);
  }
  const double best = *std::max_element(expected.begin(), expected.end());
  if (best < 0.12) {  // NanoDet's black padding takes half of it
    EXPECT_TRUE(found->empty());
    return;
  }
  ASSERT_EQ(found->size(), param.one_class ? 1U : 3U);
  for (const Detection& find : *found) {
    EXPECT_NEAR(static_cast<double>(find.score), expected[static_cast<std::size_t>(find.class_id)],
                1e-4);
  }
  EXPECT_EQ((*found)[0].class_id,
            std::max_element(expected.begin(), expected.end()) - expected.begin());
  EXPECT_TRUE(std::is_sorted(found->begin(), found->end(),
                             [](const auto& a, const auto& b) { return a.score > b.score; }));

  const double sx = 0.5;
  const double sy = param.placed == Placed::kStretch ? 1 : 0.5;
  const double top = param.placed == Placed::kCenter ? 16 : 0;
  const PixelBox& box = (*found)[0].box;
  EXPECT_NEAR(static_cast<double>(box.x), static_cast<double>(param.box.x) / sx, 0.01);
  EXPECT_NEAR(static_cast<double>(box.y),
              std::max(0.0, (static_cast<double>(param.box.y) - top) / sy), 0.01);
  EXPECT_NEAR(static_cast<double>(box.right()), static_cast<double>(param.box.right()) / sx, 0.01);
  EXPECT_NEAR(static_cast<double>(box.bottom()),
              (static_cast<double>(param.box.bottom()) - top) / sy, 0.01);
}

// A picture of the input's own shape: nothing is padded, so every family finds its object.
TEST_P(DetectorFamilies, FindTheObjectInASquarePicture) {
  const FamilyCase& param = GetParam();
  const auto detector = Open({.confidence_threshold = 0.1F});
  ASSERT_TRUE(detector.ok()) << detector.status();
  EXPECT_THAT((*detector)->class_names(), testing::ElementsAre("a", "b", "c"));
  const std::array<int, 3> color{150, 210, 255};
  for (int round = 0; round < 2; ++round) {
    const auto found = (*detector)->Detect(OneColor({64, 64}, color).view());
    ASSERT_TRUE(found.ok()) << found.status();
    ASSERT_FALSE(found->empty());
    const int class_id = param.bgr ? 0 : 2;
    EXPECT_EQ((*found)[0].class_id, class_id);
    EXPECT_NEAR(static_cast<double>((*found)[0].score), param.score(255, class_id), 1e-4);
    EXPECT_GT(IoU((*found)[0].box, param.box), 0.999F);
  }
}

TEST_P(DetectorFamilies, TakeNamedFamiliesAndFilters) {
  const FamilyCase& param = GetParam();
  const std::string family =
      std::string(param.name).substr(0, 6) == "yolov8" ? "yolov8" : std::string(param.name);
  std::string dashed = family;
  std::replace(dashed.begin(), dashed.end(), '_', '-');
  const auto named = ParseFamily(dashed);
  ASSERT_TRUE(named.ok()) << named.status();
  const std::array<int, 3> color{255, 210, 255};
  const auto image = OneColor({64, 64}, color);
  const auto detector = Open({.family = *named, .confidence_threshold = 0.1F, .classes = {"b"}});
  ASSERT_TRUE(detector.ok()) << detector.status();
  const auto found = (*detector)->Detect(image.view());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->size(), param.one_class ? 0U : 1U);
  for (const Detection& find : *found) EXPECT_EQ(find.class_id, 1);

  const auto unknown = Open({.classes = {"d"}});
  ASSERT_EQ(unknown.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(MessageOf(unknown.status())), HasSubstr("\"d\" is not one of"));
}

TEST_P(DetectorFamilies, RefuseAnEmptyPictureAndGoOn) {
  const auto detector = Open({.confidence_threshold = 0.1F});
  ASSERT_TRUE(detector.ok()) << detector.status();
  EXPECT_EQ((*detector)->Detect({}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE((*detector)->Detect(OneColor({1, 1}, {0, 0, 0}).view()).ok());
}

INSTANTIATE_TEST_SUITE_P(Graphs, DetectorFamilies, testing::ValuesIn(Families()),
                         [](const auto& test) { return std::string(test.param.name); });

class DetectorFile : public testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Detector>> Open(const Proto& file, DetectorOptions options = {}) {
    vigil::test::WriteFile(dir_ / "m.onnx", file.data());
    options.model_file = (dir_ / "m.onnx").string();
    return CreateDetector(options);
  }
  static Proto WithMetadata(Proto file,
                            std::initializer_list<std::pair<const char*, const char*>> entries) {
    for (const auto& [key, value] : entries)
      file.Message(14, Proto().Bytes(1, key).Bytes(2, value));
    return file;
  }
  vigil::test::TempDir dir_;
};

TEST_F(DetectorFile, UsesTheModelsOwnNames) {
  const auto detector =
      Open(WithMetadata(YoloV8(true), {{"names", "{0: 'cat', 1: 'dog', 2: 'cow'}"}}),
           {.classes = {"cow"}});
  ASSERT_TRUE(detector.ok()) << detector.status();
  EXPECT_THAT((*detector)->class_names(), testing::ElementsAre("cat", "dog", "cow"));
}

// One class in the names, three in the tensor: two are key points of something else.
TEST_F(DetectorFile, ReadsAsManyClassesAsTheModelNames) {
  const auto detector = Open(WithMetadata(YoloV8(true), {{"names", "{0: 'cat'}"}}));
  ASSERT_TRUE(detector.ok()) << detector.status();
  const auto found = (*detector)->Detect(OneColor({64, 64}, {130, 255, 255}).view());
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ((*found)[0].class_id, 0);
  EXPECT_NEAR((*found)[0].score, 130 / 255.0F, 1e-4F);
}

TEST_F(DetectorFile, NumbersClassesThatHaveNoName) {
  const auto detector = Open(YoloV8(true));
  ASSERT_TRUE(detector.ok()) << detector.status();
  EXPECT_THAT((*detector)->class_names(), testing::ElementsAre("class 0", "class 1", "class 2"));
}

TEST_F(DetectorFile, ReadsNamesFromAFile) {
  vigil::test::WriteFile(dir_ / "names", "x\ny\nz\n");
  const auto detector = Open(YoloV8(true), {.names_file = (dir_ / "names").string()});
  ASSERT_TRUE(detector.ok()) << detector.status();
  EXPECT_THAT((*detector)->class_names(), testing::ElementsAre("x", "y", "z"));
}

// An Ultralytics export with open sides says for which size it was made.
TEST_F(DetectorFile, OpenSidesAreWhatTheFileOrTheUserSays) {
  const auto open = [](std::initializer_list<std::pair<const char*, const char*>> metadata) {
    // Strides of 8 only would be no YOLO; cells are pooled and laid side by side.
    Proto graph;
    graph.Message(11, OnnxValue("x", vigil::test::kFloat, {1, 3, -1, -1}));
    graph.Message(5, OnnxInts("flat", {1, 1, -1}));
    graph.Message(5, OnnxInts("first", {0}));
    graph.Message(5, OnnxInts("one", {1}));
    graph.Message(5, OnnxInts("axis", {1}));
    graph.Message(1, OnnxNode("Slice", {"x", "first", "one", "axis"}, {"plane"}));
    for (const char* stride : {"8", "16", "32"}) {
      const int step = std::atoi(stride);
      const std::string pooled = fmt::format("p{}", stride), row = fmt::format("r{}", stride);
      graph.Message(1, OnnxNode("MaxPool", {"plane"}, {pooled})
                           .Message(5, OnnxIntList("kernel_shape", {step, step}))
                           .Message(5, OnnxIntList("strides", {step, step})));
      graph.Message(1, OnnxNode("Reshape", {pooled, "flat"}, {row}));
    }
    graph.Message(1,
                  OnnxNode("Concat", {"r8", "r16", "r32"}, {"row"}).Message(5, OnnxInt("axis", 2)));
    graph.Message(1, OnnxNode("Concat", {"row", "row", "row", "row", "row"}, {"y"})
                         .Message(5, OnnxInt("axis", 1)));
    graph.Message(12, OnnxValue("y", vigil::test::kFloat, {1, 5, -1}));
    return WithMetadata(vigil::test::OnnxFile(graph.Bytes(2, "test")), metadata);
  };
  for (const auto& metadata : {"[96, 160]", "nonsense", "[0, 0]", "[999999999, 64]"}) {
    const auto detector = Open(open({{"imgsz", metadata}}));
    ASSERT_TRUE(detector.ok()) << detector.status();
    EXPECT_TRUE((*detector)->Detect(OneColor({30, 20}, {9, 9, 9}).view()).ok());
  }
  EXPECT_TRUE(Open(open({}), {.input_size = {128, 96}}).ok());
  const auto fixed = Open(YoloV8(true), {.input_size = {128, 96}});
  ASSERT_EQ(fixed.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(MessageOf(fixed.status())), HasSubstr("does not fit"));
}

struct RefusedCase {
  const char* name;
  Proto file;
  DetectorOptions options;
  const char* message;
};
class DetectorFileRefused : public testing::TestWithParam<RefusedCase> {};

Proto PlainGraph(std::initializer_list<int> input, std::initializer_list<int> output) {
  return vigil::test::OnnxUnary("Relu", OnnxValue("x", vigil::test::kFloat, input),
                                OnnxValue("y", vigil::test::kFloat, output));
}
Proto Task(const char* task) {
  return YoloV8(true).Message(14, Proto().Bytes(1, "task").Bytes(2, task));
}

TEST_P(DetectorFileRefused, InOneLineNamingTheFile) {
  const vigil::test::TempDir dir;
  vigil::test::WriteFile(dir / "m.onnx", GetParam().file.data());
  auto options = GetParam().options;
  options.model_file = (dir / "m.onnx").string();
  const auto detector = CreateDetector(options);
  ASSERT_EQ(detector.status().code(), absl::StatusCode::kInvalidArgument) << detector.status();
  const std::string message(MessageOf(detector.status()));
  EXPECT_THAT(message, testing::StartsWith("model " + options.model_file));
  EXPECT_THAT(message, HasSubstr(GetParam().message));
  EXPECT_THAT(message, testing::Not(HasSubstr("\n")));
}

INSTANTIATE_TEST_SUITE_P(
    Files, DetectorFileRefused,
    testing::Values(
        RefusedCase{"other_head",
                    PlainGraph({1, 3, 64, 64}, {1, 3, 64, 64}),
                    {},
                    "(y 1x3x64x64) with an input of 64 x 64"},
        RefusedCase{"no_picture", PlainGraph({1, 64}, {1, 64}), {}, "not one picture"},
        RefusedCase{
            "four_channels", PlainGraph({1, 4, 64, 64}, {1, 4, 64, 64}), {}, "not one pict"},
        RefusedCase{"batch_of_two", PlainGraph({2, 3, 64, 64}, {2, 3, 64, 64}), {}, "not one pict"},
        RefusedCase{"classifier", Task("classify"), {}, "task classify"},
        RefusedCase{"turned_boxes", Task("obb"), {}, "task obb"},
        RefusedCase{"other_family", YoloV8(true), {.family = Family::kNanoDet}, "family nanodet"},
        RefusedCase{"too_few_names",
                    YoloV8(true),
                    {.names = {"a"}},
                    "tells 3 classes apart, but there are 1 names"}),
    [](const auto& test) { return std::string(test.param.name); });

// What a broken or malicious network may put out.
struct HostileCase {
  const char* name;
  float value;
  std::size_t most;  // finds
};
class HostileOutputs : public testing::TestWithParam<HostileCase> {};

TEST_P(HostileOutputs, StayWithinTheContract) {
  const vigil::test::TempDir dir;
  const float value = GetParam().value;
  const auto filled = [&](std::size_t rows, std::size_t columns, std::size_t at, bool turned) {
    return OneTable(Table(rows, columns, value), 0, at, 0, turned);
  };
  const std::pair<const char*, Proto> files[] = {
      {"yolov5", filled(3 * kThreeLevels, 8, 5, false)},
      {"yolov8", filled(kThreeLevels, 7, 4, true)},
      {"yolox", filled(kThreeLevels, 8, 5, false)},
      {"yolov10", filled(300, 6, 0, false)},
      {"nanodet-plus", filled(kFourLevels, 35, 0, false)}};
  for (const auto& [family, file] : files) {
    vigil::test::WriteFile(dir / "m.onnx", file.data());
    DetectorOptions options;
    options.model_file = (dir / "m.onnx").string();
    options.names = {"a", "b", "c"};
    const auto detector = CreateDetector(options);
    ASSERT_TRUE(detector.ok()) << detector.status();
    const auto found = (*detector)->Detect(OneColor({64, 48}, {1, 2, 3}).view());
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_LE(found->size(), GetParam().most) << family;
    for (const Detection& find : *found) {
      EXPECT_TRUE(find.score >= 0 && find.score <= 1);
      EXPECT_TRUE(find.class_id >= 0 && find.class_id < 3);
      EXPECT_GE(find.box.x, 0);
      EXPECT_LE(find.box.right(), 64.01F);
      EXPECT_GT(find.box.area(), 0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Values, HostileOutputs,
    testing::Values(HostileCase{"nan", kNaN, 0}, HostileCase{"minus_one", -1, 0},
                    HostileCase{"infinite", std::numeric_limits<float>::infinity(), 0},
                    HostileCase{"largest", std::numeric_limits<float>::max(), 300},
                    HostileCase{"ones", 1, 300}, HostileCase{"hundreds", 100, 300}),
    [](const auto& test) { return std::string(test.param.name); });

// A million candidates, all of them finds: bounded memory, at most max_detections.
TEST_F(DetectorFile, TakesAMillionCandidates) {
  GraphWriter writer;
  std::vector<float> row{32, 32, 8, 8, 1, 0.9F};
  writer.Constant(OnnxFloats("row", {1, 1, 6}, row))
      .Constant(OnnxInts("many", {1, 1'000'000, 6}))
      .Node(OnnxNode("Expand", {"row", "many"}, {"y"}));
  writer.Output("y", vigil::test::kFloat, {1, 1'000'000, 6});
  const auto detector = Open(writer.File(), {.family = Family::kYoloV5});
  ASSERT_TRUE(detector.ok()) << detector.status();
  const auto found = (*detector)->Detect(OneColor({64, 64}, {1, 2, 3}).view());
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 1U);
  EXPECT_NEAR((*found)[0].score, 0.9F, 1e-6F);
}

}  // namespace
}  // namespace vigil::objects
