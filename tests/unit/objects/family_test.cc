#include "objects/internal/family.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/status.h"

namespace vigil::objects {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Outputs = std::vector<nn::TensorInfo>;

constexpr Size k640{640, 640}, k320{320, 320};

nn::TensorInfo Output(std::vector<std::int64_t> shape, std::string name = "output0") {
  return {std::move(name), std::move(shape)};
}

Outputs NanoDetOutputs() {  // names as a real file has them
  return {Output({1600, 80}, "cls_score0"), Output({400, 80}, "bbox_pred0"),
          Output({100, 80}, "cls_score1"),  Output({1600, 32}, "bbox_pred1"),
          Output({400, 32}, "cls_score2"),  Output({100, 32}, "bbox_pred2")};
}
Outputs NmsOutputs() {
  return {Output({1, 1}, "num_dets"), Output({1, 100, 4}, "det_boxes"),
          Output({1, 100}, "det_scores"), Output({1, 100}, "det_classes")};
}

struct FamilyCase {
  const char* name;
  Outputs outputs;
  ModelHints hints;
  Family family;
  int classes;
  bool channels_first = false;
  int spare = 0;
  Family wanted = Family::kAuto;
};
class FamilyIsFound : public testing::TestWithParam<FamilyCase> {};

TEST_P(FamilyIsFound, ByShapes) {
  const auto& param = GetParam();
  const auto head = FindHead(param.outputs, param.wanted, param.hints);
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_EQ(Name(head->family), Name(param.family));
  EXPECT_EQ(head->classes, param.classes);
  EXPECT_EQ(head->channels_first, param.channels_first);
  EXPECT_EQ(head->spare, param.spare);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, FamilyIsFound,
    testing::Values(
        FamilyCase{"yolov5", {Output({1, 25200, 85})}, {k640}, Family::kYoloV5, 80},
        FamilyCase{"yolov5_raw_heads_too",
                   {Output({1, 25200, 85}), Output({1, 3, 80, 80, 85}), Output({1, 3, 40, 40, 85})},
                   {k640},
                   Family::kYoloV5,
                   80},
        FamilyCase{"yolov5_four_strides", {Output({1, 25500, 85})}, {k640}, Family::kYoloV5, 80},
        FamilyCase{"yolov5_one_class", {Output({1, 25200, 6})}, {k640}, Family::kYoloV5, 1},
        FamilyCase{"yolov5_masks",
                   {Output({1, 25200, 117})},
                   {k640, 80, true},
                   Family::kYoloV5,
                   80,
                   false,
                   32},
        FamilyCase{"yolov8", {Output({1, 84, 8400})}, {k640}, Family::kYoloV8, 80, true},
        FamilyCase{"yolov8_wide", {Output({1, 84, 5040})}, {{640, 384}}, Family::kYoloV8, 80, true},
        FamilyCase{"yolov8_one_class", {Output({1, 5, 8400})}, {k640}, Family::kYoloV8, 1, true},
        FamilyCase{"yolov8_two_classes", {Output({1, 6, 8400})}, {k640}, Family::kYoloV8, 2, true},
        FamilyCase{"yolov8_masks",
                   {Output({1, 116, 8400}), Output({1, 32, 160, 160})},
                   {k640, 80, true},
                   Family::kYoloV8,
                   80,
                   true,
                   32},
        FamilyCase{"yolov8_key_points",
                   {Output({1, 56, 8400})},
                   {k640, 1, true},
                   Family::kYoloV8,
                   1,
                   true,
                   51},
        FamilyCase{"yolov8_turned", {Output({1, 8400, 84})}, {k640, 80}, Family::kYoloV8, 80},
        FamilyCase{"yolov8_named",
                   {Output({1, 8400, 84})},
                   {k640},
                   Family::kYoloV8,
                   80,
                   false,
                   0,
                   Family::kYoloV8},
        FamilyCase{
            "yolov8_four_strides", {Output({1, 84, 8500})}, {k640}, Family::kYoloV8, 80, true},
        FamilyCase{"yolov9_two_outputs",
                   {Output({1, 84, 8400}), Output({1, 84, 8400})},
                   {k640},
                   Family::kYoloV8,
                   80,
                   true},
        FamilyCase{"yolo_world", {Output({1, 1207, 8400})}, {k640}, Family::kYoloV8, 1203, true},
        FamilyCase{"yolov10", {Output({1, 300, 6})}, {k640}, Family::kYoloV10, 0},
        FamilyCase{"yolox", {Output({1, 8400, 85})}, {k640}, Family::kYoloX, 80},
        FamilyCase{"yolox_one_class", {Output({1, 8400, 6})}, {k640}, Family::kYoloX, 1},
        FamilyCase{"nanodet", NanoDetOutputs(), {k320}, Family::kNanoDet, 80},
        FamilyCase{"nanodet_plus", {Output({1, 2125, 112})}, {k320}, Family::kNanoDetPlus, 80},
        FamilyCase{
            "nanodet_plus_416", {Output({1, 3598, 112})}, {{416, 416}}, Family::kNanoDetPlus, 80},
        FamilyCase{
            "nanodet_plus_more_bins", {Output({1, 2125, 70})}, {k320, 6}, Family::kNanoDetPlus, 6},
        FamilyCase{
            "fastestdet", {Output({1, 85, 22, 22})}, {{352, 352}}, Family::kFastestDet, 80, true},
        FamilyCase{"nms_rows", {Output({0, 7})}, {k640}, Family::kNmsRows, 0},
        FamilyCase{"nms_lists", NmsOutputs(), {k640}, Family::kNmsLists, 0}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(FindHead, PairsNanoDetOutputsByShape) {
  const auto head = FindHead(NanoDetOutputs(), Family::kAuto, {k320});
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_THAT(head->outputs, ElementsAre(0, 3, 1, 4, 2, 5));
}

struct UnknownCase {
  const char* name;
  Outputs outputs;
  Family wanted = Family::kAuto;
  const char* message = "not those of a known family";
};
class FamilyIsRefused : public testing::TestWithParam<UnknownCase> {};

TEST_P(FamilyIsRefused, InOneLineWithOutputsAndFamilies) {
  const auto head = FindHead(GetParam().outputs, GetParam().wanted, {k640});
  ASSERT_EQ(head.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(MessageOf(head.status()));
  EXPECT_THAT(message, HasSubstr(GetParam().message));
  EXPECT_THAT(message, HasSubstr("known families: yolov5, yolov8"));
  EXPECT_THAT(message, testing::Not(HasSubstr("\n")));
  EXPECT_LT(message.size(), 1000U);
}

Outputs Many(std::size_t count) { return Outputs(count, Output({1, 3}, std::string(1000, 'n'))); }

INSTANTIATE_TEST_SUITE_P(
    Outputs, FamilyIsRefused,
    testing::Values(
        UnknownCase{"classifier", {Output({1, 1000}, "logits")}, Family::kAuto, "logits 1x1000"},
        UnknownCase{"none", {}}, UnknownCase{"number", {Output({})}},
        UnknownCase{"no_classes", {Output({1, 4, 8400})}},
        UnknownCase{"no_classes_yolox", {Output({1, 8400, 5})}},
        UnknownCase{"too_many_classes", {Output({1, 10'005, 8400})}},
        UnknownCase{"batch", {Output({2, 84, 8400})}},
        UnknownCase{"other_cells", {Output({1, 84, 8401})}}, UnknownCase{"many", Many(500)},
        UnknownCase{"wrong_name", {Output({1, 84, 8400})}, Family::kFastestDet, "fastestdet"},
        UnknownCase{"lists_of_different_lengths",
                    {Output({1, 1}, "num_dets"), Output({1, 100, 4}, "det_boxes"),
                     Output({1, 99}, "det_scores"), Output({1, 100}, "det_classes")}}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace vigil::objects
